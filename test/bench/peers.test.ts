// The comparison with other stacks in a reduced form: that it measures what it names, and says what it misses. No times.
// Other stacks are fetched and built in the full run only.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Result } from "./peers/contest.ts";
import type { Arrangement } from "./peers/contestant.ts";
import { outcomesOf } from "./peers/goals.ts";
import { WORKS } from "./peers/works.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FULL = process.env.THIMBLE_FULL === "1";
const SEGMENTS_PER_ACK = 2;

interface Report {
  machine: { cpu: string };
  missing: { name: string; reason: string }[];
  failed: { work: string; reason: string }[];
  results: {
    work: string;
    name: string;
    arrangement: string;
    value: number;
    nanoseconds: number[];
    segmentsPerAck: number | null;
  }[];
  goals: { work: string; of: string; with: string; ratio: number | null; isReached: boolean | null }[];
}

function peers(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = { cwd: ROOT, encoding: "utf8", env: { ...process.env, ...env } } as const;
  return spawnSync(process.execPath, ["test/bench/run.mjs", "peers", "--quick", ...args], options);
}

function report(args: readonly string[]): Report {
  const { status, stdout, stderr } = peers([...args, "--json"]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

describe("peers", () => {
  it("measures both arrangements in every work, and tells how often ACKs come", () => {
    const { machine, missing, failed, results, goals } = report(["--stacks", "thimble"]);
    assert.ok(machine.cpu.length > 0);
    assert.deepEqual([missing, failed], [[], []]);
    for (const { name } of WORKS) {
      for (const arrangement of ["one", "two"]) {
        const row = results.find((result) => result.work === name && result.arrangement === arrangement);
        assert.ok(row !== undefined && row.value > 0 && row.nanoseconds.length === 1, `${name} ${arrangement}`);
      }
    }
    for (const { work, name, segmentsPerAck } of results.filter((row) => row.work.startsWith("bulk"))) {
      assert.ok(segmentsPerAck !== null && segmentsPerAck >= 1, `${work} of ${name}`);
      // The handshake and the short ends of runs are in it, too.
      if (name === "thimble") assert.ok(segmentsPerAck < SEGMENTS_PER_ACK + 0.1, `${work}: ${segmentsPerAck}`);
    }
    assert.ok(goals.some(({ with: peer, ratio }) => peer.startsWith("lwip") && ratio === null));
  });

  it("measures the system's own stack", () => {
    const { results } = report(["--stacks", "node", "--works", "bulk,round-trips,connections,udp-64"]);
    assert.deepEqual(
      results.map(({ work }) => work),
      ["bulk", "round-trips", "connections", "udp-64"],
    );
  });

  it("names what is missing, with the reason, and goes on without it", () => {
    const folder = mkdtempSync(join(tmpdir(), "thimble-no-peers-"));
    const { status, stdout } = peers(["--works", "udp-64"], { PATH: "/nowhere", TMPDIR: folder });
    rmSync(folder, { recursive: true });
    assert.equal(status, 0);
    for (const name of ["lwip-wasm", "lwip-native", "smoltcp"])
      assert.match(stdout, new RegExp(`^MISSING ${name}: .+`, "m"));
    assert.match(stdout, /^thimble\/two +[\d,]+ +\/s/m);
    assert.match(stdout, /^udp-64 +thimble\/two +lwip-wasm\/two +- +1\.50 +missing$/m);
  });

  it("answers what it does not know with a sentence and exit code 2", () => {
    for (const args of [
      ["--stacks", "nobody"],
      ["--works", "nothing"],
    ]) {
      const { status, stderr } = peers(args);
      assert.equal(status, 2);
      assert.match(stderr, /There are (thimble|bulk-4mss), /);
    }
  });

  it("takes a ratio for how many times as fast", () => {
    const results = [
      row("bulk", "thimble", "two", [400, 500, 900]),
      row("bulk", "lwip-wasm", "two", [900, 1100, 1100]),
    ];
    const [outcome] = outcomesOf(results);
    assert.equal(outcome.ratio, 2.2);
    assert.equal(outcome.isReached, true);
  });

  it("fetches and builds every peer", { skip: !FULL && "fetches and compiles: in the full run" }, () => {
    const { missing, failed, results } = report([]);
    assert.deepEqual(failed, []);
    for (const name of ["lwip-wasm", "lwip-wasm-stock", "lwip-native", "lwip-native-stock", "smoltcp", "node-net"]) {
      const isMissing = missing.some((peer) => name.startsWith(peer.name) && peer.reason.length > 0);
      assert.ok(isMissing || results.some((result) => result.name === name), name);
    }
    for (const { work, name, segmentsPerAck } of results) {
      if (!name.startsWith("lwip") || !work.startsWith("bulk")) continue;
      assert.ok(segmentsPerAck !== null && segmentsPerAck < SEGMENTS_PER_ACK + 0.1, `${work} of ${name}`);
    }
  });
});

function row(workName: string, name: string, arrangement: Arrangement, runs: number[]): Result {
  const work = WORKS.find((known) => known.name === workName);
  assert.ok(work);
  const contestant = { name, arrangement, prepare: async () => null };
  return { work, contestant, operations: 1, runs, had: null, segmentsPerAck: null };
}
