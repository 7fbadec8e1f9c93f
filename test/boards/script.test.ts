// The same on the board as in Node: an exchange of ping, page and echo is recorded in Node, where the board's module has
// its MAC emulated, and played to the machine code in QEMU. Every register that it reads and writes, every answer, and in
// the end every byte of its memory are the same.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Event, Result, SocketKind } from "../../assembly/abi/sockets.ts";
import { readBoard } from "../../host/board/boards.ts";
import { buildBoard, compileModule, runtimeSource } from "../../host/board/build.ts";
import { startQemu } from "../../host/board/qemu.ts";
import { boardFolder, boardNames, ROOT } from "../../host/build/firmware.mjs";
import { createCable, createStack, VirtualClock } from "../../host/index.ts";
import { createMac } from "../../host/mac/mac.ts";
import { noise } from "../host/pair.ts";
import { Recording } from "./support/recording.ts";
import { skip } from "./support/requirements.ts";

const BYTES = 3000;
const STATION = Uint8Array.of(0x02, 0x00, 10, 0, 0, 2);
/** Where linear memory lies on the boards, as MACs see it; only what the module is told, nothing moves there. */
const DMA_BASE = 0x2000_1000;
const STEP = 500;

/** The module in Node, with a peer that pings it and has 3,000 bytes sent back. */
async function record(name: string): Promise<Recording> {
  const { board, profile } = await readBoard(name);
  const module = await WebAssembly.compile(new Uint8Array(readFileSync(await compileModule(name))));
  const recording = await Recording.start(module, board.mac.origin, profile.LINEAR_BYTES);
  const clock = new VirtualClock();
  const { left, right } = createCable({ clock });
  const { memory: u32, u8 } = recording;
  const bytes = (start: number, length: number): Uint8Array => u8.subarray(start, start + length);
  const view = { u8, u32, dmaBase: DMA_BASE, bytes };
  recording.device = createMac(profile.MAC, { memory: view, wire: right, address: STATION, onInterrupt: () => {} });

  recording.call("init", DMA_BASE, 1, 2, 3, 4);
  assert.equal(recording.call("addAdapter", board.mac.origin, 0x0200, 0x0a00_0002), 0);
  const address = recording.constant("SCRATCH");
  u8.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2], address);
  assert.equal(recording.call("addAddress", 0, address, 24, 0), 0);
  const listener = recording.call("socket", SocketKind.STREAM, 0);
  assert.equal(recording.call("bind", listener, address, 7), 0);
  assert.equal(recording.call("listen", listener, 1), 0);

  const peer = await createStack({ clock, seed: 1, wires: [{ wire: left, address: "10.0.0.1/24" }] });
  const sent = noise(BYTES);
  let done = false;
  const talk = async (): Promise<void> => {
    await peer.ping("10.0.0.2", { bytes: 100 });
    const connection = await peer.connect({ address: "10.0.0.2", port: 7 });
    await connection.write(sent);
    await connection.end();
    const pieces: Uint8Array[] = [];
    for await (const piece of connection) pieces.push(piece);
    assert.ok(Buffer.concat(pieces).equals(sent));
    done = true;
  };
  const talking = talk();
  while (!done) {
    clock.runUntil(clock.now() + STEP);
    recording.call("poll", clock.now(), 0);
    echoEvents(recording, listener);
    await setImmediate();
  }
  await talking;
  return recording;
}

/** Sends back what has come, by the calls that a small application makes. */
function echoEvents(recording: Recording, listener: number): void {
  const result = recording.constant("RESULT") / 4;
  for (let fd = recording.call("event"); fd >= 0; fd = recording.call("event")) {
    if (fd === listener) {
      fd = recording.call("accept", listener);
      if (fd < 0) continue;
    } else if (!(recording.memory[result + Result.MASK] & (Event.READABLE | Event.WRITABLE))) continue;
    let bytes = recording.call("recvPeek", fd);
    while (bytes > 0) {
      const taken = recording.call("write", fd, recording.memory[result + Result.POINTER], bytes);
      if (taken <= 0) break;
      recording.call("recvConsume", fd, taken);
      bytes = recording.call("recvPeek", fd);
    }
    if (bytes === 0) recording.call("close", fd);
  }
}

for (const name of boardNames() as string[]) {
  it(`${name} does in QEMU what it does in Node, to the last byte`, { skip }, async () => {
    const recording = await record(name);
    const folder = boardFolder(name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "trace.h"), recording.header());
    const sources = [runtimeSource("start.c"), runtimeSource("uart.c"), join(ROOT, "test/boards/replay/replay.c")];
    const firmware = await buildBoard(name, { program: { name: "replay", sources } });
    const scratch = mkdtempSync(join(tmpdir(), "thimble-replay-"));
    const board = await startQemu(firmware, { socket: join(scratch, "wire"), makesSocket: true });
    try {
      const [line] = await board.waitFor(/^replay: .*$/m);
      const { calls, reads, writes } = recording.counts();
      assert.equal(line, `replay: ${calls} calls, ${reads} reads, ${writes} writes, memory ${recording.digest()}`);
    } finally {
      await board.stop();
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}

describe("the recording", () => {
  it("is of more than a few frames", async () => {
    const { calls, reads, writes } = (await record("lm3s6965evb")).counts();
    assert.ok(calls > 20 && reads > 500 && writes > 500, `${calls} calls, ${reads} reads, ${writes} writes`);
  });
});
