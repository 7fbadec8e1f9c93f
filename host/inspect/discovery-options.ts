// The options of neighbor discovery: RFC 4861 §4.6, RFC 4191 §2.3, RFC 8106 §5, RFC 3971 §5.3.2.

import { type CarriedPlace, complain, type Quote } from "./carried.ts";
import type { Dissection } from "./dissection.ts";
import { FieldReader } from "./fields.ts";

/** How a router compares with others (RFC 4191 §2.1); "reserved" counts as medium. */
export type Preference = "low" | "medium" | "high" | "reserved";

/** Lifetimes in seconds; Infinity: for ever. */
export type DiscoveryOption =
  | { kind: "source" | "target"; mac: string }
  | {
      kind: "prefix";
      prefix: string;
      prefixLength: number;
      onLink: boolean;
      autonomous: boolean;
      valid: number;
      preferred: number;
    }
  | { kind: "redirected"; quoted?: Dissection }
  | { kind: "mtu"; bytes: number }
  | { kind: "nonce"; data: Uint8Array }
  | { kind: "route"; prefix: string; prefixLength: number; preference: Preference; lifetime: number }
  | { kind: "name servers"; addresses: string[]; lifetime: number }
  | { kind: "domains"; names: string[]; lifetime: number }
  | { kind: "other"; code: number; data: Uint8Array };

const UNIT = 8;
const ADDRESS_BYTES = 16;
const INFINITE = 0xffff_ffff;
const SHORTEST_REDIRECTED = 8;
const PREFERENCES: readonly Preference[] = ["medium", "high", "reserved", "low"];

const OPTION_NAMES: Record<number, string> = {
  1: "source link-layer address",
  2: "target link-layer address",
  3: "prefix information",
  4: "redirected header",
  5: "MTU",
  14: "nonce",
  24: "route information",
  25: "recursive DNS servers",
  31: "DNS search list",
};

/** Reads the options from `place.start` on into `options`, a layer each; answers the packets that they quote. */
export function readDiscoveryOptions(result: Dissection, place: CarriedPlace, options: DiscoveryOption[]): Quote[] {
  const { frame, end } = place;
  const quotes: Quote[] = [];
  let at = place.start;
  while (at < end) {
    const bytes = (frame[at + 1] ?? 0) * UNIT;
    if (bytes === 0 || at + bytes > end) {
      const code = frame[at] ?? 0;
      complain(result, place, `ICMPv6: option ${code} says ${bytes} bytes, ${end - at} are left`);
      result.payload = frame.subarray(at, end);
      return quotes;
    }
    const reader = new FieldReader("Option", frame, at, bytes);
    result.layers.push(reader.layer);
    const option = readOption(reader);
    options.push(option);
    if (option.kind === "redirected" && !place.quoted) {
      const put = (quoted: Dissection): unknown => Object.assign(option, { quoted });
      quotes.push({ start: at + SHORTEST_REDIRECTED, end: at + bytes, put });
    }
    at += bytes;
  }
  return quotes;
}

/** How each option is read that has one length, or a shortest one; of another length it stays "other". */
const READERS: Record<number, { fits: (bytes: number) => boolean; read: (reader: FieldReader) => DiscoveryOption }> = {
  1: { fits: (bytes) => bytes === 8, read: (reader) => ({ kind: "source", mac: reader.mac("address", 2) }) },
  2: { fits: (bytes) => bytes === 8, read: (reader) => ({ kind: "target", mac: reader.mac("address", 2) }) },
  3: { fits: (bytes) => bytes === 32, read: readPrefix },
  4: { fits: () => true, read: readRedirected },
  5: { fits: (bytes) => bytes === 8, read: readMtu },
  14: { fits: () => true, read: readNonce },
  24: { fits: (bytes) => bytes <= 24, read: readRoute },
  25: { fits: (bytes) => bytes >= 24 && bytes % 16 === 8, read: readServers },
  31: { fits: (bytes) => bytes >= 16, read: readDomains },
};

function readOption(reader: FieldReader): DiscoveryOption {
  const { bytes } = reader.layer;
  const code = reader.u8("type", 0, (value) => OPTION_NAMES[value] ?? `option ${value}`);
  reader.u8("length", 1, () => `${bytes} bytes`);
  const known = READERS[code];
  if (known?.fits(bytes)) return known.read(reader);
  return { kind: "other", code, data: reader.raw("data", 2, bytes - 2) };
}

