// The measurement of crowds in a reduced form: that every row is there and that every message arrives. No times.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { MODES } from "./crowd/trial.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Report {
  machine: { cpu: string };
  rows: { mode: string; others: number; runs: number[]; ratio: { median: number } }[];
}

function crowd(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["test/bench/run.mjs", "crowd", ...args], { cwd: ROOT, encoding: "utf8" });
}

describe("crowd", () => {
  it("gives a row for each mode and number of connections, in data", () => {
    const { status, stdout, stderr } = crowd("--quick", "--others", "300,0", "--json");
    assert.equal(status, 0, stderr);
    const report: Report = JSON.parse(stdout);
    assert.ok(report.machine.cpu.length > 0);
    assert.deepEqual(
      report.rows.map(({ mode, others }) => `${mode} ${others}`),
      Object.keys(MODES).flatMap((mode) => [`${mode} 0`, `${mode} 300`]),
    );
    for (const { others, runs, ratio } of report.rows) {
      assert.ok(runs.length === 1 && runs[0] > 0 && Number.isFinite(ratio.median));
      if (others === 0) assert.equal(ratio.median, 1);
    }
  });

  it("makes round trips among ten thousand others, each at its turn", () => {
    const { status, stdout, stderr } = crowd("--quick", "--others", "10000", "--mode", "idle,turns");
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^idle: .*at most 1\.2 is wanted$/m);
    assert.equal(stdout.match(/^10,000 +[\d,]+ +[\d,]+-[\d,]+ +[\d,]+ +1\.000 /gm)?.length, 2);
    assert.match(stderr, /opening 10001 connections/);
  });

  it("answers what makes no sense with a sentence and exit code 2", () => {
    for (const args of [
      ["--others", "10239"],
      ["--mode", "loud"],
      ["--runs", "0"],
    ]) {
      const { status, stderr } = crowd(...args);
      assert.equal(status, 2, args.join(" "));
      assert.match(stderr, /room for 10238 other|There are idle|from 1 to/);
    }
  });
});
