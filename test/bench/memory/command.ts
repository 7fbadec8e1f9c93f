// `npm run bench -- memory`: what the stack gives for its bytes, from the smallest profile to megabytes.

import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { someOf, wholeNumber } from "../arguments.ts";
import { ProgressLine } from "../progress.ts";
import { environment, headText } from "../report.ts";
import { buildDesign } from "./build.ts";
import { DESIGNS } from "./designs.ts";
import { type MemoryPlan, type MemoryRow, measureDesign } from "./measure.ts";
import { memoryData, memorySvg, memoryText } from "./report.ts";

/** Compilations at a time. */
const AT_ONCE = 2;
const MOST_RUNS = 100;
const FULL: MemoryPlan = { runs: 5, runMs: 100, seeds: [1, 2, 3, 4, 5], seconds: 20 };
const QUICK: MemoryPlan = { runs: 1, runMs: 50, seeds: [1], seconds: 1 };
const NAMES = DESIGNS.map(({ name }) => name);

const DESCRIPTION = `Compiles ${DESIGNS.length} profiles between 11 KB and 4 MB of RAM that divide their memory between buffers, windows
and connections in different ways (into a folder below the system's temporary one, once for each
state of the sources: that takes minutes), and measures each: throughput in this process,
connections open at once, and goodput on cables that lose nothing, 1 % and 5 % of the frames.
A profile is named by its MTU, its connections, segments of a window, and packets.`;

interface Options {
  designs: string[];
  runs?: number;
  quick?: boolean;
  json?: boolean;
  svg?: string;
}

export function registerMemory(program: Command): void {
  const designs = new Option("--designs <list>", `some of ${NAMES.join(", ")}`).argParser(someOf(NAMES));
  program
    .command("memory")
    .summary("what the stack gives for its bytes, in many profiles")
    .description(DESCRIPTION)
    .addOption(designs.default(NAMES, "all"))
    .option("--runs <number>", "runs of the throughput; the median counts", wholeNumber(1, MOST_RUNS))
    .option("--quick", "short runs, one of each: shows that it works, not how fast")
    .option("--json", "print data instead of text")
    .option("--svg <file>", "also draw the curve into a file")
    .action(run);
}

async function run(options: Options): Promise<void> {
  const machine = environment();
  const progress = new ProgressLine("memory");
  const designs = DESIGNS.filter(({ name }) => options.designs.includes(name));
  let built = 0;
  const waiting = [...designs];
  const build = async (): Promise<void> => {
    for (let design = waiting.shift(); design !== undefined; design = waiting.shift()) {
      progress.show(`compiling ${design.name}, ${++built} of ${designs.length}`);
      await buildDesign(design);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, build));
  const plan = options.quick ? QUICK : { ...FULL, runs: options.runs ?? FULL.runs };
  const rows: MemoryRow[] = [];
  for (const design of designs) {
    progress.show(`measuring ${design.name}, ${rows.length + 1} of ${designs.length}`);
    rows.push(await measureDesign(design, await buildDesign(design), plan));
  }
  progress.end();
  rows.sort((a, b) => a.ram - b.ram);
  if (options.svg !== undefined) await writeFile(options.svg, memorySvg(rows));
  if (options.json) process.stdout.write(`${JSON.stringify({ machine, ...memoryData(rows) }, null, 2)}\n`);
  else process.stdout.write(`${headText(machine)}\n${memoryText(rows)}`);
}
