// Sockets of a stack beside Node's own, as a table or as data.

import { type Column, tableText } from "../../../host/inspect/table.ts";
import { figureOf, unitOf } from "../benchmark.ts";
import { grouped } from "../report.ts";
import type { Result } from "./measure.ts";

export function socketsText(results: readonly Result[], runs: number): string {
  const titles = ["stack.net", "node:net", "", "times as fast", "quartiles", "wanted"];
  const columns: Column[] = [
    { title: "" },
    ...titles.map((title): Column => ({ title, align: title ? "right" : "left" })),
  ];
  const rows = results.map(({ work, ours, theirs, ratio }) => [
    work.name,
    grouped(figureOf(work, ours.median)),
    grouped(figureOf(work, theirs.median)),
    unitOf(work),
    ratio.median.toFixed(2),
    `${ratio.lowerQuartile.toFixed(2)}-${ratio.upperQuartile.toFixed(2)}`,
    `${work.least.toFixed(1)} ${ratio.median >= work.least ? "reached" : "missed"}`,
  ]);
  const head = `Two stacks on a cable, by sockets of Node's shape, beside Node's own over loopback: both ends in this process,
every byte compared; medians of ${runs} runs side by side\n`;
  return `${head}${tableText(
    [...columns, { title: "" }],
    rows.map((row, i) => [...row, results[i].work.title]),
    "  ",
  )}`;
}

/** The same for programs: nanoseconds for an operation, and how many times as fast. */
export function socketsData(results: readonly Result[]): object {
  return {
    unit: "ns",
    rows: results.map(({ work, ours, theirs, ratio }) => ({
      name: work.name,
      title: work.title,
      payloadBytes: work.payloadBytes ?? null,
      stack: ours,
      node: theirs,
      timesAsFast: ratio,
      least: work.least,
      isReached: ratio.median >= work.least,
    })),
  };
}
