// What a script says of one packet: the part of a step behind `<` or `>`, text to a pattern that a frame is built from or
// compared with. README.md explains the notation.

import { FLAG_BITS, RAW_OPTION } from "./frames.ts";

export type Direction = "in" | "out";

/** A number relative to the initial sequence number of its side, or `absolute`. */
export interface SequenceNumber {
  value: number;
  absolute: boolean;
}

export interface SegmentPattern {
  flags: number;
  first: SequenceNumber;
  length: number;
  /** Segments of this length that are expected one after the other, the first of which begins with `first`. */
  count: number;
  ack: SequenceNumber | undefined;
  window: number | undefined;
  urgent: number | undefined;
  /** Fields of the IP header that an expected segment must have. */
  ip: IpPattern;
  /** The ECN field of the IP header (RFC 3168 §5): of an injected segment, or of an expected one if it matters. */
  ecn: number | undefined;
  /** Undefined when the script says nothing about options; an empty list is `<>`, none at all. */
  options: OptionPattern[] | undefined;
  modifiers: Modifier[];
}

/** Time to live, differentiated services byte and identification; what is left out may be anything. */
export interface IpPattern {
  ttl?: number;
  tos?: number;
  id?: number;
}

/** Stands in an option for a byte of the stack's choice. */
export const ANY_BYTE = -1;

export interface OptionPattern {
  name: string;
  kind: number;
  data: number[];
  /** Left and right edges of the blocks of a `sack`, in place of `data`. */
  blocks?: readonly (readonly [SequenceNumber, SequenceNumber])[];
  /** `no name`: an expected segment must not carry it. */
  absent?: boolean;
}

export interface IcmpPattern {
  type: number;
  code: number;
  rest: number;
  /** For an error: relative sequence number in the quoted TCP header; undefined quotes the stack's last segment. */
  quoting: number | undefined;
  /** For echo: bytes of data. */
  bytes: number | undefined;
}

const MODIFIERS = [
  "bad-checksum",
  "bad-ip-checksum",
  "to-broadcast",
  "to-multicast",
  "from-broadcast",
  "from-multicast",
  "from-loopback",
  "router-alert",
  "source-route",
  "garbage",
] as const;
export type Modifier = (typeof MODIFIERS)[number];

/** The codepoints of the ECN field, by the names of RFC 3168 §5. */
export const ECN_CODEPOINTS: ReadonlyMap<string, number> = new Map([
  ["not-ect", 0],
  ["ect1", 1],
  ["ect0", 2],
  ["ce", 3],
]);

/** Options that a script may forbid, by kind. */
const OPTION_KINDS: ReadonlyMap<string, number> = new Map([
  ["mss", 2],
  ["wscale", 3],
  ["sackOK", 4],
  ["sack", 5],
  ["timestamp", 8],
  ["uto", 28],
]);

const ICMP_MESSAGES: Readonly<Record<string, { type: number; code: number }>> = {
  "echo-reply": { type: 0, code: 0 },
  "net-unreachable": { type: 3, code: 0 },
  "host-unreachable": { type: 3, code: 1 },
  "protocol-unreachable": { type: 3, code: 2 },
  "port-unreachable": { type: 3, code: 3 },
  "frag-needed": { type: 3, code: 4 },
  "source-route-failed": { type: 3, code: 5 },
  "source-quench": { type: 4, code: 0 },
  echo: { type: 8, code: 0 },
  "time-exceeded": { type: 11, code: 0 },
  "parameter-problem": { type: 12, code: 0 },
};

/** What a packet of a script becomes in a step. */
export type PacketEvent =
  | { kind: "segment"; direction: Direction; segment: SegmentPattern }
  | { kind: "icmp"; direction: Direction; icmp: IcmpPattern }
  | { kind: "arp"; direction: Direction; operation: "request" | "reply" }
  | { kind: "udp"; direction: Direction; bytes: number };

/** Says what is wrong with a line. */
export type Fail = (sentence: string) => never;

export function oneOf<T extends string>(value: string, allowed: readonly T[], fail: Fail): T {
  return allowed.find((name) => name === value) ?? fail(`${value} is none of ${allowed.join(", ")}`);
}

