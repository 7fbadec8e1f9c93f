// `npm run bench -- goodput`: what arrives over a cable that loses frames.

import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { compileFirmware } from "../../../host/core/firmware.ts";
import { percentages, someOf, wholeNumber, wholeNumbers } from "../arguments.ts";
import { ProgressLine } from "../progress.ts";
import { CONTROLLERS, LOSSES, WINDOWS } from "./conditions.ts";
import { measureGoodput, type Plan } from "./measure.ts";
import { conditionText, goodputData, goodputText, happeningsText, headText, runsText, unfairText } from "./report.ts";

const NAMES = CONTROLLERS.map(({ name }) => name);
const SEEDS = 9;
const SECONDS = 30;
/** As many packets as a socket of the default profile may have. */
const MOST_SEGMENTS = 180;

const DESCRIPTION = `Measures what arrives over a cable of unlimited rate and 20 ms there and back that loses frames in
both directions. Time is virtual: the same build gives the same figures on every computer, and 30
seconds take a moment. Beside them stand the target, the bound that the window and (for control of
Reno's kind) the loss set, and what other stacks reach; below, what happened to the segments.
Ends with exit code 1 when control of Reno's kind takes more than its share.`;

interface Options {
  seeds: number[];
  seconds: number;
  window: number[];
  loss: number[];
  controller: string[];
  each?: boolean;
  json?: boolean;
  wasm: string;
}

/** `wasm`: the build that is measured unless another is named. */
export function registerGoodput(program: Command, wasm: string): void {
  const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);
  const controllers = `of ${NAMES.join(", ")}`;
  program
    .command("goodput")
    .summary("what arrives over a cable that loses frames, in virtual time")
    .description(DESCRIPTION)
    .addOption(list("--seeds", "runs, by the seed of all that is random", wholeNumbers(1, 1e6), seeds, `1-${SEEDS}`))
    .option("--seconds <number>", "of sending, in virtual time", wholeNumber(1, 3600), SECONDS)
    .addOption(list("--window", "windows in segments", wholeNumbers(1, MOST_SEGMENTS), WINDOWS, WINDOWS.join()))
    .addOption(
      list("--loss", "percentages of frames lost", percentages, LOSSES, LOSSES.map((loss) => loss * 100).join()),
    )
    .addOption(list("--controller", controllers, someOf(NAMES), NAMES, "all"))
    .option("--each", "also a line for each run")
    .option("--json", "print data instead of text, with every run")
    .option("--wasm <file>", "another build of the core", wasm)
    .action(run);
}

function list<T>(flag: string, what: string, take: (text: string) => T, otherwise: T, shown: string): Option {
  return new Option(`${flag} <list>`, what).argParser(take).default(otherwise, shown);
}

async function run(options: Options): Promise<void> {
  const plan: Plan = {
    controllers: CONTROLLERS.filter(({ name }) => options.controller.includes(name)),
    windows: options.window,
    losses: options.loss,
    seeds: options.seeds,
    seconds: options.seconds,
  };
  const module = await compileFirmware(await readFile(options.wasm));
  const progress = new ProgressLine("goodput");
  const rows = await measureGoodput(module, plan, (place, count, conditions) =>
    progress.show(`${place + 1} of ${count}: ${conditionText(conditions)}`),
  );
  progress.end();
  if (options.json) {
    process.stdout.write(`${JSON.stringify(goodputData(plan, rows), null, 2)}\n`);
  } else {
    process.stdout.write(`${headText(plan)}\n${goodputText(rows)}\n${happeningsText(rows)}`);
    if (options.each) process.stdout.write(`\n${runsText(rows)}`);
  }
  const unfair = unfairText(rows);
  if (unfair) throw new Error(unfair);
}
