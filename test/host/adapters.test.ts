// Several adapters in one machine: what belongs to which (the strong host of RFC 1122 §3.3.4.2, in both directions),
// sockets that are bound to one, links that go and come back, and addresses and routes that are taken away.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SocketOption } from "../../assembly/abi/sockets.ts";
import { VirtualClock } from "../../host/clock.ts";
import { InputError } from "../../host/errors.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { type Cable, createCable } from "../../host/wire/cable.ts";
import { buildIcmp, buildUdp } from "../segment/frames.ts";
import { debugFirmware } from "../sim/debug-firmware.ts";
import { assertEmpty, noise, readAll, rejectsWith } from "./pair.ts";
import { buildPacket, ip, Station } from "./station.ts";

const MACS = ["02:00:00:00:00:01", "02:00:00:00:01:01"] as const;
const PORT = 7;

interface Homes {
  clock: VirtualClock;
  stack: Stack;
  cables: [Cable, Cable];
}

interface WithStations extends Homes {
  stations: [Station, Station];
}

/** A machine on two wires, 10.0.0.1/24 and 10.1.0.1/24, with a router on each, of which the first is the better. */
async function twoHomes(): Promise<Homes> {
  const clock = new VirtualClock();
  const cables: [Cable, Cable] = [createCable({ clock, delay: 100 }), createCable({ clock, delay: 100 })];
  const stack = await createStack({
    clock,
    seed: 1,
    wasm: await debugFirmware("node"),
    wires: cables.map(({ left }, i) => ({
      wire: left,
      mac: MACS[i] as string,
      address: `10.${i}.0.1/24`,
      routes: [{ to: "0.0.0.0/0", via: `10.${i}.0.254`, metric: i * 10 }],
    })),
  });
  return { clock, stack, cables };
}

async function withStations(): Promise<WithStations> {
  const homes = await twoHomes();
  const [first, second] = homes.cables;
  const stations: [Station, Station] = [
    new Station(first.right, "02:00:00:00:00:02", "10.0.0.2", "10.0.0.254"),
    new Station(second.right, "02:00:00:00:01:02", "10.1.0.2", "10.1.0.254"),
  ];
  return { ...homes, stations };
}

function settle({ clock }: Homes, microseconds = 10_000): void {
  clock.runUntil(clock.now() + microseconds);
}

/** Frames that have come to each station, by what they carry. */
function took({ stations }: WithStations): number[] {
  return stations.map((station) => station.take().length);
}

/** Sends a datagram far away each time it is called: frames that each station got of it. */
async function farSender(net: WithStations): Promise<() => Promise<number[]>> {
  const socket = await net.stack.udp();
  return async () => {
    await socket.send("x", "198.51.100.1", 9);
    settle(net);
    return took(net);
  };
}

function request(from: string, to: string): Uint8Array {
  return buildPacket({ from, to, protocol: 1 }, buildIcmp({ type: 8, code: 0, rest: 1, payload: new Uint8Array(8) }));
}

function datagram(from: string, to: string, port: number): Uint8Array {
  const udp = { sourcePort: 99, destinationPort: port, payload: Uint8Array.of(1) };
  return buildPacket({ from, to }, buildUdp(udp, ip(from), ip(to)));
}

