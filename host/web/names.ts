// From a name to the addresses that are tried.

import { InputError } from "../errors.ts";
import type { WebContext } from "./web.ts";

/** Addresses of the kind that is wanted. Rejects with InputError ERR_NAME when there are none. */
export async function addressesOf(
  { find }: WebContext,
  name: string,
  wanted: "ipv4" | "ipv6" | undefined,
): Promise<string[]> {
  const found = await find(name);
  const fitting = wanted === undefined ? found : found.filter((address) => kindOf(address) === wanted);
  if (fitting.length > 0) return fitting;
  throw new InputError("ERR_NAME", `${name} has no address${wanted === undefined ? "" : ` of ${wanted}`}.`);
}

function kindOf(address: string): "ipv4" | "ipv6" {
  return address.includes(":") ? "ipv6" : "ipv4";
}
