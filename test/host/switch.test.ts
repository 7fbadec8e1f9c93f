// The learning switch, and what cables can do besides losing frames one by one.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { fcsMatches, withFcs } from "../../host/mac/fcs.ts";
import { Switch } from "../../host/network/switch.ts";
import { createCable } from "../../host/wire/cable.ts";
import { markCongestion } from "../../host/wire/ecn.ts";
import { BenchWire, BROADCAST } from "./bench-mac.ts";
import { CORPUS } from "./frame-corpus.ts";

const MAC = (last: number): number[] => [2, 0, 0, 0, 0, last];

function frame(to: ArrayLike<number>, from: number): Uint8Array {
  const bytes = new Uint8Array(60);
  bytes.set(to);
  bytes.set(MAC(from), 6);
  bytes.set([0x08, 0x00, 0x45], 12);
  return bytes;
}

function switchOf(ports: number, options = {}) {
  const clock = new VirtualClock();
  const center = new Switch({ clock, ...options });
  const wires = Array.from({ length: ports }, (_, i) => new BenchWire(i === 2));
  const pull = wires.map((wire) => center.plug(wire));
  const send = (port: number, bytes: Uint8Array): number[] => {
    for (const wire of wires) wire.sent = [];
    wires[port].end?.receive(wires[port].carriesFcs ? withFcs(bytes) : bytes);
    return wires.flatMap(({ sent }, i) => (sent.length > 0 ? [i] : []));
  };
  return { clock, center, wires, pull, send };
}

describe("a learning switch", () => {
  it("floods what it does not know, and sends the answer through one port", () => {
    const { center, send, wires } = switchOf(4);
    assert.deepEqual(send(0, frame(MAC(2), 1)), [1, 2, 3]);
    assert.ok(fcsMatches(wires[2].sent[0]) && wires[2].sent[0].length === 64);
    assert.deepEqual(send(2, frame(MAC(1), 2)), [0]);
    assert.equal(wires[0].sent[0].length, 60);
    assert.deepEqual(send(0, frame(MAC(2), 1)), [2]);
    assert.deepEqual(send(0, frame(BROADCAST, 1)), [1, 2, 3]);
    assert.deepEqual(send(0, frame([1, 0, 0x5e, 0, 0, 1], 1)), [1, 2, 3]);
    assert.deepEqual(center.stats, { received: 5, sent: 11, flooded: 3, filtered: 0, fcsErrors: 0, tableFull: 0 });
  });

  it("keeps to itself what is for the same port, for switches, or damaged", () => {
    const { center, send, wires } = switchOf(3);
    send(0, frame(BROADCAST, 1));
    assert.deepEqual(send(0, frame(MAC(1), 9)), []);
    assert.deepEqual(send(1, frame([1, 0x80, 0xc2, 0, 0, 3], 2)), []);
    wires[2].end?.receive(withFcs(frame(BROADCAST, 3)).fill(9, 30, 34));
    assert.deepEqual([center.stats.filtered, center.stats.fcsErrors], [2, 1]);
  });

  it("follows a machine that moves, and forgets one that is silent or whose cable is pulled", () => {
    const { clock, center, send, wires, pull } = switchOf(4);
    send(0, frame(BROADCAST, 1));
    send(3, frame(BROADCAST, 1));
    assert.equal(center.portOf(Uint8Array.from(MAC(1))), 3);
    assert.deepEqual(send(1, frame(MAC(1), 2)), [3]);
    clock.runUntil(301e6);
    assert.deepEqual(send(1, frame(MAC(1), 2)), [0, 2, 3]);
    send(3, frame(BROADCAST, 1));
    wires[3].setUp(false);
    assert.equal(center.portOf(Uint8Array.from(MAC(1))), null);
    assert.deepEqual(send(1, frame(MAC(1), 2)), [0, 2]);
    pull[2]();
    assert.deepEqual(send(1, frame(MAC(1), 2)), [0]);
  });

  it("remembers only as many as it has room for, old ones last", () => {
    const { clock, center, send } = switchOf(3, { addresses: 2 });
    for (const from of [1, 2, 3]) send(0, frame(BROADCAST, from));
    assert.equal(center.stats.tableFull, 1);
    assert.deepEqual(send(1, frame(MAC(3), 1)), [0, 2]);
    clock.runUntil(301e6);
    send(0, frame(BROADCAST, 3));
    assert.equal(center.portOf(Uint8Array.from(MAC(3))), 0);
  });
});

