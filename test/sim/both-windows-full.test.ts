// Both sides have filled each other's window behind a hole, as when the first segments of both are lost: all that either
// can send lies at the right edge of the other's window. An ACK there that is answered with an ACK is answered again,
// and so on, at the cable's speed, until a hole is filled (RFC 9293 §3.10.7.4).

import assert from "node:assert/strict";
import { VirtualClock } from "../../host/clock.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import type { Wire, WireEnd } from "../../host/wire/wire.ts";
import { test } from "../runner/recorded.ts";
import { LEFT_ADDRESS, PORT, RIGHT_ADDRESS, randomFile, receiveExactly, sendAll } from "./network.ts";

/** Two packets of profile `tiny`: what its window holds, and what the sender sends at once. */
const BYTES = 2 * 1448;
/** Microseconds. */
const DELAY = 100;
/** Frames of at least this size carry text. */
const TEXT_FRAME = 1000;
/** Segments in both directions that the exchange may take: handshake, text, that of each again, ACKs and FINs. */
const ENOUGH = 30;

/** Loses the first frame with text that is sent. */
function losingFirstText(inner: Wire): Wire {
  let lost = false;
  return {
    name: inner.name,
    up: inner.up,
    carriesFcs: inner.carriesFcs,
    attach: (end: WireEnd) => inner.attach(end),
    send: (frame) => {
      if (lost || frame.length < TEXT_FRAME) inner.send(frame);
      else lost = true;
    },
    close: () => inner.close(),
  };
}

test("two machines that have filled each other's window behind a hole do not answer each other's ACKs for ever", async () => {
  const clock = new VirtualClock();
  const cable = createCable({ delay: DELAY, clock });
  const start = (wire: Wire, address: string, seed: number): Promise<Stack> =>
    createStack({
      wires: [{ wire: losingFirstText(wire), address: `${address}/24` }],
      clock,
      profile: "tiny",
      seed,
    });
  const left = await start(cable.left, LEFT_ADDRESS, 1);
  const right = await start(cable.right, RIGHT_ADDRESS, 2);
  const listener = await right.listen({ port: PORT });
  const opening = Promise.all([left.connect({ address: RIGHT_ADDRESS, port: PORT }), listener.accept()]);
  const ends = await clock.settle(opening);
  const file = randomFile(1, BYTES);
  await clock.settle(Promise.all(ends.flatMap((end) => [sendAll(end, file), receiveExactly(end, file)])));
  const segments = left.counters().TcpOutSegs + right.counters().TcpOutSegs;
  assert.ok(segments <= ENOUGH, `${segments} segments for two in each direction`);
});
