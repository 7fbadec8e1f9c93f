// What may be put in place of what: the operators of the language, the helpers that stand for operators here, and the
// groups in which a report counts them.

export type Group =
  | "comparison"
  | "arithmetic"
  | "bits"
  | "logic"
  | "condition"
  | "constant"
  | "statement"
  | "exit"
  | "helper"
  | "enum";

/** A change: its name, which is the last part of a mutant's id, and the text that comes in. */
export interface Swap {
  kind: string;
  group: Group;
  text: string;
}

function swaps(group: Group, table: Readonly<Record<string, string>>): Swap[] {
  return Object.entries(table).map(([kind, text]) => ({ kind, group, text }));
}

/** Operators with two operands: each becomes its neighbour, comparisons also their opposite. */
export const BINARY: ReadonlyMap<string, readonly Swap[]> = new Map([
  ["<", swaps("comparison", { "lt-le": "<=", "lt-ge": ">=" })],
  ["<=", swaps("comparison", { "le-lt": "<", "le-gt": ">" })],
  [">", swaps("comparison", { "gt-ge": ">=", "gt-le": "<=" })],
  [">=", swaps("comparison", { "ge-gt": ">", "ge-lt": "<" })],
  ["==", swaps("comparison", { "eq-ne": "!=" })],
  ["!=", swaps("comparison", { "ne-eq": "==" })],
  ["===", swaps("comparison", { "is-isnt": "!==" })],
  ["!==", swaps("comparison", { "isnt-is": "===" })],
  ["+", swaps("arithmetic", { "plus-minus": "-" })],
  ["-", swaps("arithmetic", { "minus-plus": "+" })],
  ["*", swaps("arithmetic", { "times-by": "/" })],
  ["/", swaps("arithmetic", { "by-times": "*" })],
  ["%", swaps("arithmetic", { "rest-times": "*" })],
  ["+=", swaps("arithmetic", { "add-subtract": "-=" })],
  ["-=", swaps("arithmetic", { "subtract-add": "+=" })],
  ["<<", swaps("bits", { "left-right": ">>" })],
  [">>", swaps("bits", { "right-left": "<<" })],
  ["&", swaps("bits", { "bitand-bitor": "|" })],
  ["|", swaps("bits", { "bitor-bitand": "&" })],
  ["^", swaps("bits", { "xor-bitand": "&" })],
  ["<<=", swaps("bits", { "shiftleft-shiftright": ">>=" })],
  [">>=", swaps("bits", { "shiftright-shiftleft": "<<=" })],
  ["&=", swaps("bits", { "keep-set": "|=" })],
  ["|=", swaps("bits", { "set-keep": "&=" })],
  ["&&", swaps("logic", { "and-or": "||" })],
  ["||", swaps("logic", { "or-and": "&&" })],
]);

/** Operators in front of their operand. The empty text drops them. */
export const PREFIX: ReadonlyMap<string, readonly Swap[]> = new Map([
  ["!", swaps("logic", { "drop-not": "" })],
  ["~", swaps("bits", { "drop-complement": "" })],
  ["-", swaps("arithmetic", { "drop-minus": "" })],
  ["++", swaps("arithmetic", { "up-down": "--" })],
  ["--", swaps("arithmetic", { "down-up": "++" })],
]);

/** Operators behind their operand. */
export const POSTFIX: ReadonlyMap<string, readonly Swap[]> = new Map([
  ["++", swaps("arithmetic", { "up-down": "--" })],
  ["--", swaps("arithmetic", { "down-up": "++" })],
]);

/** Functions and methods whose names alone are exchanged: their arguments mean the same. */
export const NAMES: ReadonlyMap<string, Swap> = new Map([
  ["min", { kind: "min-max", group: "helper", text: "max" }],
  ["max", { kind: "max-min", group: "helper", text: "min" }],
  ["mark", { kind: "mark-unmark", group: "helper", text: "unmark" }],
  ["unmark", { kind: "unmark-mark", group: "helper", text: "mark" }],
]);

/** Makes the text that takes the place of a call from the texts of its arguments. */
export interface CallSwap {
  kind: string;
  write: (...args: string[]) => string;
}

/**
 * The comparisons of sequence numbers (assembly/transport/tcp/seq.ts). What takes their place is written out, since the
 * file that is changed may not import the other helper.
 */
export const SEQUENCE_CALLS: ReadonlyMap<string, readonly CallSwap[]> = new Map([
  ["seqBefore", [distance("before-upto", "<= 0"), distance("before-after", "> 0")]],
  ["seqAfter", [distance("after-from", ">= 0"), distance("after-before", "< 0")]],
  ["seqUpTo", [distance("upto-before", "< 0"), distance("upto-after", "> 0")]],
  ["seqMax", [choice("later-earlier", "<")]],
  ["seqMin", [choice("earlier-later", ">")]],
  [
    "seqInWindow",
    [
      { kind: "in-window-or-end", write: (seq, first, bytes) => `((${seq}) - (${first}) <= (${bytes}))` },
      { kind: "out-of-window", write: (seq, first, bytes) => `((${seq}) - (${first}) >= (${bytes}))` },
    ],
  ],
]);

function distance(kind: string, comparison: string): CallSwap {
  return { kind, write: (a, b) => `(<i32>((${a}) - (${b})) ${comparison})` };
}

function choice(kind: string, comparison: string): CallSwap {
  return { kind, write: (a, b) => `(<i32>((${a}) - (${b})) ${comparison} 0 ? (${a}) : (${b}))` };
}
