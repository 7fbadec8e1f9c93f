// `npm run bench [-- FIGURE...]`: how fast two machines are that talk over a cable in this process, beside what this
// computer could do at best. What is measured in another way has a command of its own.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { compileFirmware } from "../../host/core/firmware.ts";
import { wholeNumber } from "./arguments.ts";
import { measure } from "./benchmark.ts";
import { registerBoards } from "./boards/command.ts";
import { registerCrowd } from "./crowd/command.ts";
import { registerGoodput } from "./goodput/command.ts";
import { registerMemory } from "./memory/command.ts";
import { registerPeers } from "./peers/command.ts";
import { environment, figuresSvg, figuresText, headText, reportData, sizeOf, sizeText, spreadText } from "./report.ts";
import { ROWS } from "./rows.ts";
import { registerSockets } from "./sockets/command.ts";
import { registerTap } from "./tap/command.ts";

const NAMES = ROWS.map(({ name }) => name);

const WASM = fileURLToPath(new URL("../../dist/thimble.wasm", import.meta.url));
const CROWD_WASM = fileURLToPath(new URL("../../dist/thimble-crowd.wasm", import.meta.url));
const RUNS = 5;
const MOST_RUNS = 1000;
/** What --quick does of everything: enough to see that it works, too little to compare. */
const QUICK_SHARE = 0.02;

interface Options {
  runs: number;
  quick?: boolean;
  json?: boolean;
  svg?: string;
  wasm: string;
}

const INTRODUCTION = `Measures two machines that talk over a cable in this process: each a core in wasm with its
emulated MAC, frames going through descriptor rings and being copied once, every checksum made
and verified, every byte compared. The figures that begin with inside- are those of one core with
two adapters, whose MACs and cable are wasm, too. Those that end in -1460 are the ceiling that this
computer sets, measured between the others.

The commands below measure something else, each with options of its own: see goodput --help.`;

function buildProgram(): Command {
  const program = new Command("npm run bench --")
    .description(INTRODUCTION)
    .argument("[figure...]", `what to measure (default: all): ${NAMES.join(", ")}`, takeFigure)
    .option("--runs <number>", "runs of each; the median counts", wholeNumber(1, MOST_RUNS), RUNS)
    .option("--quick", "a fiftieth of the work and one run: shows that it works, not how fast")
    .option("--json", "print data instead of text")
    .option("--svg <file>", "also draw bars into a file")
    .option("--wasm <file>", "another build of the core", WASM)
    .enablePositionalOptions()
    .configureHelp({ helpWidth: 100 })
    .configureOutput({ writeErr: () => {} })
    .exitOverride()
    .action(run);
  registerGoodput(program, WASM);
  registerCrowd(program, CROWD_WASM);
  registerPeers(program, WASM);
  registerSockets(program, WASM);
  registerMemory(program);
  registerTap(program);
  registerBoards(program);
  return program;
}

function takeFigure(name: string, before: string[] | undefined): string[] {
  if (!NAMES.includes(name)) throw new InvalidArgumentError(`There are ${NAMES.join(", ")}.`);
  return [...(before ?? []), name];
}

async function run(names: string[], options: Options): Promise<void> {
  const wanted = ROWS.filter(({ name }) => names.length === 0 || names.includes(name));
  const machine = environment();
  const module = await compileFirmware(await readFile(options.wasm));
  const core = await sizeOf(options.wasm, module);
  if (!options.json) process.stdout.write(`${headText(machine)}${sizeText(core)}\n`);
  const plan = options.quick ? { runs: 1, share: QUICK_SHARE } : { runs: options.runs, share: 1 };
  const figures = await measure(wanted, module, plan);
  if (options.svg !== undefined) await writeFile(options.svg, figuresSvg(figures));
  if (options.json) process.stdout.write(`${JSON.stringify(reportData(machine, core, figures), null, 2)}\n`);
  else process.stdout.write(`${figuresText(figures)}${spreadText(figures)}`);
}

try {
  await buildProgram().parseAsync();
} catch (error) {
  // --help ends the same way, with exit code 0.
  const isUsage = error instanceof CommanderError;
  process.exitCode = isUsage ? (error.exitCode === 0 ? 0 : 2) : 1;
  if (process.exitCode !== 0) process.stderr.write(`${(error as Error).message}\n`);
}
