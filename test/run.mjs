// `npm test [-- --full] [KIND...]`: sets up what the tests need, runs every kind of test (or those named) and sums up.
// --full takes the long form of tests that have one: more seeds, more bytes, more frames.

import { makeReady } from "../host/build/ready.mjs";
import { BOARD_PROGRAMS, installPrograms, PAGE_PROGRAMS, PROGRAMS } from "./runner/debian.mjs";
import { KINDS } from "./runner/kinds.mjs";
import { installWasm3 } from "./runner/wasm3.mjs";

const OUTCOMES = ["passed", "failed", "skipped"];

async function main(args) {
  const full = args.includes("--full");
  const names = args.filter((arg) => arg !== "--full");
  const unknown = names.find((name) => !KINDS.some((kind) => kind.name === name));
  if (unknown)
    throw new Error(`no kind of test is called ${unknown}; there are ${KINDS.map(({ name }) => name).join(", ")}`);
  const kinds = KINDS.filter(({ name }) => names.length === 0 || names.includes(name));
  if (full) process.env.THIMBLE_FULL = "1";

  makeReady();
  const needed = { linux: PROGRAMS, web: PAGE_PROGRAMS, boards: [...PROGRAMS, ...BOARD_PROGRAMS] };
  for (const [kind, programs] of Object.entries(needed)) {
    if (kinds.some(({ name }) => name === kind)) installPrograms(programs);
  }

  if (kinds.some(({ name }) => name === "boards")) installWasm3();

  const lines = [];
  const all = [];
  for (const { name, run } of kinds) {
    process.stdout.write(`${name}\n`);
    const start = performance.now();
    const results = await run(full);
    lines.push({ name, seconds: (performance.now() - start) / 1000, ...tally(results) });
    all.push(...results);
  }
  summarize(lines, all);
  return all.some(({ outcome }) => outcome === "failed") ? 1 : 0;
}

function tally(results) {
  return Object.fromEntries(OUTCOMES.map((each) => [each, results.filter(({ outcome }) => outcome === each).length]));
}

function summarize(lines, results) {
  const row = (name, passed, failed, skipped, time) =>
    `${name.padEnd(10)}${`${passed}`.padStart(8)}${`${failed}`.padStart(8)}${`${skipped}`.padStart(9)}${time.padStart(9)}\n`;
  process.stdout.write(`\n${row("", ...OUTCOMES, "time")}`);
  for (const { name, passed, failed, skipped, seconds } of lines) {
    process.stdout.write(row(name, passed, failed, skipped, `${seconds.toFixed(1)} s`));
  }
  for (const { file, name } of results.filter(({ outcome }) => outcome === "failed")) {
    process.stdout.write(`\nfailed: ${file}: ${name}`);
  }
  process.stdout.write("\n");
  for (const [reason, names] of reasons(results)) process.stdout.write(`skipped: ${reason}: ${names.join(", ")}\n`);
  const { passed, failed, skipped } = tally(results);
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
}

/** Names of skipped tests by the reason they gave. */
function reasons(results) {
  const byReason = new Map();
  for (const { outcome, name, reason } of results) {
    if (outcome === "skipped") byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return byReason;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