describe("a strong host", () => {
  it("drops and counts what comes through one adapter for the address of another", async () => {
    const net = await withStations();
    net.stations[0].sendPacket(MACS[0], request("10.0.0.2", "10.1.0.1"));
    settle(net);
    assert.deepEqual(took(net), [0, 0]);
    assert.equal(net.stack.counters().IpInOtherAdapter, 1);
    net.stations[0].sendPacket(MACS[0], request("10.0.0.2", "10.0.0.1"));
    settle(net);
    assert.deepEqual(took(net), [1, 0]);
  });

  it("answers through the adapter that was asked, whatever routes say", async () => {
    const net = await withStations();
    // The first adapter's network asks through the second adapter: the answer is for the router there.
    net.stations[1].sendPacket(MACS[1], request("198.51.100.1", "10.1.0.1"));
    settle(net);
    assert.deepEqual(took(net), [0, 1]);
  });

  it("sends from an address through the adapter that has it, whatever routes say", async () => {
    const net = await withStations();
    const free = await net.stack.udp();
    await free.send("x", "198.51.100.1", 9);
    settle(net);
    assert.deepEqual(took(net), [1, 0]);
    const second = await net.stack.udp({ address: "10.1.0.1" });
    await second.send("x", "198.51.100.1", 9);
    settle(net);
    assert.deepEqual(took(net), [0, 1]);
    const opening = net.stack.connect({ address: "198.51.100.1", port: 9, localAddress: "10.1.0.1", timeout: 1 });
    settle(net);
    assert.deepEqual(took(net), [0, 1]);
    await rejectsWith(opening, "ETIMEDOUT");
  });

  it("does not believe others who speak as one of its own addresses", async () => {
    const net = await withStations();
    for (const own of ["10.0.0.1", "10.1.0.1", "127.0.0.1"]) {
      net.stations[0].sendPacket(MACS[0], request(own, "10.0.0.1"));
    }
    settle(net);
    assert.deepEqual(took(net), [0, 0]);
    assert.equal(net.stack.counters().IpInAddrErrors, 3);
  });
});

describe("a socket that is bound to an adapter", () => {
  it("receives through that one only, and before one that is bound to none", async () => {
    const net = await withStations();
    const any = await net.stack.udp({ port: 53 });
    const bound = await net.stack.udp({ port: 5300, adapter: 1 });
    net.stations[0].sendPacket(MACS[0], datagram("10.0.0.2", "10.0.0.1", 5300));
    settle(net);
    assert.equal(net.stack.counters().UdpNoPorts, 1);
    net.stations[1].sendPacket(MACS[1], datagram("10.1.0.2", "10.1.0.1", 5300));
    assert.equal((await net.clock.settle(bound.receive())).address, "10.1.0.2");
    // Two on one port are in no one's way while they are bound to different adapters.
    const [first, second] = [
      await net.stack.udp({ port: 9, adapter: 0 }),
      await net.stack.udp({ port: 9, adapter: 1 }),
    ];
    await rejectsWith(net.stack.udp({ port: 9 }), "EADDRINUSE");
    await rejectsWith(net.stack.udp({ port: 9, adapter: 1 }), "EADDRINUSE");
    for (const [i, socket] of [first, second].entries()) {
      net.stations[i as 0 | 1].sendPacket(MACS[i as 0 | 1], datagram(`10.${i}.0.2`, `10.${i}.0.1`, 9));
      assert.equal((await net.clock.settle(socket.receive())).address, `10.${i}.0.2`);
    }
    any.close();
  });

  it("sends through that one only, and by its routes", async () => {
    const net = await withStations();
    const bound = await net.stack.udp({ adapter: 1 });
    await bound.send("x", "198.51.100.1", 9);
    await bound.send("x", "10.0.0.2", 9); // not on this wire, so to its router
    settle(net);
    assert.deepEqual(took(net), [0, 2]);
    net.stack.network.removeRoute(1, "0.0.0.0/0");
    await rejectsWith(bound.send("x", "10.0.0.2", 9), "ENETUNREACH");
    await rejectsWith(net.stack.udp({ adapter: 1, address: "10.0.0.1" }), "EADDRNOTAVAIL");
    await rejectsWith(
      net.clock.settle(net.stack.connect({ adapter: 1, address: "10.1.0.2", port: 1, timeout: 5 })),
      "ETIMEDOUT",
    );
    const pinged = net.stack.ping("10.1.0.2", { adapter: 1, timeout: 5 });
    took(net);
    settle(net);
    assert.deepEqual(took(net).slice(1), [1]);
    await rejectsWith(pinged, "ETIMEDOUT");
  });

  it("listens there only; its connections stay there", async () => {
    const { clock, stack, cables } = await twoHomes();
    const peers = await Promise.all(
      cables.map(({ right }, i) =>
        createStack({ clock, seed: 10 + i, wires: [{ wire: right, address: `10.${i}.0.2/24` }] }),
      ),
    );
    const listener = await stack.listen({ port: PORT, adapter: 1 });
    await rejectsWith(clock.settle((peers[0] as Stack).connect({ address: "10.0.0.1", port: PORT })), "ECONNREFUSED");
    const accepted = listener.accept();
    const near = await clock.settle((peers[1] as Stack).connect({ address: "10.1.0.1", port: PORT }));
    const far = await clock.settle(accepted);
    assert.equal(far.getOption(SocketOption.BOUND_ADAPTER), 1);
    near.abort();
    await Promise.all([stack, ...peers].map((each) => each.close({ linger: 0 })));
  });

  it("is bound before it has a port, to an adapter that is there", async () => {
    const { stack } = await twoHomes();
    const { exports } = stack.core;
    const fd = exports.socket(2, 0);
    assert.equal(exports.getOption(fd, SocketOption.BOUND_ADAPTER), 255);
    assert.equal(exports.setOption(fd, SocketOption.BOUND_ADAPTER, 3), -22);
    assert.equal(exports.setOption(fd, SocketOption.BOUND_ADAPTER, 1), 0);
    assert.equal(exports.setOption(fd, SocketOption.BOUND_ADAPTER, 255), 0);
    assert.equal(exports.bind(fd, stack.core.putAddress(new Uint8Array(16)), 9), 0);
    assert.equal(exports.setOption(fd, SocketOption.BOUND_ADAPTER, 1), -22);
    exports.close(fd);
    await rejectsWith(stack.udp({ adapter: 9 }), "EINVAL");
    await stack.close();
  });
});

