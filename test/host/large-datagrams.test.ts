// Datagrams larger than a packet, as those see them who send and receive: whole, or an error with a sentence.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Errno } from "../../assembly/abi/errno.ts";
import { Result, SocketKind, SocketOption } from "../../assembly/abi/sockets.ts";
import { VirtualClock } from "../../host/clock.ts";
import { createStack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { NETWORKS, OUR_IP, OUR_MAC, PEER_IP, PEER_MAC, PREFIX_LENGTH } from "../segment/addresses.ts";
import { checksum } from "../segment/frames/bytes.ts";
import { buildEthernet, buildIpv4, ETHER_IPV4, readFrame } from "../segment/frames.ts";
import { arpFrame } from "../segment/lines/arp.ts";
import { Machine } from "../segment/machine.ts";
import { assertEmpty, discard, LEFT, noise, type Pair, RIGHT, rejectsWith, virtualPair } from "./pair.ts";

const LARGEST = 65_507;
const LARGEST_V6 = 65_527;

async function pairOf(profile: string): Promise<Pair<VirtualClock>> {
  const clock = new VirtualClock();
  const cable = createCable({ clock, delay: 1000 });
  const left = await createStack({ wires: [{ wire: cable.left, address: `${LEFT}/24` }], clock, seed: 1, profile });
  const right = await createStack({ wires: [{ wire: cable.right, address: `${RIGHT}/24` }], clock, seed: 2, profile });
  return { clock, cable, left, right };
}

describe("a datagram of 64 KB", () => {
  it("arrives whole as the first that goes to a neighbor", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const server = await pair.right.udp({ port: 53 });
    const client = await pair.left.udp();
    await client.send(noise(LARGEST), RIGHT, 53);
    assert.deepEqual((await pair.clock.settle(server.receive())).data, noise(LARGEST));
    await discard(pair);
  });

  it("waits for room when many are sent at once, and none is lost", async () => {
    const pair = await virtualPair({ delay: 1000, rate: 100_000_000, queue: 10_000 });
    const server = await pair.right.udp({ port: 53 });
    const client = await pair.left.udp();
    await pair.clock.settle(pair.left.ping(RIGHT)); // so few datagrams wait for a neighbor's address
    const sends = Array.from({ length: 100 }, (_, i) => client.send(noise(LARGEST, i + 1), RIGHT, 53));
    for (let i = 0; i < sends.length; i++) {
      const { data } = await pair.clock.settle(server.receive());
      assert.equal(Buffer.compare(data, noise(LARGEST, i + 1)), 0, `datagram ${i}`);
    }
    await Promise.all(sends);
    client.close();
    server.close();
    assertEmpty(pair.left);
    await discard(pair);
  });

  it("goes both ways over IPv6", async () => {
    const clock = new VirtualClock();
    const cable = createCable({ clock, delay: 1000 });
    const left = await createStack({ wires: [{ wire: cable.left, address: "2001:db8::1/64" }], clock, seed: 1 });
    const right = await createStack({ wires: [{ wire: cable.right, address: "2001:db8::2/64" }], clock, seed: 2 });
    clock.runUntil(clock.now() + 5_000_000);
    const server = await right.udp({ port: 53 });
    const client = await left.udp();
    for (const bytes of [1452, 1453, 1472, LARGEST_V6]) {
      await client.send(noise(bytes), "2001:db8::2", 53);
      const question = await clock.settle(server.receive());
      assert.equal(Buffer.compare(question.data, noise(bytes)), 0, `${bytes} bytes`);
      await server.send(question.data, question.address, question.port);
      assert.equal((await clock.settle(client.receive())).data.length, bytes);
    }
    const pinged = await clock.settle(left.ping("2001:db8::2", { bytes: LARGEST_V6 }));
    assert.equal(pinged.bytes, LARGEST_V6);
    await rejectsWith(client.send(noise(LARGEST_V6 + 1), "2001:db8::2", 53), "EMSGSIZE", "send");
    await rejectsWith(client.send(noise(LARGEST + 1), LEFT, 53), "EMSGSIZE", "send");
    await discard({ clock, cable, left, right });
  });
});

describe("what cannot be sent", () => {
  it("is EMSGSIZE where fragments are forbidden", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const client = await pair.left.udp();
    client.setOption(SocketOption.DONT_FRAGMENT, 1);
    await client.send(noise(1472), RIGHT, 53);
    await rejectsWith(client.send(noise(1473), RIGHT, 53), "EMSGSIZE", "send");
    client.setOption(SocketOption.DONT_FRAGMENT, 0);
    await client.send(noise(1473), RIGHT, 53);
    await discard(pair);
  });

  it("is ENOBUFS where the profile never has so many packets, and EMSGSIZE where it has no fragments", async () => {
    const eight = await pairOf("eight");
    const server = await eight.right.udp({ port: 53 });
    const client = await eight.left.udp();
    await client.send(noise(5000), RIGHT, 53);
    assert.deepEqual((await eight.clock.settle(server.receive())).data, noise(5000));
    await rejectsWith(client.send(noise(12_000), RIGHT, 53), "ENOBUFS", "send");
    await client.send(noise(10), RIGHT, 53);
    assert.equal((await eight.clock.settle(server.receive())).data.length, 10);
    await discard(eight);

    const tiny = await pairOf("tiny");
    const small = await tiny.left.udp();
    await rejectsWith(small.send(noise(1473), RIGHT, 53), "EMSGSIZE", "send");
    await discard(tiny);
  });
});

