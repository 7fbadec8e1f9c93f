// `npm run bench -- crowd`: what a round trip costs among ten thousand other connections.

import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { Bus } from "../../../host/core/bus.ts";
import { Core } from "../../../host/core/core.ts";
import { compileFirmware } from "../../../host/core/firmware.ts";
import { someOf, wholeNumber, wholeNumbers } from "../arguments.ts";
import { ProgressLine } from "../progress.ts";
import { environment, headText } from "../report.ts";
import { measureCrowds, type Plan } from "./measure.ts";
import { crowdData, crowdText } from "./report.ts";
import { MODES, type Mode } from "./trial.ts";

const OTHERS = [0, 1, 10, 100, 1000, 10_000];
/** Many short runs rather than a few long ones, so that what disturbs the machine touches runs side by side alike. */
const RUNS = 25;
const MOST_RUNS = 1000;
const TRIPS = 20_000;
/** What --quick does: enough to see that it works, too little to compare. */
const QUICK_TRIPS = 500;
const NAMES = Object.keys(MODES) as Mode[];
/** A control block for the listener that accepts, beside one for each connection. */
const LISTENERS = 1;

const DESCRIPTION = `Measures round trips of 64 bytes between two machines with more and more open connections between
them. The runs alternate in one process, and each is compared with the one of the same turn that has
the fewest connections. Modes:
${NAMES.map((name) => `  ${name.padEnd(10)}${MODES[name]}`).join("\n")}`;

interface Options {
  others: number[];
  mode: Mode[];
  runs: number;
  quick?: boolean;
  json?: boolean;
  wasm: string;
}

/** `wasm`: the build that is measured unless another is named; one with ten thousand control blocks. */
export function registerCrowd(program: Command, wasm: string): void {
  const others = new Option("--others <list>", "numbers of other connections").argParser(wholeNumbers(0, 65_000));
  const mode = new Option("--mode <list>", `of ${NAMES.join(", ")}`).argParser(someOf(NAMES));
  program
    .command("crowd")
    .summary("what a round trip costs among ten thousand other connections")
    .description(DESCRIPTION)
    .addOption(others.default(OTHERS, OTHERS.join()))
    .addOption(mode.default(NAMES, "all"))
    .option("--runs <number>", "runs of each; the median counts", wholeNumber(1, MOST_RUNS), RUNS)
    .option("--quick", "few trips and one run: shows that it works, not how fast")
    .option("--json", "print data instead of text")
    .option("--wasm <file>", "another build of the core", wasm)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const module = await compileFirmware(await readFile(options.wasm));
  const plan: Plan = {
    others: [...options.others].sort((a, b) => a - b),
    modes: options.mode,
    runs: options.quick ? 1 : options.runs,
    trips: options.quick ? QUICK_TRIPS : TRIPS,
  };
  await demandRoom(module, plan.others);
  const machine = environment();
  if (!options.json) process.stdout.write(`${headText(machine)}\n`);
  const progress = new ProgressLine("crowd");
  const rows = await measureCrowds(module, plan, (what) => progress.show(what));
  progress.end();
  if (options.json) process.stdout.write(`${JSON.stringify({ machine, ...crowdData(rows) }, null, 2)}\n`);
  else process.stdout.write(crowdText(plan, rows));
}

async function demandRoom(module: WebAssembly.Module, others: readonly number[]): Promise<void> {
  const { constants } = await Core.start(module, [1, 2, 3, 4], { bus: new Bus() });
  const most = constants.TCBS - LISTENERS - 1;
  if (others.every((count) => count <= most)) return;
  throw new InvalidArgumentError(`This build of the core has room for ${most} other connections.`);
}