describe("a link", () => {
  it("that is down is not used while another serves, and is used again when it is back", async () => {
    const net = await withStations();
    const send = await farSender(net);
    assert.deepEqual(await send(), [1, 0]);
    net.cables[0].unplug();
    settle(net);
    assert.deepEqual(await send(), [0, 1]);
    net.cables[0].plug();
    settle(net);
    assert.deepEqual(await send(), [1, 0]);
  });

  it("that is down fails new connections, and datagrams, with ENETDOWN when no other serves", async () => {
    const net = await withStations();
    const socket = await net.stack.udp();
    net.stack.network.removeRoute(1, "0.0.0.0/0");
    net.cables[0].unplug();
    settle(net);
    await rejectsWith(net.clock.settle(net.stack.connect({ address: "198.51.100.1", port: 9 })), "ENETDOWN");
    await socket.send("x", "10.0.0.2", 9);
    await rejectsWith(net.clock.settle(socket.receive()), "ENETDOWN");
    await rejectsWith(net.clock.settle(net.stack.ping("10.0.0.2")), "ENETDOWN");
  });

  it("forgets its neighbors when it goes, and asks for them anew when it is back", async () => {
    const net = await withStations();
    const socket = await net.stack.udp();
    await socket.send("x", "10.0.0.2", 9);
    await socket.send("x", "10.1.0.2", 9);
    settle(net);
    assert.deepEqual(
      net.stack.neighbors().map(({ address }) => address),
      ["10.0.0.2", "10.1.0.2"],
    );
    const asked = net.stack.counters().ArpOutRequests;
    // Down and up between two turns: nobody knows what is at the other end now.
    net.cables[0].unplug();
    net.cables[0].plug();
    settle(net);
    assert.deepEqual(
      net.stack.neighbors().map(({ address }) => address),
      ["10.1.0.2"],
    );
    took(net);
    await socket.send("x", "10.0.0.2", 9);
    settle(net);
    assert.deepEqual(took(net), [1, 0]);
    assert.equal(net.stack.counters().ArpOutRequests, (asked ?? 0) + 1);
  });

  it("leaves its connections alive: they hear of it, and go on at once when it is back", async () => {
    const { clock, stack, cables } = await twoHomes();
    const peer = await createStack({ clock, seed: 10, wires: [{ wire: cables[0].right, address: "10.0.0.2/24" }] });
    const listener = await peer.listen({ port: PORT });
    const accepted = listener.accept();
    const near = await clock.settle(stack.connect({ address: "10.0.0.2", port: PORT }));
    const far = await clock.settle(accepted);
    const troubles: string[] = [];
    near.onTrouble = ({ code }) => troubles.push(code);
    const data = noise(500_000);
    const sent = near.write(data).then(() => near.end());
    const received = readAll(far);
    clock.runUntil(clock.now() + 500);
    cables[0].unplug();
    clock.runUntil(clock.now() + 30_000_000);
    await Promise.resolve();
    assert.equal(troubles[0], "ENETDOWN");
    assert.equal(near.status()?.state, "ESTABLISHED");
    cables[0].plug();
    const back = clock.now();
    assert.ok(Buffer.from(data).equals(await clock.settle(received)));
    await sent;
    assert.ok(clock.now() - back < 1_000_000, `it took ${clock.now() - back} µs`);
    await Promise.all([near.close(), far.close()]);
    await Promise.all([stack, peer].map((each) => each.close({ linger: 0 })));
  });
});