export function integer(text: string, fail: Fail): number {
  return /^-?\d+$/.test(text) ? Number(text) : fail(`${text} is not a whole number`);
}

/** Reads what stands behind the `<` or `>` of a step. */
export function readPacket(direction: Direction, text: string, fail: Fail): PacketEvent {
  const [word = "", ...rest] = text.split(/\s+/);
  if (word === "icmp") return { kind: "icmp", direction, icmp: readIcmp(rest, fail) };
  if (word === "arp") return { kind: "arp", direction, operation: oneOf(rest[0] ?? "", ["request", "reply"], fail) };
  if (word === "udp") return { kind: "udp", direction, bytes: integer(rest[0] ?? "", fail) };
  return { kind: "segment", direction, segment: readSegment(text, direction, fail) };
}

function readIcmp(words: string[], fail: Fail): IcmpPattern {
  const name = words.shift() ?? "";
  const message = ICMP_MESSAGES[name] ?? fail(`${name} is none of ${Object.keys(ICMP_MESSAGES).join(", ")}`);
  const icmp: IcmpPattern = { ...message, rest: 0, quoting: undefined, bytes: undefined };
  while (words.length > 0) {
    const key = words.shift();
    const value = integer(words.shift() ?? "", fail);
    if (key === "code") icmp.code = value;
    else if (key === "mtu") icmp.rest = value;
    else if (key === "quoting") icmp.quoting = value;
    else if (key === "bytes") icmp.bytes = value;
    else fail(`${key} is none of code, mtu, quoting, bytes`);
  }
  return icmp;
}

function readSegment(text: string, direction: Direction, fail: Fail): SegmentPattern {
  const head = /^([SFRPUEW.]+|-)\s+(@?-?\d+):(@?-?\d+)\((?:(\d+)\*)?(\d+)\)\s*(.*)$/;
  const parts = head.exec(text) ?? fail("a segment is `FLAGS first:last(length) ...`, for example `S. 0:0(0) ack 1`");
  const [, letters = "", firstText = "", lastText = "", countText = "1", lengthText = "", rest = ""] = parts;
  const first = sequenceNumber(firstText, fail);
  const bytes = sequenceNumber(lastText, fail).value - first.value;
  const count = Number(countText);
  const length = Number(lengthText);
  if (bytes !== count * length) fail(`${firstText}:${lastText} is not ${count * length} bytes long`);
  const segment: SegmentPattern = {
    flags: letters === "-" ? 0 : flagBits(letters, fail),
    first,
    length,
    count,
    ack: undefined,
    window: undefined,
    urgent: undefined,
    ip: {},
    ecn: undefined,
    options: undefined,
    modifiers: [],
  };
  readSegmentFields(segment, rest, fail);
  checkDirection(segment, direction, fail);
  return segment;
}

function checkDirection(segment: SegmentPattern, direction: Direction, fail: Fail): void {
  const hasAck = (segment.flags & FLAG_BITS["."]) !== 0;
  if (direction === "out") {
    if (segment.modifiers.length > 0) fail("modifiers are for injected segments");
    return;
  }
  if (hasAck !== (segment.ack !== undefined)) fail("`.` among the flags and `ack n` go together");
  if (Object.keys(segment.ip).length > 0) fail("ttl, tos and id are for expected segments");
  if (segment.count !== 1) fail("several segments in one line are for expected segments");
  if (segment.options?.some(({ absent }) => absent)) fail("`no` is for the options of expected segments");
}

function readSegmentFields(segment: SegmentPattern, text: string, fail: Fail): void {
  const options = /<([^>]*)>/.exec(text);
  if (options) segment.options = readOptions(options[1] as string, fail);
  const words = text
    .replace(/<[^>]*>/, "")
    .split(/\s+/)
    .filter((word) => word !== "");
  while (words.length > 0) readSegmentField(segment, words, fail);
}

