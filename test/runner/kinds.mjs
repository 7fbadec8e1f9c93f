// The kinds of test, how each is run, and what came of it.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Milliseconds that one test may take, in the normal and in the full run. */
const TIME_LIMIT = { normal: 5 * 60_000, full: 60 * 60_000 };

/** Every kind in the order in which they run: the quick ones that say most first. */
export const KINDS = [
  {
    name: "lint",
    run: () => check("lint", [["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."]]),
  },
  { name: "types", run: () => check("types", [tsc("tsconfig.json"), tsc("assembly/tsconfig.json")]) },
  { name: "unit", run: runUnit },
  ...[
    "structure",
    "host",
    "application",
    "node-api",
    "web",
    "segment",
    "explore",
    "sim",
    "mutation",
    "cli",
    "bench",
    "linux",
    "boards",
  ].map((name) => ({
    name,
    run: (full) => runFolder(name, full),
  })),
];

function tsc(project) {
  return ["node_modules/typescript/bin/tsc", "-p", project];
}

/** Commands that are one test together: it passes when all of them end well. */
async function check(name, commands) {
  for (const command of commands) {
    const { status, output } = await run(command);
    if (status !== 0) {
      process.stdout.write(output);
      return [{ file: name, name, outcome: "failed" }];
    }
  }
  return [{ file: name, name, outcome: "passed" }];
}

/** as-pect: the core's functions, tested inside wasm. */
async function runUnit() {
  const config = ["-c", "test/unit/as-pect.config.js", "-a", "test/unit/as-pect.asconfig.json"];
  const { status, output } = await run(["node_modules/@as-pect/cli/bin/asp.js", "--no-logo", ...config]);
  const results = readAsPect(output);
  if (status !== 0) process.stdout.write(output);
  if (results.length === 0 || (status !== 0 && results.every(({ outcome }) => outcome === "passed"))) {
    results.push({ file: "test/unit", name: "the specs compile and run", outcome: "failed" });
  }
  for (const line of tallies(results)) process.stdout.write(`  ${line}\n`);
  return results;
}

/** Results from as-pect's report: "✔ FILE Pass: 7 / 8 …" for each file, and behind it "❌ NAME - …" for each failure. */
function readAsPect(output) {
  const results = [];
  let file = "";
  for (const line of output.split("\n")) {
    const [, name, passed] = /^\S+ (\S+\.spec\.ts) Pass: (\d+) \/ \d+/.exec(line) ?? [];
    const [, failure] = /^ {4}❌ (.*?) - /.exec(line) ?? [];
    if (name) {
      file = name;
      for (let i = 0; i < Number(passed); i++) results.push({ file, name: "a test", outcome: "passed" });
    } else if (failure) results.push({ file, name: failure, outcome: "failed" });
  }
  return results;
}

/** "FILE  7 passed, 1 FAILED" for each file of `results`. */
function tallies(results) {
  const files = new Map();
  for (const { file, outcome } of results) {
    const tally = files.get(file) ?? { passed: 0, failed: 0 };
    tally[outcome]++;
    files.set(file, tally);
  }
  return [...files].map(
    ([file, { passed, failed }]) => `${file}  ${passed} passed${failed > 0 ? `, ${failed} FAILED` : ""}`,
  );
}

/** The test files of a folder, under node's own runner. */
async function runFolder(name, full) {
  const folder = join(ROOT, "test", name);
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  const files = entries.filter((file) => file.endsWith(".test.ts")).sort();
  if (files.length === 0) {
    process.stdout.write(`  test/${name} has no tests: where are they?\n`);
    return [{ file: `test/${name}`, name: "has tests", outcome: "failed" }];
  }
  const scratch = mkdtempSync(join(tmpdir(), "thimble-test-"));
  const resultFile = join(scratch, "results.json");
  try {
    const options = ["--import", "tsx", "--test", "--test-concurrency=1", "--test-reporter=./test/runner/reporter.mjs"];
    options.push(`--test-timeout=${full ? TIME_LIMIT.full : TIME_LIMIT.normal}`);
    const paths = files.map((file) => join("test", name, file));
    const { status } = await run([...options, ...paths], { THIMBLE_RESULTS: resultFile }, true);
    const results = existsSync(resultFile) ? JSON.parse(readFileSync(resultFile, "utf8")) : [];
    const explained = status === 0 || results.some(({ outcome }) => outcome === "failed");
    return explained
      ? results
      : [...results, { file: `test/${name}`, name: `ends with status ${status}`, outcome: "failed" }];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs node with arguments in the project's folder; `shown` output goes to the terminal, other output is kept. */
function run(args, env = {}, shown = false) {
  return new Promise((resolve, reject) => {
    const stdio = ["ignore", shown ? "inherit" : "pipe", shown ? "inherit" : "pipe"];
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio,
      env: { ...process.env, FORCE_COLOR: "0", ...env },
    });
    const chunks = [];
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (status) => {
      resolve({ status, output: stripVTControlCharacters(Buffer.concat(chunks).toString()) });
    });
  });
}
