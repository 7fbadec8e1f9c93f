// Three machines: one on each side, and a router of ours between them. TCP finds out what the path carries, goes on when
// the router says nothing, and outlives links that go.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import type { TcpConnection } from "../../host/socket/tcp-connection.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { type Cable, createCable } from "../../host/wire/cable.ts";
import type { Impairments } from "../../host/wire/impair.ts";
import { observeWire } from "../../host/wire/observe.ts";
import type { Wire } from "../../host/wire/wire.ts";
import { debugFirmware } from "../sim/debug-firmware.ts";
import { assertEmpty, noise, PORT, readAll, rejectsWith } from "./pair.ts";

const NEAR = { 4: "10.1.0.2", 6: "2001:db8:1::2" } as const;
const FAR = { 4: "10.2.0.2", 6: "2001:db8:2::2" } as const;
const ROUTER = { 4: ["10.1.0.1", "10.2.0.1"], 6: ["2001:db8:1::1", "2001:db8:2::1"] } as const;
const ETHERNET_BYTES = 14;
const VERSIONS = [4, 6] as const;

interface Chain {
  clock: VirtualClock;
  near: Stack;
  router: Stack;
  far: Stack;
  cables: [Cable, Cable];
  /** Bytes of the longest packet that has gone to the far machine. */
  longest: () => number;
}

interface ChainOptions {
  /** Of the link between the router and the far machine. */
  mtu?: number;
  impairments?: Impairments;
  /** Wraps the router's wire to the near machine. */
  wrap?: (wire: Wire) => Wire;
}

async function chain({
  mtu = 1500,
  impairments = { delay: 1000 },
  wrap = (wire) => wire,
}: ChainOptions = {}): Promise<Chain> {
  const clock = new VirtualClock();
  const cables: [Cable, Cable] = [
    createCable({ ...impairments, clock, seed: 1 }),
    createCable({ ...impairments, clock, seed: 2 }),
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

async function connect({ clock, near, far }: Chain, address: string): Promise<[TcpConnection, TcpConnection]> {
  const listener = await far.listen({ port: PORT, address });
  const accepted = listener.accept();
  const ends = await clock.settle(Promise.all([near.connect({ address, port: PORT }), accepted]));
  await listener.close();
  return ends;
}

/** The same bytes both ways at once, and both ends closed. */
async function exchange({ clock }: Chain, ends: [TcpConnection, TcpConnection], bytes: number): Promise<void> {
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

async function discard({ clock, near, router, far }: Chain): Promise<void> {
  clock.runUntil(clock.now() + 2_000_000);
  for (const stack of [near, router, far]) {
    assertEmpty(stack);
    await stack.close({ linger: 0 });
  }
}

describe("a router between two machines", () => {
  for (const version of VERSIONS) {
    it(`carries IPv${version}: a ping is one hop older, and TCP goes both ways`, async () => {
      const net = await chain();
      const { ttl, micros } = await net.clock.settle(net.near.ping(FAR[version]));
      assert.equal(ttl, 63);
      assert.ok(micros >= 4000);
      await exchange(net, await connect(net, FAR[version]), 500_000);
      assert.equal(net.near.counters().TcpRetransSegs, 0);
      assert.ok((net.router.counters().IpOutForwDatagrams ?? 0) > 700);
      await discard(net);
    });

    const narrow = version === 4 ? 600 : 1300;
    it(`tells IPv${version} senders that its next link carries ${narrow} bytes, and their transfer goes on`, async () => {
      const net = await chain({ mtu: narrow });
      await exchange(net, await connect(net, FAR[version]), 300_000);
      assert.ok((net.near.counters().TcpTooBigs ?? 0) >= 1);
      assert.equal(net.near.counters().TcpTimeouts, 0);
      assert.equal(net.longest(), narrow);
      assert.ok((net.router.counters().IpForwTooBig ?? 0) >= 1);
      // The next connection knows.
      const tooBig = net.router.counters().IpForwTooBig;
      await exchange(net, await connect(net, FAR[version]), 100_000);
      assert.equal(net.router.counters().IpForwTooBig, tooBig);
      await discard(net);
    });
  }

  it("that swallows what it would say is a black hole, which TCP finds its way around (RFC 4821 §7.7)", async () => {
    const ICMP = 1;
    const mute = (wire: Wire): Wire => ({
      name: wire.name,
      up: wire.up,
      carriesFcs: wire.carriesFcs,
      attach: (end) => wire.attach(end),
      send: (frame) => {
        if (frame[12] !== 8 || frame[13] !== 0 || frame[23] !== ICMP) wire.send(frame);
      },
      close: () => wire.close(),
    });
    const net = await chain({ mtu: 600, wrap: mute });
    await exchange(net, await connect(net, FAR[4]), 100_000);
    assert.equal(net.near.counters().TcpTooBigs, 0);
    assert.ok((net.near.counters().TcpBlackHoles ?? 0) >= 1);
    assert.ok(net.longest() <= 600);
    await discard(net);
  });

  it("refuses for a network that is gone, and for a machine that is: the sender's socket hears of both", async () => {
    const net = await chain();
    const socket = await net.near.udp();
    for (const [address, code] of [
      ["10.3.0.1", "ENETUNREACH"],
      ["10.2.0.77", "EHOSTUNREACH"],
    ] as const) {
      socket.connect(address, 9);
      await socket.send("anyone?");
      await rejectsWith(net.clock.settle(socket.receive()), code);
    }
    await rejectsWith(net.clock.settle(net.near.ping(FAR[4], { ttl: 1 })), "EHOSTUNREACH");
    socket.close();
    await discard(net);
  });

  it("keeps a connection alive while the link behind it is down", async () => {
    const net = await chain();
    const ends = await connect(net, FAR[4]);
    const [from, to] = ends;
    const data = noise(400_000);
    const sent = from.write(data).then(() => from.end());
    const received = readAll(to);
    net.clock.runUntil(net.clock.now() + 8000);
    net.cables[1].unplug();
    net.clock.runUntil(net.clock.now() + 20_000_000);
    assert.equal(from.status()?.state, "ESTABLISHED");
    assert.equal(from.status()?.error, "ENETUNREACH");
    net.cables[1].plug();
    assert.ok(Buffer.from(data).equals(await net.clock.settle(received)));
    await sent;
    await to.end();
    await Promise.all(ends.map((end) => end.close()));
    await discard(net);
  });
});
