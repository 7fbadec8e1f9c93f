// `npm run play`: plays segment scripts by hand, wherever they lie, and tells the story of one that fails.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { recordingFailure } from "../runner/recorded.ts";
import { playRounds, type Rounds } from "./rounds.ts";
import { parseScript } from "./script.ts";

const INTRODUCTION = `Plays segment scripts against the firmware under a virtual clock and says of each whether the stack did
what it must. Of a script that fails it prints the step, why, and what happened until then.

What a script may contain is told in test/segment/README.md.`;

const EXAMPLES = `
Examples:
  npm run play -- test/segment/sack/wrap.pkt        one script
  npm run play -- test/segment/sack                 all below a folder
  npm run play -- --ip 6 test/segment/open          all below a folder, over IPv6
  npm run play -- --debug test/segment              all, with the firmware's assertions
  npm run --silent play -- --json test/segment      the outcomes as data`;

interface Options {
  full: boolean;
  debug: boolean;
  ip?: string;
  json: boolean;
}

interface Outcome {
  file: string;
  title: string;
  passed: boolean;
  /** Why it failed; empty when it passed. */
  story: string;
}

function buildProgram(): Command {
  return new Command("npm run play --")
    .description(INTRODUCTION)
    .argument("<path...>", "scripts, or folders of them")
    .option("--debug", "play against the build that traps where an assertion fails", false)
    .option("--full", "start at more places around the wrap of sequence numbers", false)
    .addOption(new Option("--ip <version>", "the version of IP for scripts that hold for both").choices(["4", "6"]))
    .option("--json", "print data instead of text", false)
    .addHelpText("after", EXAMPLES)
    .configureHelp({ helpWidth: 100 })
    .configureOutput({ writeErr: () => {} })
    .exitOverride()
    .action(run);
}

async function run(paths: string[], options: Options): Promise<void> {
  const { full, debug, ip } = options;
  const rounds: Rounds = { full, debug, ...(ip && { ip: ip === "6" ? 6 : 4 }) };
  const outcomes: Outcome[] = [];
  for (const file of paths.flatMap(scriptsAt)) {
    const outcome = await playFile(file, rounds);
    outcomes.push(outcome);
    if (!options.json) process.stdout.write(`${outcome.passed ? "passed" : "FAILED"}  ${file}\n`);
    if (!options.json && !outcome.passed) process.stdout.write(`${outcome.story}\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`);
  if (outcomes.some(({ passed }) => !passed)) process.exitCode = 1;
}

function scriptsAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".pkt"));
  return files.sort().map((file) => join(path, file));
}

async function playFile(file: string, rounds: Rounds): Promise<Outcome> {
  let title = "";
  try {
    const script = parseScript(file, readFileSync(file, "utf8"));
    title = script.title;
    await recordingFailure(title, () => playRounds(script, rounds));
    return { file, title, passed: true, story: "" };
  } catch (error) {
    const { message, cause } = error as Error;
    const below = cause instanceof Error ? `\n  ${cause.stack}` : "";
    return { file, title, passed: false, story: message + below };
  }
}

try {
  await buildProgram().parseAsync();
} catch (error) {
  // --help ends the same way, with exit code 0.
  const isUsage = error instanceof CommanderError || (error as NodeJS.ErrnoException).code === "ENOENT";
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  process.exitCode = isHelp ? 0 : isUsage ? 2 : 1;
  if (!isHelp) process.stderr.write(`${(error as Error).message}\n`);
}