describe("an address that is taken away", () => {
  it("ends its connections with an error, and tells their peers", async () => {
    const { clock, stack, cables } = await twoHomes();
    const peer = await createStack({ clock, seed: 10, wires: [{ wire: cables[0].right, address: "10.0.0.2/24" }] });
    stack.network.addAddress(0, "10.0.0.9/24");
    const listener = await stack.listen({ port: PORT });
    const open = async (address: string) => {
      const accepted = listener.accept();
      const far = await clock.settle(peer.connect({ address, port: PORT }));
      return [await clock.settle(accepted), far] as const;
    };
    const [near, far] = await open("10.0.0.1");
    const [other, otherFar] = await open("10.0.0.9");
    const [nearRead, farRead] = [near.read(), far.read()];
    stack.network.removeAddress(0, "10.0.0.1");
    await rejectsWith(clock.settle(nearRead), "EADDRNOTAVAIL");
    await rejectsWith(clock.settle(farRead), "ECONNRESET");
    await other.write("still here");
    assert.equal(Buffer.from((await clock.settle(otherFar.read())) ?? []).toString(), "still here");
    // The other address keeps the route to the network.
    assert.ok(stack.routes().some(({ destination }) => destination === "10.0.0.0/24"));
    stack.network.removeAddress(0, "10.0.0.9");
    await rejectsWith(clock.settle(otherFar.read()), "ECONNRESET");
    assert.ok(!stack.routes().some(({ destination }) => destination === "10.0.0.0/24"));
    await listener.close();
    clock.runUntil(clock.now() + 10_000_000);
    for (const end of [near, other]) await end.close();
    assertEmpty(stack);
    await rejectsWith(clock.settle(peer.ping("10.0.0.1", { timeout: 9000 })), "ETIMEDOUT");
    await Promise.all([stack, peer].map((each) => each.close({ linger: 0 })));
  });

  it("ends handshakes that are in progress", async () => {
    const net = await withStations();
    const listener = await net.stack.listen({ port: PORT });
    const syn = new Uint8Array(20);
    syn.set([0x12, 0x34, 0, PORT, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0x10]);
    net.stations[0].sendPacket(MACS[0], tcpPacket(syn));
    settle(net);
    assert.deepEqual(took(net), [1, 0]);
    const queue = () => net.stack.memory().find(({ name }) => name === "SYN_QUEUE")?.used;
    assert.equal(queue(), 1);
    net.stack.network.removeAddress(0, "10.0.0.1");
    settle(net);
    assert.equal(queue(), 0);
    await listener.close();
  });

  it("takes the voice of sockets that are bound to it, until it comes back", async () => {
    const net = await withStations();
    const socket = await net.stack.udp({ address: "10.0.0.1", port: 9 });
    net.stack.network.removeAddress(0, "10.0.0.1");
    await rejectsWith(socket.send("x", "10.0.0.2", 9), "ENETUNREACH");
    net.stack.network.addAddress(0, "10.0.0.1/24");
    await socket.send("x", "10.0.0.2", 9);
    settle(net);
    assert.deepEqual(took(net), [1, 0]);
    // Entries of the table need not lie side by side: the directed broadcast is known as before.
    net.stack.network.removeAddress(0, "10.0.0.1");
    await rejectsWith(net.clock.settle(net.stack.connect({ address: "10.1.0.255", port: 9 })), "ENETUNREACH");
    await rejectsWith(
      Promise.resolve().then(() => net.stack.network.removeAddress(0, "10.0.0.1")),
      "EADDRNOTAVAIL",
    );
  });
});

