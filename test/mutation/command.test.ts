// The command itself, on the core's sources: a few mutants that scripts must notice, whatever else changes. With
// THIMBLE_FULL=1 also the whole of it: 200 mutants, which meet every kind of test, and of which 85 % must be caught.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { findMutants, readEnums } from "./mutants.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TCP = "assembly/transport/tcp";
const DEMAND = 85;

/** The first change of a kind in a file of TCP. Each breaks something that every connection needs. */
const FATAL: readonly [file: string, kind: string][] = [
  ["seq.ts", "lt-ge"],
  ["header.ts", "right-left"],
  ["arrives.ts", "drop-not"],
  ["receiver.ts", "drop-assignment"],
  ["send-queue.ts", "drop-assignment"],
  ["time-wait.ts", "enum-CLOSED"],
];

interface Report {
  caught: number;
  survived: number;
  mutants: { id: string; outcome: string; where: string; what: string; before: string[]; after: string[] }[];
}

function mutate(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["test/mutation/run.mjs", ...args], { cwd: ROOT, encoding: "utf8" });
}

/** The id of the first change of a kind in a file. */
function firstOf(file: string, kind: string): string {
  const path = `${TCP}/${file}`;
  const states = readFileSync(join(ROOT, "assembly/abi/status.ts"), "utf8");
  const found = findMutants(path, readFileSync(join(ROOT, path), "utf8"), readEnums([states]));
  const mutant = found.find((one) => one.kind === kind) ?? assert.fail(`${file} has no mutant ${kind}`);
  return mutant.id;
}

function leftFolders(): string[] {
  return readdirSync(join(ROOT, "dist")).filter((name) => name.startsWith("mutation-"));
}

describe("mutate", () => {
  it("shows that scripts notice what breaks every connection", () => {
    const before = leftFolders();
    const ids = FATAL.map(([file, kind]) => firstOf(file, kind));
    const { status, stdout, stderr } = mutate("--scripts", "--only", ...ids, "--json", "--demand", "100");
    assert.equal(status, 0, stderr);
    const { caught, survived, mutants }: Report = JSON.parse(stdout);
    assert.deepEqual({ caught, survived }, { caught: ids.length, survived: 0 });
    assert.deepEqual(mutants.map(({ id }) => id).sort(), [...ids].sort());
    for (const { where, what, before, after } of mutants) {
      assert.ok(where !== "" && what !== "");
      assert.notDeepEqual(before, after);
    }
    assert.deepEqual(leftFolders(), before, "folders that were left behind");
  });

  it("lists what it would try", () => {
    const { status, stdout } = mutate("--list", "--files", "seq", "--mutants", "4", "--seed", "3");
    assert.equal(status, 0);
    assert.equal(stdout, mutate("--list", "--files", `${TCP}/seq.ts`, "--mutants", "4", "--seed", "3").stdout);
    assert.match(stdout, /^assembly\/transport\/tcp\/seq\.ts:\d+:\d+:[\w-]+\n {4}- return .*\n {4}\+ return .*\n/);
    assert.match(stdout, /\n4 mutants\n$/);
  });

  it("answers what it does not know with a sentence and exit code 2", () => {
    const trials: [args: string[], sentence: RegExp][] = [
      [["--files", "no-such-file"], /no-such-file: there is no such source/],
      [["--only", "seq.ts:1:1:no-such-kind"], /no mutant has an id that ends so/],
      [["--mutants", "0"], /from 1 to/],
    ];
    for (const [args, sentence] of trials) {
      const { status, stderr } = mutate(...args);
      assert.equal(status, 2, args.join(" "));
      assert.match(stderr, sentence);
    }
  });

  it(`catches at least ${DEMAND} % of 200 mutants`, { skip: FULL ? false : "takes minutes; runs with --full" }, () => {
    const { status, stdout, stderr } = mutate("--mutants", "200", "--demand", String(DEMAND));
    assert.equal(status, 0, `${stderr}\n${stdout}`);
    process.stdout.write(stdout);
  });
});
