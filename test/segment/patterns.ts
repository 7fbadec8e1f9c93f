// What a script says of one packet: the part of a step behind `<` or `>`, text to a pattern that a frame is built from or
// compared with. README.md explains the notation.

import { fourBytes } from "./frames/bytes.ts";
import { FLAG_BITS, RAW_OPTION } from "./frames/tcp.ts";
import { type ArpPattern, readArpLine } from "./lines/arp.ts";
import { type DhcpPattern, readDhcpLine } from "./lines/dhcp.ts";
import { type DiscoveryPattern, readDiscoveryLine } from "./lines/discovery.ts";
import { type IpPattern, readRest } from "./lines/envelope.ts";
import { type GroupPattern, isGroupWord, readGroupLine } from "./lines/groups.ts";
import { type IcmpPattern, readIcmpLine } from "./lines/icmp.ts";
import { type Fail, integer, type Line, listItems, splitLine } from "./lines/words.ts";

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
  ip: IpPattern;
  /** The ECN field of the IP header (RFC 3168 §5): of an injected segment, or of an expected one if it matters. */
  ecn: number | undefined;
  /** Undefined when the script says nothing about options; an empty list is `<>`, none at all. */
  options: OptionPattern[] | undefined;
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

export interface UdpPattern {
  /** Bytes of text. */
  bytes: number;
  ip: IpPattern;
}

/** A packet of a protocol that nobody has a format for. */
export interface OtherPattern {
  protocol: number;
  bytes: number;
  ip: IpPattern;
}

/** A piece of a packet, from one byte behind the IP header up to, not including, another. */
export interface FragmentPattern {
  first: number;
  last: number;
  more: boolean;
  /** The whole; in what is expected undefined where the line only says which piece comes. */
  of: PacketEvent | undefined;
  ip: IpPattern;
}

/** What a packet of a script becomes in a step. */
export type PacketEvent =
  | { kind: "segment"; direction: Direction; segment: SegmentPattern }
  | { kind: "icmp"; direction: Direction; icmp: IcmpPattern }
  | { kind: "discovery"; direction: Direction; discovery: DiscoveryPattern }
  | { kind: "group"; direction: Direction; group: GroupPattern }
  | { kind: "arp"; direction: Direction; arp: ArpPattern }
  | { kind: "udp"; direction: Direction; udp: UdpPattern }
  | { kind: "dhcp"; direction: Direction; dhcp: DhcpPattern }
  | { kind: "other"; direction: Direction; other: OtherPattern }
  | { kind: "fragment"; direction: Direction; fragment: FragmentPattern };

/** What a line about a packet says of its IP header; undefined of one that has none. */
export function envelopeOf(event: PacketEvent): IpPattern | undefined {
  switch (event.kind) {
    case "segment":
      return event.segment.ip;
    case "icmp":
      return event.icmp.ip;
    case "discovery":
      return event.discovery.ip;
    case "group":
      return event.group.ip;
    case "udp":
      return event.udp.ip;
    case "dhcp":
      return event.dhcp.ip;
    case "other":
      return event.other.ip;
    case "fragment":
      return event.fragment.ip;
    case "arp":
      return undefined;
  }
}

/** Reads what stands behind the `<` or `>` of a step. */
export function readPacket(direction: Direction, text: string, fail: Fail): PacketEvent {
  const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
  if (word === "icmp") return { kind: "icmp", direction, icmp: readIcmpLine(rest, fail) };
  if (word === "nd") return { kind: "discovery", direction, discovery: readDiscoveryLine(rest, fail) };
  if (isGroupWord(word)) return { kind: "group", direction, group: readGroupLine(text, fail) };
  if (word === "arp") return { kind: "arp", direction, arp: readArpLine(rest, fail) };
  if (word === "udp") return { kind: "udp", direction, udp: readUdp(rest, fail) };
  if (word === "dhcp") return { kind: "dhcp", direction, dhcp: readDhcpLine(rest, fail) };
  if (word === "ip") return { kind: "other", direction, other: readOther(rest, fail) };
  if (word === "fragment") return { kind: "fragment", direction, fragment: readFragment(direction, rest, fail) };
  return { kind: "segment", direction, segment: readSegment(text, direction, fail) };
}

function readUdp(text: string, fail: Fail): UdpPattern {
  const line = splitLine(text);
  return { bytes: integer(line.words.shift(), fail), ip: readRest(line, fail, () => false) };
}

function readOther(text: string, fail: Fail): OtherPattern {
  const line = splitLine(text);
  const [protocol, bytes] = [integer(line.words.shift(), fail), integer(line.words.shift(), fail)];
  return { protocol, bytes, ip: readRest(line, fail, () => false) };
}

function readFragment(direction: Direction, text: string, fail: Fail): FragmentPattern {
  const parts =
    /^(\d+):(\d+)(\+?)(?:\s+of\s+(.*)|\s+(.*))?$/.exec(text) ?? fail("a fragment is `fragment first:last of PACKET`");
  const [, first, last, plus, whole, rest = ""] = parts;
  const of = whole === undefined ? undefined : readPacket(direction, whole, fail);
  if (direction === "in" && !of)
    fail("a fragment that is injected is one of a packet: `fragment first:last of PACKET`");
  if (of?.kind === "arp" || of?.kind === "fragment") fail(`${of.kind} is not what fragments are of`);
  const range = { first: Number(first), last: Number(last), more: plus === "+" };
  if (range.last < range.first) fail(`${first}:${last} ends before it begins`);
  return { ...range, of, ip: readRest(splitLine(rest), fail, () => false) };
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
    ip: { modifiers: [] },
    ecn: undefined,
    options: undefined,
  };
  readSegmentFields(segment, splitLine(rest), fail);
  checkDirection(segment, direction, fail);
  return segment;
}

function checkDirection(segment: SegmentPattern, direction: Direction, fail: Fail): void {
  const hasAck = (segment.flags & FLAG_BITS["."]) !== 0;
  if (direction === "out") {
    if (segment.ip.modifiers.length > 0) fail("modifiers are for injected segments");
    return;
  }
  if (hasAck !== (segment.ack !== undefined)) fail("`.` among the flags and `ack n` go together");
  if (segment.count !== 1) fail("several segments in one line are for expected segments");
  if (segment.options?.some(({ absent }) => absent)) fail("`no` is for the options of expected segments");
}

function readSegmentFields(segment: SegmentPattern, line: Line, fail: Fail): void {
  if (line.options !== undefined) segment.options = readOptions(line.options, fail);
  const own = ["ack", "win", "urg", "<options>", ...ECN_CODEPOINTS.keys()].join(", ");
  segment.ip = readRest(line, fail, (word, words) => takeSegmentWord(segment, word, words, fail), own);
}

function takeSegmentWord(segment: SegmentPattern, word: string, words: string[], fail: Fail): boolean {
  if (ECN_CODEPOINTS.has(word)) segment.ecn = ECN_CODEPOINTS.get(word);
  else if (word === "ack") segment.ack = sequenceNumber(words.shift() ?? "", fail);
  else if (word === "win") segment.window = integer(words.shift(), fail);
  else if (word === "urg") segment.urgent = integer(words.shift(), fail);
  else return false;
  return true;
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
  return listItems(text).map(([name = "", ...values]) => {
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
  return value === "*" ? [ANY_BYTE, ANY_BYTE, ANY_BYTE, ANY_BYTE] : [...fourBytes(integer(value, fail))];
}
