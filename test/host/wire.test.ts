// Cables and what they do to frames, captures, and the texts that name wires.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { InputError } from "../../host/errors.ts";
import { fcsMatches, withFcs } from "../../host/mac/fcs.ts";
import { type CableOptions, createCable } from "../../host/wire/cable.ts";
import { captureWire } from "../../host/wire/capture.ts";
import { impairWire } from "../../host/wire/impair.ts";
import { openWire, parseWire } from "../../host/wire/kinds.ts";
import type { Wire } from "../../host/wire/wire.ts";
import { BenchWire, BROADCAST, frameTo } from "./bench-mac.ts";

const FRAMES = 20_000;

/** Frames that carry their number, as IPv4 of 46 bytes. */
function numbered(number: number, carriesFcs = false): Uint8Array {
  const frame = frameTo(BROADCAST, 60);
  frame.set([0x45, 0, 0, 46], 14);
  new DataView(frame.buffer).setUint32(40, number);
  return carriesFcs ? withFcs(frame) : frame;
}

interface Arrival {
  number: number;
  time: number;
  frame: Uint8Array;
}

function collect(wire: Wire, clock: VirtualClock): Arrival[] {
  const arrivals: Arrival[] = [];
  wire.attach({
    receive: (frame) => {
      const number = new DataView(frame.buffer, frame.byteOffset).getUint32(40);
      arrivals.push({ number, time: clock.now(), frame: frame.slice() });
    },
    linkChanged: () => {},
  });
  return arrivals;
}

/** Sends `frames` from left to right, one each `gap` µs. */
function carry(options: CableOptions, frames: number, gap = 100): { arrivals: Arrival[]; clock: VirtualClock } {
  const clock = new VirtualClock();
  const { left, right } = createCable({ clock, ...options });
  const arrivals = collect(right, clock);
  for (let number = 0; number < frames; number++) {
    clock.at(number * gap, () => left.send(numbered(number, left.carriesFcs)));
  }
  clock.run();
  return { arrivals, clock };
}

function near(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= expected * 0.15, `${what}: ${actual}, expected about ${expected}`);
}

describe("a perfect cable", () => {
  it("hands the very frame on within the call, in both directions", () => {
    const [left, right] = createCable();
    const frame = frameTo(BROADCAST);
    const seen: [string, Uint8Array][] = [];
    left.attach({ receive: (f) => seen.push(["left", f]), linkChanged: () => {} });
    right.attach({ receive: (f) => seen.push(["right", f]), linkChanged: () => {} });
    left.send(frame);
    right.send(frame);
    assert.deepEqual(
      seen.map(([where]) => where),
      ["right", "left"],
    );
    assert.ok(seen.every(([, received]) => received === frame));
  });

  it("tells both ends when it is unplugged, plugged in or closed", () => {
    const cable = createCable();
    const told: string[] = [];
    cable.left.attach({ receive: () => told.push("frame"), linkChanged: (up) => told.push(`left ${up}`) });
    cable.right.attach({ receive: () => told.push("frame"), linkChanged: (up) => told.push(`right ${up}`) });
    cable.unplug();
    cable.left.send(frameTo(BROADCAST));
    cable.plug();
    cable.left.close();
    cable.plug();
    assert.deepEqual(told, ["left false", "right false", "left true", "right true", "right false"]);
    assert.equal(cable.right.up, false);
  });
});

