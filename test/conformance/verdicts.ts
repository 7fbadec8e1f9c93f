// `npm run verdicts`: the verdict on every requirement of RFC 9293, made from the tags in the tests.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { ROOT } from "../structure/sources.ts";
import { loadVerdicts } from "./load.ts";
import { NUMBERS } from "./requirements.ts";
import { type Row, TABLE, tableText } from "./table.ts";

const INTRODUCTION = `Prints the verdict on every numbered requirement of RFC 9293 (Appendix B), made from the tags in the
tests and from test/conformance/requirements.txt.

A test that shows a requirement says so in a comment, in a segment script below its title, in
other tests right above them:

  // Shows: MUST-36, SHLD-29

Then its verdict is "yes". A requirement that no test shows needs a reason in requirements.txt;
without one this command fails and says which.`;

const EXAMPLES = `
Examples:
  npm run verdicts                      the whole table, in Markdown
  npm run verdicts -- MUST-37 SHLD-17   these two
  npm run verdicts -- --write           into ${TABLE}
  npm run --silent verdicts -- --json   as data`;

interface Options {
  write?: boolean;
  json?: boolean;
}

function buildProgram(): Command {
  return new Command("npm run verdicts --")
    .description(INTRODUCTION)
    .argument("[number...]", "requirements to print (default: all), as in MUST-37", takeId)
    .option("--write", `write the table to ${TABLE}`)
    .option("--json", "print data instead of text")
    .addHelpText("after", EXAMPLES)
    .configureHelp({ helpWidth: 100 })
    .configureOutput({ writeErr: () => {} })
    .exitOverride()
    .action(run);
}

function takeId(id: string, before: string[] | undefined): string[] {
  if (!NUMBERS.includes(id))
    throw new InvalidArgumentError("There are MUST-1 to 69, SHLD-1 to 31, MAY-1 to 18, REC-1.");
  return [...(before ?? []), id];
}

function run(ids: string[], options: Options): void {
  const { rows, faults } = loadVerdicts();
  if (faults.length > 0) throw new Error(faults.join("\n"));
  const chosen = ids.length === 0 ? rows : rows.filter(({ id }) => ids.includes(id));
  if (options.write) writeFileSync(join(ROOT, TABLE), tableText(rows));
  if (options.json) process.stdout.write(`${JSON.stringify(chosen, null, 2)}\n`);
  else if (ids.length > 0) process.stdout.write(chosen.map(rowText).join("\n"));
  else if (!options.write) process.stdout.write(tableText(rows));
}

function rowText({ id, section, rule, verdict, why, tests }: Row): string {
  const lines = [`${id} (§${section}): ${rule}`, `  ${verdict}${why === "" ? "" : `: ${why}`}`];
  return `${[...lines, ...tests.map(({ path, title }) => `  ${path}: ${title}`)].join("\n")}\n`;
}

try {
  buildProgram().parse();
} catch (error) {
  // --help ends the same way, with exit code 0.
  const isUsage = error instanceof CommanderError;
  process.exitCode = isUsage ? (error.exitCode === 0 ? 0 : 2) : 1;
  if (process.exitCode !== 0) process.stderr.write(`${(error as Error).message}\n`);
}
