// The same everywhere: an exchange of pings and an echo is recorded in Node, where a board's module has its MAC emulated,
// and played to the module's machine code on the board in QEMU, and to the module in wasm3, an interpreter for
// microcontrollers. Every register that it reads and writes, every answer, and in the end every byte of its memory are
// the same.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { buildBoard, compileModule, runtimeSource } from "../../host/board/build.ts";
import { startQemu } from "../../host/board/qemu.ts";
import { boardFolder, boardNames, ROOT } from "../../host/build/firmware.mjs";
import { hasWasm3, PYTHON } from "../runner/wasm3.mjs";
import { record } from "./support/exchange.ts";
import { skip } from "./support/requirements.ts";

const REPLAY = join(ROOT, "test/boards/replay");
const skipWasm3 = hasWasm3() ? false : "wasm3 is not there; the Python package pywasm3 has it";

for (const name of boardNames() as string[]) {
  it(`${name} does in QEMU what it does in Node, to the last byte`, { skip }, async () => {
    const recording = await record(name);
    const folder = join(boardFolder(name), "replay");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "trace.h"), recording.header());
    const sources = [runtimeSource("start.c"), runtimeSource("uart.c"), join(REPLAY, "replay.c")];
    // Registers are read and written out of the recording.
    const flags = ["-DBUS_IS_ELSEWHERE"];
    const firmware = await buildBoard(name, { folder, flags, program: { name: "replay", sources } });
    const scratch = mkdtempSync(join(tmpdir(), "thimble-replay-"));
    const board = await startQemu(firmware, { socket: join(scratch, "wire"), makesSocket: true });
    try {
      const [line] = await board.waitFor(/^replay: .*(?=\n)/m);
      const { calls, reads, writes } = recording.counts();
      assert.ok(calls > 20 && reads > 20 && writes > 20, "hardly anything was recorded");
      assert.equal(line, `replay: ${calls} calls, ${reads} reads, ${writes} writes, memory ${recording.digest()}`);
    } finally {
      await board.stop();
      rmSync(scratch, { recursive: true, force: true });
    }
  });

  it(`${name} does in wasm3 what it does in Node, to the last byte`, { skip: skipWasm3 }, async () => {
    const recording = await record(name);
    const scratch = mkdtempSync(join(tmpdir(), "thimble-replay-"));
    const file = join(scratch, "recording.json");
    writeFileSync(file, JSON.stringify(recording));
    const args = [join(REPLAY, "replay.py"), await compileModule(name), file];
    const { status, stdout, stderr } = spawnSync(PYTHON, args, { encoding: "utf8" });
    rmSync(scratch, { recursive: true, force: true });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `${recording.counts().calls} calls, memory ${recording.digest()}\n`);
  });
}
