// `npm run bench -- peers`: the same work done by other stacks, in the same run.

import { readFile, writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { compileFirmware } from "../../../host/core/firmware.ts";
import { someOf, wholeNumber } from "../arguments.ts";
import { ProgressLine } from "../progress.ts";
import { environment, headText } from "../report.ts";
import { hold } from "./contest.ts";
import { ARRANGEMENTS, type Offer } from "./contestant.ts";
import { lwipOffer } from "./lwip.ts";
import { nodeOffer } from "./node-net.ts";
import { goalsText, offersText, quietText, resultsData, resultsSvg, resultsText } from "./report.ts";
import { smoltcpOffer } from "./smoltcp.ts";
import { thimbleOffer } from "./thimble.ts";
import { WORKS } from "./works.ts";

const RUNS = 7;
const MOST_RUNS = 1000;
/** Milliseconds of a run; and what --quick does: enough to see that it works, too little to compare. */
const RUN_MS = 250;
const QUICK_MS = 10;

const STACKS = {
  thimble: thimbleOffer,
  lwip: async (_: WebAssembly.Module, say: (what: string) => void) => lwipOffer(say),
  smoltcp: async (_: WebAssembly.Module, say: (what: string) => void) => smoltcpOffer(say),
  node: async () => nodeOffer(),
} as const satisfies Record<string, (module: WebAssembly.Module, say: (what: string) => void) => Promise<Offer>>;
type Stack = keyof typeof STACKS;
const STACK_NAMES = Object.keys(STACKS) as Stack[];
const WORK_NAMES = WORKS.map(({ name }) => name);

const DESCRIPTION = `Lets other stacks do the same work in the same run: lwIP from Debian's source package, as wasm and
native, with its own checksum and with a better one; smoltcp from the Rust registry, native; and
Node's own sockets over loopback. What is not there is fetched and built in a folder below the
system's temporary one (with root, clang is installed where it is missing), once; a peer that cannot
be had is named with the reason. Every checksum is made and verified in software by all, every frame
is copied on the cable, every byte is compared. What they do:
${WORKS.map(({ name, title }) => `  ${name.padEnd(18)}${title}`).join("\n")}
How their ends are joined:
${Object.entries(ARRANGEMENTS)
  .map(([name, title]) => `  ${name.padEnd(18)}${title}`)
  .join("\n")}`;

interface Options {
  stacks: Stack[];
  works: string[];
  runs: number;
  quick?: boolean;
  processor?: boolean;
  json?: boolean;
  svg?: string;
  wasm: string;
}

/** `wasm`: the build that is measured unless another is named. */
export function registerPeers(program: Command, wasm: string): void {
  const stacks = new Option("--stacks <list>", `of ${STACK_NAMES.join(", ")}`).argParser(someOf(STACK_NAMES));
  const works = new Option("--works <list>", "some of the works above").argParser(someOf(WORK_NAMES));
  program
    .command("peers")
    .summary("the same work done by lwIP, smoltcp and the system's own stack")
    .description(DESCRIPTION)
    .addOption(stacks.default(STACK_NAMES, "all"))
    .addOption(works.default(WORK_NAMES, "all"))
    .option("--runs <number>", "runs of each; the median counts", wholeNumber(1, MOST_RUNS), RUNS)
    .option("--quick", "short runs, one of each: shows that it works, not how fast")
    .option("--processor", "count the time with a processor only: for a machine that is not quiet")
    .option("--json", "print data instead of text")
    .option("--svg <file>", "also draw bars into a file")
    .option("--wasm <file>", "another build of the core, for thimble-js", wasm)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const module = await compileFirmware(await readFile(options.wasm));
  const machine = environment();
  const progress = new ProgressLine("peers");
  const say = (what: string): void => progress.show(what);
  const offers: Offer[] = [];
  for (const name of options.stacks) offers.push(await STACKS[name](module, say));
  const works = WORKS.filter(({ name }) => options.works.includes(name));
  const length = options.quick ? { runs: 1, runMs: QUICK_MS } : { runs: options.runs, runMs: RUN_MS };
  const plan = { ...length, byProcessor: options.processor ?? false };
  const contestants = offers.flatMap((offer) => offer.contestants);
  const { results, failures } = await hold(contestants, works, plan, say);
  progress.end();
  if (options.svg !== undefined) await writeFile(options.svg, resultsSvg(results));
  if (options.json) {
    const data = { machine, ...resultsData(offers, results, failures) };
    process.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
  } else {
    process.stdout.write(`${headText(machine)}${offersText(offers)}${resultsText(results, failures)}`);
    process.stdout.write(`${goalsText(results)}${quietText(results, plan.byProcessor)}`);
  }
}
