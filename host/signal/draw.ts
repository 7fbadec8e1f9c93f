// A signal as text: one column for each symbol, a line for each level, and below them what the symbols are part of.

import type { Signal } from "./line-code.ts";

/** Levels from the highest to the lowest. */
const ELECTRIC = [1, 0, -1];
const LIGHT = [1, 0];
const LABELS: Readonly<Record<string, string>> = { "1": "+ ", "0": "0 ", "-1": "- " };
const LIGHT_LABELS: Readonly<Record<string, string>> = { "1": "on  ", "0": "off " };

/** Symbols `from` to `to` of a signal, in blocks as wide as `width` columns allow. */
export function drawSignal(signal: Signal, from: number, to: number, width: number): string {
  const labels = signal.code === "100base-fx" ? LIGHT_LABELS : LABELS;
  const margin = (labels["0"] ?? "").length;
  const step = Math.max(8, width - margin);
  const blocks: string[] = [];
  for (let at = from; at < to; at += step) blocks.push(block(signal, at, Math.min(at + step, to), labels, margin));
  return blocks.join("\n");
}

function block(
  signal: Signal,
  from: number,
  to: number,
  labels: Readonly<Record<string, string>>,
  margin: number,
): string {
  const { levels } = signal;
  const rows = signal.code === "100base-fx" ? LIGHT : ELECTRIC;
  const lines = rows.map((row) => {
    const cells = Array.from(levels.subarray(from, to), (level, i) => cell(row, level, levels[from + i - 1] ?? level));
    return `${labels[`${row}`]}${cells.join("")}`.trimEnd();
  });
  return `${[...lines, `${" ".repeat(margin)}${partsLine(signal, from, to)}`].join("\n")}\n`;
}

/** What stands in a row where the level goes from `before` to `level`. */
function cell(row: number, level: number, before: number): string {
  if (level === before) return row === level ? "─" : " ";
  const [low, high] = [Math.min(level, before), Math.max(level, before)];
  if (row < low || row > high) return " ";
  if (row === high) return level === high ? "┌" : "┐";
  if (row === low) return level === low ? "└" : "┘";
  return "│";
}

// A name needs room; a part that is too short for its name has a bar alone.
function partsLine({ parts }: Signal, from: number, to: number): string {
  return parts
    .filter((part) => part.to > from && part.from < to)
    .map((part) => {
      const [start, end] = [Math.max(part.from, from), Math.min(part.to, to)];
      const text = part.from >= from ? `╵${part.name}` : `…${part.name}`;
      return text.slice(0, end - start).padEnd(end - start);
    })
    .join("")
    .trimEnd();
}