/** A machine whose peer's Ethernet address is known, and a UDP socket on it. */
async function machineWithSocket(): Promise<{ machine: Machine; fd: number; poll: () => Uint8Array[] }> {
  const machine = await Machine.create({ profile: "node", seed: 1, start: 0 });
  machine.addAdapter(OUR_MAC, OUR_IP, PREFIX_LENGTH);
  const poll = (): Uint8Array[] => {
    machine.poll();
    return machine.takeFrames();
  };
  poll();
  machine.inject(arpFrame({ kind: "request", from: undefined, target: undefined, mac: undefined }, NETWORKS[4]));
  poll();
  return { machine, fd: machine.call("socket", SocketKind.DATAGRAM, 1), poll };
}

/** What a router says that could not pass `frame` on whole: its next link carries `mtu` bytes. */
function tooBig(frame: Uint8Array, mtu: number): Uint8Array {
  const message = new Uint8Array(8 + 28);
  message.set([3, 4, 0, 0, 0, 0, mtu >> 8, mtu & 0xff]);
  message.set(frame.subarray(14, 14 + 28), 8);
  new DataView(message.buffer).setUint16(2, checksum(message));
  const header = { source: PEER_IP, destination: OUR_IP, protocol: 1, ttl: 64, tos: 0, identification: 1 };
  return buildEthernet(OUR_MAC, PEER_MAC, ETHER_IPV4, buildIpv4(header, message));
}

describe("the path's MTU", () => {
  it("is learned by who forbids fragments, and followed by who does not", async () => {
    const { machine, fd, poll } = await machineWithSocket();
    const send = (bytes: number): number => {
      const room = machine.call("sendRoom", fd, bytes, 0);
      if (room < 0) return room;
      return machine.call("sendTo", fd, bytes, machine.putAddress(PEER_IP), 7);
    };
    machine.call("setOption", fd, SocketOption.DONT_FRAGMENT, 1);
    assert.equal(send(1472), 1472);
    const [whole] = poll();
    machine.inject(tooBig(whole, 1006));
    poll();
    assert.equal(machine.call("getOption", fd, SocketOption.ERROR), Errno.EMSGSIZE);
    assert.equal(send(1000), -Errno.EMSGSIZE);
    assert.equal(send(978), 978);
    assert.equal(poll().length, 1);

    machine.call("setOption", fd, SocketOption.DONT_FRAGMENT, 0);
    assert.equal(send(1472), 1472);
    const fragments = poll().map((frame) => readFrame(frame).ip?.fragment);
    assert.deepEqual(fragments, [
      { offset: 0, more: true },
      { offset: 984, more: false },
    ]);
  });
});

describe("the calls of an application inside the module", () => {
  it("write and read a large datagram in one call each", async () => {
    const { machine, fd, poll } = await machineWithSocket();
    const { core } = machine;
    // A buffer of the application: what no pool uses at this moment, at the end of memory.
    const bytes = 5000;
    const at = core.u8.length - bytes;
    core.u8.set(noise(bytes), at);
    assert.equal(machine.call("connect", fd, machine.putAddress(PEER_IP), 7), 0);
    assert.equal(machine.call("write", fd, at, bytes), bytes);
    const frames = poll();
    assert.equal(frames.length, 4);

    // It comes back: the peer echoes every fragment.
    const reader = machine.call("socket", SocketKind.DATAGRAM, 1);
    assert.equal(machine.call("bind", reader, machine.putAddress(new Uint8Array(4)), 7), 0);
    for (const frame of frames) {
      const { ip, packet } = readFrame(frame);
      assert.ok(ip && packet);
      const { identification, fragment } = ip;
      const header = { source: PEER_IP, destination: OUR_IP, protocol: 17, ttl: 64, tos: 0, identification };
      const copy = buildIpv4({ ...header, ...(fragment && { fragment }) }, packet.slice(20));
      machine.inject(buildEthernet(OUR_MAC, PEER_MAC, ETHER_IPV4, copy));
    }
    poll();
    core.u8.fill(0, at, at + bytes);
    assert.equal(machine.call("recvPeek", reader), 1472);
    assert.equal(core.result(Result.LENGTH), bytes);
    assert.equal(machine.call("read", reader, at, bytes), bytes);
    assert.equal(Buffer.compare(core.u8.subarray(at, at + bytes), noise(bytes)), 0);
    assert.equal(machine.call("recvPeek", reader), -Errno.EAGAIN);
  });

  it("lose what a read has no room for, and say how much a piece is", async () => {
    const { machine, fd } = await machineWithSocket();
    assert.equal(machine.call("sendRoom", fd, 3000, 0), 1472);
    assert.equal(machine.call("sendRoom", fd, 3000, 1), 1480);
    assert.equal(machine.call("sendRoom", fd, 3000, 2), 48);
    assert.equal(machine.call("sendRoom", fd, 3000, 3), -Errno.EINVAL);
    const to = machine.putAddress(PEER_IP);
    assert.equal(machine.call("sendTo", fd, 2999, to, 7), -Errno.EINVAL);
    assert.equal(machine.call("sendRoom", fd, 0, 0), 1472);
    assert.equal(machine.call("sendTo", fd, 1473, to, 7), -Errno.EINVAL);
    assert.equal(machine.call("sendTo", fd, 1000, to, 7), 1000);
  });
});
