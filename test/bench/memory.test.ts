// The memory curve in a reduced form: one profile is compiled and measured. No times.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { DESIGNS } from "./memory/designs.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SMALLEST = "576-1x2-6";

interface Report {
  rows: { ram: number; connections: number; throughput: number[]; goodput: number[]; design: { name: string } }[];
}

describe("memory", () => {
  const folder = mkdtempSync(join(tmpdir(), "thimble-memory-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  function memory(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(process.execPath, ["test/bench/run.mjs", "memory", "--quick", ...args], {
      cwd: ROOT,
      encoding: "utf8",
    });
  }

  it("has designs enough, each with a name of its own", () => {
    assert.ok(DESIGNS.length >= 24);
    assert.equal(new Set(DESIGNS.map(({ name }) => name)).size, DESIGNS.length);
  });

  it("compiles and measures a profile of less than 12 KB, and draws it", () => {
    const svg = join(folder, "memory.svg");
    const { status, stdout, stderr } = memory("--designs", SMALLEST, "--json", "--svg", svg);
    assert.equal(status, 0, stderr);
    const { rows }: Report = JSON.parse(stdout);
    assert.equal(rows.length, 1);
    const [{ ram, connections, throughput, goodput, design }] = rows;
    assert.equal(design.name, SMALLEST);
    assert.ok(ram > 8 * 1024 && ram < 12 * 1024, `${ram} bytes`);
    assert.equal(connections, 1);
    assert.ok(throughput.length === 1 && throughput[0] > 0);
    assert.ok(goodput.length === 3 && goodput.every((figure) => figure > 0));
    assert.match(readFileSync(svg, "utf8"), /^<svg [^>]+>\n<title>.*<circle .*<\/svg>\n$/s);
  });

  it("gives a line for a profile", () => {
    const { status, stdout, stderr } = memory("--designs", SMALLEST);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^ *1\d,\d{3} +576 +6 +1,072 +1 +1,072 +[\d,]+ +[\d.]+ +[\d.]+ +[\d.]+$/m);
  });

  it("answers a design that is not there with a sentence and exit code 2", () => {
    const { status, stderr } = memory("--designs", "huge");
    assert.equal(status, 2);
    assert.match(stderr, /There are 576-1x2-6, /);
  });
});
