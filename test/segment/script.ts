// Reads a segment script: text to a list of steps. README.md explains the notation. Every error is a `ScriptError`
// that names the file and the line.

import { Blocked, State, TimerName } from "../../assembly/abi/status.ts";
import type { Version } from "./addresses.ts";
import { address, type Fail, integer, oneOf, prefixText } from "./lines/words.ts";
import { type PacketEvent, readPacket, type SegmentPattern } from "./patterns.ts";
import { isTable, type RowLook, readRowLook } from "./rows.ts";

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

export type Answering = "auto" | "silent" | "manual";

export interface Directives {
  profile: "node" | "tiny" | "eight";
  /** Initial sequence numbers: what the peer uses, and what the stack shall choose (undefined: whatever comes). */
  peerIss: number;
  ourIss: number | undefined;
  seed: number;
  /** The version of IP that it is played over; undefined where the script holds for both. */
  ip: Version | undefined;
  /** Where it begins: when the adapter is at rest, with addresses that it may use, or at power-on. */
  start: "settled" | "cold";
  /** Where the peer is, when not beside us, and which addresses we have besides the usual ones. */
  peer: string | undefined;
  further: string[];
  /** Whether our addresses are given to us, over IPv4 after others have been asked whether they have them, or none are. */
  addresses: "given" | "claimed" | "none";
  /** What the adapter does by itself, besides what it does in every script. */
  autoconfigure: Autoconfigured[];
  /** Who answers when the stack asks for the peer: the peer by itself, nobody, or the script. */
  arp: Answering;
  nd: Answering;
  /** Whether the script tells what the stack says to routers, and of the groups it is in. */
  routers: "hidden" | "shown";
  groups: "hidden" | "shown";
  /** What the stack sends and what calls return is compared with the script, or only looked at for what always holds. */
  demand: "all" | "none";
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
  | PacketEvent
  | { kind: "call"; call: string; args: string[]; result: Result | undefined }
  | { kind: "look"; what: "counter" | "status" | "pool"; name: string; low: number; high: number }
  | { kind: "row"; look: RowLook; wanted: string }
  | { kind: "nothing" }
  | { kind: "new-iss"; advance: number };

/** What a call must return: a number, or the name of an error or of events. */
export type Result = string;

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
  getopt: 1,
  error: 0,
  event: 0,
  join: 2,
  leave: 2,
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
    else script.steps.push(...unfold(readStep(line, index + 1, fail)));
  }
  if (script.steps.length === 0) throw new ScriptError(file, lines.length, "the script has no steps");
  if ((script.steps[0] as Step).when.together) throw new ScriptError(file, 1, "the first step cannot use &");
  return script;
}

function defaults(): Directives {
  return {
    profile: "node",
    peerIss: 1_000_000,
    ourIss: undefined,
    seed: 1,
    ip: undefined,
    start: "settled",
    peer: undefined,
    further: [],
    addresses: "given",
    autoconfigure: [],
    arp: "auto",
    nd: "auto",
    routers: "hidden",
    groups: "hidden",
    demand: "all",
  };
}

/** Directives whose values are words. */
const CHOICES = {
  profile: ["node", "tiny", "eight"],
  start: ["settled", "cold"],
  addresses: ["given", "claimed", "none"],
  arp: ["auto", "silent", "manual"],
  nd: ["auto", "silent", "manual"],
  routers: ["hidden", "shown"],
  groups: ["hidden", "shown"],
  demand: ["all", "none"],
} as const;

const OTHER_DIRECTIVES = ["ip", "peer", "address", "autoconfigure", "peer-iss", "our-iss", "seed"];

/** What an adapter may be told to do by itself (assembly/abi/addresses.ts, Autoconfig); `none`: not even the usual. */
const AUTOCONFIGURED = [
  "none",
  "link-local",
  "routers",
  "temporary",
  "ipv4-link-local",
  "dhcp",
  "dhcp-unchecked",
] as const;
export type Autoconfigured = (typeof AUTOCONFIGURED)[number];

function readDirective(directives: Directives, line: string, fail: Fail): void {
  const [, key = "", value = "", ...rest] = line.split(/\s+/);
  if (value === "" || rest.length > 0) fail("a directive is `* key value`");
  if (key in CHOICES) {
    const choices: readonly string[] = CHOICES[key as keyof typeof CHOICES];
    Object.assign(directives, { [key]: oneOf(value, choices, fail) });
  } else if (key === "autoconfigure") directives.autoconfigure.push(oneOf(value, AUTOCONFIGURED, fail));
  else if (key === "peer") directives.peer = address(value, fail);
  else if (key === "address") directives.further.push(prefixText(value, fail));
  else if (key === "ip") directives.ip = oneOf(value, ["4", "6"], fail) === "6" ? 6 : 4;
  else if (key === "peer-iss") directives.peerIss = integer(value, fail) >>> 0;
  else if (key === "our-iss") directives.ourIss = integer(value, fail) >>> 0;
  else if (key === "seed") directives.seed = integer(value, fail);
  else fail(`unknown directive ${key}; there are ${[...Object.keys(CHOICES), ...OTHER_DIRECTIVES].join(", ")}`);
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
  if (results.length > 0 && !["call", "look", "row"].includes(event.kind)) {
    fail(`${results[0]} is not a TCP state (states have hyphens: FIN-WAIT-1)`);
  }
  const conversation = target === "" ? 1 : Number(target);
  return { line: number, text: line, when: readTime(time, fail), conversation, event, state };
}

/** `1:3001(3*1000)` is three expectations: each of one segment, the later ones without waiting. */
function unfold(step: Step): Step[] {
  const { event } = step;
  if (event.kind !== "segment" || event.segment.count === 1) return [step];
  const { first, length, count } = event.segment;
  return Array.from({ length: count }, (_, i) => {
    const segment: SegmentPattern = {
      ...event.segment,
      first: { ...first, value: first.value + i * length },
      count: 1,
    };
    const when = i === 0 ? step.when : { from: 0, to: 0, together: false };
    return { ...step, when, event: { ...event, segment }, state: i === count - 1 ? step.state : undefined };
  });
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
  if (isTable(word)) return { kind: "row", ...readRowLook(word, rest, result, fail) };
  const most = CALLS[word] ?? fail(`${word} is not an event; see the README for what a step may be`);
  if (rest.length > most) fail(`${word} takes at most ${most} arguments`);
  return { kind: "call", call: word, args: rest, result: result === undefined ? undefined : readResult(result, fail) };
}

/** Status words whose values have names, which scripts write with hyphens. */
const NAMED_VALUES: Readonly<Record<string, Readonly<Record<string, number | string>>>> = {
  TIMER: TimerName,
  BLOCKED: Blocked,
};

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
  const named = what === "status" ? NAMED_VALUES[name]?.[(result ?? "").replace(/-/g, "_")] : undefined;
  if (typeof named === "number") return { kind: "look", what, name, low: named, high: named };
  const range = /^(\d+)(?:~(\d+))?$/.exec(result ?? "") ?? fail(`${what} needs \`= number\` or \`= low~high\``);
  return { kind: "look", what, name, low: Number(range[1]), high: Number(range[2] ?? range[1]) };
}