describe("a bad cable", () => {
  it("loses about as many frames as asked", () => {
    near(FRAMES - carry({ loss: 0.03 }, FRAMES).arrivals.length, FRAMES * 0.03, "lost");
  });

  it("doubles about as many frames as asked", () => {
    near(carry({ duplicate: 0.03 }, FRAMES).arrivals.length - FRAMES, FRAMES * 0.03, "duplicates");
  });

  it("delays every frame by the delay", () => {
    const { arrivals } = carry({ delay: 20_000 }, 100);
    assert.ok(arrivals.every(({ number, time }) => time === number * 100 + 20_000));
  });

  it("holds frames back so that others overtake them, and loses none", () => {
    const { arrivals } = carry({ reorder: 0.1, delay: 20_000 }, FRAMES);
    assert.equal(arrivals.length, FRAMES);
    const overtaken = arrivals.filter(({ number, time }) => time === number * 100 + 25_000).length;
    near(overtaken, FRAMES * 0.1, "held back");
    const backwards = arrivals.filter(({ number }, i) => i > 0 && number < arrivals[i - 1].number).length;
    assert.ok(backwards > FRAMES * 0.05);
  });

  it("carries no more than its rate, and drops what its queue does not hold", () => {
    // 60 bytes and FCS, preamble and gap: 84 bytes, 67.2 µs at 10 Mbit/s.
    const { arrivals } = carry({ rate: 10e6, queue: 10 }, 1000, 10);
    const spacing = (arrivals[100].time - arrivals[0].time) / 100;
    assert.ok(Math.abs(spacing - 67.2) < 0.5, `spacing ${spacing}`);
    assert.ok(arrivals.length < 500 && arrivals.length > 150, `${arrivals.length} arrived`);
    assert.equal(carry({ rate: 10e6 }, 100, 70).arrivals.length, 100);
  });

  it("corrupts frames so that the FCS shows it, every time", () => {
    const { arrivals } = carry({ corrupt: 0.03 }, FRAMES);
    near(arrivals.filter(({ frame }) => !fcsMatches(frame)).length, FRAMES * 0.03, "corrupted");
  });

  it("flips single bits of IP packets behind the FCS's back, never of ARP", () => {
    const { arrivals } = carry({ flipThrough: 0.05 }, FRAMES);
    let flipped = 0;
    for (const { frame, number } of arrivals) {
      const original = numbered(number);
      const bits = frame.reduce((sum, byte, i) => sum + popcount(byte ^ original[i]), 0);
      // A flip in the number itself makes another frame's number of it, which nobody can tell here.
      if (bits === 0) continue;
      flipped++;
      assert.deepEqual(frame.subarray(0, 14), original.subarray(0, 14));
    }
    assert.ok(flipped > FRAMES * 0.03 && flipped < FRAMES * 0.06, `${flipped} flipped`);
    const both = carry({ flipThrough: 0.5, corrupt: 1e-9 }, 2000).arrivals;
    assert.ok(both.every(({ frame }) => fcsMatches(frame)));
    const clock = new VirtualClock();
    const { left, right } = createCable({ clock, flipThrough: 1 });
    const arp = frameTo(BROADCAST, 60);
    arp.set([0x08, 0x06], 12);
    right.attach({ receive: (frame) => assert.deepEqual(frame, arp), linkChanged: () => {} });
    for (let i = 0; i < 100; i++) left.send(arp);
  });

  const EVERYTHING = { loss: 0.03, duplicate: 0.03, corrupt: 0.03, reorder: 0.1, delay: 20_000, rate: 100e6 };

  it("does the same again with the same seed, something else with another", () => {
    const first = carry({ ...EVERYTHING, seed: 7 }, 3000).arrivals;
    assert.deepEqual(carry({ ...EVERYTHING, seed: 7 }, 3000).arrivals, first);
    assert.notDeepEqual(carry({ ...EVERYTHING, seed: 8 }, 3000).arrivals, first);
  });

  it("draws for each direction by itself", () => {
    const clock = new VirtualClock();
    const { left, right } = createCable({ clock, loss: 0.5 });
    const toRight = collect(right, clock);
    const toLeft = collect(left, clock);
    for (let number = 0; number < 100; number++) {
      left.send(numbered(number));
      right.send(numbered(number));
    }
    assert.notDeepEqual(
      toRight.map(({ number }) => number),
      toLeft.map(({ number }) => number),
    );
  });

  it("delivers nothing after it is closed", () => {
    const clock = new VirtualClock();
    const { left, right } = createCable({ clock, delay: 1000 });
    const arrivals = collect(right, clock);
    left.send(numbered(1));
    left.close();
    clock.run();
    assert.equal(arrivals.length, 0);
  });

  it("counts what it does", () => {
    const clock = new VirtualClock();
    const cable = createCable({ clock, loss: 1 });
    cable.left.send(numbered(1));
    assert.equal(cable.stats?.toRight.lost, 1);
    assert.equal(cable.stats?.toLeft.frames, 0);
  });

  it("before a wire without FCS makes and checks it itself", () => {
    const clock = new VirtualClock();
    const inner = new BenchWire();
    const outer = impairWire(inner, { clock, corrupt: 0.5 });
    const received: Uint8Array[] = [];
    outer.attach({ receive: (frame) => received.push(frame.slice()), linkChanged: () => {} });
    for (let number = 0; number < 1000; number++) {
      outer.send(numbered(number, true));
      inner.end?.receive(numbered(number));
    }
    near(inner.sent.length, 500, "went on undamaged");
    assert.equal(outer.stats.sent.fcsDrops, 1000 - inner.sent.length);
    assert.ok(inner.sent.every((frame) => frame.length === 60));
    assert.equal(received.length, 1000);
    near(received.filter(fcsMatches).length, 500, "undamaged");
  });

  it("refuses what makes no sense", () => {
    const clock = new VirtualClock();
    for (const options of [{ loss: 1.1 }, { corrupt: -0.1 }, { delay: -1 }, { rate: Number.NaN }]) {
      assert.throws(() => impairWire(new BenchWire(), { clock, ...options }), InputError);
    }
    assert.throws(() => createCable({ delay: 5 }), /clock/);
  });
});

