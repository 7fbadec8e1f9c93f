// The wires that QEMU has as well: over a Unix socket and over UDP; and two wires made one.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { bridgeWires } from "../../host/wire/bridge.ts";
import { openDatagramWire } from "../../host/wire/datagram.ts";
import { openStream } from "../../host/wire/stream.ts";
import { BenchWire, BROADCAST, frameTo } from "./bench-mac.ts";
import { listen, until } from "./wire-ears.ts";

const folder = mkdtempSync(join(tmpdir(), "thimble-wires-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function framed(...frames: Uint8Array[]): Buffer {
  return Buffer.concat(
    frames.flatMap((frame) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(frame.length);
      return [length, Buffer.from(frame)];
    }),
  );
}

async function peerOf(path: string): Promise<Socket> {
  const socket = createConnection(path);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

describe("a wire over a Unix socket", () => {
  it("joins two ends, whichever comes first, and carries frames both ways", async () => {
    const path = join(folder, "both");
    const [first, second] = [await openStream(path), await openStream(path)];
    const [near, far] = [listen(first), listen(second)];
    await until(() => first.up);
    const frame = frameTo(BROADCAST, 1514);
    first.send(frame);
    second.send(frame);
    await until(() => near.frames.length === 1 && far.frames.length === 1);
    assert.deepEqual([near.frames[0], far.frames[0]], [frame, frame]);
    second.close();
    await until(() => near.links.includes(false));
    assert.equal(first.up, false);
    first.send(frame);
    assert.equal(first.stats.txDrops, 1);
    first.close();
  });

  it("takes frames apart however the bytes come, and pads short ones", async () => {
    const path = join(folder, "pieces");
    const wire = await openStream(path);
    const { frames } = listen(wire);
    const peer = await peerOf(path);
    const bytes = framed(frameTo(BROADCAST, 60), frameTo(BROADCAST, 42), frameTo(BROADCAST, 1000));
    for (const byte of bytes.subarray(0, 70)) {
      peer.write(Uint8Array.of(byte));
      await setTimeout(0);
    }
    peer.write(bytes.subarray(70));
    await until(() => frames.length === 3);
    assert.deepEqual(
      frames.map((frame) => frame.length),
      [60, 60, 1000],
    );
    assert.ok(frames[1]?.subarray(42).every((byte) => byte === 0));
    peer.destroy();
    wire.close();
  });

  it("hangs up on what speaks otherwise", async () => {
    const path = join(folder, "nonsense");
    const wire = await openStream(path);
    listen(wire);
    const peer = await peerOf(path);
    peer.write("GET / HTTP/1.0\r\n\r\n");
    await new Promise((resolve) => peer.once("close", resolve));
    wire.close();
  });

  it("refuses a path where there can be no socket", async () => {
    await assert.rejects(openStream(join(folder, "no/such/folder")), { name: "InputError" });
  });
});

describe("a wire over UDP", () => {
  it("carries frames both ways", async () => {
    const [left, right] = [await openDatagramWire(15_210, 15_211), await openDatagramWire(15_211, 15_210)];
    const [near, far] = [listen(left), listen(right)];
    const frame = frameTo(BROADCAST, 1514);
    left.send(frame);
    right.send(frame);
    await until(() => near.frames.length === 1 && far.frames.length === 1);
    assert.deepEqual([near.frames[0], far.frames[0]], [frame, frame]);
    await assert.rejects(openDatagramWire(15_210, 1), { name: "InputError", code: "EADDRINUSE" });
    left.close();
    right.close();
    assert.equal(left.up, false);
  });
});

describe("a bridge", () => {
  it("makes one wire of two until it is taken apart", () => {
    const [left, right] = [new BenchWire(), new BenchWire()];
    const takeApart = bridgeWires(left, right);
    left.end?.receive(frameTo(BROADCAST, 60));
    right.end?.receive(frameTo(BROADCAST, 61));
    assert.deepEqual([right.sent[0]?.length, left.sent[0]?.length], [60, 61]);
    takeApart();
    assert.ok(left.closed && right.closed);
  });
});
