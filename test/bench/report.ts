// How the figures are given: one line for each, or as data.

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { memoryMap } from "../../host/build/memory-map.ts";
import { Bus } from "../../host/core/bus.ts";
import { Core } from "../../host/core/core.ts";
import { type Column, tableText } from "../../host/inspect/table.ts";
import { type Figure, figureOf, unitOf } from "./benchmark.ts";
import { barChart } from "./chart.ts";
import { median } from "./statistics.ts";

/** With more work than this waiting for a processor, in the mean of the last minute, the machine is not ours alone. */
const BUSY_LOAD = 0.5;
/** Runs that lie further apart than this, relative to the median, say that the machine was not ours alone. */
const WIDE_SPREAD = 0.25;

export interface Environment {
  cpu: string;
  processors: number;
  /** Processes that wanted to run, in the mean of the minute before; 0 where the system does not count them. */
  load: number;
  node: string;
  v8: string;
  system: string;
}

export function environment(): Environment {
  return {
    cpu: cpus()[0]?.model.trim() || "unknown processor",
    processors: availableParallelism(),
    load: loadavg()[0],
    node: process.versions.node,
    v8: process.versions.v8,
    system: `${process.platform} ${process.arch}`,
  };
}

export interface Size {
  wasmBytes: number;
  /** Bytes of linear memory, and how many of them the core uses. */
  linearBytes: number;
  usedBytes: number;
  /** Largest window that a connection advertises. */
  windowBytes: number;
}

/** What the core takes: its file, and its memory; and what it gives for that. */
export async function sizeOf(path: string, module: WebAssembly.Module): Promise<Size> {
  const core = await Core.start(module, [1, 2, 3, 4], { bus: new Bus() });
  const { used, total } = memoryMap(core);
  const windowBytes = core.constants.RX_PACKETS_PER_TCB * core.constants.MSS;
  return { wasmBytes: readFileSync(path).length, linearBytes: total, usedBytes: used, windowBytes };
}

/** The first lines: on what, and whether it is fit for measuring. */
export function headText({ cpu, processors, load, node, v8, system }: Environment): string {
  const head = `${cpu}, ${processors} processors, Node ${node}, V8 ${v8}, ${system}\n`;
  if (load <= BUSY_LOAD) return head;
  return `${head}The machine is busy (load average ${load.toFixed(2)}): expect lower and uneven figures.\n`;
}

export function figuresText(figures: readonly Figure[]): string {
  const right = (title: string): Column => ({ title, align: "right" });
  const columns = [{ title: "" }, right("median"), { title: "" }, right("slowest"), right("fastest"), right("ns each")];
  const rows = figures.map(({ benchmark, runs }) => {
    const [slowest, fastest] = [runs[runs.length - 1], runs[0]];
    const values = [median(runs), slowest, fastest].map((time) => grouped(figureOf(benchmark, time)));
    const each = grouped(median(runs));
    return [benchmark.name, values[0], unitOf(benchmark), values[1], values[2], each, benchmark.title];
  });
  return tableText([...columns, { title: "" }], rows, "  ");
}

/** Bars, those of one unit together. */
export function figuresSvg(figures: readonly Figure[]): string {
  const units = [...new Set(figures.map(({ benchmark }) => unitOf(benchmark)))];
  const groups = units.map((unit) => ({
    title: unit === "ns" ? "ceilings, nanoseconds" : unit,
    bars: figures
      .filter(({ benchmark }) => unitOf(benchmark) === unit)
      .map(({ benchmark, runs }) => {
        const [value, least, most] = [median(runs), runs[runs.length - 1], runs[0]].map((time) =>
          figureOf(benchmark, time),
        );
        return { name: benchmark.name, value, least, most, isOurs: !benchmark.isCeiling };
      }),
  }));
  return barChart("Thimble in one process, medians", groups);
}

export function sizeText({ wasmBytes, linearBytes, usedBytes, windowBytes }: Size): string {
  const [wasm, linear, used, window] = [wasmBytes, linearBytes, usedBytes, windowBytes].map(grouped);
  return `The core: ${wasm} bytes of wasm; ${used} of ${linear} bytes of memory used; windows up to ${window} bytes.\n`;
}

/** A last line where the runs of a figure disagree; else nothing. */
export function spreadText(figures: readonly Figure[]): string {
  const spreads = figures.map(({ benchmark, runs }) => ({ name: benchmark.name, spread: spreadOf(runs) }));
  const [widest] = spreads.sort((a, b) => b.spread - a.spread);
  if (widest === undefined || widest.spread <= WIDE_SPREAD) return "";
  const percent = Math.round(widest.spread * 100);
  return `Runs of ${widest.name} lie ${percent} % apart: measure again when the machine has nothing else to do.\n`;
}

function spreadOf(runs: readonly number[]): number {
  return (runs[runs.length - 1] - runs[0]) / median(runs);
}

/** The same for programs. `value`, `slowest` and `fastest` are in `unit`, `nanoseconds` are those of each run. */
export function reportData(machine: Environment, core: Size, figures: readonly Figure[]): object {
  return {
    machine,
    core,
    figures: figures.map(({ benchmark, runs }) => ({
      name: benchmark.name,
      title: benchmark.title,
      unit: unitOf(benchmark),
      value: figureOf(benchmark, median(runs)),
      slowest: figureOf(benchmark, runs[runs.length - 1]),
      fastest: figureOf(benchmark, runs[0]),
      operations: benchmark.operations,
      nanoseconds: runs,
    })),
  };
}

/** A whole number as people read it: 12,345. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
