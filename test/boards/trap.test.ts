// A module broken on purpose: it writes outside its memory when it has answered some pings. The board says so, goes on with
// everything else, and its stack serves again within a second of its own time.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { readBoard } from "../../host/board/boards.ts";
import { buildBoard } from "../../host/board/build.ts";
import { profileOptions, ROOT, runAsc } from "../../host/build/firmware.mjs";
import { Desk } from "./support/desk.ts";
import { skip } from "./support/requirements.ts";

const BOARD = "lm3s6965evb";
/** Echo requests that the broken module stands, and how often it is to break. */
const REQUESTS = 5;
const TIMES = 3;

describe("a module that traps", { skip }, () => {
  let folder: string;
  let desk: Desk;

  before(async () => {
    if (skip) return;
    folder = mkdtempSync(join(tmpdir(), "thimble-broken-"));
    const wasm = join(folder, "broken.wasm");
    const { profile } = await readBoard(BOARD);
    const config = ["--config", "test/boards/broken/asconfig.json", "--target", "release"];
    const options = profileOptions(BOARD, profile as { LINEAR_BYTES: number; SHRINK: number });
    await runAsc([...config, "--outFile", relative(ROOT, wasm), ...options], ROOT);
    desk = await Desk.start(await buildBoard(BOARD, { wasm, folder }));
  });
  after(async () => {
    await desk?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it("is stopped, reported and started again within a second, each time, while the rest goes on", async () => {
    for (let time = 1; time <= TIMES; time++) {
      const from = desk.board.console().length;
      const { milliseconds: before } = await desk.state();
      // The last of them is not answered: the module breaks in the turn in which it comes.
      await Promise.all(
        Array.from({ length: REQUESTS }, () => desk.stack.ping("10.0.0.2", { timeout: 300 }).catch(() => {})),
      );
      await desk.hear(/^thimble: trap: access outside linear memory or the MAC; the stack starts again$/m, from);
      await desk.hear(/^thimble: the stack runs$/m, from);
      const { milliseconds: later, restarts } = await desk.state();
      assert.equal(restarts, time);
      assert.ok(later - before < 1000, `${later - before} ms`);
      assert.match(await desk.page(), /200 OK/);
    }
  });
});
