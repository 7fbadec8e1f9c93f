// A machine as a router, seen from its wires: what it passes on and how, what it refuses, and what it tells senders.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import {
  buildEthernet,
  buildIcmp,
  buildUdp,
  checksum,
  ETHER_IPV4,
  type ReadFrame,
  readFrame,
} from "../segment/frames.ts";
import { debugFirmware } from "../sim/debug-firmware.ts";
import { buildPacket, ip, mac, type PacketOptions, Station } from "./station.ts";

const INNER_MAC = "02:00:0a:01:00:01";
const OUTER_MAC = "02:00:0a:02:00:01";
const HOST = "10.1.0.2";
const OTHER_HOST = "10.1.0.3";
const FAR = "10.2.0.2";
const BEYOND = "10.9.0.1";
const GATEWAY = "10.2.0.254";

interface Routed {
  clock: VirtualClock;
  router: Stack;
  inner: Station;
  outer: Station;
}

/** A router with 10.1.0.0/24 on one side, 10.2.0.0/24 on the other, and 10.9.0.0/16 behind a gateway there. */
async function routed(forwarding = true, mtu = 1500): Promise<Routed> {
  const clock = new VirtualClock();
  const [inside, outside] = [createCable(), createCable()];
  const router = await createStack({
    clock,
    seed: 1,
    forwarding,
    wasm: await debugFirmware("node"),
    wires: [
      { wire: inside.left, address: "10.1.0.1/24", mac: INNER_MAC },
      {
        wire: outside.left,
        address: "10.2.0.1/24",
        mac: OUTER_MAC,
        mtu,
        routes: [{ to: "10.9.0.0/16", via: GATEWAY }],
      },
    ],
  });
  const inner = new Station(inside.right, "02:11:00:00:00:02", HOST, OTHER_HOST);
  const outer = new Station(outside.right, "02:22:00:00:00:02", FAR, GATEWAY);
  return { clock, router, inner, outer };
}

function udp(options: PacketOptions, bytes = 100): Uint8Array {
  const datagram = { sourcePort: 1000, destinationPort: 2000, payload: new Uint8Array(bytes).fill(0x5a) };
  return buildPacket(options, buildUdp(datagram, ip(options.from), ip(options.to)));
}

function settle({ clock }: Routed): void {
  clock.runUntil(clock.now() + 10_000);
}

/** Sends a packet from inside; what has come out at both sides. */
function pass(net: Routed, packet: Uint8Array, to = INNER_MAC): { inside: ReadFrame[]; outside: ReadFrame[] } {
  net.inner.sendPacket(to, packet);
  settle(net);
  return { inside: net.inner.take(), outside: net.outer.take() };
}

/** The one ICMP message among what has come, with its sender. */
function message(frames: ReadFrame[]) {
  assert.equal(frames.length, 1, "one frame comes back");
  const [{ icmp, ip: header }] = frames as [ReadFrame];
  assert.ok(icmp && header, "it is ICMP");
  return { type: icmp.type, code: icmp.code, rest: icmp.rest, from: header.source.join("."), quote: icmp.payload };
}

