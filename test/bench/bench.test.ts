// The benchmark itself: that it measures everything it names, and that it would notice a wrong byte. No times.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Payload } from "./payload.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FIGURES = [
  ...["bulk", "bulk-4mss", "bulk-8k", "bulk-256k", "bulk-whole", "bulk-promises"],
  ...["round-trips", "connections", "udp-64", "udp-1472"],
  ...["inside-bulk", "inside-bulk-4mss", "inside-bulk-whole", "inside-round-trips", "inside-connections"],
  ...["inside-udp-64", "inside-udp-1472"],
];
const CEILINGS = ["copy-1460", "checksum-1460", "copy-sum-1460", "carry-1460", "payload-1460"];

interface Report {
  machine: { cpu: string; node: string; processors: number };
  core: { wasmBytes: number };
  figures: { name: string; unit: string; value: number; nanoseconds: number[] }[];
}

function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["test/bench/run.mjs", ...args], { cwd: ROOT, encoding: "utf8" });
}

describe("benchmark", () => {
  it("gives every figure as data", () => {
    const { status, stdout, stderr } = bench("--quick", "--json");
    assert.equal(status, 0, stderr);
    const report: Report = JSON.parse(stdout);
    assert.equal(report.machine.node, process.versions.node);
    assert.ok(report.machine.cpu.length > 0 && report.machine.processors >= 1 && report.core.wasmBytes > 0);
    const names = report.figures.map(({ name }) => name);
    assert.deepEqual(names, [...FIGURES, ...CEILINGS]);
    for (const { name, value, unit, nanoseconds } of report.figures) {
      assert.ok(Number.isFinite(value) && value > 0, name);
      assert.equal(nanoseconds.length, 1, name);
      assert.equal(unit === "ns", CEILINGS.includes(name), name);
    }
  });

  it("gives one line for each figure that is asked for", () => {
    const { status, stdout, stderr } = bench("--quick", "udp-64", "bulk");
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^bulk +[\d,]+ +Mbit\/s +[\d,]+ +[\d,]+ +[\d,]+ +TCP/m);
    assert.match(stdout, /^udp-64 +[\d,]+ +\/s +[\d,]+ +[\d,]+ +[\d,]+ +UDP/m);
    assert.doesNotMatch(stdout, /^connections/m);
  });

  it("answers what it does not know with a sentence and exit code 2", () => {
    const figure = bench("no-such-figure");
    assert.equal(figure.status, 2);
    assert.match(figure.stderr, /no-such-figure.*There are bulk, /);
    const runs = bench("--runs", "0");
    assert.equal(runs.status, 2);
    assert.match(runs.stderr, /from 1 to/);
  });
});

describe("payload", () => {
  const BYTES = 64;
  const payload = new Payload(BYTES, 3);
  const AT = 8;

  /** Memory with a piece of the stream in it. */
  function memoryWith(position: number, bytes: number): Buffer {
    const memory = Buffer.from(new ArrayBuffer(1024));
    memory.set(payload.at(position, bytes), AT);
    return memory;
  }

  it("accepts its own bytes at any position, also across the end of a period", () => {
    for (let position = 0; position < 2 * payload.period; position++) {
      payload.check(position, memoryWith(position, BYTES), AT, BYTES);
      payload.checkView(position, memoryWith(position, BYTES).subarray(AT, AT + BYTES));
    }
  });

  it("notices each changed byte and each shift", () => {
    for (let i = 0; i < BYTES; i++) {
      const memory = memoryWith(BYTES, BYTES);
      memory[AT + i] ^= 1;
      assert.throws(() => payload.check(BYTES, memory, AT, BYTES), /byte 64 on/);
      assert.throws(() => payload.checkView(BYTES, memory.subarray(AT, AT + BYTES)), /byte 64 on/);
      assert.throws(() => payload.checkWords(BYTES, new Uint32Array(memory.buffer), AT, BYTES), /byte 64 on/);
    }
    const memory = memoryWith(0, BYTES);
    assert.throws(() => payload.check(BYTES, memory, AT, BYTES));
    assert.throws(() => payload.check(1, memory, AT, BYTES - 1));
  });

  it("checks whole pieces of a longer run", () => {
    const memory = Buffer.from(new ArrayBuffer(4096));
    const block = payload.block;
    memory.set(block, AT);
    memory.set(block, AT + block.length);
    payload.check(0, memory, AT, 2 * block.length);
    memory[AT + 2 * block.length - 1] ^= 1;
    assert.throws(() => payload.check(0, memory, AT, 2 * block.length));
  });
});
