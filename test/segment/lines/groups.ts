// Lines about memberships of groups: `igmpv2 report GROUP`, `mldv2 report <to-ex GROUP>`, `igmpv3 query`.

import { type Network, nameIn } from "../addresses.ts";
import { equalBytes, isZero } from "../frames/bytes.ts";
import { type GroupMessage, type GroupRecord, withSources } from "../frames/groups.ts";
import { type IpPattern, readRest, resolve, type Usual } from "./envelope.ts";
import { address, type Fail, integer, listItems, milliseconds, oneOf, splitLine } from "./words.ts";

const PROTOCOLS = ["igmpv1", "igmpv2", "igmpv3", "mldv1", "mldv2"] as const;

/** Types of group records, by the short names of RFC 3376 §4.2.12. */
const RECORD_TYPES = ["is-in", "is-ex", "to-in", "to-ex", "allow", "block"] as const;

/** Of queries (RFC 3376 §8.1 to §8.3): what is said where a line says nothing; in milliseconds and seconds. */
const WITHIN = 10_000;
const ROBUSTNESS = 2;
const INTERVAL = 125;

interface RecordPattern {
  type: number;
  group: string;
  sources: string[];
}

export interface GroupPattern {
  protocol: "igmp" | "mld";
  version: number;
  kind: "query" | "report" | "leave";
  /** As the script has it; undefined: all groups, or (in a report) those of its records. */
  group: string | undefined;
  within: number;
  suppress: boolean;
  robustness: number;
  interval: number;
  /** Of a query; undefined where the line has no list, as are the records of a report. */
  sources: string[] | undefined;
  records: RecordPattern[] | undefined;
  ip: IpPattern;
}

export function isGroupWord(word: string): boolean {
  return PROTOCOLS.some((name) => name === word);
}

/** Reads a line that begins with one of `PROTOCOLS`. */
export function readGroupLine(text: string, fail: Fail): GroupPattern {
  const line = splitLine(text);
  const [, protocol = "", version = ""] = /^(\w+)v(\d)$/.exec(line.words.shift() ?? "") ?? [];
  const isMld = protocol === "mld";
  const kind = oneOf(line.words.shift() ?? "", ["query", "report", isMld ? "done" : "leave"], fail);
  const pattern: GroupPattern = {
    protocol: isMld ? "mld" : "igmp",
    version: Number(version),
    kind: kind === "query" || kind === "report" ? kind : "leave",
    group: undefined,
    within: WITHIN,
    suppress: false,
    robustness: ROBUSTNESS,
    interval: INTERVAL,
    sources: undefined,
    records: undefined,
    ip: { modifiers: [] },
  };
  if (/[.:]/.test(line.words[0] ?? "") || /^(solicited|all)-/.test(line.words[0] ?? "")) {
    pattern.group = address(line.words.shift(), fail);
  }
  if (line.options !== undefined) readList(pattern, line.options, fail);
  if (!withSources(pattern) && kind !== "query" && !pattern.group) fail(`a ${kind} names its group`);
  const own = kind === "query" ? "within, robustness, interval, suppress" : "";
  pattern.ip = readRest(line, fail, (word, words) => takeWord(pattern, word, words, fail), own);
  return pattern;
}

function takeWord(pattern: GroupPattern, word: string, words: string[], fail: Fail): boolean {
  if (pattern.kind !== "query") return false;
  if (word === "within") pattern.within = milliseconds(words.shift(), fail);
  else if (word === "robustness" || word === "interval") pattern[word] = integer(words.shift(), fail);
  else if (word === "suppress") pattern.suppress = true;
  else return false;
  return true;
}

function readList(pattern: GroupPattern, text: string, fail: Fail): void {
  if (!withSources(pattern)) fail(`${pattern.protocol}v${pattern.version} has no lists`);
  const items = listItems(text);
  if (pattern.kind === "query") {
    pattern.sources = items.map(([source]) => address(source, fail));
    return;
  }
  pattern.records = items.map(([type = "", group, ...sources]) => ({
    type: RECORD_TYPES.indexOf(oneOf(type, RECORD_TYPES, fail)) + 1,
    group: address(group, fail),
    sources: sources.map((source) => address(source, fail)),
  }));
}

// ---- building ----------------------------------------------------------------------------------------------------

/** Which addresses are usual in such a message of the peer. */
export function usualEnds(pattern: GroupPattern, network: Network): Usual {
  const from = pattern.protocol === "igmp" ? network.peer : resolve(network, "peer-local");
  const isRecords = pattern.kind === "report" && withSources(pattern);
  const place = isRecords
    ? "report-routers"
    : pattern.kind === "leave"
      ? "all-routers"
      : (pattern.group ?? "all-nodes");
  return { from, to: resolve(network, place), ttl: 1, alert: pattern.protocol === "mld" || pattern.version > 1 };
}

export function groupMessage(pattern: GroupPattern, network: Network): GroupMessage {
  const { protocol, version, kind, within, suppress, robustness, interval } = pattern;
  const all = (names: readonly string[] = []): Uint8Array[] => names.map((name) => resolve(network, name));
  const records = pattern.records?.map(({ type, group, sources }) => {
    return { type, group: resolve(network, group), sources: all(sources) };
  });
  return {
    protocol,
    version,
    kind,
    group: resolve(network, pattern.group ?? "any"),
    within,
    suppress,
    robustness,
    interval,
    sources: all(pattern.sources),
    records: records ?? [],
  };
}

// ---- comparing ---------------------------------------------------------------------------------------------------

export function groupDifference(
  pattern: GroupPattern,
  message: GroupMessage | undefined,
  network: Network,
): string | undefined {
  const { protocol, version, kind } = pattern;
  const isSuch = message?.protocol === protocol && message.version === version && message.kind === kind;
  if (!isSuch) return `it is no ${protocol}v${version} ${kind}`;
  const wanted = groupMessage(pattern, network);
  if (pattern.group !== undefined && !equalBytes(wanted.group, message.group)) return "the group differs";
  return pattern.records === undefined ? undefined : recordDifference(wanted.records, message.records, network);
}

// In any order, of records and of sources.
function recordDifference(
  wanted: readonly GroupRecord[],
  found: readonly GroupRecord[],
  network: Network,
): string | undefined {
  const inWords = (records: readonly GroupRecord[]): string[] => {
    return records.map((record) => describeRecord(record, network)).sort();
  };
  return inWords(wanted).join() === inWords(found).join() ? undefined : "the records differ";
}

// ---- in words ----------------------------------------------------------------------------------------------------

export function describeGroup(message: GroupMessage, network: Network): string {
  const { protocol, version, kind, group, records } = message;
  const name = protocol === "mld" && kind === "leave" ? "done" : kind;
  const about = isZero(group) ? "" : ` ${nameIn(network, group)}`;
  const list = records.map((record) => describeRecord(record, network)).join(", ");
  return `> ${protocol}v${version} ${name}${about}${list && ` <${list}>`}`;
}

function describeRecord({ type, group, sources }: GroupRecord, network: Network): string {
  const names = sources.map((source) => nameIn(network, source)).sort();
  return [RECORD_TYPES[type - 1], nameIn(network, group), ...names].join(" ");
}
