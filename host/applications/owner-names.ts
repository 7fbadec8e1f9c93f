// Names of those whose sockets the module's own applications have, for people.

import { Application, Owner } from "../../assembly/abi/applications.ts";

/** The application that an owner of sockets is, such as "web-server"; null when the host has chosen the number. */
export function applicationName(owner: number): string | null {
  const name = Application[owner - Owner.FIRST_APPLICATION];
  return name === undefined ? null : name.toLowerCase().replaceAll("_", "-");
}
