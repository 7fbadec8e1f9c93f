// A short exchange with a board's module in Node, recorded: a ping, and a stream that the module's application sends back.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { Event, Result, SocketKind } from "../../../assembly/abi/sockets.ts";
import { readBoard } from "../../../host/board/boards.ts";
import { compileModule } from "../../../host/board/build.ts";
import { createCable, createStack, VirtualClock } from "../../../host/index.ts";
import { createMac } from "../../../host/mac/mac.ts";
import { benchMemory } from "../../host/bench-mac.ts";
import { noise } from "../../host/pair.ts";
import { Recording } from "./recording.ts";

const BYTES = 3000;
const STATION = Uint8Array.of(0x02, 0x00, 10, 0, 0, 2);
/** Where linear memory lies on the boards, as MACs see it; only what the module is told, nothing moves there. */
const DMA_BASE = 0x2000_1000;
const STEP = 500;

/** The module in Node, with a peer that pings it and has 3,000 bytes sent back. */
export async function record(name: string): Promise<Recording> {
  const { board, profile } = await readBoard(name);
  const module = await WebAssembly.compile(new Uint8Array(readFileSync(await compileModule(name))));
  const recording = await Recording.start(module, board.mac.origin, profile.LINEAR_BYTES);
  const clock = new VirtualClock();
  const { left, right } = createCable({ clock });
  const { u8 } = recording;
  const memory = benchMemory(u8.buffer, DMA_BASE);
  recording.device = createMac(profile.MAC, { memory, wire: right, address: STATION, onInterrupt: () => {} });

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
