// Conditions on a machine's tables, as people type them: `tcp state == CLOSE_WAIT and remotePort == 80`.

import type { Core } from "../core/core.ts";
import { InputError } from "../errors.ts";
import { counterValues, regionStatuses, socketStatuses } from "../status.ts";
import {
  adapterStatuses,
  addressStatuses,
  groupStatuses,
  nameServerStatuses,
  neighborStatuses,
  routeStatuses,
} from "../tables.ts";

/** True when some row of a table fulfils all conditions. */
export type Condition = (core: Core) => boolean;

type Value = string | number | boolean | null;
type Row = Record<string, unknown>;

interface Comparison {
  field: string;
  operator: Operator;
  value: string;
}

const OPERATORS = {
  "==": (order: number) => order === 0,
  "!=": (order: number) => order !== 0,
  "<": (order: number) => order < 0,
  "<=": (order: number) => order <= 0,
  ">": (order: number) => order > 0,
  ">=": (order: number) => order >= 0,
};
type Operator = keyof typeof OPERATORS;

const sockets = (kind: string) => (core: Core) => socketStatuses(core).filter((row) => row.kind === kind);

/** The tables by the names that stand at the beginning of a condition. */
const TABLES: Record<string, (core: Core) => readonly object[]> = {
  tcp: sockets("tcp"),
  udp: sockets("udp"),
  raw: sockets("raw"),
  echo: sockets("echo"),
  socket: socketStatuses,
  neighbor: neighborStatuses,
  route: routeStatuses,
  address: addressStatuses,
  adapter: adapterStatuses,
  group: groupStatuses,
  nameserver: nameServerStatuses,
  memory: regionStatuses,
  counter: (core) => [counterValues(core)],
};
/** Words, operators, and what stands in quotes. */
const TOKEN = /\s*(?:"([^"]*)"|'([^']*)'|(==|!=|<=|>=|<|>)|([^\s=!<>"']+))/y;

/** Names of the tables, for help. */
export const TABLE_NAMES = Object.keys(TABLES);

/**
 * Reads `TABLE FIELD OPERATOR VALUE [and FIELD OPERATOR VALUE]…`. Throws InputError ERR_CONDITION, and so does what it
 * returns when the table has no such field.
 */
export function parseCondition(text: string): Condition {
  const tokens = tokensOf(text);
  const table = tokens.shift() ?? "";
  const rowsOf = TABLES[table.toLowerCase()];
  if (rowsOf === undefined) {
    throw refusal(`"${table}" is no table to look for something in; choose from ${TABLE_NAMES.join(", ")}.`);
  }
  const comparisons = comparisonsOf(tokens, text);
  return (core) => rowsOf(core).some((row) => comparisons.every((comparison) => holds(row as Row, comparison, table)));
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (match === null) throw refusal(`"${text}" has something in it that is neither a word nor a comparison.`);
    tokens.push(match.slice(1).find((part) => part !== undefined) ?? "");
  }
  return tokens;
}

function comparisonsOf(tokens: readonly string[], text: string): Comparison[] {
  const comparisons: Comparison[] = [];
  for (let at = 0; at === 0 || at < tokens.length; at += 4) {
    const [field, operator, value, link] = tokens.slice(at, at + 4);
    const isEnd = link === undefined || (link.toLowerCase() === "and" && at + 4 < tokens.length);
    if (field === undefined || operator === undefined || !(operator in OPERATORS) || value === undefined || !isEnd) {
      throw refusal(`"${text}" is no condition; one looks like: tcp state == CLOSE_WAIT and remotePort == 80.`);
    }
    comparisons.push({ field, operator: operator as Operator, value });
  }
  return comparisons;
}

function holds(row: Row, { field, operator, value }: Comparison, table: string): boolean {
  const key = Object.keys(row).find((name) => name.toLowerCase() === field.toLowerCase());
  if (key === undefined) {
    throw refusal(`A row of "${table}" has no field ${field}; it has ${Object.keys(row).join(", ")}.`);
  }
  return OPERATORS[operator](compare(row[key] as Value, value));
}

// Numbers as numbers; everything else as text, whatever its case. A list is found by any of its words.
function compare(actual: Value | readonly Value[], wanted: string): number {
  if (Array.isArray(actual)) return actual.some((each) => compare(each as Value, wanted) === 0) ? 0 : 1;
  if (typeof actual === "number") return actual - Number(wanted);
  const [a, b] = [String(actual).toLowerCase(), wanted.toLowerCase()];
  return a === b ? 0 : a < b ? -1 : 1;
}

function refusal(sentence: string): InputError {
  return new InputError("ERR_CONDITION", sentence);
}