describe("a router", () => {
  it("passes a packet on as it came, one hop older, with a checksum that is brought up to date", async () => {
    const net = await routed();
    for (let ttl = 2; ttl <= 255; ttl++) {
      const packet = udp({ from: HOST, to: FAR, ttl, identification: ttl * 257, tos: ttl & 0xfc }, ttl);
      const { inside, outside } = pass(net, packet);
      assert.equal(inside.length, 0);
      assert.equal(outside.length, 1);
      const [{ packet: passed, source, ip: header }] = outside as [ReadFrame];
      assert.deepEqual(source, mac(OUTER_MAC));
      assert.equal(header?.ttl, ttl - 1);
      const expected = packet.slice();
      expected[8] = ttl - 1;
      expected.set([0, 0], 10);
      const sum = checksum(expected.subarray(0, 20));
      expected.set([sum >> 8, sum & 0xff], 10);
      assert.deepEqual(Buffer.from(passed as Uint8Array), Buffer.from(expected));
    }
    assert.equal(net.router.counters().IpOutForwDatagrams, 254);
    assert.equal(net.router.counters().IpInForwDatagrams, 254);
  });

  it("sends to the gateway what lies beyond", async () => {
    const net = await routed();
    const { outside } = pass(net, udp({ from: HOST, to: BEYOND }));
    assert.deepEqual(outside[0]?.destination, net.outer.mac);
    assert.deepEqual(outside[0]?.ip?.destination, ip(BEYOND));
  });

  it("keeps packets while it asks for the next hop, and sends them in order", async () => {
    const net = await routed();
    const count = 5;
    for (let i = 0; i < count; i++) net.inner.sendPacket(INNER_MAC, udp({ from: HOST, to: FAR, identification: i }));
    settle(net);
    assert.deepEqual(
      net.outer.take().map(({ ip: header }) => header?.identification),
      [0, 1, 2, 3, 4],
    );
  });

  it("tells the sender, from the address it is asked at, when a packet was under way too long", async () => {
    const net = await routed();
    const packet = udp({ from: HOST, to: FAR, ttl: 1 });
    const { inside, outside } = pass(net, packet);
    assert.equal(outside.length, 0);
    const { type, code, from, quote } = message(inside);
    assert.deepEqual([type, code, from], [11, 0, "10.1.0.1"]);
    assert.deepEqual(Buffer.from(quote), Buffer.from(packet));
    assert.equal(net.router.counters().IcmpOutTimeExcds, 1);
    assert.equal(net.router.counters().IpForwExpired, 1);
  });

  it("tells the sender that no route leads there", async () => {
    const net = await routed();
    const { type, code, from } = message(pass(net, udp({ from: HOST, to: "192.0.2.1" })).inside);
    assert.deepEqual([type, code, from], [3, 0, "10.1.0.1"]);
  });

  it("tells the sender when the host does not answer on its network", async () => {
    const net = await routed();
    const packet = udp({ from: HOST, to: "10.2.0.77" });
    for (let i = 0; i < 3; i++) net.inner.sendPacket(INNER_MAC, packet);
    net.clock.runUntil(net.clock.now() + 5_000_000);
    const told = net.inner.take();
    assert.equal(told.length, 3);
    for (const frame of told) {
      const { type, code, from } = message([frame]);
      assert.deepEqual([type, code, from], [3, 1, "10.1.0.1"]);
    }
    assert.equal(net.outer.take().length, 0);
  });

  it("tells the sender what the next link carries when a packet is too big for it (RFC 1191)", async () => {
    const net = await routed(true, 600);
    const { inside, outside } = pass(net, udp({ from: HOST, to: FAR, dontFragment: true }, 600 - 27));
    assert.equal(outside.length, 0);
    const { type, code, rest, from } = message(inside);
    assert.deepEqual([type, code, rest, from], [3, 4, 600, "10.1.0.1"]);
    assert.equal(pass(net, udp({ from: HOST, to: FAR, dontFragment: true }, 600 - 28)).outside.length, 1);
    assert.equal(net.router.counters().IpForwTooBig, 1);
  });

  it("passes in parts what is too big and may be cut, also parts of parts", async () => {
    const net = await routed(true, 600);
    const first = udp({ from: HOST, to: FAR, ttl: 9, identification: 77, tos: 4 }, 1400);
    const cut = (packet: Uint8Array) => {
      const { inside, outside } = pass(net, packet);
      assert.equal(inside.length, 0);
      return outside.map(({ ip: header, piece, packet: bytes }) => {
        assert.deepEqual([header?.ttl, header?.identification, header?.tos], [8, 77, 4]);
        assert.ok((bytes?.length ?? 0) <= 600);
        return { at: header?.fragment?.offset ?? -1, more: header?.fragment?.more, bytes: piece ?? new Uint8Array(0) };
      });
    };
    const whole = cut(first);
    assert.deepEqual(
      whole.map(({ at, more }) => [at, more]),
      [
        [0, true],
        [576, true],
        [1152, false],
      ],
    );
    assert.deepEqual(Buffer.concat(whole.map(({ bytes }) => bytes)), Buffer.from(first.subarray(20)));
    // The second fragment of somebody else's, which is not the last.
    const fragment = { offset: 1480, more: true };
    const parts = cut(udp({ from: HOST, to: FAR, ttl: 9, identification: 77, tos: 4, fragment }, 1000));
    assert.deepEqual(
      parts.map(({ at, more }) => [at, more]),
      [
        [1480, true],
        [2056, true],
      ],
    );
    const { IpFragOKs, IpFragCreates, IpOutForwDatagrams } = net.router.counters();
    assert.deepEqual([IpFragOKs, IpFragCreates, IpOutForwDatagrams], [2, 5, 2]);
  });

  it("tells once of a host that does not answer when the packet for it was passed in parts", async () => {
    const net = await routed(true, 600);
    for (let i = 0; i < 3; i++) net.inner.sendPacket(INNER_MAC, udp({ from: HOST, to: "10.2.0.77", ttl: 9 }, 1400));
    net.clock.runUntil(net.clock.now() + 5_000_000);
    const told = net.inner.take();
    assert.equal(told.length, 3);
    for (const frame of told) assert.deepEqual([message([frame]).type, message([frame]).code], [3, 1]);
    net.router.pollNow();
    assert.equal(net.router.memory().find(({ name }) => name === "PACKETS")?.used, 512);
  });

  it("redirects a sender who could go straight to the next hop, and passes the packet all the same", async () => {
    const net = await routed();
    net.router.network.addRoute(0, { to: "10.7.0.0/16", via: OTHER_HOST });
    const packet = udp({ from: HOST, to: "10.7.0.1" });
    const { inside, outside } = pass(net, packet);
    assert.equal(outside.length, 0);
    assert.equal(inside.length, 2);
    const { type, code, rest, from, quote } = message(inside.filter(({ icmp }) => icmp));
    assert.deepEqual([type, code, from], [5, 1, "10.1.0.1"]);
    assert.equal(rest, 0x0a010003);
    assert.deepEqual(Buffer.from(quote), Buffer.from(packet));
    assert.equal(inside.find(({ udp: datagram }) => datagram)?.ip?.ttl, 63);
    // Somebody who is not of that network cannot go straight.
    assert.equal(pass(net, udp({ from: "10.8.0.1", to: "10.7.0.1" })).inside.length, 1);
  });

  it("limits how often it tells", async () => {
    const net = await routed();
    message(pass(net, udp({ from: HOST, to: "192.0.2.1" })).inside);
    net.clock.runUntil(net.clock.now() + 1_000_000);
    for (let i = 0; i < 200; i++) net.inner.sendPacket(INNER_MAC, udp({ from: HOST, to: "192.0.2.1" }));
    settle(net);
    const told = net.inner.take().length;
    assert.ok(told > 0 && told <= 60, `${told} errors`);
    assert.equal(net.router.counters().IcmpOutRateLimited, 200 - told);
  });

  it("says nothing about errors, about the later parts of a packet, and about what was for many", async () => {
    const net = await routed();
    const error = buildIcmp({ type: 3, code: 1, rest: 0, payload: new Uint8Array(28) });
    assert.equal(pass(net, buildPacket({ from: HOST, to: FAR, ttl: 1, protocol: 1 }, error)).inside.length, 0);
    const echo = buildIcmp({ type: 8, code: 0, rest: 1, payload: new Uint8Array(28) });
    assert.equal(pass(net, buildPacket({ from: HOST, to: FAR, ttl: 1, protocol: 1 }, echo)).inside.length, 1);
    const part = udp({ from: HOST, to: FAR, ttl: 1, fragment: { offset: 40, more: false } });
    assert.equal(pass(net, part).inside.length, 0);
    const toAll = udp({ from: HOST, to: FAR, ttl: 1 });
    assert.equal(pass(net, toAll, "ff:ff:ff:ff:ff:ff").inside.length, 0);
  });

  const NEVER: [what: string, options: PacketOptions, counter: string, to?: string][] = [
    ["to a link-local address", { from: HOST, to: "169.254.3.4" }, "IpForwRefused"],
    ["from a link-local address", { from: "169.254.3.4", to: FAR }, "IpForwRefused"],
    ["to loopback", { from: HOST, to: "127.0.0.1" }, "IpForwRefused"],
    ["from loopback", { from: "127.0.0.1", to: FAR }, "IpInAddrErrors"],
    ["to nobody", { from: HOST, to: "0.1.2.3" }, "IpForwRefused"],
    ["from nobody", { from: "0.0.0.0", to: FAR }, "IpInAddrErrors"],
    ["to a group", { from: HOST, to: "239.1.2.3" }, "IpForwRefused"],
    ["from a group", { from: "239.1.2.3", to: FAR }, "IpInAddrErrors"],
    ["to the broadcast address of the other network", { from: HOST, to: "10.2.0.255" }, "IpForwRefused"],
    ["from the broadcast address of its network", { from: "10.1.0.255", to: FAR }, "IpInAddrErrors"],
    ["to class E", { from: HOST, to: "240.0.0.1" }, "IpForwRefused"],
    ["from class E", { from: "240.0.0.1", to: FAR }, "IpForwRefused"],
    ["from the router's own address", { from: "10.2.0.1", to: FAR }, "IpInAddrErrors"],
    ["in a frame for everybody", { from: HOST, to: FAR }, "IpForwRefused", "ff:ff:ff:ff:ff:ff"],
  ];

  for (const [what, options, counter, to] of NEVER) {
    it(`passes nothing on ${what}`, async () => {
      const net = await routed();
      const { inside, outside } = pass(net, udp(options), to);
      assert.deepEqual([inside.length, outside.length], [0, 0]);
      assert.equal(net.router.counters()[counter], 1);
    });
  }

  it("takes what is for any of its addresses, wherever it comes in (RFC 1812 §5.2.3)", async () => {
    const net = await routed();
    const echo = buildIcmp({ type: 8, code: 0, rest: 1, payload: new Uint8Array(20) });
    const { type, from } = message(pass(net, buildPacket({ from: HOST, to: "10.2.0.1", protocol: 1 }, echo)).inside);
    assert.deepEqual([type, from], [0, "10.2.0.1"]);
  });

  it("is a host again when it is told so", async () => {
    const net = await routed();
    net.router.network.setForwarding(false);
    const { inside, outside } = pass(net, udp({ from: HOST, to: FAR }));
    assert.deepEqual([inside.length, outside.length], [0, 0]);
    assert.equal(net.router.counters().IpInAddrErrors, 1);
  });

  it("drops rather than take what its own sockets are promised", async () => {
    const net = await routed();
    // Nobody answers for these, so that their packets wait; the router keeps serving those who do.
    for (let i = 0; i < 6000; i++) {
      const to = `10.2.0.${100 + (i % 100)}`;
      net.inner.send(buildEthernet(mac(INNER_MAC), net.inner.mac, ETHER_IPV4, udp({ from: HOST, to })));
      if (i % 100 === 0) net.clock.runUntil(net.clock.now());
    }
    settle(net);
    assert.equal(pass(net, udp({ from: HOST, to: FAR })).outside.filter(({ udp: datagram }) => datagram).length, 1);
    net.clock.runUntil(net.clock.now() + 10_000_000);
    net.inner.frames.splice(0).forEach((frame) => void readFrame(frame));
    net.router.pollNow(); // what was sent is let go of
    const packets = net.router.memory().find(({ name }) => name === "PACKETS");
    assert.equal(packets?.used, 512, "two receive rings");
  });
});

describe("a host", () => {
  it("passes nothing on", async () => {
    const net = await routed(false);
    const { inside, outside } = pass(net, udp({ from: HOST, to: FAR }));
    assert.deepEqual([inside.length, outside.length], [0, 0]);
    assert.equal(net.router.counters().IpInAddrErrors, 1);
    assert.equal(net.router.counters().IpInForwDatagrams, 0);
  });
});
