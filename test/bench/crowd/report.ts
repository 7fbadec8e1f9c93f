// What a crowd of connections costs, as a table or as data.

import { type Column, tableText } from "../../../host/inspect/table.ts";
import { grouped } from "../report.ts";
import type { Plan, Row } from "./measure.ts";
import { MESSAGE_BYTES, MODES } from "./trial.ts";

/** One connection's round trip among ten thousand that are idle is to take at most so many times what it takes alone. */
const MOST = 1.2;

export function crowdText({ runs, others }: Plan, rows: readonly Row[]): string {
  const titles = ["others", "ns a trip", "quartiles", "trips/s", `of ${others[0]} others`, "quartiles"];
  const columns: Column[] = titles.map((title) => ({ title, align: "right" }));
  const modes = [...new Set(rows.map(({ mode }) => mode))];
  const tables = modes.map((mode) => {
    const cells = rows.filter((row) => row.mode === mode).map(cellsOf);
    const goal = mode === "idle" ? `; at most ${MOST} is wanted` : "";
    return `\n${mode}: ${MODES[mode]}${goal}\n${tableText(columns, cells, "  ")}`;
  });
  const head = `Round trips of ${MESSAGE_BYTES} bytes among open connections, medians of ${runs} runs that alternate\n`;
  return `${head}${tables.join("")}`;
}

function cellsOf({ others, nanoseconds, ratio }: Row): string[] {
  return [
    grouped(others),
    grouped(nanoseconds.median),
    `${grouped(nanoseconds.lowerQuartile)}-${grouped(nanoseconds.upperQuartile)}`,
    grouped(1e9 / nanoseconds.median),
    ratio.median.toFixed(3),
    `${ratio.lowerQuartile.toFixed(3)}-${ratio.upperQuartile.toFixed(3)}`,
  ];
}

/** The same for programs: `runs` are the nanoseconds of a trip in each run, ratios are to the first row of a mode. */
export function crowdData(rows: readonly Row[]): object {
  return {
    unit: "ns",
    messageBytes: MESSAGE_BYTES,
    rows: rows.map((row) => ({ ...row, tripsPerSecond: 1e9 / row.nanoseconds.median })),
  };
}
