// Reads a segment script: text to a list of steps. README.md explains the notation. Every error is a `ScriptError`
// that names the file and the line.

import { State } from "../../assembly/abi/status.ts";
import { FLAG_BITS, RAW_OPTION } from "./frames.ts";

/** A script that cannot be read, or whose expectation was not met. */
export class ScriptError extends Error {
  readonly code = "ESCRIPT";
  constructor(
    readonly file: string,
    readonly line: number,
    sentence: string,
  ) {
    super(`${file}:${line}: ${sentence}`);
  }
}

export interface Script {
  file: string;
  title: string;
  directives: Directives;
  steps: Step[];
}

export interface Directives {
  profile: "node" | "tiny" | "eight";
  /** Initial sequence numbers: what the peer uses, and what the stack shall choose (undefined: whatever comes). */
  peerIss: number;
  ourIss: number | undefined;
  seed: number;
  /** Who answers ARP requests: the peer by itself, nobody, or the script. */
  arp: "auto" | "silent" | "manual";
}

/** When a step happens, in microseconds: between `from` and `to` after the step before it; "together" with it. */
export interface When {
  from: number;
  to: number;
  together: boolean;
}

export interface Step {
  line: number;
  text: string;
  when: When;
  /** Which conversation it belongs to; 0 is the listener. */
  conversation: number;
  event: ScriptEvent;
  /** The state that must hold after it. */
  state: State | undefined;
}

export type ScriptEvent =
  | { kind: "segment"; direction: Direction; segment: SegmentPattern }
  | { kind: "icmp"; direction: Direction; icmp: IcmpPattern }
  | { kind: "arp"; direction: Direction; operation: "request" | "reply" }
  | { kind: "udp"; direction: Direction; bytes: number }
  | { kind: "call"; call: string; args: string[]; result: Result | undefined }
  | { kind: "look"; what: "counter" | "status" | "pool"; name: string; low: number; high: number }
  | { kind: "nothing" }
  | { kind: "new-iss"; advance: number };

export type Direction = "in" | "out";

/** What a call must return: a number, or the name of an error or of events. */
export type Result = string;

/** A number relative to the initial sequence number of its side, or `absolute`. */
export interface SequenceNumber {
  value: number;
  absolute: boolean;
}

export interface SegmentPattern {
  flags: number;
  first: SequenceNumber;
  length: number;
  ack: SequenceNumber | undefined;
  window: number | undefined;
  urgent: number | undefined;
  /** Fields of the IP header that an expected segment must have. */
  ip: IpPattern;
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
] as const;
export type Modifier = (typeof MODIFIERS)[number];

/** Calls, and how many arguments each takes at most. */
const CALLS: Readonly<Record<string, number>> = {
  socket: 0,
  bind: 1,
  listen: 2,
  connect: 0,
  accept: 0,
  write: 1,
  read: 1,
  shutdown: 1,
  close: 0,
  abort: 0,
  setopt: 2,
  error: 0,
  event: 0,
};

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

export const STATES: ReadonlyMap<string, State> = new Map(
  Object.entries(State).flatMap(([name, value]): [string, State][] =>
    typeof value === "number" ? [[name.replace(/_/g, "-"), value]] : [],
  ),
);

const MICROSECONDS = 1_000_000;