function readPrefix(reader: FieldReader): DiscoveryOption {
  const prefixLength = reader.u8("prefix length", 2);
  const onLink = reader.flag("on the link", 3, 7);
  const autonomous = reader.flag("for addresses", 3, 6);
  reader.bits("reserved bits", 3, 1, 0, 6);
  const valid = lifetimeAt(reader, "valid lifetime", 4);
  const preferred = lifetimeAt(reader, "preferred lifetime", 8);
  reader.raw("reserved", 12, 4);
  const prefix = reader.ipv6("prefix", 16);
  return { kind: "prefix", prefix, prefixLength, onLink, autonomous, valid, preferred };
}

function readRedirected(reader: FieldReader): DiscoveryOption {
  reader.raw("reserved", 2, 6);
  const rest = reader.layer.bytes - SHORTEST_REDIRECTED;
  if (rest > 0) reader.raw("packet", SHORTEST_REDIRECTED, rest);
  return { kind: "redirected" };
}

function readMtu(reader: FieldReader): DiscoveryOption {
  reader.raw("reserved", 2, 2);
  return { kind: "mtu", bytes: reader.u32("MTU", 4) };
}

function readNonce(reader: FieldReader): DiscoveryOption {
  return { kind: "nonce", data: reader.raw("nonce", 2, reader.layer.bytes - 2) };
}

// Of the prefix, only the part that matters is there.
function readRoute(reader: FieldReader): DiscoveryOption {
  const prefixLength = reader.u8("prefix length", 2);
  reader.bits("reserved bits", 3, 1, 5, 3);
  const preference = preferenceAt(reader, 3);
  reader.bits("reserved bits", 3, 1, 0, 3);
  const lifetime = lifetimeAt(reader, "route lifetime", 4);
  const prefix = reader.partOfIpv6("prefix", 8, reader.layer.bytes - 8);
  return { kind: "route", prefix, prefixLength, preference, lifetime };
}

function readServers(reader: FieldReader): DiscoveryOption {
  reader.raw("reserved", 2, 2);
  const lifetime = lifetimeAt(reader, "lifetime", 4);
  const addresses = [];
  for (let at = 8; at < reader.layer.bytes; at += ADDRESS_BYTES) addresses.push(reader.ipv6("server", at));
  return { kind: "name servers", addresses, lifetime };
}

// Names as in DNS (RFC 1035 §3.1), one after the other, and zeros to fill up.
function readDomains(reader: FieldReader): DiscoveryOption {
  reader.raw("reserved", 2, 2);
  const lifetime = lifetimeAt(reader, "lifetime", 4);
  const names: string[] = [];
  let at = 8;
  while (at < reader.layer.bytes) {
    const name = nameAt(reader.slice(at, reader.layer.bytes - at));
    if (name === null) break;
    reader.raw("domain", at, name.bytes, name.text);
    names.push(name.text);
    at += name.bytes;
  }
  if (at < reader.layer.bytes) reader.raw("padding", at, reader.layer.bytes - at);
  return { kind: "domains", names, lifetime };
}

// The name at the beginning of `data`; null where there is none, or its end is missing.
function nameAt(data: Uint8Array): { text: string; bytes: number } | null {
  const labels: string[] = [];
  let at = 0;
  for (;;) {
    const length = data[at];
    if (length === undefined || length > 63) return null;
    at += 1 + length;
    if (length === 0) break;
    labels.push(String.fromCharCode(...data.subarray(at - length, at)));
  }
  return labels.length === 0 ? null : { text: labels.join("."), bytes: at };
}

function lifetimeAt(reader: FieldReader, name: string, at: number): number {
  const seconds = reader.u32(name, at, (value) => (value === INFINITE ? "for ever" : `${value} s`));
  return seconds === INFINITE ? Number.POSITIVE_INFINITY : seconds;
}

/** The preference in bits 3 and 4 of the byte at `at`, of routers and of routes (RFC 4191 §2.2, §2.3). */
export function preferenceAt(reader: FieldReader, at: number): Preference {
  const nameOf = (value: number): Preference => PREFERENCES[value] ?? "reserved";
  return nameOf(reader.bits("preference", at, 1, 3, 2, nameOf));
}
