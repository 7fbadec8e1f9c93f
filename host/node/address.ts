// Addresses as Node's sockets show them. A socket of the kind IPv6 that speaks IPv4 shows mapped addresses (RFC 4291
// §2.5.5.2); the core knows one form for both.

import { ADDRESS_BYTES, checkPort, parseAddress, splitZone } from "../core/address.ts";
import type { Endpoint, Target } from "../socket/calls.ts";

export interface AddressInfo {
  address: string;
  family: string;
  port: number;
}

export type Family = 4 | 6;

const V4_MAPPED = "::ffff:";
const UNSPECIFIED_V6 = "::";
const UNSPECIFIED_V4 = "0.0.0.0";

/** An end of a socket of that family. */
export function addressInfo({ address, port }: Endpoint, family: Family): AddressInfo {
  if (family === 4) return { address: address === UNSPECIFIED_V6 ? UNSPECIFIED_V4 : address, family: "IPv4", port };
  return { address: asV6(address), family: "IPv6", port };
}

function asV6(address: string): string {
  if (address.includes(":")) return address;
  return address === UNSPECIFIED_V4 ? UNSPECIFIED_V6 : V4_MAPPED + address;
}

/** The family that an address text belongs to. */
export function familyOf(address: string): Family {
  return address.includes(":") ? 6 : 4;
}

/** An address and a port as the core takes them, and the adapter that a zone names; null where none does. */
export function targetOf(text: string, port: number): { target: Target; adapter: number | null } {
  const { address, zone } = splitZone(text);
  return {
    target: { bytes: parseAddress(address), port: checkPort(port, 0) },
    adapter: zone === null ? null : Number(zone),
  };
}

/** True of 0.0.0.0 and ::, which name this machine. */
export function isUnspecified(bytes: Uint8Array): boolean {
  for (let i = 0; i < ADDRESS_BYTES; i++)
    if (bytes[i] !== 0 && !(bytes[i] === 0xff && (i === 10 || i === 11))) return false;
  return true;
}
