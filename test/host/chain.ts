// A near machine, a router and a far machine in a row, over both versions of IP, in virtual time.

import assert from "node:assert/strict";
import { VirtualClock } from "../../host/clock.ts";
import type { TcpConnection } from "../../host/socket/tcp-connection.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { type Cable, createCable } from "../../host/wire/cable.ts";
import type { Impairments } from "../../host/wire/impair.ts";
import { observeWire } from "../../host/wire/observe.ts";
import type { Wire } from "../../host/wire/wire.ts";
import { debugFirmware } from "../sim/debug-firmware.ts";
import { assertEmpty, noise, PORT, readAll } from "./pair.ts";

export const NEAR = { 4: "10.1.0.2", 6: "2001:db8:1::2" } as const;
export const FAR = { 4: "10.2.0.2", 6: "2001:db8:2::2" } as const;
const ROUTER = { 4: ["10.1.0.1", "10.2.0.1"], 6: ["2001:db8:1::1", "2001:db8:2::1"] } as const;
const ETHERNET_BYTES = 14;

export interface Chain {
  clock: VirtualClock;
  near: Stack;
  router: Stack;
  far: Stack;
  cables: [Cable, Cable];
  /** Bytes of the longest packet that has gone to the far machine. */
  longest: () => number;
}

export interface ChainOptions {
  /** Of the link between the router and the far machine. */
  mtu?: number;
  impairments?: Impairments;
  /** Of the cables' draws. */
  seed?: number;
  /** Wraps the router's wire to the near machine. */
  wrap?: (wire: Wire) => Wire;
}

export async function chain({
  mtu = 1500,
  impairments = { delay: 1000 },
  seed = 1,
  wrap = (wire) => wire,
}: ChainOptions = {}): Promise<Chain> {
  const clock = new VirtualClock();
  const cables: [Cable, Cable] = [
    createCable({ ...impairments, clock, seed: seed * 2 }),
    createCable({ ...impairments, clock, seed: seed * 2 + 1 }),
  ];
  let longest = 0;
  const watched = observeWire(cables[1].left, (frame, sent) => {
    if (sent) longest = Math.max(longest, frame.length - ETHERNET_BYTES);
  });
  const wasm = await debugFirmware("node");
  const addresses = (of: { 4: string; 6: string }): string[] => [`${of[4]}/24`, `${of[6]}/64`];
  const side = (i: 0 | 1): string[] => addresses({ 4: ROUTER[4][i], 6: ROUTER[6][i] });
  const gateway = (i: 0 | 1): string[] => [ROUTER[4][i], ROUTER[6][i]];
  const common = { clock, wasm };
  const near = await createStack({
    ...common,
    seed: 1,
    name: "near",
    wires: [{ wire: cables[0].left, address: addresses(NEAR), gateway: gateway(0), claim: false }],
  });
  const router = await createStack({
    ...common,
    seed: 2,
    name: "router",
    forwarding: true,
    wires: [
      { wire: wrap(cables[0].right), address: side(0), claim: false },
      { wire: watched, address: side(1), claim: false, mtu },
    ],
  });
  const far = await createStack({
    ...common,
    seed: 3,
    name: "far",
    wires: [{ wire: cables[1].right, address: addresses(FAR), gateway: gateway(1), claim: false }],
  });
  // Addresses for the links are claimed first.
  clock.runUntil(5_000_000);
  return { clock, near, router, far, cables, longest: () => longest };
}

export async function connect({ clock, near, far }: Chain, address: string): Promise<[TcpConnection, TcpConnection]> {
  const listener = await far.listen({ port: PORT, address });
  const accepted = listener.accept();
  const ends = await clock.settle(Promise.all([near.connect({ address, port: PORT }), accepted]));
  await listener.close();
  return ends;
}

/** The same bytes both ways at once, and both ends closed. */
export async function exchange({ clock }: Chain, ends: [TcpConnection, TcpConnection], bytes: number): Promise<void> {
  const data = noise(bytes);
  const send = async (end: TcpConnection) => {
    await end.write(data);
    await end.end();
  };
  const work = Promise.all(ends.flatMap((end) => [send(end), readAll(end)]));
  const [, first, , second] = await clock.settle(work);
  assert.ok(Buffer.from(data).equals(first as Buffer) && Buffer.from(data).equals(second as Buffer));
  await Promise.all(ends.map((end) => end.close()));
}

export async function discard({ clock, near, router, far }: Chain): Promise<void> {
  clock.runUntil(clock.now() + 2_000_000);
  for (const stack of [near, router, far]) {
    assertEmpty(stack);
    await stack.close({ linger: 0 });
  }
}
