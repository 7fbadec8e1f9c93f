// What takes the place of host/socket/duplex.ts in the bundle for browsers, which have no streams of Node's.

import { InputError } from "../errors.ts";

export function connectionDuplex(): never {
  throw new InputError("ERR_NO_NODE", "Streams of Node are not here; use stack.web.TCPSocket, or read() and write().");
}
