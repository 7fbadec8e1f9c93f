// Two machines on a cable, in virtual or in real time.

import assert from "node:assert/strict";
import { type Clock, RealClock, VirtualClock } from "../../host/clock.ts";
import { StackError } from "../../host/errors.ts";
import type { TcpConnection } from "../../host/socket/tcp-connection.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { type Cable, type CableOptions, createCable } from "../../host/wire/cable.ts";
import type { Wire } from "../../host/wire/wire.ts";

export const LEFT = "10.0.0.1";
export const RIGHT = "10.0.0.2";

export const PORT = 7;

export interface Pair<C extends Clock> {
  clock: C;
  cable: Cable;
  left: Stack;
  right: Stack;
}

export interface PairOptions extends Omit<CableOptions, "clock"> {
  /** Wraps the left machine's wire. */
  wrap?: (wire: Wire, clock: Clock) => Wire;
}

export async function virtualPair(options: PairOptions = {}): Promise<Pair<VirtualClock>> {
  return makePair(new VirtualClock(), options);
}

export async function realPair(options: PairOptions = {}): Promise<Pair<RealClock>> {
  return makePair(new RealClock(), options);
}

async function makePair<C extends Clock>(clock: C, options: PairOptions): Promise<Pair<C>> {
  const { wrap = (wire) => wire, ...impairments } = options;
  const cable = createCable({ clock, ...impairments });
  const leftWire = wrap(cable.left, clock);
  const left = await createStack({ wires: [{ wire: leftWire, address: `${LEFT}/24` }], clock, seed: 1, name: "left" });
  const right = await createStack({
    wires: [{ wire: cable.right, address: `${RIGHT}/24` }],
    clock,
    seed: 2,
    name: "right",
  });
  return { clock, cable, left, right };
}

/** Both machines at once, without waiting for good-byes. */
export async function discard({ left, right }: Pair<Clock>): Promise<void> {
  await Promise.all([left.close({ linger: 0 }), right.close({ linger: 0 })]);
}

/** Bytes that show any shift, loss or repetition. */
export function noise(bytes: number, seed = 1): Uint8Array {
  const data = new Uint8Array(bytes);
  let state = seed;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    data[i] = state >>> 24;
  }
  return data;
}

/** Everything until the end of a stream. */
export async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** That `promise` rejects with a StackError of this code, and of this call when one is given. */
export function rejectsWith(promise: Promise<unknown>, code: string, syscall?: string): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof StackError, `${error}`);
    assert.equal(error.code, code);
    if (syscall !== undefined) assert.equal(error.syscall, syscall);
    return true;
  });
}

/** A connection from left to right, both ends. */
export async function connected({ clock, left, right }: Pair<VirtualClock>): Promise<[TcpConnection, TcpConnection]> {
  const listener = await right.listen({ port: PORT });
  const accepted = listener.accept();
  const near = await clock.settle(left.connect({ address: RIGHT, port: PORT }));
  const far = await clock.settle(accepted);
  listener.close();
  return [near, far];
}

/** That nothing is left behind but TIME-WAIT: no socket, no block of a pool. */
export function assertEmpty(stack: Stack): void {
  assert.deepEqual(
    stack.sockets().filter(({ state }) => state !== "TIME_WAIT"),
    [],
    `${stack.name} has sockets`,
  );
  for (const { name, used } of stack.memory()) {
    if (name === "TCBS" || name === "DATAGRAM_SOCKETS" || name === "SYN_QUEUE")
      assert.equal(used, 0, `${stack.name} ${name}`);
  }
}
