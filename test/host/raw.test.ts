// Raw sockets: other protocols upon IP, and a look at those that the stack speaks itself.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { InputError } from "../../host/errors.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { observeWire } from "../../host/wire/observe.ts";
import { checksum } from "../segment/frames/bytes.ts";
import { assertEmpty, noise, rejectsWith } from "./pair.ts";

const OSPF = 89;
const PIM = 103;
const EXPERIMENT = 253; // RFC 3692
const V4 = ["10.0.0.1", "10.0.0.2"] as const;
const V6 = ["2001:db8::1", "2001:db8::2"] as const;

interface Two {
  clock: VirtualClock;
  left: Stack;
  right: Stack;
  /** IPv6 packets that have crossed the cable. */
  packets: Uint8Array[];
}

async function two(profile = "node"): Promise<Two> {
  const clock = new VirtualClock();
  const cable = createCable({ clock, delay: 1000 });
  const packets: Uint8Array[] = [];
  const watched = observeWire(cable.left, (frame) => {
    if (frame[12] === 0x86 && frame[13] === 0xdd) packets.push(frame.slice(14));
  });
  const addresses = (end: 0 | 1): string[] =>
    profile === "node" ? [`${V4[end]}/24`, `${V6[end]}/64`] : [`${V4[end]}/24`];
  const left = await createStack({ wires: [{ wire: watched, address: addresses(0) }], clock, seed: 1, profile });
  const right = await createStack({ wires: [{ wire: cable.right, address: addresses(1) }], clock, seed: 2, profile });
  clock.runUntil(5_000_000); // IPv6 addresses are claimed
  return { clock, left, right, packets };
}

async function end({ left, right }: Two): Promise<void> {
  for (const stack of [left, right]) assertEmpty(stack);
  await Promise.all([left.close({ linger: 0 }), right.close({ linger: 0 })]);
}

describe("a raw socket", () => {
  for (const [from, to] of [V4, V6]) {
    it(`carries a protocol of its own from ${from} to ${to}, in fragments when that takes them`, async () => {
      const net = await two();
      const near = await net.left.raw({ protocol: OSPF });
      const far = await net.right.raw({ protocol: OSPF, address: to });
      const other = await net.right.raw({ protocol: PIM });
      for (const bytes of [0, 1, 1480, 20_000]) {
        await near.send(noise(bytes), to);
        const packet = await net.clock.settle(far.receive());
        assert.deepEqual(
          { ...packet, data: Buffer.from(packet.data) },
          { data: Buffer.from(noise(bytes)), address: from, ttl: 64 },
        );
      }
      assert.equal(other.status()?.recvQ, 0);
      assert.equal(net.right.counters().RawInDelivers, 4);
      assert.equal(net.left.counters().RawOutRequests, 4);
      for (const socket of [near, far, other]) socket.close();
      await end(net);
    });
  }

  it("gets a copy like every other of its protocol, and its host does not refuse the protocol", async () => {
    const net = await two();
    const near = await net.left.raw({ protocol: EXPERIMENT });
    const takers = [await net.right.raw({ protocol: EXPERIMENT }), await net.right.raw({ protocol: EXPERIMENT })];
    await near.send("all", V4[1]);
    for (const taker of takers)
      assert.equal(Buffer.from((await net.clock.settle(taker.receive())).data).toString(), "all");
    assert.equal(net.right.counters().IpInUnknownProtos, 0);
    for (const taker of takers) taker.close();
    await near.send("nobody listens", V4[1]);
    await near.send("nobody listens", V6[1]);
    net.clock.runUntil(net.clock.now() + 1_000_000);
    assert.equal(net.right.counters().IpInUnknownProtos, 1);
    assert.equal(net.right.counters().Ip6InUnknownProtos, 1);
    await rejectsWith(near.receive(), "EPROTONOSUPPORT"); // what IPv6 calls a parameter problem came last
    near.close();
    await end(net);
  });

  it("sees what the stack answers itself, which it goes on to do", async () => {
    const net = await two();
    const icmp = await net.right.raw({ protocol: 1 });
    const icmp6 = await net.right.raw({ protocol: 58 });
    await net.clock.settle(net.left.ping(V4[1], { bytes: 8 }));
    assert.equal((await net.clock.settle(icmp.receive())).data[0], 8);
    await net.clock.settle(net.left.ping(V6[1], { bytes: 8 }));
    const types = new Set<number>();
    while ((icmp6.status()?.recvQ ?? 0) > 0) types.add((await icmp6.receive()).data[0]);
    assert.ok(types.has(128), `${[...types]}`);
    icmp.close();
    icmp6.close();
    await end(net);
  });

  it("has its checksum made: always ICMPv6's, others' where it says", async () => {
    const net = await two();
    const icmp6 = await net.left.raw({ protocol: 58 });
    net.packets.length = 0;
    await icmp6.send(Uint8Array.of(200, 0, 0xaa, 0xbb, 1, 2, 3, 4), V6[1]);
    const ospf = await net.left.raw({ protocol: OSPF, checksum: 12 });
    await ospf.send(noise(24), V6[1]);
    net.clock.runUntil(net.clock.now() + 1_000_000);
    const sent = net.packets.filter((packet) => packet[40] === 200 || packet[6] === OSPF);
    assert.equal(sent.length, 2);
    for (const packet of sent) {
      const length = packet.length - 40;
      const pseudo = [...packet.subarray(8, 40), 0, 0, length >> 8, length & 255, 0, 0, 0, packet[6]];
      assert.equal(checksum(Uint8Array.from([...pseudo, ...packet.subarray(40)])), 0);
    }
    await rejectsWith(net.left.raw({ protocol: OSPF, checksum: 3 }), "EINVAL");
    icmp6.close();
    ospf.close();
    await end(net);
  });

  it("hears a group that it has joined", async () => {
    const net = await two();
    const near = await net.left.raw({ protocol: PIM });
    const far = await net.right.raw({ protocol: PIM });
    await near.send("before", "224.0.0.13");
    net.clock.runUntil(net.clock.now() + 1_000_000);
    far.addMembership("224.0.0.13");
    await near.send("after", "224.0.0.13");
    assert.equal(Buffer.from((await net.clock.settle(far.receive())).data).toString(), "after");
    near.close();
    far.close();
    await end(net);
  });

  it("loses and counts what it does not read", async () => {
    const net = await two();
    const near = await net.left.raw({ protocol: OSPF });
    const far = await net.right.raw({ protocol: OSPF });
    const queue = 100;
    for (let i = 0; i < queue; i++) {
      await near.send(noise(10), V4[1]);
      net.clock.runUntil(net.clock.now() + 10_000);
    }
    const { RawInDelivers = 0, RawInQueueFull = 0 } = net.right.counters();
    assert.ok(RawInQueueFull > 0);
    assert.equal(RawInDelivers + RawInQueueFull, queue);
    near.close();
    far.close();
    await end(net);
  });

  it("is refused with a reason where it cannot be", async () => {
    const net = await two();
    await assert.rejects(net.left.raw({ protocol: 0 }), InputError);
    await assert.rejects(net.left.raw({ protocol: 256 }), InputError);
    await rejectsWith(net.left.raw({ protocol: OSPF, address: "10.9.9.9" }), "EADDRNOTAVAIL");
    await end(net);
    const small = await two("tiny");
    await rejectsWith(small.left.raw({ protocol: OSPF }), "EPROTONOSUPPORT");
    await end(small);
  });
});
