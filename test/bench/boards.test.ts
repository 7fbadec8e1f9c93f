// The count of instructions on boards: that the board's own counter and QEMU's plugin agree, that nothing is left without a
// part, and that the sandbox costs no more than it may. lwIP is fetched and built in the full run only.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { skip } from "../boards/support/requirements.ts";
import { PARTS, type Part, partOf } from "./boards/profile.ts";
import { type BoardResult, GOAL, resultText } from "./boards/report.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FULL = process.env.THIMBLE_FULL === "1";
/** The plugin also counts how the processor wakes; SysTick's interrupts are in its count. */
const AGREEMENT = 0.03;
/** More instructions for a segment than any board takes: a jump would be a mistake in how memory is accessed. */
const MOST = 9000;

interface Data {
  lwip: string;
  boards: (BoardResult & { ratios: Record<string, number> | null })[];
}

function boards(args: readonly string[]) {
  const options = { cwd: ROOT, encoding: "utf8" } as const;
  return spawnSync(process.execPath, ["test/bench/run.mjs", "boards", ...args], options);
}

function data(args: readonly string[]): Data {
  const { status, stdout, stderr } = boards([...args, "--json"]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

describe("instructions on boards", () => {
  it("says where they go, and all of them", { skip }, () => {
    const [{ contenders, ratios }] = data(["--boards", "lm3s6965evb", "--no-lwip"]).boards;
    assert.equal(ratios, null);
    for (const [direction, { instructions, shares }] of Object.entries(contenders[0].figures)) {
      assert.ok(instructions > 1460 / 4 && instructions < MOST, `${direction}: ${instructions}`);
      if (shares === null) continue;
      const sum = PARTS.reduce((total, part) => total + shares[part], 0);
      assert.ok(Math.abs(sum / instructions - 1) < AGREEMENT, `${direction}: ${sum} of ${instructions}`);
      for (const part of ["MAC", "checksum", "TCP", "bounds checks"] as const) {
        assert.ok(shares[part] > 100, `${direction}: hardly any ${part}`);
      }
    }
  });

  it("takes at most twice lwIP's", {
    skip: skip || (!FULL && "fetches and compiles lwIP: in the full run"),
  }, (test) => {
    const { lwip, boards: results } = data([]);
    if (lwip !== "measured") return test.skip(lwip);
    for (const { board, ratios } of results) {
      for (const [direction, ratio] of Object.entries(ratios ?? {})) {
        assert.ok(ratio <= GOAL, `${board}: ${ratio} times for a segment ${direction}`);
      }
    }
  });

  it("answers what it does not know with a sentence and exit code 2", () => {
    const { status, stderr } = boards(["--boards", "nowhere"]);
    assert.equal(status, 2);
    assert.match(stderr, /There are .*lm3s6965evb/);
  });

  it("knows each instruction's part by the functions around it", () => {
    const module = (path: string) => ({ name: `w2c_thimble_assembly/${path}`, file: "thimble.c" });
    const load = { name: "i32_load_at", file: "thimble.c" };
    const cases: [Parameters<typeof partOf>[0], boolean, Part | null][] = [
      [[load, module("base/checksum/sumBytes")], true, "checksum"],
      [[load, module("base/checksum/sumBytes")], false, "bounds checks"],
      [[module("device/packet/release"), module("transport/tcp/arrives/checkAck")], false, "pools, timers"],
      [[{ name: "bus_read32", file: "bus.h" }, module("device/fifo/readWords")], true, "MAC"],
      [[{ name: "memcpy", file: "??" }], true, "copy"],
      [[{ name: "generate", file: "lwip-side.c" }], false, "application"],
      [[{ name: "tcp_input", file: "tcp_in.c" }], false, "TCP"],
      [[{ name: "port_sleep", file: "port.c" }], false, null],
    ];
    for (const [frames, isAccess, part] of cases) assert.equal(partOf(frames, isAccess), part, JSON.stringify(frames));
  });

  it("compares with lwIP's best, and says whether that is as wanted", () => {
    const figure = (instructions: number) => ({ instructions, segmentsPerAck: 2, shares: null });
    const contender = (name: string, received: number, sent: number) => ({
      name,
      figures: { received: figure(received), sent: figure(sent) },
    });
    const contenders = [
      contender("thimble", 9000, 7000),
      contender("lwip", 4000, 5000),
      contender("other", 4500, 3500),
    ];
    const text = resultText({ board: "a", title: "A", mac: "FIFO", contenders });
    assert.match(text, /^Times lwIP's: received 2\.25, sent 1\.40; wanted: at most 2, not yet$/m);
    assert.match(
      text,
      /^other: received 4,500 \(Thimble 2\.00 times that\), sent 3,500 \(Thimble 2\.00 times that\)$/m,
    );
  });
});
