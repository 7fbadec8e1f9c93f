// The recorder: what goes over a cable is written down with its fate, and passed on unchanged.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import type { LadderFrame } from "../../host/inspect/ladder.ts";
import type { SocketRow } from "../../host/inspect/netstat.ts";
import { Recorder } from "../../host/inspect/recorder.ts";
import { withFcs } from "../../host/mac/fcs.ts";
import { type CableOptions, createCable } from "../../host/wire/cable.ts";
import { KERNEL_FRAMES } from "./kernel-frames.ts";

const [ARP_REQUEST, , SYN, SYN_ACK, ACK] = KERNEL_FRAMES.map(({ bytes }) => bytes) as Uint8Array[];

function setUp(options: CableOptions = {}) {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock, createCable({ ...options, clock }), ["a", "b"]);
  const [left, right] = recorder.wires();
  const received: { at: "a" | "b"; frame: Uint8Array }[] = [];
  const end = (at: "a" | "b") => ({
    receive: (frame: Uint8Array) => void received.push({ at, frame: frame.slice() }),
    linkChanged: () => {},
  });
  left.attach(end("a"));
  right.attach(end("b"));
  return { clock, recorder, left, right, received, frames: () => recorder.events as LadderFrame[] };
}

function socket(state: SocketRow["state"], port = 80): SocketRow {
  const ends = { localAddress: "10.0.0.2", localPort: port, remoteAddress: "10.0.0.1", remotePort: 38174 };
  const rest = {
    recvQ: 0,
    sendQ: 0,
    owner: 0,
    timer: "OFF",
    timerIn: 0,
    backoff: 0,
    keepProbes: 0,
    sentAgo: null,
  } as const;
  return { kind: "tcp", state, ...ends, ...rest };
}

function listener(): SocketRow {
  return { ...socket("LISTEN"), localAddress: "0.0.0.0", remoteAddress: "0.0.0.0", remotePort: 0 };
}

describe("recorder", () => {
  test("passes frames on in both directions", () => {
    const { left, right, received } = setUp();
    left.send(SYN);
    right.send(SYN_ACK);
    assert.deepEqual(received, [
      { at: "b", frame: SYN },
      { at: "a", frame: SYN_ACK },
    ]);
  });

  test("notes when each frame was sent and when it arrived", () => {
    const { clock, left, right, recorder, frames } = setUp({ delay: 5000 });
    left.send(ARP_REQUEST);
    clock.runUntil(2000);
    right.send(SYN_ACK);
    assert.equal(recorder.isBusy, true);
    clock.run();
    assert.equal(recorder.isBusy, false);
    assert.deepEqual(
      frames().map(({ time, from, to, arrivals }) => ({ time, from, to, arrivals })),
      [
        { time: 0, from: "a", to: "b", arrivals: [5000] },
        { time: 2000, from: "b", to: "a", arrivals: [7000] },
      ],
    );
  });

  test("a copy is kept: the sender may use its buffer again", () => {
    const { left, frames } = setUp();
    const buffer = SYN.slice();
    left.send(buffer);
    buffer.fill(0);
    assert.deepEqual(frames()[0]?.frame, SYN);
  });

  test("what is lost is noted, and nothing waits for it", () => {
    const { clock, left, recorder, frames } = setUp({ loss: 1, delay: 10 });
    left.send(SYN);
    clock.run();
    assert.deepEqual(frames()[0]?.arrivals, []);
    assert.deepEqual(frames()[0]?.notes, ["lost on the cable"]);
    assert.equal(recorder.isBusy, false);
  });

  test("what is doubled arrives twice", () => {
    const { clock, left, recorder, frames } = setUp({ duplicate: 1, delay: 10 });
    left.send(SYN);
    clock.run();
    assert.deepEqual(frames()[0]?.arrivals, [10, 10]);
    assert.equal(recorder.isBusy, false);
  });

  test("what is damaged is recognized when it arrives", () => {
    const { clock, left, received, frames } = setUp({ corrupt: 1, delay: 10 });
    left.send(withFcs(SYN));
    clock.run();
    assert.notDeepEqual(received[0]?.frame, withFcs(SYN));
    assert.deepEqual(frames()[0]?.arrivals, [10]);
    assert.equal(frames()[0]?.damaged, true);
    assert.deepEqual(frames()[0]?.frame, SYN);
  });

  test("frames that overtake each other keep their own times", () => {
    const { clock, left, frames } = setUp({ reorder: 0.5, reorderBy: 1000, delay: 100, seed: 3 });
    const sent = KERNEL_FRAMES.map(({ bytes }) => bytes);
    for (const frame of sent) left.send(frame);
    clock.run();
    for (const { notes, arrivals } of frames()) assert.deepEqual(arrivals, [notes ? 1100 : 100]);
    assert.ok(frames().some(({ notes }) => notes) && frames().some(({ notes }) => !notes));
  });

  test("states are noted beside the last frame of their machine, where they change", () => {
    const { clock, left, right, recorder, frames } = setUp({ delay: 10 });
    left.send(SYN);
    clock.run();
    recorder.sample("b", [listener()]);
    right.send(SYN_ACK);
    recorder.sample("b", [listener(), socket("SYN_RECEIVED")]);
    clock.run();
    left.send(ACK);
    clock.run();
    recorder.sample("b", [listener(), socket("SYN_RECEIVED")]);
    recorder.sample("b", [listener(), socket("ESTABLISHED")]);
    assert.deepEqual(
      frames().map(({ fromState, toState }) => [fromState, toState]),
      [
        [undefined, undefined],
        ["SYN-RECEIVED", undefined],
        [undefined, "ESTABLISHED"],
      ],
    );
  });

  test("what a timer changes later is not put beside an old frame", () => {
    const { clock, left, recorder, frames } = setUp();
    left.send(ACK);
    recorder.sample("b", [socket("TIME_WAIT")]);
    clock.at(60e6, () => {});
    clock.run();
    recorder.sample("b", []);
    assert.equal(frames()[0]?.toState, "TIME-WAIT");
  });
});