describe("a capture", () => {
  const folder = mkdtempSync(join(tmpdir(), "thimble-capture-"));
  const path = join(folder, "x.pcap");
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

  it("holds both directions with the clock's time, without FCS and without damaged frames", () => {
    const clock = new VirtualClock(1_700_000_000_000_000);
    const inner = new BenchWire(true);
    const wire = captureWire(inner, path, clock);
    wire.attach({ receive: () => {}, linkChanged: () => {} });
    clock.runUntil(1_500_000);
    wire.send(numbered(1, true));
    clock.runUntil(2_000_001);
    inner.end?.receive(numbered(2, true));
    inner.end?.receive(numbered(3, true).fill(7, 20, 30));
    wire.close();
    assert.ok(inner.closed);
    const bytes = readFileSync(path);
    assert.equal(bytes.length, 24 + 2 * (16 + 60));
    assert.equal(bytes.readUInt32LE(0), 0xa1b2c3d4);
    assert.equal(bytes.readUInt32LE(20), 1);
    assert.deepEqual(
      [24, 28, 32, 36].map((at) => bytes.readUInt32LE(at)),
      [1_700_000_001, 500_000, 60, 60],
    );
    assert.deepEqual(
      [100, 104].map((at) => bytes.readUInt32LE(at)),
      [1_700_000_002, 1],
    );
    assert.deepEqual(new Uint8Array(bytes.subarray(40, 100)), numbered(1));
  });

  it("is read by tshark", { skip: spawnSync("tshark", ["-v"]).status !== 0 && "tshark is not installed" }, () => {
    const fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "eth.type"];
    const lines = execFileSync("tshark", ["-r", path, ...fields], { encoding: "utf8", stdio: "pipe" })
      .trim()
      .split("\n");
    assert.equal(lines.length, 2);
    assert.match(lines[0], /^1700000001\.5000*\t60\t0x0800$/);
  });

  it("that cannot be written says so in a sentence", () => {
    const wire = new BenchWire();
    assert.throws(
      () => captureWire(wire, join(folder, "no/such/folder.pcap"), new VirtualClock()),
      (error) => error instanceof InputError && error.code === "ENOENT",
    );
  });
});

describe("wires named in text", () => {
  it("are taken apart with their units", () => {
    assert.deepEqual(parseWire("sim"), { kind: "sim", name: "", impairments: {} });
    assert.deepEqual(parseWire("tap:tap0,loss=3%,delay=20ms,seed=7"), {
      kind: "tap",
      name: "tap0",
      impairments: { loss: 0.03, delay: 20_000, seed: 7 },
    });
    assert.deepEqual(
      parseWire("sim:rate=10Mbit,delay=5us,duplicate=0.5,reorder=10%,reorder-by=1s,corrupt=.25,queue=9"),
      {
        kind: "sim",
        name: "",
        impairments: { rate: 10e6, delay: 5, duplicate: 0.5, reorder: 0.1, reorderBy: 1e6, corrupt: 0.25, queue: 9 },
      },
    );
  });

  const WRONG = [
    "",
    "tap",
    "tap:",
    "tap:a-name-of-too-many-letters",
    "qemu:x",
    "sim:loss",
    "sim:loss=3",
    "sim:delay=20",
  ];
  WRONG.push("sim:rate=0Mbit", "sim:delay=-1ms", "sim:bad=1", "sim:seed=x", "tap:t0,", "sim:loss=101%");
  for (const text of WRONG) {
    it(`"${text}" is refused with one sentence`, () => {
      assert.throws(
        () => parseWire(text),
        (error) => error instanceof InputError && /^[^\n]+\.$/.test(error.message) && error.code.startsWith("ERR_"),
      );
    });
  }

  it("open: sim gives both ends, seeded by the context unless the text has a seed", async () => {
    const clock = new VirtualClock();
    const fate = async (text: string, seed: number): Promise<number[]> => {
      const { wire, far } = await openWire(text, { clock, seed });
      assert.ok(far);
      const arrivals = collect(far, clock);
      for (let number = 0; number < 100; number++) wire.send(numbered(number));
      return arrivals.map(({ number }) => number);
    };
    assert.notDeepEqual(await fate("sim:loss=50%", 1), await fate("sim:loss=50%", 2));
    assert.deepEqual(await fate("sim:loss=50%,seed=5", 1), await fate("sim:loss=50%,seed=5", 2));
  });
});

function popcount(byte: number): number {
  let bits = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) bits++;
  return bits;
}
