// `npm run bench -- sockets`: what an application has of a stack through sockets of Node's shape.

import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { compileFirmware } from "../../../host/core/firmware.ts";
import { someOf, wholeNumber } from "../arguments.ts";
import { ProgressLine } from "../progress.ts";
import { environment, headText } from "../report.ts";
import { measureSockets, WORKS } from "./measure.ts";
import { socketsData, socketsText } from "./report.ts";

const RUNS = 9;
const MOST_RUNS = 1000;
const RUN_MS = 700;
/** What --quick does: enough to see that it works, too little to compare. */
const QUICK_MS = 10;
const NAMES = WORKS.map(({ name }) => name);

const DESCRIPTION = `Measures streams between two stacks on a cable, through stack.net, and the same through node:net over
loopback, with both ends in this process. Works:
${WORKS.map(({ name, title }) => `  ${name.padEnd(13)}${title}`).join("\n")}`;

interface Options {
  work: string[];
  runs: number;
  quick?: boolean;
  json?: boolean;
  wasm: string;
}

export function registerSockets(program: Command, wasm: string): void {
  const work = new Option("--work <list>", `of ${NAMES.join(", ")}`).argParser(someOf(NAMES));
  program
    .command("sockets")
    .summary("stack.net beside node:net over loopback")
    .description(DESCRIPTION)
    .addOption(work.default(NAMES, "all"))
    .option("--runs <number>", "runs of each; the median counts", wholeNumber(1, MOST_RUNS), RUNS)
    .option("--quick", "one short run: shows that it works, not how fast")
    .option("--json", "print data instead of text")
    .option("--wasm <file>", "another build of the core", wasm)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const module = await compileFirmware(await readFile(options.wasm));
  const machine = environment();
  const plan = options.quick ? { runs: 1, runMs: QUICK_MS } : { runs: options.runs, runMs: RUN_MS };
  const works = WORKS.filter(({ name }) => options.work.includes(name));
  if (!options.json) process.stdout.write(`${headText(machine)}\n`);
  const progress = new ProgressLine("sockets");
  const results = await measureSockets(module, works, plan, (what) => progress.show(what));
  progress.end();
  if (options.json) process.stdout.write(`${JSON.stringify({ machine, ...socketsData(results) }, null, 2)}\n`);
  else process.stdout.write(socketsText(results, plan.runs));
}
