// Captures: what the writers write the readers read, tshark takes it without complaint, and a file can be played.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { Counter } from "../../assembly/abi/counters.ts";
import { explainStack } from "../../host/capture/explain.ts";
import type { CaptureWriter } from "../../host/capture/frames.ts";
import { PcapWriter } from "../../host/capture/pcap-writer.ts";
import { PcapngWriter } from "../../host/capture/pcapng-writer.ts";
import { playCapture } from "../../host/capture/playback.ts";
import { readCapture } from "../../host/capture/reader.ts";
import { REASONS } from "../../host/capture/reasons.ts";
import { MemorySink } from "../../host/capture/sink.ts";
import { VirtualClock } from "../../host/clock.ts";
import { InputError } from "../../host/errors.ts";
import { createStack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { captureWire } from "../../host/wire/capture.ts";
import { BROADCAST, frameTo } from "./bench-mac.ts";
import { CORPUS } from "./frame-corpus.ts";

const folder = mkdtempSync(join(tmpdir(), "thimble-pcapng-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const TIME = 1_700_000_000_123_456;
const noTshark = spawnSync("tshark", ["-v"]).status !== 0 && "tshark is not installed";

function tshark(file: Uint8Array, fields: readonly string[]): string[] {
  const path = join(folder, "asked.pcapng");
  writeFileSync(path, file);
  const args = ["-n", "-r", path, "-T", "fields", ...fields.flatMap((name) => ["-e", name])];
  return execFileSync("tshark", args, { encoding: "utf8", stdio: "pipe" }).trimEnd().split("\n");
}

/** All frames of the corpus, from two interfaces in turn, every third with a comment. */
function corpus(writer: CaptureWriter): void {
  writer.addInterface({ name: "anna", description: "the first", rate: 100e6 });
  writer.addInterface({ name: "bert" });
  for (const [i, { bytes, name }] of CORPUS.entries()) {
    const frame = { bytes, time: TIME + i, interface: i % 2, direction: i % 2 ? "in" : "out" } as const;
    writer.add(i % 3 === 0 ? { ...frame, comments: [name] } : frame);
  }
  writer.close();
}

/** A conversation of two stacks, captured with its explanations. */
async function conversation(): Promise<Uint8Array> {
  const clock = new VirtualClock(TIME);
  const sink = new MemorySink();
  const writer = new PcapngWriter(sink);
  const cable = createCable({ clock, delay: 1000, loss: 0.1, corrupt: 0.1, seed: 3 });
  const stacks = await Promise.all(
    (["left", "right"] as const).map(async (side, i) => {
      const wire = captureWire(cable[side], writer, clock, { name: side });
      const stack = await createStack({ wires: [{ wire, address: `10.0.0.${i + 1}/24` }], clock, seed: i });
      explainStack(stack, writer, i);
      return stack;
    }),
  );
  const [left, right] = stacks;
  const listener = await right.listen({ port: 7 });
  const opened = left.connect({ address: "10.0.0.2", port: 7, localPort: 4000 });
  const [near, far] = await clock.settle(Promise.all([opened, listener.accept()]));
  const sent = near.write(new Uint8Array(60_000)).then(() => near.end());
  const read = async (): Promise<void> => {
    while ((await far.read()) !== null);
  };
  await clock.settle(Promise.all([sent, read()]));
  await clock.settle(Promise.all([far.close(), near.close(), listener.close()]));
  clock.runUntil(clock.now() + 5e6);
  const refused = left.connect({ address: "10.0.0.2", port: 8, localPort: 4001 }).catch((error: Error) => error);
  assert.match(String(await clock.settle(refused)), /ECONNREFUSED/);
  await clock.settle(Promise.all(stacks.map((stack) => stack.close({ linger: 0 }))));
  writer.close();
  return sink.bytes();
}

describe("pcapng", () => {
  it("comes back with interfaces, directions, times and comments", () => {
    const sink = new MemorySink();
    corpus(new PcapngWriter(sink));
    const { interfaces, frames, skipped, cutBytes } = readCapture(sink.bytes());
    assert.deepEqual(interfaces, [{ name: "anna", description: "the first", rate: 100e6 }, { name: "bert" }]);
    assert.deepEqual([frames.length, skipped, cutBytes], [CORPUS.length, 0, 0]);
    for (const [i, frame] of frames.entries()) {
      assert.deepEqual(frame.bytes, Uint8Array.from(CORPUS[i].bytes));
      assert.equal(frame.time, TIME + i);
      assert.equal(frame.direction, i % 2 ? "in" : "out");
      assert.deepEqual(frame.comments, i % 3 === 0 ? [CORPUS[i].name] : undefined);
    }
  });

  it("puts a comment behind the frame that caused it, or before the next one of its interface", () => {
    const sink = new MemorySink();
    const writer = new PcapngWriter(sink);
    const [one, two] = [writer.addInterface({ name: "1" }), writer.addInterface({ name: "2" })];
    const bytes = frameTo(BROADCAST);
    writer.add({ bytes, time: 1, interface: one });
    writer.comment(one, "of the first");
    writer.comment(two, "of the third");
    writer.add({ bytes, time: 2, interface: one });
    writer.add({ bytes, time: 3, interface: two });
    writer.comment(two, "x".repeat(100_000));
    writer.close();
    const comments = readCapture(sink.bytes()).frames.map((frame) => frame.comments);
    assert.deepEqual(comments.slice(0, 2), [["of the first"], undefined]);
    assert.deepEqual(comments[2]?.[0], "of the third");
    assert.equal(comments[2]?.[1].length, 2048);
  });

  it("is read in the other byte order, in other units of time, and up to where it was cut", () => {
    const words = (...values: number[]): Uint8Array => {
      const view = new DataView(new ArrayBuffer(values.length * 4));
      for (const [i, value] of values.entries()) view.setUint32(i * 4, value);
      return new Uint8Array(view.buffer);
    };
    const file = Buffer.concat([
      words(0x0a0d0d0a, 28, 0x1a2b3c4d, 0x0001_0000, 0xffff_ffff, 0xffff_ffff, 28),
      words(1, 32, 0x0001_0000, 0, 0x0009_0001, 0x0900_0000, 0, 32), // nanoseconds
      words(1, 20, 0x0065_0000, 0, 20), // raw IP: no Ethernet
      words(0x0bad, 16, 7, 16),
      words(6, 48, 0, 0, 5_000_000, 14, 14, 0x01020304, 0x05060708, 0x090a0b0c, 0x08000000, 48),
      words(6, 36, 1, 0, 0, 4, 4, 0x45000000, 36),
      words(3, 32, 14, 0x01020304, 0x05060708, 0x090a0b0c, 0x08000000, 32),
      words(6, 400, 0),
    ]);
    const { interfaces, frames, skipped, cutBytes } = readCapture(file);
    assert.equal(interfaces.length, 2);
    assert.deepEqual([skipped, cutBytes], [1, 12]);
    assert.deepEqual(
      frames.map(({ time, bytes }) => [time, bytes.length, bytes[12]]),
      [
        [5000, 14, 8],
        [0, 14, 8],
      ],
    );
  });

  it("tells why frames were dropped and which states changed; the same run gives the same bytes", async () => {
    const first = await conversation();
    const comments = readCapture(first).frames.flatMap((frame) => frame.comments ?? []);
    for (const state of ["CLOSED -> SYN-SENT", "SYN-SENT -> ESTABLISHED", "ESTABLISHED -> FIN-WAIT-1"]) {
      assert.ok(comments.includes(`10.0.0.1:4000 - 10.0.0.2:7: ${state}`), `${state}\n${comments.join("\n")}`);
    }
    assert.ok(
      comments.some((text) => /out of order/.test(text)),
      comments.join("\n"),
    );
    assert.deepEqual(await conversation(), first);
  });

  it("has a sentence for each reason, and the counter of each", () => {
    assert.deepEqual(
      REASONS.filter(([name]) => Counter[name] === undefined),
      [],
    );
    assert.equal(new Set(REASONS.map(([name]) => name)).size, REASONS.length);
  });

  it("is what tshark takes it for", { skip: noTshark }, async () => {
    const sink = new MemorySink();
    corpus(new PcapngWriter(sink));
    const fields = ["frame.interface_name", "frame.packet_flags_direction", "frame.comment", "frame.time_epoch"];
    const lines = tshark(sink.bytes(), fields).map((line) => line.split("\t"));
    assert.equal(lines.length, CORPUS.length);
    for (const [i, [name, direction, comment, time]] of lines.entries()) {
      assert.deepEqual([name, Number(direction)], i % 2 ? ["bert", 1] : ["anna", 2]);
      assert.equal(comment, i % 3 === 0 ? CORPUS[i].name : "");
      assert.equal(Math.round(Number(time.slice(-10)) * 1e6) % 1e6, (TIME + i) % 1e6);
    }
  });

  it("of a conversation has no malformed packet for tshark", { skip: noTshark }, async () => {
    const lines = tshark(await conversation(), ["frame.number", "_ws.malformed", "tcp.flags"]);
    assert.ok(lines.length > 30);
    assert.deepEqual(
      lines.filter((line) => line.split("\t")[1] !== ""),
      [],
    );
  });
});

describe("pcap", () => {
  it("comes back with its times", () => {
    const sink = new MemorySink();
    corpus(new PcapWriter(sink));
    const { frames, cutBytes } = readCapture(sink.bytes().slice(0, -1));
    assert.deepEqual(
      frames.map(({ time }) => time),
      CORPUS.slice(0, -1).map((_, i) => TIME + i),
    );
    assert.equal(cutBytes, 16 + (CORPUS.at(-1)?.bytes.length ?? 0) - 1);
  });

  it("is read in nanoseconds, in the other byte order, and without an FCS that it says it has", () => {
    const view = new DataView(new ArrayBuffer(24 + 16 + 20));
    const words = [0xa1b23c4d, 0x0002_0004, 0, 0, 65535, 0x2400_0001, 3, 7000, 20, 20];
    for (const [i, word] of words.entries()) view.setUint32(i * 4, word);
    const { frames } = readCapture(new Uint8Array(view.buffer));
    assert.deepEqual(
      frames.map(({ time, bytes }) => [time, bytes.length]),
      [[3_000_007, 16]],
    );
  });

  it("is told from what is no capture", () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(100)]) {
      assert.throws(
        () => readCapture(bytes),
        (error) => error instanceof InputError && error.code === "ERR_CAPTURE",
      );
    }
  });
});

describe("a capture that is played", () => {
  it("comes into a stack as it came then, and is answered", async () => {
    const original = readCapture(await conversation());
    const clock = new VirtualClock();
    const wire = playCapture(original, { clock, interface: "right", direction: "in" });
    const mac = "02:00:0a:00:00:02";
    const stack = await createStack({ wires: [{ wire, address: "10.0.0.2/24", mac, claim: false }], clock, seed: 1 });
    await clock.settle(wire.done);
    clock.runUntil(clock.now() + 1);
    const came = original.frames.filter((frame) => frame.interface === 1 && frame.direction === "in");
    assert.equal(wire.stats.played, came.length);
    // Nobody listens now: the SYN is answered with a reset.
    const resets = wire.answers.filter(({ bytes }) => bytes[23] === 6 && (bytes[47] & 4) !== 0);
    assert.ok(resets.length > 0);
    assert.equal(stack.counters().EthInFrames, came.length - stack.macs[0].counters.rxFiltered);
    await clock.settle(stack.close({ linger: 0 }));
  });
});
