// Flow labels of IPv6 (RFC 6437): one for each flow, the same for all its packets, and not to be foretold.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { createStack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { observeWire } from "../../host/wire/observe.ts";
import { noise, readAll } from "./pair.ts";

const NEAR = "2001:db8::1";
const FAR = "2001:db8::2";
const TCP = 6;
const UDP = 17;
const FRAGMENT = 44;

interface Sent {
  next: number;
  label: number;
}

/** What a machine of that seed labels its packets: three flows of UDP, the first in fragments too, and one of TCP. */
async function labels(seed: number): Promise<Sent[]> {
  const clock = new VirtualClock();
  const cable = createCable({ clock, delay: 1000 });
  const sent: Sent[] = [];
  const wire = observeWire(cable.left, (frame, isSent) => {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    if (isSent && view.getUint16(12) === 0x86dd) sent.push({ next: frame[20], label: view.getUint32(14) & 0xfffff });
  });
  const near = await createStack({ wires: [{ wire, address: `${NEAR}/64` }], clock, seed });
  const far = await createStack({ wires: [{ wire: cable.right, address: `${FAR}/64` }], clock, seed: 99 });
  await clock.settle(Promise.all([near.ready(), far.ready()]));
  for (const port of [1, 2, 3]) await far.udp({ port });
  sent.length = 0;
  const socket = await near.udp({ port: 1000 });
  for (const [port, bytes] of [
    [1, 10],
    [1, 10],
    [1, 4000],
    [2, 10],
    [3, 10],
  ]) {
    await socket.send(noise(bytes), FAR, port);
    clock.runUntil(clock.now() + 100_000);
  }
  const listener = await far.listen({ port: 7 });
  const connection = await clock.settle(near.connect({ address: FAR, port: 7 }));
  const accepted = await clock.settle(listener.accept());
  await clock.settle(connection.write(noise(20_000)));
  await clock.settle(Promise.all([connection.close(), readAll(accepted), accepted.close()]));
  await Promise.all([near.close({ linger: 0 }), far.close({ linger: 0 })]);
  return sent;
}

function distinct(sent: readonly Sent[], next: number): number[] {
  return [...new Set(sent.filter((packet) => packet.next === next).map(({ label }) => label))];
}

describe("flow labels", () => {
  it("are one for each flow, fragments among its packets, and never 0", async () => {
    const sent = await labels(1);
    const udp = distinct(sent, UDP);
    assert.equal(udp.length, 3);
    assert.deepEqual(distinct(sent, FRAGMENT), udp.slice(0, 1));
    assert.equal(distinct(sent, TCP).length, 1);
    assert.ok([TCP, UDP].flatMap((next) => distinct(sent, next)).every((label) => label > 0));
  });

  it("differ from machine to machine", async () => {
    const [one, other] = [await labels(1), await labels(2)];
    assert.notDeepEqual(distinct(one, UDP), distinct(other, UDP));
    assert.notDeepEqual(distinct(one, TCP), distinct(other, TCP));
  });
});
