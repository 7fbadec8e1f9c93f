// Ten thousand connections at once in profile `crowd`: all open at the same time, each carries a message of its own
// there and back, all close, and both machines are as empty as they were.

import assert from "node:assert/strict";
import test from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";

const CONNECTIONS = 10_000;
/** Connections that are opened, or answered, before the next ones are: fewer than descriptors in a receive ring. */
const BATCH = 100;
const PORT = 7000;
const RIGHT_ADDRESS = "10.0.0.2";
/** Beyond 2·MSL, when the last records of TIME-WAIT end; microseconds. */
const LONG_AFTER = 70_000_000;
const POOLS = ["PACKETS", "TCBS", "SYN_QUEUE", "TIME_WAIT"];
/** What must stay zero. */
const DROPS = ["TcpRetransSegs", "TcpNoBuffers", "TcpNoControlBlock", "TcpSynQueueFull", "TcpAcceptQueueFull"];

function poolsInUse(stack: Stack): Record<string, number> {
  const pools = stack.memory().filter(({ name }) => POOLS.includes(name));
  return Object.fromEntries(pools.map(({ name, used }) => [name, used]));
}

function openConnections(stack: Stack): number {
  return stack.sockets().filter(({ state }) => state === "ESTABLISHED").length;
}

/**
 * Does something for every connection by its number, a batch at a time, and lets both machines come to rest after each.
 * The first goes alone: it asks for the neighbor's address, for which only a few frames may wait.
 */
async function forAll<T>(clock: VirtualClock, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (results.length < CONNECTIONS) {
    const size = results.length === 0 ? 1 : Math.min(BATCH, CONNECTIONS - results.length);
    const batch = Array.from({ length: size }, (_, i) => work(results.length + i));
    results.push(...(await clock.settle(Promise.all(batch))));
    clock.runUntil(clock.now());
  }
  return results;
}

/** Four bytes that only this connection carries. */
function messageOf(port: number): Uint8Array {
  return Uint8Array.from([port >> 8, port & 0xff, 0x5a, 0xa5]);
}

test(`${CONNECTIONS} connections at once in profile crowd`, async () => {
  const clock = new VirtualClock();
  const [leftWire, rightWire] = createCable();
  const start = (wire: typeof leftWire, address: string, seed: number): Promise<Stack> =>
    createStack({ wires: [{ wire, address: `${address}/24` }], clock, profile: "crowd", seed });
  const left = await start(leftWire, "10.0.0.1", 1);
  const right = await start(rightWire, RIGHT_ADDRESS, 2);
  clock.runUntil(clock.now());
  const atStart = [left, right].map(poolsInUse);

  const listener = await right.listen({ port: PORT, backlog: BATCH });
  const ends = await forAll(clock, () =>
    Promise.all([left.connect({ address: RIGHT_ADDRESS, port: PORT }), listener.accept()]),
  );
  const [nears, fars] = [ends.map(([near]) => near), ends.map(([, far]) => far)];
  assert.deepEqual([left, right].map(openConnections), [CONNECTIONS, CONNECTIONS]);

  await forAll(clock, (i) => nears[i].write(messageOf(nears[i].localPort)));
  await forAll(clock, async (i) => {
    const request = await fars[i].read();
    assert.deepEqual(request, messageOf(fars[i].remotePort));
    await fars[i].write(request as Uint8Array);
  });
  await forAll(clock, async (i) => {
    assert.deepEqual(await nears[i].read(), messageOf(nears[i].localPort));
  });

  await forAll(clock, (i) => Promise.all([nears[i].close(), fars[i].close()]));
  listener.close();
  clock.runUntil(clock.now() + LONG_AFTER);
  assert.deepEqual([left, right].map(poolsInUse), atStart);
  for (const stack of [left, right]) {
    const counters = stack.counters();
    for (const name of DROPS) assert.equal(counters[name], 0, name);
  }
});