/** Reads the text of a script. Throws `ScriptError`. */
export function parseScript(file: string, text: string): Script {
  const script: Script = { file, title: "", directives: defaults(), steps: [] };
  const lines = text.split("\n");
  for (const [index, whole] of lines.entries()) {
    const fail = (sentence: string): never => {
      throw new ScriptError(file, index + 1, sentence);
    };
    const comment = whole.search(/(^|\s)\/\//);
    const line = (comment < 0 ? whole : whole.slice(0, comment)).trim();
    if (comment >= 0 && script.title === "")
      script.title = whole
        .slice(comment)
        .replace(/^\s*\/\/\s*/, "")
        .trim();
    if (line === "") continue;
    if (script.title === "") fail("the first line must be a comment that says which rule the script shows");
    if (line.startsWith("*")) readDirective(script.directives, line, fail);
    else script.steps.push(readStep(line, index + 1, fail));
  }
  if (script.steps.length === 0) throw new ScriptError(file, lines.length, "the script has no steps");
  if ((script.steps[0] as Step).when.together) throw new ScriptError(file, 1, "the first step cannot use &");
  return script;
}

type Fail = (sentence: string) => never;

function defaults(): Directives {
  return { profile: "node", peerIss: 1_000_000, ourIss: undefined, seed: 1, arp: "auto" };
}

function readDirective(directives: Directives, line: string, fail: Fail): void {
  const [, key = "", value = "", ...rest] = line.split(/\s+/);
  if (value === "" || rest.length > 0) fail("a directive is `* key value`");
  if (key === "profile") directives.profile = oneOf(value, ["node", "tiny", "eight"], fail);
  else if (key === "arp") directives.arp = oneOf(value, ["auto", "silent", "manual"], fail);
  else if (key === "peer-iss") directives.peerIss = integer(value, fail) >>> 0;
  else if (key === "our-iss") directives.ourIss = integer(value, fail) >>> 0;
  else if (key === "seed") directives.seed = integer(value, fail);
  else fail(`unknown directive ${key}; there are profile, arp, peer-iss, our-iss and seed`);
}

function oneOf<T extends string>(value: string, allowed: readonly T[], fail: Fail): T {
  return allowed.find((name) => name === value) ?? fail(`${value} is none of ${allowed.join(", ")}`);
}

function integer(text: string, fail: Fail): number {
  return /^-?\d+$/.test(text) ? Number(text) : fail(`${text} is not a whole number`);
}

function readStep(line: string, number: number, fail: Fail): Step {
  const [, time = "", target = "", body = ""] =
    /^(\S+)\s+(?:(\d+):\s*)?(\S.*)$/.exec(line) ?? fail("a step is `time event`");
  const suffixes = body.split(/\s=\s+/);
  const text = (suffixes.shift() as string).trim();
  const states = suffixes.map((suffix) => STATES.get(suffix.trim()));
  const state = states.find((found) => found !== undefined);
  const results = suffixes.map((suffix) => suffix.trim()).filter((suffix) => !STATES.has(suffix));
  if (results.length > 1 || suffixes.length - results.length > 1) fail("at most one result and one state after =");
  const event = readEvent(text, results[0], fail);
  if (results.length > 0 && event.kind !== "call" && event.kind !== "look") {
    fail(`${results[0]} is not a TCP state (states have hyphens: FIN-WAIT-1)`);
  }
  const conversation = target === "" ? 1 : Number(target);
  return { line: number, text: line, when: readTime(time, fail), conversation, event, state };
}

function readTime(text: string, fail: Fail): When {
  if (text === "&") return { from: 0, to: 0, together: true };
  const parts = /^\+?(\d*\.?\d+)(?:~\+?(\d*\.?\d+))?$/.exec(text) ?? fail(`${text} is not a time: +0.2, +0.2~0.5 or &`);
  const from = Math.round(Number(parts[1]) * MICROSECONDS);
  const to = parts[2] === undefined ? from : Math.round(Number(parts[2]) * MICROSECONDS);
  if (to < from) fail(`the range ${text} ends before it begins`);
  return { from, to, together: false };
}

function readEvent(text: string, result: string | undefined, fail: Fail): ScriptEvent {
  const [word = "", ...rest] = text.split(/\s+/);
  if (word === "<" || word === ">") return readPacket(word === "<" ? "in" : "out", text.slice(1).trim(), fail);
  if (text === "(nothing)") return { kind: "nothing" };
  const renewed = /^\(new iss(?: (\d+))?\)$/.exec(text);
  if (renewed) return { kind: "new-iss", advance: Number(renewed[1] ?? 0) };
  if (word === "counter" || word === "status" || word === "pool") return readLook(word, rest, result, fail);
  const most = CALLS[word] ?? fail(`${word} is not an event; see the README for what a step may be`);
  if (rest.length > most) fail(`${word} takes at most ${most} arguments`);
  return { kind: "call", call: word, args: rest, result: result === undefined ? undefined : readResult(result, fail) };
}

function readResult(text: string, fail: Fail): Result {
  if (/^\d+$/.test(text) || /^-E[A-Z]+$/.test(text) || /^[A-Z]+(\|[A-Z]+)*$/.test(text)) return text;
  return fail(`${text} is neither a number, an error such as -EAGAIN nor a state`);
}

function readLook(
  what: "counter" | "status" | "pool",
  rest: string[],
  result: string | undefined,
  fail: Fail,
): ScriptEvent {
  const name = rest[0] ?? fail(`${what} needs a name`);
  const range = /^(\d+)(?:~(\d+))?$/.exec(result ?? "") ?? fail(`${what} needs \`= number\` or \`= low~high\``);
  return { kind: "look", what, name, low: Number(range[1]), high: Number(range[2] ?? range[1]) };
}

function readPacket(direction: Direction, text: string, fail: Fail): ScriptEvent {
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
  const head = /^([SFRPUEW.]+|-)\s+(@?-?\d+):(@?-?\d+)\((\d+)\)\s*(.*)$/;
  const parts = head.exec(text) ?? fail("a segment is `FLAGS first:last(length) ...`, for example `S. 0:0(0) ack 1`");
  const [, letters = "", firstText = "", lastText = "", lengthText = "", rest = ""] = parts;
  const first = sequenceNumber(firstText, fail);
  const last = sequenceNumber(lastText, fail);
  const length = Number(lengthText);
  if (last.value - first.value !== length) fail(`${firstText}:${lastText} is not ${length} bytes long`);
  const segment: SegmentPattern = {
    flags: letters === "-" ? 0 : flagBits(letters, fail),
    first,
    length,
    ack: undefined,
    window: undefined,
    urgent: undefined,
    ip: {},
    options: undefined,
    modifiers: [],
  };
  readSegmentFields(segment, rest, fail);
  const hasAck = (segment.flags & FLAG_BITS["."]) !== 0;
  if (direction === "in" && hasAck !== (segment.ack !== undefined)) fail("`.` among the flags and `ack n` go together");
  if (direction === "out" && segment.modifiers.length > 0) fail("modifiers are for injected segments");
  if (direction === "in" && Object.keys(segment.ip).length > 0) fail("ttl, tos and id are for expected segments");
  return segment;
}

function readSegmentFields(segment: SegmentPattern, text: string, fail: Fail): void {
  const options = /<([^>]*)>/.exec(text);
  if (options) segment.options = readOptions(options[1] as string, fail);
  const words = text
    .replace(/<[^>]*>/, "")
    .split(/\s+/)
    .filter((word) => word !== "");
  while (words.length > 0) {
    const word = words.shift() as string;
    const modifier = MODIFIERS.find((name) => name === word);
    if (modifier) segment.modifiers.push(modifier);
    else if (word === "ack") segment.ack = sequenceNumber(words.shift() ?? "", fail);
    else if (word === "win") segment.window = integer(words.shift() ?? "", fail);
    else if (word === "urg") segment.urgent = integer(words.shift() ?? "", fail);
    else if (word === "ttl" || word === "tos" || word === "id") segment.ip[word] = integer(words.shift() ?? "", fail);
    else fail(`${word} is none of ack, win, urg, ttl, tos, id, <options>, ${MODIFIERS.join(", ")}`);
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
    const numbers = values.map((value) => integer(value, fail));
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
      case "opt":
        return { name, kind: one, data: numbers.slice(1) };
      case "raw":
        return { name, kind: RAW_OPTION, data: numbers };
      default:
        return fail(`${name} is none of the options eol, nop, mss, wscale, sackOK, timestamp, opt, raw`);
    }
  });
}

// `*` is any value in what is expected, and in what the peer sends the stack's last one, echoed.
function timestampBytes(value: string, fail: Fail): number[] {
  return value === "*" ? [ANY_BYTE, ANY_BYTE, ANY_BYTE, ANY_BYTE] : bigEndian(integer(value, fail));
}

function bigEndian(word: number): number[] {
  return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff];
}