// Takes one field off the front of `words`.
function readSegmentField(segment: SegmentPattern, words: string[], fail: Fail): void {
  const word = words.shift() as string;
  const modifier = MODIFIERS.find((name) => name === word);
  if (modifier) segment.modifiers.push(modifier);
  else if (ECN_CODEPOINTS.has(word)) segment.ecn = ECN_CODEPOINTS.get(word);
  else if (word === "ack") segment.ack = sequenceNumber(words.shift() ?? "", fail);
  else if (word === "win") segment.window = integer(words.shift() ?? "", fail);
  else if (word === "urg") segment.urgent = integer(words.shift() ?? "", fail);
  else if (word === "ttl" || word === "tos" || word === "id") segment.ip[word] = integer(words.shift() ?? "", fail);
  else {
    const others = [...ECN_CODEPOINTS.keys(), ...MODIFIERS].join(", ");
    fail(`${word} is none of ack, win, urg, ttl, tos, id, <options>, ${others}`);
  }
}

function sequenceNumber(text: string, fail: Fail): SequenceNumber {
  const absolute = text.startsWith("@");
  return { value: integer(absolute ? text.slice(1) : text, fail), absolute };
}

function flagBits(letters: string, fail: Fail): number {
  let bits = 0;
  for (const letter of letters) {
    const bit = FLAG_BITS[letter];
    if (bits & bit) fail(`the flag ${letter} stands twice`);
    bits |= bit;
  }
  return bits;
}

/** Options by the names tcpdump gives them; `opt KIND byte byte…` is any other, `raw byte byte…` is what it says. */
function readOptions(text: string, fail: Fail): OptionPattern[] {
  const items = text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  return items.map((item) => {
    const [name = "", ...values] = item.split(/\s+/);
    if (name === "timestamp") return { name, kind: 8, data: values.flatMap((value) => timestampBytes(value, fail)) };
    if (name === "sack") return { name, kind: 5, data: [], blocks: values.map((value) => readBlock(value, fail)) };
    if (name === "no") return readAbsence(values, fail);
    return readPlainOption(
      name,
      values.map((value) => integer(value, fail)),
      fail,
    );
  });
}

function readPlainOption(name: string, numbers: number[], fail: Fail): OptionPattern {
  const one = numbers[0] ?? 0;
  switch (name) {
    case "eol":
      return { name, kind: 0, data: [] };
    case "nop":
      return { name, kind: 1, data: [] };
    case "mss":
      return { name, kind: 2, data: [one >> 8, one & 0xff] };
    case "wscale":
      return { name, kind: 3, data: [one] };
    case "sackOK":
      return { name, kind: 4, data: [] };
    case "uto":
      return { name, kind: 28, data: [one >> 8, one & 0xff] };
    case "opt":
      return { name, kind: one, data: numbers.slice(1) };
    case "raw":
      return { name, kind: RAW_OPTION, data: numbers };
    default:
      return fail(`${name} is none of the options eol, nop, mss, wscale, sackOK, sack, timestamp, uto, opt, raw`);
  }
}

function readBlock(text: string, fail: Fail): [SequenceNumber, SequenceNumber] {
  const [first = "", end = "", ...more] = text.split(":");
  if (end === "" || more.length > 0) fail(`${text} is no block of a SACK option: it is first:end`);
  return [sequenceNumber(first, fail), sequenceNumber(end, fail)];
}

function readAbsence(values: readonly string[], fail: Fail): OptionPattern {
  const [name = "", ...more] = values;
  const kind = more.length > 0 ? undefined : OPTION_KINDS.get(name);
  if (kind === undefined) return fail(`after \`no\` stands one of ${[...OPTION_KINDS.keys()].join(", ")}`);
  return { name, kind, data: [], absent: true };
}

// `*` is any value in what is expected, and in what the peer sends the stack's last one, echoed.
function timestampBytes(value: string, fail: Fail): number[] {
  return value === "*" ? [ANY_BYTE, ANY_BYTE, ANY_BYTE, ANY_BYTE] : bigEndian(integer(value, fail));
}

/** The bytes of a 32-bit number in network order. */
export function bigEndian(word: number): number[] {
  return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff];
}
