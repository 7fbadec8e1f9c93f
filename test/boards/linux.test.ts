// The boards and the real Linux kernel: QEMU's wire leads to a TAP in a namespace. The kernel's ping floods, curl fetches
// pages one after the other and several at once, and nmap looks at every port that it thinks of.

import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { buildBoard } from "../../host/board/build.ts";
import { type RunningBoard, startQemu } from "../../host/board/qemu.ts";
import { boardNames, ROOT } from "../../host/build/firmware.mjs";
import { FULL, Network, TAP } from "../linux/support/network.ts";
import { skip as skipLinux } from "../linux/support/requirements.ts";
import { BOARD_ADDRESS } from "./support/desk.ts";
import { skip as skipBoards } from "./support/requirements.ts";

const skip = skipBoards || skipLinux;
const PINGS = FULL ? 10_000 : 500;
const PAGES = FULL ? 1_000 : 20;
/** Pages asked for at once, where a board has as many connections besides its two listeners. */
const AT_ONCE = 4;

for (const name of boardNames() as string[]) {
  describe(`${name} and Linux`, { skip }, () => {
    let network: Network;
    let board: RunningBoard;
    let atOnce: number;

    before(async () => {
      if (skip) return;
      const firmware = await buildBoard(name);
      atOnce = Math.min(AT_ONCE, firmware.profile.TCBS - 2);
      network = new Network();
      network.administer(["addr", "add", "10.0.0.1/24", "dev", TAP]);
      const socket = join(network.folder, "wire");
      const program = join(ROOT, "test/boards/support/bridge-program.ts");
      const bridge = network.spawn(process.execPath, ["--import", "tsx", program, TAP, socket], "pipe");
      if (bridge.stdout) await once(bridge.stdout, "data");
      board = await startQemu(firmware, { socket });
      await board.waitFor(/the stack runs/);
    });
    after(async () => {
      await board?.stop();
      network?.close();
    });

    it(`answers a flood of ${PINGS} pings without loss`, async () => {
      const { status, stdout } = await network.run("ping", ["-f", "-q", "-c", `${PINGS}`, "-l", "3", BOARD_ADDRESS]);
      assert.equal(status, 0, `${stdout}`);
      assert.match(`${stdout}`, new RegExp(`${PINGS} packets transmitted, ${PINGS} received`));
    });

    it(`serves ${PAGES} pages to curl, one by one and several at once`, async () => {
      const url = `http://${BOARD_ADDRESS}/[1-${PAGES}]`;
      const one = ["-sS", "--fail", "-w", "%{http_code} %{size_download}\\n", "-o", "/dev/null"];
      const { status, stdout, stderr } = await network.run("curl", [...one, url]);
      assert.equal(status, 0, stderr);
      const lines = `${stdout}`.trim().split("\n");
      assert.equal(lines.length, PAGES);
      assert.deepEqual([...new Set(lines)].length, 1, "pages differ in length");
      const several = ["--parallel", "--parallel-immediate", "--parallel-max", `${atOnce}`];
      const parallel = await network.run("curl", [...one, ...several, `http://${BOARD_ADDRESS}/[1-${atOnce * 4}]`]);
      assert.equal(parallel.status, 0, parallel.stderr);
    });

    it("shows nmap its two ports", async () => {
      const ports = FULL ? "1-4096" : "1-128";
      const { status, stdout, stderr } = await network.run("nmap", ["-n", "-Pn", "-sS", "-p", ports, BOARD_ADDRESS]);
      assert.equal(status, 0, stderr);
      assert.deepEqual(`${stdout}`.match(/^\d+\/tcp +open/gm), ["7/tcp  open", "80/tcp open"]);
    });

    it("has not trapped", () => assert.doesNotMatch(board.console(), /trap|fault/));
  });
}
