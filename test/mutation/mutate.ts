// `npm run mutate`: changes the TCP sources in one small way after the other and looks whether any test notices.

import { cpus } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { DIST, ROOT } from "../../host/build/firmware.mjs";
import { Draw } from "./draw.ts";
import { applied, findMutants, type Mutant, readEnums } from "./mutants.ts";
import { differenceText, differingLines, reportData, reportText, share } from "./report.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";
import { tryAll } from "./try-all.ts";

const TCP = "assembly/transport/tcp";
/** Where the bundles lie, and the folders of the jobs; whoever started the command removes it. */
const HERE = fileURLToPath(new URL(".", import.meta.url));
const KEPT = join(DIST, "mutants");
const MOST_JOBS = 64;
const SECOND = 1000;

interface Options {
  files: string[];
  mutants: number;
  seed: number;
  jobs: number;
  only?: string[];
  demand?: number;
  list?: boolean;
  json?: boolean;
  keep?: boolean;
  scripts?: boolean;
}

const INTRODUCTION = `Changes the sources of the core in one small way after the other (an operator, a constant, a
branch, a statement less) and looks whether any test notices. A mutant that none notices is a hole in
the tests, or a change that makes no difference; the report lists these survivors for a person to judge.

Each mutant is compiled, without optimization and with assertions, and meets what could catch it, the
cheapest first: the segment scripts, the specs that import the changed file, the tests that run the
firmware in virtual time, and the scripts once more with sequence numbers that wrap. What comes to no
end is stopped, and counts as caught.`;

const EXAMPLES = `
Examples:
  npm run mutate                                         200 mutants of all TCP sources
  npm run mutate -- --files arrives input --mutants all  every mutant of two files
  npm run mutate -- --list --mutants all                 what there is to try
  npm run mutate -- --only arrives.ts:58:20:eq-ne        one, by the end of its id
  npm run mutate -- --mutants 40 --seed 7 --json         data instead of text

Exit codes: 0 done, 1 fewer were caught than --demand asks, or it did not work, 2 the command line makes no sense.`;

function buildProgram(): Command {
  return new Command("npm run mutate --")
    .description(INTRODUCTION)
    .addOption(
      new Option("--files <path...>", `files or folders below assembly/, or names of files in ${TCP}`).default(
        [TCP],
        TCP,
      ),
    )
    .option("--mutants <number>", "how many to try, spread over the files; or: all", takeMutants, 200)
    .option("--seed <number>", "seed of the choice", takeSeed, 1)
    .option("--jobs <number>", "mutants that are tried at once", takeJobs, Math.min(2, cpus().length))
    .option("--only <id...>", "only these, by their ids or the ends of them")
    .option("--scripts", "let them meet nothing but the scripts as they stand: quick, for whoever writes one")
    .option("--demand <percent>", "exit with 1 when fewer are caught", takePercent)
    .option("--list", "only list what would be tried")
    .option("--json", "print data instead of text")
    .option("--keep", `leave sources and wasm of each survivor in ${relative(ROOT, KEPT)}`)
    .configureHelp({ helpWidth: 110 })
    .configureOutput({ writeErr: () => {} })
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .action(run);
}

function takeMutants(text: string): number {
  return text === "all" ? Number.POSITIVE_INFINITY : takeWhole(text, 1, 1_000_000);
}

function takeSeed(text: string): number {
  return takeWhole(text, 0, 0xffff_ffff);
}

function takeJobs(text: string): number {
  return takeWhole(text, 1, MOST_JOBS);
}

function takePercent(text: string): number {
  return takeWhole(text, 0, 100);
}

function takeWhole(text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new InvalidArgumentError(`A whole number from ${least} to ${most} is wanted.`);
}

async function run(options: Options): Promise<void> {
  const began = performance.now();
  const snapshot = takeSnapshot();
  const draw = drawMutants(snapshot, options);
  if (options.list) {
    list(draw.first(), snapshot, options);
    return;
  }
  process.stderr.write(`seed ${options.seed}; trying the core as it is\n`);
  const place = { folder: HERE, kept: options.keep ? KEPT : null };
  const { jobs, scripts: scriptsOnly = false } = options;
  const outcome = await tryAll(draw, snapshot, { jobs, scriptsOnly, ...place });
  const result = { seed: options.seed, seconds: (performance.now() - began) / SECOND, ...outcome };
  process.stdout.write(options.json ? `${JSON.stringify(reportData(result), null, 2)}\n` : reportText(result));
  if (share(outcome.tried) < (options.demand ?? 0)) process.exitCode = 1;
}

/** The paths of the sources that `--files` names. */
function chosenFiles(names: readonly string[], { sources }: Snapshot): string[] {
  const paths = [...sources.keys()].filter((path) => path.startsWith("assembly/"));
  const files = names.flatMap((name) => {
    const exact = [name, `${TCP}/${name}`, `${TCP}/${name}.ts`];
    const found = paths.filter((path) => exact.includes(path) || path.startsWith(`${name.replace(/\/$/, "")}/`));
    if (found.length === 0) throw usage(`--files ${name}: there is no such source.`);
    return found;
  });
  return [...new Set(files)].sort();
}

function drawMutants(snapshot: Snapshot, { files, only, mutants, seed }: Options): Draw {
  const { sources } = snapshot;
  const enums = readEnums(sources.values());
  const all = chosenFiles(files, snapshot).flatMap((file) => findMutants(file, sources.get(file) ?? "", enums));
  if (!only) return new Draw(all, Math.min(mutants, all.length), seed);
  const named = only.map((id) => {
    const found = all.filter((mutant) => mutant.id.endsWith(id));
    if (found.length === 1) return found[0] as Mutant;
    throw usage(
      `--only ${id}: ${found.length === 0 ? "no mutant has" : `${found.length} mutants have`} an id that ends so.`,
    );
  });
  return new Draw(named, named.length, seed);
}

function usage(sentence: string): InvalidArgumentError {
  return new InvalidArgumentError(sentence);
}

function list(mutants: readonly Mutant[], { sources }: Snapshot, { json }: Options): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(mutants, null, 2)}\n`);
    return;
  }
  for (const mutant of mutants) {
    const text = sources.get(mutant.file) ?? "";
    const { before, after } = differingLines(text, applied(text, mutant));
    process.stdout.write(`${mutant.id}\n${differenceText(before, after)}`);
  }
  process.stdout.write(`${mutants.length} mutants\n`);
}

// Whoever reads the output may close it early, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await buildProgram().parseAsync();
} catch (error) {
  // --help ends the same way, with exit code 0.
  const isUsage = error instanceof CommanderError;
  process.exitCode = isUsage ? (error.exitCode === 0 ? 0 : 2) : 1;
  if (process.exitCode !== 0) process.stderr.write(`${(error as Error).message}\n`);
}
