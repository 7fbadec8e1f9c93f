// The measurement of sockets in a reduced form: that every row is there and that every byte arrives. No times.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

function sockets(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["test/bench/run.mjs", "sockets", ...args], { cwd: ROOT, encoding: "utf8" });
}

describe("sockets", () => {
  it("gives a row for each work, in data", () => {
    const { status, stdout, stderr } = sockets("--quick", "--json");
    assert.equal(status, 0, stderr);
    const { rows } = JSON.parse(stdout);
    assert.deepEqual(
      rows.map(({ name }: { name: string }) => name),
      ["bulk", "round-trips", "connections"],
    );
    for (const { stack, node, timesAsFast } of rows) {
      assert.ok(stack.median > 0 && node.median > 0 && timesAsFast.median > 0);
    }
  });

  it("gives the works that were asked for, in a table", () => {
    const { status, stdout, stderr } = sockets("--quick", "--work", "round-trips");
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^round-trips +[\d,]+ +[\d,]+ +\/s +\d+\.\d\d .* 2\.0 (reached|missed)/m);
    assert.doesNotMatch(stdout, /bulk/);
  });

  it("answers a work that there is not with a sentence and exit code 2", () => {
    const { status, stderr } = sockets("--work", "smoke");
    assert.equal(status, 2);
    assert.match(stderr, /There are bulk, round-trips, connections/);
  });
});
