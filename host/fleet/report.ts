// What has become of a fleet: numbers, a table of them, and a plot of how many were done when.

import { tableText } from "../inspect/table.ts";
import type { Fleet } from "./fleet.ts";

export interface FleetReport {
  seed: number;
  devices: number;
  /** Devices that had done what they were to do at the end. */
  done: number;
  /** Attempts that failed and were made again, and how often each error was a device's last. */
  retries: number;
  errors: Record<string, number>;
  /** Microseconds from power to the end of the work: the quickest device, the middle one, and so on. */
  micros: { least: number; median: number; p90: number; p99: number; most: number } | null;
  /** Microseconds of virtual time. */
  virtualMicros: number;
  events: number;
  /** Frames that the switch put on cables, and how often on all. */
  deliveries: number;
  floods: number;
  /** When each device was done, in microseconds, in order. */
  doneAt: number[];
  /** What a run cannot repeat: milliseconds it took, nanoseconds of them for each event. */
  cost: { elapsedMs: number; nanosPerEvent: number };
}

/** Everything but `cost` follows from the fleet's seed and scenario. */
export function reportOf(fleet: Fleet): FleetReport {
  const { time, events, deliveries, floods } = fleet.progress();
  const { devices, pace } = fleet;
  const finished = devices.filter(({ doneAt }) => doneAt !== null);
  const errors: Record<string, number> = {};
  for (const { lastError } of devices) if (lastError !== null) errors[lastError] = (errors[lastError] ?? 0) + 1;
  return {
    seed: fleet.seed,
    devices: devices.length,
    done: finished.length,
    retries: devices.reduce((sum, { failures }) => sum + failures, 0),
    errors,
    micros: spreadOf(finished.map(({ doneAt, bootedAt }) => (doneAt ?? 0) - (bootedAt ?? 0))),
    virtualMicros: time,
    events,
    deliveries,
    floods,
    doneAt: finished.map(({ doneAt }) => doneAt ?? 0).sort((a, b) => a - b),
    cost: {
      elapsedMs: Math.round(pace.elapsed),
      nanosPerEvent: Math.round((pace.elapsed * 1e6) / Math.max(events, 1)),
    },
  };
}

function spreadOf(values: readonly number[]): FleetReport["micros"] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(Math.floor(part * sorted.length), sorted.length - 1)] ?? 0;
  if (sorted.length === 0) return null;
  return { least: at(0), median: at(0.5), p90: at(0.9), p99: at(0.99), most: at(1) };
}

/** The report for people; `bytesPerDevice`: memory of the process, where somebody has looked at it. */
export function reportText(report: FleetReport, bytesPerDevice: number | null): string {
  const { micros, cost } = report;
  const errors = Object.entries(report.errors).map(([code, count]) => `${code} ${count}`);
  const rows: [string, string][] = [
    ["devices that have done it", `${number(report.done)} of ${number(report.devices)}`],
    ["attempts that were repeated", [number(report.retries), ...errors].join(", ")],
    ["virtual time", `${seconds(report.virtualMicros)} s`],
    ["real time", `${seconds(cost.elapsedMs * 1000)} s`],
    ["frames delivered by the switch", `${number(report.deliveries)}, ${number(report.floods)} times to all`],
    ["events, each", `${number(report.events)}, ${(cost.nanosPerEvent / 1000).toFixed(1)} µs`],
  ];
  if (bytesPerDevice !== null) rows.push(["memory for each device", `${number(Math.round(bytesPerDevice / 1024))} KB`]);
  const { least, median, p90, p99, most } = micros ?? { least: 0, median: 0, p90: 0, p99: 0, most: 0 };
  const times = [least, median, p90, p99, most].map((value) => (value / 1000).toFixed(2));
  const table = tableText([{ title: `seed ${report.seed}` }, { title: "" }], rows, "   ");
  if (micros === null) return table;
  const columns = ["least", "median", "90 %", "99 %", "most"].map((title) => ({ title, align: "right" as const }));
  const latency = tableText([{ title: "from power to page" }, ...columns], [["milliseconds", ...times]], "   ");
  return `${table}\n${latency}\n${plotText(report)}`;
}

const PLOT_ROWS = 12;
const PLOT_COLUMNS = 60;

/** Bars: how many devices were done in each part of the time. */
export function plotText({ doneAt, virtualMicros }: FleetReport): string {
  const width = Math.max(virtualMicros / PLOT_ROWS, 1);
  const counts = new Array<number>(PLOT_ROWS).fill(0);
  for (const time of doneAt) counts[Math.min(Math.floor(time / width), PLOT_ROWS - 1)]++;
  const most = Math.max(...counts, 1);
  const lines = counts.map((count, i) => {
    const bar = "█".repeat(Math.round((count / most) * PLOT_COLUMNS));
    return `${seconds((i + 1) * width).padStart(8)} s ${bar}${bar === "" ? "" : " "}${number(count)}`;
  });
  return `devices done, up to\n${lines.join("\n")}\n`;
}

function seconds(micros: number): string {
  return (micros / 1e6).toFixed(2);
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