describe("a route", () => {
  it("with a lower metric comes first, and gives way when it is taken away", async () => {
    const net = await withStations();
    const send = await farSender(net);
    assert.deepEqual(await send(), [1, 0]);
    net.stack.network.addRoute(1, { to: "0.0.0.0/0", via: "10.1.0.254" });
    net.stack.network.removeRoute(0, "0.0.0.0/0");
    assert.deepEqual(await send(), [0, 1]);
    net.stack.network.addRoute(0, { to: "198.51.100.0/24", via: "10.0.0.254", metric: 99 });
    assert.deepEqual(await send(), [1, 0]); // the longer prefix counts more
    net.stack.network.removeRoute(0, "198.51.100.0/24");
    net.stack.network.removeRoute(1, "0.0.0.0/0");
    await rejectsWith(send(), "ENETUNREACH");
    await rejectsWith(
      Promise.resolve().then(() => net.stack.network.removeRoute(1, "0.0.0.0/0")),
      "ENETUNREACH",
    );
  });

  it("changes the way of a connection that was there before", async () => {
    const net = await withStations();
    const opening = net.stack.connect({ address: "198.51.100.1", port: 9, timeout: 1500 });
    settle(net);
    assert.deepEqual(took(net), [1, 0]);
    net.stack.network.removeRoute(0, "0.0.0.0/0");
    const opened = rejectsWith(opening, "ETIMEDOUT");
    settle(net, 2_000_000);
    // Never through the other adapter, which does not have the connection's address.
    assert.deepEqual(took(net), [0, 0]);
    await opened;
  });
});

describe("what is said of an adapter", () => {
  it("is checked", async () => {
    const { left: wire } = createCable();
    for (const wrong of [
      { routes: [{ to: "10.0.0.0/8", metric: -1 }] },
      { routes: [{ to: "10.0.0.0/8", metric: 65536 }] },
      { routes: [{ to: "10.0.0.0" }] },
    ]) {
      await assert.rejects(createStack({ wires: [{ wire, ...wrong }] }), (error) => error instanceof InputError);
    }
    await rejectsWith(createStack({ wires: [{ wire, mtu: 575 }] }), "EINVAL", "setMtu");
    await rejectsWith(createStack({ wires: [{ wire, mtu: 1501 }] }), "EINVAL", "setMtu");
    await rejectsWith(
      createStack({ wires: [{ wire }], forwarding: true, profile: "tiny" }),
      "EOPNOTSUPP",
      "setForwarding",
    );
  });
});

/** A TCP segment from the first station, with its checksum put in. */
function tcpPacket(segment: Uint8Array): Uint8Array {
  const [from, to] = ["10.0.0.2", "10.0.0.1"];
  const whole = Uint8Array.from([...ip(from), ...ip(to), 0, 6, 0, segment.length, ...segment]);
  let sum = 0;
  for (let i = 0; i < whole.length; i += 2) sum += ((whole[i] as number) << 8) | (whole[i + 1] as number);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  segment.set([(~sum >> 8) & 0xff, ~sum & 0xff], 16);
  return buildPacket({ from, to, protocol: 6 }, segment);
}
