// Lines about ICMP echoes and errors. Names are the same in both versions where they mean the same.

import type { Network, Version } from "../addresses.ts";
import { equalBytes, FrameError } from "../frames/bytes.ts";
import type { IcmpMessage } from "../frames/icmp.ts";
import { type IpPattern, readRest } from "./envelope.ts";
import { type Fail, integer, splitLine } from "./words.ts";

export interface IcmpPattern {
  /** A name of the table below, or a number. */
  name: string;
  code: number | undefined;
  /** The word behind the checksum: a link's MTU, or where the problem is. */
  mtu: number | undefined;
  pointer: number | undefined;
  /** For an error: relative sequence number in the quoted TCP header; undefined quotes the stack's last segment. */
  quoting: number | undefined;
  /** For echo: bytes of data. */
  bytes: number | undefined;
  ip: IpPattern;
}

/** Types and codes by version (RFC 792, RFC 1122 §3.2.2, RFC 4443). */
const MESSAGES: Readonly<Record<string, Partial<Record<Version, readonly [type: number, code: number]>>>> = {
  "echo-reply": { 4: [0, 0], 6: [129, 0] },
  echo: { 4: [8, 0], 6: [128, 0] },
  "net-unreachable": { 4: [3, 0], 6: [1, 0] },
  "host-unreachable": { 4: [3, 1], 6: [1, 3] },
  "protocol-unreachable": { 4: [3, 2] },
  "port-unreachable": { 4: [3, 3], 6: [1, 4] },
  "frag-needed": { 4: [3, 4], 6: [2, 0] },
  "packet-too-big": { 4: [3, 4], 6: [2, 0] },
  "source-route-failed": { 4: [3, 5] },
  prohibited: { 4: [3, 13], 6: [1, 1] },
  "beyond-scope": { 6: [1, 2] },
  "policy-failed": { 6: [1, 5] },
  "reject-route": { 6: [1, 6] },
  "source-quench": { 4: [4, 0] },
  "time-exceeded": { 4: [11, 0], 6: [3, 0] },
  "reassembly-exceeded": { 4: [11, 1], 6: [3, 1] },
  "parameter-problem": { 4: [12, 0], 6: [4, 0] },
  "unrecognized-header": { 6: [4, 1] },
  "unrecognized-option": { 6: [4, 2] },
};

/** Bytes of a packet that an error quotes: header and 8 bytes (RFC 792), or all that fits (RFC 4443 §2.4 (c)). */
const QUOTED_4 = 28;
const QUOTED_6 = 1280 - 48;
/** Where the sequence number of a quoted TCP segment stands behind its IP header. */
const SEQUENCE = 4;

export function readIcmpLine(text: string, fail: Fail): IcmpPattern {
  const line = splitLine(text);
  const name = line.words.shift() ?? "";
  if (!(name in MESSAGES) && !/^\d+$/.test(name)) fail(`${name} is none of ${Object.keys(MESSAGES).join(", ")}`);
  const own = ["code", "mtu", "pointer", "quoting", "bytes"] as const;
  const fields: Partial<Record<(typeof own)[number], number>> = {};
  const takeOwn = (word: string, words: string[]): boolean => {
    const field = own.find((each) => each === word);
    if (field) fields[field] = integer(words.shift(), fail);
    return field !== undefined;
  };
  const ip = readRest(line, fail, takeOwn, own.join(", "));
  const { code, mtu, pointer, quoting, bytes } = fields;
  return { name, code, mtu, pointer, quoting, bytes, ip };
}

/** Type and code of the message in this version. Throws `FrameError` when it has none such. */
export function typeAndCode({ name, code }: IcmpPattern, { version }: Network): [type: number, code: number] {
  const known = /^\d+$/.test(name) ? ([Number(name), 0] as const) : MESSAGES[name]?.[version];
  if (known === undefined) throw new FrameError(`IPv${version} has no ICMP message ${name}`);
  return [known[0], code ?? known[1]];
}

export function isEcho({ name }: IcmpPattern): boolean {
  return name === "echo" || name === "echo-reply";
}

/** The word behind the checksum that a line asks for: in IPv4 a pointer is its first byte. */
export function wordOf({ mtu, pointer }: IcmpPattern, { version }: Network): number | undefined {
  if (pointer === undefined) return mtu;
  return version === 4 ? (pointer << 24) >>> 0 : pointer;
}

/** What an error of the peer quotes of `packet`; with another TCP sequence number where one is given. */
export function quoteOf(packet: Uint8Array, seq: number | undefined): Uint8Array {
  const isV4 = packet[0] >> 4 === 4;
  const quote = packet.slice(0, isV4 ? QUOTED_4 : QUOTED_6);
  if (seq !== undefined) new DataView(quote.buffer).setUint32((isV4 ? 20 : 40) + SEQUENCE, seq);
  return quote;
}

/** True when an error quotes as much of the packet that caused it as it must. */
export function quotes(icmp: IcmpMessage, packet: Uint8Array): boolean {
  const least = packet[0] >> 4 === 4 ? Math.min(QUOTED_4, packet.length) : Math.min(QUOTED_6, packet.length);
  return icmp.payload.length >= least && equalBytes(icmp.payload.slice(0, least), packet.slice(0, least));
}

/** What the peer has sent that a message of the stack may be about. */
export interface Cause {
  /** What the last packet carried, in one piece. */
  payload: Uint8Array;
  /** The last packet, or the fragments of it. */
  packets: readonly Uint8Array[];
}

export function icmpDifference(
  pattern: IcmpPattern,
  icmp: IcmpMessage | undefined,
  network: Network,
  cause: Cause,
): string | undefined {
  if (icmp === undefined) return "it is no ICMP message";
  const [type, code] = typeAndCode(pattern, network);
  if (icmp.type !== type || icmp.code !== code) return "type or code differ";
  const word = wordOf(pattern, network);
  if (word !== undefined && icmp.rest !== word) return `the word behind the checksum is ${icmp.rest}`;
  if (pattern.bytes === undefined) {
    return cause.packets.some((packet) => quotes(icmp, packet))
      ? undefined
      : "it does not quote the packet that caused it";
  }
  // Identifier, sequence number and data of a reply are those of the request.
  const asked = cause.payload.slice(4, 8 + pattern.bytes);
  if (icmp.payload.length !== pattern.bytes) return `it has ${icmp.payload.length} bytes of data`;
  if (icmp.rest !== new DataView(asked.buffer).getUint32(0)) return "identifier or sequence number differ";
  return equalBytes(icmp.payload, asked.slice(4)) ? undefined : "the data is not that of the request";
}

export function describeIcmp(icmp: IcmpMessage, { version }: Network): string {
  const name = Object.entries(MESSAGES).find(([, types]) => {
    return types[version]?.[0] === icmp.type && types[version]?.[1] === icmp.code;
  })?.[0];
  const isAnswer = name === "echo" || name === "echo-reply";
  return `> icmp ${name ?? `${icmp.type} code ${icmp.code}`}${isAnswer ? ` bytes ${icmp.payload.length}` : ""}`;
}