describe("a cable of another kind in each direction", () => {
  /** When frames sent from left at once, a thousand, arrive at right, and one from right at left. */
  function run(
    options: object,
    frames = 1000,
  ): { times: number[]; back: number[]; cable: ReturnType<typeof createCable> } {
    const clock = new VirtualClock();
    const cable = createCable({ clock, ...options });
    const [times, back]: number[][] = [[], []];
    cable.right.attach({ receive: () => times.push(clock.now()), linkChanged: () => {} });
    cable.left.attach({ receive: () => back.push(clock.now()), linkChanged: () => {} });
    for (let i = 0; i < frames; i++) clock.at(i * 100, () => cable.left.send(frame(MAC(2), 1)));
    clock.at(0, () => cable.right.send(frame(MAC(1), 2)));
    clock.run();
    return { times, back, cable };
  }

  it("has its own delay there", () => {
    const { times, back } = run({ delay: 10, toLeft: { delay: 5000 } }, 1);
    assert.deepEqual([times, back], [[10], [5000]]);
  });

  it("spreads arrivals over the jitter, in their order", () => {
    const { times } = run({ delay: 1000, jitter: 400 });
    const late = times.map((time, i) => time - i * 100 - 1000);
    assert.ok(late.every((micros) => micros >= 0 && micros <= 401));
    assert.ok(Math.max(...late) > 300 && Math.min(...late) < 50);
    assert.ok(times.every((time, i) => i === 0 || time >= times[i - 1]));
  });

  it("loses frames in bursts as long, and as often, as the model says", () => {
    const { times, cable } = run({ delay: 1, burst: { enter: 0.01, leave: 0.2 }, seed: 5 }, 50_000);
    const lost = 50_000 - times.length;
    assert.equal(lost, cable.stats?.toRight.lost);
    // In the long run enter / (enter + leave) of all are in a burst, 1 / leave together.
    assert.ok(lost > 50_000 * 0.038 && lost < 50_000 * 0.058, `${lost} lost`);
    const gaps = times.filter((time, i) => i > 0 && time - times[i - 1] > 100).length;
    assert.ok(lost / gaps > 4 && lost / gaps < 6, `${lost / gaps} lost together`);
  });

  it("marks packets that allow it while many wait, and drops only when the queue is full", () => {
    const clock = new VirtualClock();
    const cable = createCable({ clock, rate: 10e6, queue: 20, mark: 5, corrupt: 1e-9 });
    const marks: number[] = [];
    cable.right.attach({
      receive: (bytes) => {
        assert.ok(fcsMatches(bytes));
        marks.push(bytes[15] & 3);
      },
      linkChanged: () => {},
    });
    const packet = new Uint8Array(1514);
    packet.set(frame(MAC(2), 1));
    packet.set([0x45, 2, 1500 >> 8, 1500 & 0xff], 14);
    for (let i = 0; i < 50; i++) cable.left.send(withFcs(packet));
    clock.run();
    assert.ok(cable.stats !== null && cable.stats.toRight.queueDrops > 25);
    assert.deepEqual([marks[0], marks[3], marks[10], marks.at(-1)], [2, 2, 3, 3]);
    assert.equal(cable.stats.toRight.marked, marks.filter((mark) => mark === 3).length);
  });
});

describe("a mark of congestion", () => {
  const sum = (packet: Uint8Array): number => {
    let total = 0;
    for (let at = 0; at < 20; at += 2) total += (packet[at] << 8) | packet[at + 1];
    while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
    return total;
  };

  it("leaves IPv4's checksum right, whatever it was, and sets nothing on who does not take part", () => {
    for (let identification = 0; identification < 0x10000; identification += 37) {
      const bytes = frame(MAC(2), 1);
      bytes.set([0x45, 1 + (identification % 2), 0, 46, identification >> 8, identification & 0xff, 0, 0, 64, 17], 14);
      const checksum = ~sum(bytes.subarray(14)) & 0xffff;
      bytes.set([checksum >> 8, checksum & 0xff], 24);
      assert.ok(markCongestion(bytes));
      assert.equal(bytes[15] & 3, 3);
      assert.equal(sum(bytes.subarray(14)), 0xffff);
      assert.ok(!markCongestion(bytes), "twice");
    }
    const all = CORPUS.map(({ bytes }) => Uint8Array.from(bytes));
    assert.ok(all.filter((bytes) => markCongestion(bytes)).length < all.length / 4);
  });

  it("is the same two bits in IPv6, also behind a tag", () => {
    for (const tag of [[], [0x81, 0x00, 0x00, 0x07]]) {
      const bytes = Uint8Array.from([...MAC(2), ...MAC(1), ...tag, 0x86, 0xdd, 0x60, 0x20, ...new Array(40).fill(0)]);
      assert.ok(markCongestion(bytes));
      assert.equal(bytes[15 + tag.length], 0x30);
    }
  });
});
