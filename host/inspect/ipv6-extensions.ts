// The extension headers of IPv6 (RFC 8200 §4): options for every router and for the destination, routing, fragments.

import type { Dissection, Ipv6Header } from "./dissection.ts";
import { FieldReader, hex } from "./fields.ts";
import { Protocol, protocolText } from "./protocol-names.ts";

/** The bytes behind the fixed header. */
interface Rest {
  frame: Uint8Array;
  start: number;
  end: number;
  /** Quoted by an ICMP error, which may leave out the end. */
  quoted: boolean;
}

export interface Chain {
  /** Offset of what lies behind the last header read. */
  end: number;
  /** False where a header is damaged or cut off. */
  isWhole: boolean;
  /** A routing header names stations that the packet has yet to pass: its destination is not its last (RFC 8200 §4.4). */
  isRouted: boolean;
}

const UNIT = 8;
const PAD_1 = 0;
const OPTION_NAMES: Record<number, string> = {
  1: "padding",
  4: "tunnel encapsulation limit",
  5: "router alert",
  194: "jumbo payload",
};
const HEADER_NAMES: Record<number, string> = {
  [Protocol.HOP_BY_HOP]: "Hop-by-hop options",
  [Protocol.DESTINATION]: "Destination options",
  [Protocol.ROUTING]: "Routing",
  [Protocol.FRAGMENT]: "Fragment",
};

/** Reads extension headers as far as there are any, into layers and into `ip`, whose protocol becomes the last one's. */
export function readExtensions(result: Dissection, ip: Ipv6Header, { frame, start, end, quoted }: Rest): Chain {
  const chain: Chain = { end: start, isWhole: true, isRouted: false };
  while (HEADER_NAMES[ip.protocol] !== undefined && ip.fragmentOffset === 0) {
    const name = HEADER_NAMES[ip.protocol] as string;
    const bytes = lengthOf(frame, chain.end, ip.protocol);
    if (chain.end + bytes > end) {
      if (!quoted) result.problems.push(`IPv6: ${name} of ${bytes} bytes do not fit the ${end - chain.end} left`);
      return { ...chain, isWhole: false };
    }
    const reader = new FieldReader(name, frame, chain.end, bytes);
    result.layers.push(reader.layer);
    ip.extensions.push(ip.protocol);
    readExtension(result, ip, chain, reader);
    chain.end += bytes;
  }
  return chain;
}

function lengthOf(frame: Uint8Array, at: number, protocol: number): number {
  return protocol === Protocol.FRAGMENT ? UNIT : ((frame[at + 1] ?? 0) + 1) * UNIT;
}

function readExtension(result: Dissection, ip: Ipv6Header, chain: Chain, reader: FieldReader): void {
  const own = ip.protocol;
  ip.protocol = reader.u8("next header", 0, protocolText);
  if (own === Protocol.FRAGMENT) {
    readFragment(ip, reader);
    return;
  }
  reader.u8("header length", 1, (units) => `${(units + 1) * UNIT} bytes`);
  if (own === Protocol.ROUTING) {
    reader.u8("routing type", 2);
    chain.isRouted ||= reader.u8("segments left", 3) > 0;
    reader.raw("routing data", 4, reader.layer.bytes - 4);
  } else {
    readOptions(result, reader);
  }
}

function readFragment(ip: Ipv6Header, reader: FieldReader): void {
  reader.u8("reserved", 1);
  ip.fragmentOffset = reader.bits("fragment offset", 2, 2, 3, 13, (units) => `${units * UNIT}`) * UNIT;
  reader.bits("reserved bits", 3, 1, 1, 2);
  ip.moreFragments = reader.flag("more fragments", 3, 0);
  ip.identification = reader.u32("identification", 4, (value) => hex(value, 8));
}

function readOptions(result: Dissection, reader: FieldReader): void {
  const { name, bytes: end } = reader.layer;
  let at = 2;
  while (at < end) {
    const code = reader.slice(at, 1)[0] ?? 0;
    if (code === PAD_1) {
      reader.raw("padding", at, 1, "");
      at += 1;
      continue;
    }
    const bytes = 2 + (reader.slice(at + 1, 1)[0] ?? 0);
    if (at + bytes > end) {
      result.problems.push(`IPv6: option ${code} of ${name} says ${bytes} bytes, ${end - at} are left`);
      reader.raw("damaged options", at, end - at);
      return;
    }
    reader.raw(OPTION_NAMES[code] ?? `option ${code}`, at, bytes);
    at += bytes;
  }
}
