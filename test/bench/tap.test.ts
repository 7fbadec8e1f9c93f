// Bulk over a TAP in a reduced form: both directions arrive, byte for byte, and the bare programs count. No times.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { skip } from "../linux/support/requirements.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Report {
  rows: { name: string; frames: { median: number }; ratio: number | null }[];
}

describe("tap", { skip }, () => {
  it("measures both directions and the bare programs", () => {
    const args = ["test/bench/run.mjs", "tap", "--quick", "--json"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    const { rows }: Report = JSON.parse(stdout);
    assert.deepEqual(
      rows.map(({ name }) => name),
      ["bare reader", "Linux to Thimble", "bare writer", "Thimble to Linux"],
    );
    for (const { name, frames, ratio } of rows) {
      assert.ok(frames.median > 0, name);
      assert.equal(ratio === null, name.startsWith("bare"), name);
    }
  });
});
