// `npm run board`: what it prints, and how it refuses what makes no sense, what does not fit, and a compiler that is not
// there.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { readBoard } from "../../host/board/boards.ts";
import { buildBoard } from "../../host/board/build.ts";
import { measureFirmware, memoryReport } from "../../host/board/memory-report.ts";
import { boardNames, ROOT } from "../../host/build/firmware.mjs";
import { skip } from "./support/requirements.ts";

function board(args: string[], env: Record<string, string> = {}) {
  const command = ["--import", "tsx", "host/board/command.ts", ...args];
  return spawnSync(process.execPath, command, { cwd: ROOT, encoding: "utf8", env: { ...process.env, ...env } });
}

/** The figure of a line of the report. */
function figure(text: string, line: string): number[] {
  const rows = [...text.matchAll(new RegExp(`^ *${line} .*?([\\d,]+)$`, "gm"))];
  return rows.map(([, number = ""]) => Number(number.replaceAll(",", "")));
}

describe("npm run board", () => {
  it("lists the boards", () => {
    const { status, stdout } = board([]);
    assert.equal(status, 0);
    const listed = stdout.trim().split("\n");
    assert.deepEqual(
      listed.map((line) => line.split(" ")[0]),
      boardNames(),
    );
  });

  it("answers what makes no sense with a sentence", () => {
    for (const [args, sentence] of [
      [["nonesuch"], /^board: No board is called nonesuch; there are .*lm3s6965evb/],
      [["lm3s6965evb", "--wire", "sim"], /--wire is of use with --qemu alone/],
      [["lm3s6965evb", "--address", "10.0.0.300/24"], /is no address for a board; write it as 10\.0\.0\.2\/24/],
      [["a", "b"], /Name one board/],
    ] as const) {
      const { status, stderr } = board([...args]);
      assert.equal(status, 2);
      assert.match(stderr, sentence);
    }
  });

  it("prints flash and RAM to the byte", { skip }, () => {
    const { status, stdout, stderr } = board(["lm3s6965evb"]);
    assert.equal(status, 0, stderr);
    const [[flash, ram], [flashFree, ramFree]] = [figure(stdout, "used"), figure(stdout, "free")];
    assert.deepEqual([flash + flashFree, ram + ramFree], [256 * 1024, 64 * 1024]);
    assert.deepEqual([figure(stdout, "linear memory"), figure(stdout, "C stack")], [[40_960], [4096]]);
    assert.ok(flash <= 96 * 1024, "more flash than the board's budget");
  });

  it("refuses a firmware that does not fit, and says how much is missing", { skip }, async () => {
    const { board: part, ...named } = await readBoard("lm3s6965evb");
    const small = { ...named, board: { ...part, ram: { ...part.ram, bytes: 32 * 1024 } } };
    await assert.rejects(buildBoard(small), {
      name: "InputError",
      message: /^The firmware does not fit: \d+ bytes more RAM are needed\./,
    });
  });

  it("says which package has the compiler when that is not there", () => {
    const { status, stderr } = board(["lm3s6965evb", "--address", "10.0.0.9/24"], { PATH: "/nonexistent" });
    assert.equal(status, 1);
    assert.match(stderr, /arm-none-eabi-gcc is not there; on Debian: apt-get install gcc-arm-none-eabi/);
  });
});

describe("the report of memory", () => {
  it("counts initialised variables in flash and in RAM, and the gaps between sections", async () => {
    const named = await readBoard("lm3s6965evb");
    const memory = measureFirmware(named, [
      { name: ".module", address: 0, bytes: 101, stored: true },
      { name: ".firmware", address: 104, bytes: 96, stored: true },
      { name: ".data", address: 0x2000_0000, bytes: 8, stored: true },
      { name: ".bss", address: 0x2000_0010, bytes: 16, stored: false },
    ]);
    assert.deepEqual([memory.flash.used, memory.ram.used], [208, 32]);
    assert.match(memoryReport(memory), /gaps of alignment +3\nused +208\n/);
  });
});
