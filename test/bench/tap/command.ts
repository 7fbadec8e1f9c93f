// `npm run bench -- tap`: bulk between Thimble and the Linux kernel over a TAP, each direction, beside bare programs that
// only read or only write frames there.

import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { type Column, tableText } from "../../../host/inspect/table.ts";
import { Network, STACK, STACK_MAC, TAP } from "../../linux/support/network.ts";
import { skip } from "../../linux/support/requirements.ts";
import { wholeNumber } from "../arguments.ts";
import { ProgressLine } from "../progress.ts";
import { environment, grouped, headText } from "../report.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import { FRAME_BYTES, playEnd, type TapOrder, type TapReport } from "./ends.ts";

const RUNS = 5;
const MOST_RUNS = 100;
const RUN_MS = 2000;
const QUICK_MS = 200;
/** Payload of a whole frame of TCP with timestamps. */
const FRAME_PAYLOAD = 1448;
/** Share of the bare program's frames that is wanted. */
const LEAST = 0.6;

interface Options {
  runs: number;
  quick?: boolean;
  json?: boolean;
}

interface Row {
  readonly name: string;
  /** Frames per second. */
  readonly frames: Spread;
  readonly runs: readonly number[];
  /** Of the bare program's frames; null for these themselves. */
  readonly ratio: number | null;
}

export function registerTap(program: Command): void {
  program
    .command("tap")
    .summary("bulk to and from the Linux kernel, beside bare readers and writers")
    .description(
      `Measures bulk between Thimble, by its promises, and the Linux kernel over a TAP, in a namespace that it
makes: each direction, every byte compared; and in the same run, how many frames of that size a
program that does nothing else reads from that TAP, or writes to it. Needs root.`,
    )
    .option("--runs <number>", "runs of each; the median counts", wholeNumber(1, MOST_RUNS), RUNS)
    .option("--quick", "short runs, one of each: shows that it works, not how fast")
    .option("--json", "print data instead of text")
    .action(run);
  program
    .command("tap-end", { hidden: true })
    .argument("<order>")
    .action(async (order: string) => playEnd(JSON.parse(order)));
}

async function run(options: Options): Promise<void> {
  if (skip !== false) throw new Error(`Nothing is measured: ${skip}.`);
  const machine = environment();
  const progress = new ProgressLine("tap");
  const [runs, ms] = options.quick ? [1, QUICK_MS] : [options.runs, RUN_MS];
  const network = new Network();
  const rates: Record<string, number[]> = { read: [], receive: [], write: [], send: [] };
  try {
    network.administer(["neigh", "add", STACK, "lladdr", STACK_MAC, "dev", TAP, "nud", "permanent"]);
    for (let i = 0; i < runs; i++) {
      progress.show(`run ${i + 1} of ${runs}`);
      rates.read.push(framesOf(await meet(network, "bare-read", "kernel-blast", ms), 1));
      rates.receive.push(framesOf(await meet(network, "thimble-receive", "kernel-send", ms), FRAME_PAYLOAD));
      rates.write.push(framesOf(await play(network, "bare-write", ms).report, 1));
      rates.send.push(framesOf(await meet(network, "kernel-receive", "thimble-send", ms), FRAME_PAYLOAD));
    }
  } finally {
    progress.end();
    network.close();
  }
  const rows = [
    rowOf("bare reader", rates.read, null),
    rowOf("Linux to Thimble", rates.receive, rates.read),
    rowOf("bare writer", rates.write, null),
    rowOf("Thimble to Linux", rates.send, rates.write),
  ];
  if (options.json)
    process.stdout.write(`${JSON.stringify({ machine, unit: "frames/s", least: LEAST, rows }, null, 2)}\n`);
  else process.stdout.write(`${headText(machine)}\n${rowsText(rows)}`);
}

/** Starts the end that counts, then the other; resolves to what the first saw. */
async function meet(
  network: Network,
  counts: TapOrder["role"],
  sends: TapOrder["role"],
  ms: number,
): Promise<TapReport> {
  const counting = play(network, counts, ms);
  await counting.ready;
  const sending = play(network, sends, ms);
  const report = await counting.report;
  await sending.ended;
  return report;
}

interface Playing {
  readonly ready: Promise<void>;
  readonly report: Promise<TapReport>;
  readonly ended: Promise<void>;
}

/** An end, as a process of this same program in the namespace. */
function play(network: Network, role: TapOrder["role"], ms: number): Playing {
  const order: TapOrder = { role, ms };
  const child = network.spawn(process.execPath, [process.argv[1], "tap-end", JSON.stringify(order)]);
  let complaint = "";
  child.stderr?.on("data", (chunk) => (complaint += chunk));
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => (status === 0 ? resolve() : reject(new Error(`${role}: ${complaint.trim()}`))));
  });
  const messages = messagesOf(child);
  const said = async (name: string): Promise<object> => {
    const message = await Promise.race([messages.get(name), ended.then(() => messages.closed)]);
    if (message === undefined) throw new Error(`${role} has ended without a report.`);
    return message;
  };
  const ready = said("ready").then(() => {});
  const report = said("units").then((message) => message as TapReport);
  // Not everybody is asked for all of these.
  for (const promise of [ready, report, ended]) promise.catch(() => {});
  return { ready, report, ended };
}

/** The first message with a property of that name; undefined, once the child has closed its output, when there was none. */
function messagesOf(child: ChildProcess): { get(name: string): Promise<object>; closed: Promise<undefined> } {
  const messages: object[] = [];
  const waiting: { name: string; resolve: (message: object) => void }[] = [];
  if (child.stdout === null) throw new Error("The child has no output.");
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => {
    const message = JSON.parse(line);
    messages.push(message);
    for (const { name, resolve } of waiting) if (name in message) resolve(message);
  });
  return {
    get: (name) =>
      new Promise((resolve) => {
        const known = messages.find((message) => name in message);
        if (known === undefined) waiting.push({ name, resolve });
        else resolve(known);
      }),
    closed: new Promise((resolve) => reader.on("close", () => resolve(undefined))),
  };
}

function framesOf({ units, seconds }: TapReport, payload: number): number {
  return units / payload / seconds;
}

function rowOf(name: string, runs: readonly number[], bare: readonly number[] | null): Row {
  const frames = spreadOf(runs);
  return { name, frames, runs, ratio: bare === null ? null : frames.median / spreadOf(bare).median };
}

function rowsText(rows: readonly Row[]): string {
  const titles = ["frames/s", "least", "most", "Mbit/s of frames", "of the bare one"];
  const columns: Column[] = [{ title: "" }, ...titles.map((title) => ({ title, align: "right" as const }))];
  const cells = rows.map(({ name, frames, ratio }) => [
    name,
    ...[frames.median, frames.least, frames.most, (frames.median * FRAME_BYTES * 8) / 1e6].map(grouped),
    ratio === null ? "" : ratio.toFixed(2),
  ]);
  return `${tableText(columns, cells, "  ")}At least ${LEAST} of the bare one is wanted.\n`;
}
