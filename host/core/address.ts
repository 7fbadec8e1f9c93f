// Addresses as text and as bytes. The core knows one form: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d.

import { InputError } from "../errors.ts";

const V4_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
export const ADDRESS_BYTES = 16;

/** An address with the length of its network's prefix; IPv4 lengths count from 0 to 32. */
export interface Cidr {
  address: Uint8Array;
  prefixLength: number;
}

/** 16 bytes of "10.0.0.1" or "2001:db8::1". Throws InputError ERR_ADDRESS. */
export function parseAddress(text: string): Uint8Array {
  const bytes = text.includes(":") ? parseV6(text) : parseV4(text);
  if (bytes === null) {
    throw new InputError("ERR_ADDRESS", `"${text}" is not an IP address; one looks like 10.0.0.1 or 2001:db8::1.`);
  }
  return bytes;
}

/** The bytes at `offset` as people write them: dotted for IPv4, RFC 5952 for IPv6. */
export function formatAddress(bytes: Uint8Array, offset = 0): string {
  if (V4_PREFIX.every((byte, i) => bytes[offset + i] === byte)) {
    return `${bytes[offset + 12]}.${bytes[offset + 13]}.${bytes[offset + 14]}.${bytes[offset + 15]}`;
  }
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[offset + 2 * i] << 8) | bytes[offset + 2 * i + 1]);
  const { start, length } = longestZeros(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** True of IPv4 in its 16-byte form. */
export function isV4(bytes: Uint8Array): boolean {
  return V4_PREFIX.every((byte, i) => bytes[i] === byte);
}

/** The parts of "fe80::1%0": an address and the zone that it is good in (RFC 4007 §11); null without one. */
export function splitZone(text: string): { address: string; zone: string | null } {
  const at = text.indexOf("%");
  return at < 0 ? { address: text, zone: null } : { address: text.slice(0, at), zone: text.slice(at + 1) };
}

/** True of fe80::/10 and 169.254.0.0/16, which are good on one link only (RFC 4291 §2.5.6, RFC 3927). */
export function isLinkLocal(bytes: Uint8Array): boolean {
  if (isV4(bytes)) return bytes[12] === 169 && bytes[13] === 254;
  return bytes[0] === 0xfe && (bytes[1] & 0xc0) === 0x80;
}

/** "10.0.0.2/24" with its prefix. Throws InputError ERR_ADDRESS. */
export function parseCidr(text: string): Cidr {
  const [head = "", tail, ...rest] = text.split("/");
  const address = parseAddress(head);
  const longest = isV4(address) ? 32 : 128;
  const prefixLength = tail !== undefined && /^\d{1,3}$/.test(tail) ? Number(tail) : Number.NaN;
  if (rest.length > 0 || !(prefixLength <= longest)) {
    throw new InputError(
      "ERR_ADDRESS",
      `"${text}" needs a prefix length from 0 to ${longest}, as in ${head}/${longest === 32 ? 24 : 64}.`,
    );
  }
  return { address, prefixLength };
}

/** Six bytes of "02:00:00:00:00:01". Throws InputError ERR_MAC. */
export function parseMac(text: string): Uint8Array {
  if (!/^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/i.test(text)) {
    throw new InputError("ERR_MAC", `"${text}" is not an Ethernet address; one looks like 02:00:00:00:00:01.`);
  }
  const bytes = Uint8Array.from(text.split(/[:-]/), (part) => Number.parseInt(part, 16));
  if (bytes[0] & 1 || bytes.every((byte) => byte === 0)) {
    throw new InputError("ERR_MAC", `"${text}" cannot be a station's address: its first byte must be even, not all 0.`);
  }
  return bytes;
}

/** "02:00:00:00:00:01" of the six bytes at `offset`. */
export function formatMac(bytes: Uint8Array, offset = 0): string {
  return Array.from(bytes.subarray(offset, offset + 6), (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** "10.0.0.1:80" or "[2001:db8::1]:80" with its parts. Throws InputError ERR_ADDRESS or ERR_PORT. */
export function parseEndpoint(text: string): { address: string; port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d*)$/.exec(text);
  if (match === null) {
    throw new InputError("ERR_ADDRESS", `"${text}" is not an address with a port; one looks like 10.0.0.1:80.`);
  }
  const address = match[1] ?? match[2] ?? "";
  parseAddress(address);
  return { address, port: checkPort(match[3] === "" ? Number.NaN : Number(match[3])) };
}

/** `port` itself when it is a whole number from `least` to 65535. Throws InputError ERR_PORT. */
export function checkPort(port: number, least = 1): number {
  if (Number.isInteger(port) && port >= least && port <= 65535) return port;
  throw new InputError("ERR_PORT", `A port is a whole number from ${least} to 65535, not ${port}.`);
}

/** "10.0.0.1:80" or "[2001:db8::1]:80". */
export function formatEndpoint(address: string, port: number): string {
  return `${hostText(address)}:${port}`;
}

/** An address as it stands in a URL: an IPv6 one in brackets (RFC 3986 §3.2.2). */
export function hostText(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

// Leading zeros are refused: some programs read them as octal.
function dotted(text: string): number[] | null {
  if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(text)) return null;
  const parts = text.split(".");
  if (parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith("0")))) return null;
  return parts.map(Number);
}

function parseV4(text: string): Uint8Array | null {
  const four = dotted(text);
  return four === null ? null : Uint8Array.from([...V4_PREFIX, ...four]);
}

function parseV6(text: string): Uint8Array | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = groupsOf(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1], true) : [];
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  // "::" stands for at least one group (RFC 4291 §2.2 allows just one; RFC 5952 only advises against it).
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

function groupsOf(text: string, last: boolean): number[] | null {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    const four = last && i === groups.length - 1 ? dotted(group) : null;
    if (four !== null) {
      bytes.push(...four);
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      return null;
    }
  }
  return bytes;
}

function longestZeros(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}
