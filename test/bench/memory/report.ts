// The memory curve as a table, as data and as a picture.

import { type Column, tableText } from "../../../host/inspect/table.ts";
import { type Series, scatterChart } from "../chart.ts";
import { grouped } from "../report.ts";
import { LOSSES, type MemoryRow, throughputMedian } from "./measure.ts";

const COLUMNS: readonly Column[] = [
  ...["RAM", "MTU", "packets", "window", "connections", "window of each", "Mbit/s at most"],
  ...LOSSES.map((loss) => `${loss * 100} % lost`),
].map((title) => ({ title, align: "right" }));

const LEGEND = `RAM: bytes that the machine uses, all of it: control blocks, packets, rings, tables. Window: the largest, when a connection
is alone. Connections: open at once, with a message arriving in each, and the window that each has then. Mbit/s at most:
bulk between two such machines in this process, as fast as this computer makes it. The last columns: goodput in Mbit/s over
a cable of unlimited rate with 20 ms there and back that loses frames in both directions; the same on every computer.
`;

export function memoryText(rows: readonly MemoryRow[]): string {
  const cells = rows.map((row) => [
    grouped(row.ram),
    `${row.design.mtu}`,
    grouped(row.design.packets),
    grouped(row.window),
    grouped(row.connections),
    grouped(row.windowOfEach),
    grouped(throughputMedian(row)),
    ...row.goodput.map((figure) => figure.toFixed(2)),
  ]);
  return `${tableText(COLUMNS, cells, "  ")}\n${LEGEND}`;
}

/** The same for programs: bytes, and Mbit/s. */
export function memoryData(rows: readonly MemoryRow[]): object {
  return {
    unit: "Mbit/s",
    losses: LOSSES,
    rows: rows.map((row) => ({ ...row, throughputMedian: throughputMedian(row) })),
  };
}

export function memorySvg(rows: readonly MemoryRow[]): string {
  const series = (name: string, y: (row: MemoryRow) => number): Series => ({
    name,
    points: rows.map((row) => ({ x: row.ram, y: y(row), hint: hintOf(row) })),
  });
  return scatterChart("What Thimble gives for its bytes: one point is one profile", "RAM, all of it", [
    { title: "Throughput in this process, Mbit/s", series: [series("at most", throughputMedian)] },
    {
      title: "Goodput, 20 ms there and back, Mbit/s",
      isLogarithmic: true,
      series: LOSSES.map((loss, i) => series(`${loss * 100} % lost`, (row) => row.goodput[i])),
    },
    { title: "Connections open at once", isLogarithmic: true, series: [series("open", (row) => row.connections)] },
  ]);
}

function hintOf({ ram, design, window, connections }: MemoryRow): string {
  return `${grouped(ram)} bytes: MTU ${design.mtu}, ${design.packets} packets, window ${grouped(window)}, ${connections} connections`;
}
