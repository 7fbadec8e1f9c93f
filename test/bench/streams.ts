// What a TCP connection moves: bulk in one direction, and pieces to and fro.

import { Counter } from "../../assembly/abi/counters.ts";
import type { Benchmark, Trial } from "./benchmark.ts";
import type { Pair } from "./pair.ts";
import { Payload } from "./payload.ts";
import { Reader, Writer } from "./stream-ends.ts";

const PORT = 7000;
export const SEGMENT_BYTES = 1460;
const MESSAGE_BYTES = 64;
/** Rounds in a row that may bring nothing: in virtual time, longer than any retransmission takes. */
const PATIENCE = 10_000_000;

/** One ACK answers all that a poll takes in (RFC 9293 MUST-58, MUST-59). With so many frames in each, ACKs are as often. */
export const FRAMES_PER_POLL = 2;

/** How a pair of machines comes about: two instances of the core, or one. */
type Create = typeof Pair.create;

/** Bulk with windows of so many segments; `framesPerPoll` unlimited unless it is said. */
export function bulk(name: string, window: string, packets: number, create: Create, framesPerPoll?: number): Benchmark {
  const ACKs = framesPerPoll ? `an ACK for every ${framesPerPoll} segments` : "an ACK for every window";
  return {
    name,
    title: `TCP one way, ${window} window, ${ACKs}; each: 1460 bytes`,
    payloadBytes: SEGMENT_BYTES,
    operations: 180_000,
    prepare: async (module) => bulkTrial(await create(module, { framesPerPoll }), packets),
  };
}

export function roundTrips(name: string, create: Create): Benchmark {
  return {
    name,
    title: "64 bytes to the other end and 64 back, one connection",
    operations: 200_000,
    prepare: async (module) => roundTripTrial(await create(module)),
  };
}

/** `packets`: windows of both ends, in segments. */
export function bulkTrial(pair: Pair, packets?: number): Trial {
  const fds = pair.connection(PORT, packets);
  // Written and compared by what a segment carries, and in whole ones of these: timestamps take 12 bytes of the MSS.
  const piece = pair.left.sendRoom(fds.left);
  const payload = new Payload(piece);
  const writer = new Writer(pair.left, fds.left, payload);
  const reader = new Reader(pair.right, fds.right, payload);
  pair.onRation = () => reader.read();
  const run = (segments: number): void => {
    const end = reader.received + Math.ceil((segments * SEGMENT_BYTES) / piece) * piece;
    let idle = 0;
    while (reader.received < end) {
      const before = reader.received;
      writer.writeUntil(end);
      pair.turnLeft();
      pair.turnRight();
      reader.read();
      pair.turnRight(); // a host polls after calls; here this opens the window again
      idle = reader.received === before ? idle + 1 : 0;
      if (idle > PATIENCE) throw new Error(`The stream stands still at byte ${before}.`);
    }
    demandNoLoss(pair);
  };
  return { run, frames: () => ({ segments: pair.left.mac.sent, acks: pair.right.mac.sent }) };
}

export function roundTripTrial(pair: Pair): Trial {
  const fds = pair.connection(PORT);
  const payload = new Payload(MESSAGE_BYTES);
  const there = {
    writer: new Writer(pair.left, fds.left, payload),
    reader: new Reader(pair.right, fds.right, payload),
  };
  const back = { writer: new Writer(pair.right, fds.right, payload), reader: new Reader(pair.left, fds.left, payload) };
  const run = (trips: number): void => {
    for (let trip = 0; trip < trips; trip++) {
      const end = back.reader.received + MESSAGE_BYTES;
      there.writer.writeUntil(end);
      pair.turnLeft();
      pair.turnRight();
      there.reader.read();
      back.writer.writeUntil(there.reader.received);
      pair.turnRight();
      pair.turnLeft();
      back.reader.read();
      if (back.reader.received !== end) throw new Error("A round trip has brought no answer.");
    }
    demandNoLoss(pair);
  };
  return { run };
}

// What is sent twice costs twice and counts once: then the figure would not be that of the path.
function demandNoLoss(pair: Pair): void {
  for (const { core } of [pair.left, pair.right]) {
    const again = core.u32[core.countersWord + Counter.TcpRetransSegs];
    if (again > 0) throw new Error(`${again} segments were sent again on a cable that loses none.`);
  }
}
