// Which sockets are meant: by kind, version of IP, state, port and address. What netstat, ss and lsof have in common.

import { portOf } from "../inspect/services.ts";
import { ssState } from "../inspect/ss.ts";
import type { SocketStatus } from "../status.ts";
import { UsageError } from "./errors.ts";
import { addressArgument } from "./options.ts";

export type SocketTest = (row: SocketStatus) => boolean;

const NOBODY = ["0.0.0.0", "::"];

/** Of the kinds that are asked for; of every kind where none is. */
export function isOfKind(row: SocketStatus, kinds: { tcp?: boolean; udp?: boolean; raw?: boolean }): boolean {
  const { tcp = false, udp = false, raw = false } = kinds;
  if (!tcp && !udp && !raw) return true;
  return (tcp && row.kind === "tcp") || (udp && row.kind === "udp") || (raw && row.kind === "raw");
}

/** Of the version that is asked for; what listens in both is of either. */
export function isOfVersion(row: SocketStatus, { ipv4 = false, ipv6 = false }): boolean {
  if (ipv4 === ipv6) return true;
  const isBoth = NOBODY.includes(row.localAddress) && NOBODY.includes(row.remoteAddress);
  return isBoth || row.localAddress.includes(":") === ipv6;
}

/** Listens, or is a datagram socket that takes what comes. */
export function isListening(row: SocketStatus): boolean {
  return row.kind === "tcp" ? row.state === "LISTEN" : row.remotePort === 0;
}

/** Has, or had, a peer. */
export function isConnected(row: SocketStatus): boolean {
  return row.kind === "tcp" ? row.state !== "LISTEN" && row.state !== "CLOSED" : row.remotePort !== 0;
}

/** States by the names that ss and lsof have for them; groups as in ss(8). */
const STATE_GROUPS: Readonly<Record<string, SocketTest>> = {
  all: () => true,
  connected: isConnected,
  synchronized: (row) => isConnected(row) && row.state !== "SYN_SENT",
  bucket: ({ state }) => state === "TIME_WAIT" || state === "SYN_RECEIVED",
  big: ({ state }) => state !== "TIME_WAIT" && state !== "SYN_RECEIVED",
  closed: ({ kind, state }) => kind !== "tcp" || state === "CLOSED",
  listening: isListening,
};

/** What a state's name means, in any of its spellings; null for none that is known. */
export function stateTest(text: string): SocketTest | null {
  const group = STATE_GROUPS[text.toLowerCase()];
  if (group) return group;
  const name = canonicalState(text);
  const known = Object.values(STATES);
  return known.includes(name) ? (row) => ssState(row) === name : null;
}

/** ss's names by their spellings without dashes: established, ESTAB, SYN_RECV, fin-wait-1, FIN_WAIT1 ... */
const STATES: Readonly<Record<string, string>> = {
  estab: "ESTAB",
  established: "ESTAB",
  synsent: "SYN-SENT",
  synrecv: "SYN-RECV",
  synreceived: "SYN-RECV",
  finwait1: "FIN-WAIT-1",
  finwait2: "FIN-WAIT-2",
  timewait: "TIME-WAIT",
  closewait: "CLOSE-WAIT",
  lastack: "LAST-ACK",
  listen: "LISTEN",
  closing: "CLOSING",
  unconn: "UNCONN",
};

function canonicalState(text: string): string {
  return STATES[text.toLowerCase().replace(/[-_]/g, "")] ?? "";
}

/**
 * The part of ss's filter language that is about single terms, all of which must hold: `state NAME`, `exclude NAME`,
 * `sport = :80`, `dport != :ssh`, `src ADDRESS`, `dst ADDRESS`. Throws UsageError.
 */
export function ssFilter(words: readonly string[]): { test: SocketTest; namesState: boolean } {
  const left = words.flatMap((word) => word.split(/\s+/)).filter((word) => word !== "" && word !== "and");
  const tests: SocketTest[] = [];
  let namesState = false;
  while (left.length > 0) {
    const term = left.shift() as string;
    if (term === "state" || term === "exclude") {
      namesState = true;
      tests.push(stateTerm(term, left.shift() ?? ""));
    } else if (term === "sport" || term === "dport") tests.push(portTerm(term, left));
    else if (term === "src" || term === "dst") tests.push(addressTerm(term, left.shift() ?? ""));
    else {
      const known = "state NAME, exclude NAME, sport = :PORT, dport = :PORT, src ADDRESS, dst ADDRESS";
      throw new UsageError(`${JSON.stringify(term)} begins no filter that is known here; use ${known}.`);
    }
  }
  return { test: (row) => tests.every((test) => test(row)), namesState };
}

function stateTerm(term: string, name: string): SocketTest {
  const test = stateTest(name);
  if (!test) {
    const known = [...new Set(Object.values(STATES))].map((each) => each.toLowerCase());
    throw new UsageError(`${term} ${name}: states are ${[...known, ...Object.keys(STATE_GROUPS)].join(", ")}.`);
  }
  return term === "state" ? test : (row) => !test(row);
}

function portTerm(term: "sport" | "dport", left: string[]): SocketTest {
  let text = left.shift() ?? "";
  let isNegated = false;
  if (["=", "==", "eq", "!=", "ne"].includes(text)) {
    isNegated = text === "!=" || text === "ne";
    text = left.shift() ?? "";
  }
  const port = portOf(text.replace(/^:/, ""));
  if (port === null) throw new UsageError(`${term} ${text}: a port is written :80, or :http.`);
  const field = term === "sport" ? "localPort" : "remotePort";
  return (row) => (row[field] === port) !== isNegated;
}

function addressTerm(term: "src" | "dst", text: string): SocketTest {
  const address = addressArgument(term, text.replace(/^\[|\]$/g, ""));
  const field = term === "src" ? "localAddress" : "remoteAddress";
  return (row) => row[field] === address;
}
