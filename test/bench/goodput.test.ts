// Goodput in a reduced form: that every row is there, that its values can be, that they repeat, and that too much for
// Reno would be noticed. What they should be, `npm run bench -- goodput` shows.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { CONTROLLERS, LOSSES, MATHIS_MARGIN, mathisBound, WINDOWS } from "./goodput/conditions.ts";
import { rowOf } from "./goodput/measure.ts";
import { unfairText } from "./goodput/report.ts";
import type { Outcome } from "./goodput/transfer.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SECONDS = 2;
/** Mbit/s that a window lets through for each of its segments. */
const MBITS_OF_A_SEGMENT = (1460 * 8) / 20_000;

interface Report {
  seconds: number;
  rows: { controller: string; window: number; loss: number; goodput: { median: number }; runs: Outcome[] }[];
}

function goodput(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["test/bench/run.mjs", "goodput", ...args], { cwd: ROOT, encoding: "utf8" });
}

describe("goodput", () => {
  const short = goodput("--seeds", "1", "--seconds", `${SECONDS}`, "--json");
  const report: Report = short.status === 0 ? JSON.parse(short.stdout) : { seconds: 0, rows: [] };

  it("gives a row for each window, loss and controller", () => {
    assert.equal(short.status, 0, short.stderr);
    assert.equal(report.seconds, SECONDS);
    const expected = WINDOWS.flatMap((window) =>
      LOSSES.flatMap((loss) => CONTROLLERS.map(({ name }) => `${window} ${loss} ${name}`)),
    );
    assert.deepEqual(
      report.rows.map(({ window, loss, controller }) => `${window} ${loss} ${controller}`),
      expected,
    );
  });

  it("stays below what the window lets through, and comes near it where nothing is lost", () => {
    for (const { window, loss, goodput, controller } of report.rows) {
      const most = window * MBITS_OF_A_SEGMENT;
      assert.ok(goodput.median > 0 && goodput.median <= most, `${window}, ${loss}, ${controller}: ${goodput.median}`);
      if (loss === 0) assert.ok(goodput.median > 0.75 * most, `${window}, ${controller}: ${goodput.median}`);
    }
  });

  it("counts what belongs together", () => {
    for (const { loss, runs } of report.rows) {
      for (const run of runs) {
        const { copyLost, fewOnTheirWay, unnoticed } = run.timeoutCauses;
        assert.equal(copyLost + fewOnTheirWay + unnoticed, run.timeouts);
        assert.ok(run.segments * run.segmentBytes >= run.bytes);
        assert.ok(run.retransmissions <= run.segments && run.longestStallMs <= run.stalledMs);
        assert.equal(run.lostSegments + run.lostAcks > 0, loss > 0);
        if (loss === 0) assert.equal(run.retransmissions + run.timeouts + run.needless + run.stalls, 0);
      }
    }
  });

  it("gives the same run for the same seed, and another for another", () => {
    const args = ["--window", "45", "--loss", "5", "--seconds", `${SECONDS}`, "--json"];
    const both: Report = JSON.parse(goodput(...args, "--seeds", "1-2").stdout);
    const runs = both.rows.flatMap((row) => row.runs);
    const first = report.rows.find(({ window, loss }) => window === 45 && loss === 0.05);
    assert.deepEqual(runs[0], first?.runs[0]);
    assert.notEqual(runs[0].segments, runs[1].segments);
  });

  it("refuses Reno more than its share", () => {
    const conditions = { controller: CONTROLLERS[0], window: 45, loss: 0.05, seconds: SECONDS };
    const run = report.rows[0].runs[0];
    const bound = mathisBound(run.segmentBytes, conditions.loss);
    const reno = { ...conditions, controller: { name: "Reno", choice: null, isReno: true } };
    const row = (share: number) => rowOf(reno, [{ ...run, goodput: share * MATHIS_MARGIN * bound }]);
    assert.equal(unfairText([row(0.99)]), "");
    assert.match(unfairText([row(0.99), row(1.01)]), /45, 5 %, Reno\.$/);
    const other = { ...conditions, controller: { name: "other", choice: null, isReno: false } };
    assert.equal(unfairText([rowOf(other, [{ ...run, goodput: 2 * bound }])]), "");
  });

  it("answers what makes no sense with a sentence and exit code 2", () => {
    for (const args of [
      ["--loss", "100"],
      ["--window", "4-"],
      ["--seeds", "0"],
      ["--controller", "vegas"],
    ]) {
      const { status, stderr } = goodput(...args);
      assert.equal(status, 2, args.join(" "));
      assert.match(stderr, /wanted|There are/);
    }
  });
});
