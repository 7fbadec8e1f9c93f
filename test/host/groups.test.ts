// Groups as applications use them: one machine on a hub sends, others receive, with the names of Node's dgram sockets.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { UdpSocket } from "../../host/socket/udp-socket.ts";
import type { Stack } from "../../host/stack.ts";
import { machinesOnHub } from "./hub.ts";
import { rejectsWith } from "./pair.ts";

const GROUP = "239.1.2.3";
const OTHER_GROUP = "239.1.2.4";
const CHANNEL = "232.1.2.3";
const PORT = 5000;

const collections = new WeakMap<UdpSocket, string[]>();

/** What has come to a socket, as text, since this was last asked; from the first time on it is collected. */
async function received(socket: UdpSocket): Promise<string[]> {
  const known = collections.get(socket);
  const texts = known ?? [];
  if (!known) {
    collections.set(socket, texts);
    void (async () => {
      for await (const { data } of socket) texts.push(Buffer.from(data).toString());
    })();
  }
  await new Promise((resolve) => setImmediate(resolve));
  return texts.splice(0);
}

function isFromMachine(frame: Uint8Array, number: number): boolean {
  return frame[11] === number;
}

/** IGMP messages among frames: their type and the group or first record. */
function igmpTypes(frames: readonly Uint8Array[]): number[] {
  return frames.filter((frame) => frame[12] === 0x08 && frame[23] === 2).map((frame) => frame[38] ?? 0);
}

async function closeAll(machines: readonly Stack[]): Promise<void> {
  await Promise.all(machines.map((machine) => machine.close({ linger: 0 })));
}

function codeOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "";
}

describe("a datagram to a group", () => {
  it("comes to every machine that has joined it, and to no other", async () => {
    const { clock, machines } = await machinesOnHub(4);
    const sockets = await Promise.all(machines.map((machine) => machine.udp({ port: PORT })));
    const [sender, first, second, stranger] = sockets as [UdpSocket, UdpSocket, UdpSocket, UdpSocket];
    first.addMembership(GROUP);
    second.addMembership(GROUP, "10.0.0.3");
    clock.runUntil(clock.now() + 1_000_000);
    await sender.send("to all of you", GROUP, PORT);
    clock.runUntil(clock.now() + 1_000_000);
    assert.deepEqual(await received(first), ["to all of you"]);
    assert.deepEqual(await received(second), ["to all of you"]);
    assert.deepEqual(await received(stranger), []);
    assert.deepEqual(await received(sender), [], "who sends need not be a member");
    assert.equal(machines[3]?.counters().IpInAddrErrors, 0, "the MAC's filter keeps it away");
    assert.equal(machines[3]?.macs[0]?.counters.rxFiltered, 5, "four reports and the datagram");
    second.dropMembership(GROUP, "10.0.0.3");
    await sender.send("to the first", GROUP, PORT);
    clock.runUntil(clock.now() + 1_000_000);
    assert.deepEqual(await received(first), ["to the first"]);
    assert.deepEqual(await received(second), []);
    await closeAll(machines);
  });

  it("comes to every member on one machine, whose port is shared", async () => {
    const { clock, machines } = await machinesOnHub(2);
    const [left, right] = machines as [Stack, Stack];
    const shared = { port: PORT, reuseAddr: true };
    const members = await Promise.all([right.udp(shared), right.udp(shared), right.udp({ ...shared, address: GROUP })]);
    const stranger = await right.udp(shared);
    await rejectsWith(right.udp({ port: PORT }), "EADDRINUSE");
    for (const member of members) member.addMembership(GROUP);
    stranger.addMembership(OTHER_GROUP);
    const sender = await left.udp();
    const bytes = new Uint8Array(1472).fill(7);
    await sender.send(bytes, GROUP, PORT);
    clock.runUntil(clock.now() + 1_000_000);
    for (const member of members) {
      const datagram = await member.receive();
      assert.deepEqual([datagram.address, datagram.port], ["10.0.0.1", sender.localPort]);
      assert.deepEqual(Buffer.compare(datagram.data, bytes), 0);
    }
    assert.deepEqual(await received(stranger), []);
    assert.equal(right.counters().UdpInDatagrams, 3);
    stranger.close();
    for (const member of members) member.close();
    await sender.send("nobody", GROUP, PORT);
    clock.runUntil(clock.now() + 1_000_000);
    assert.equal(right.counters().UdpInNotJoined, 0);
    await closeAll(machines);
  });

  it("is dropped, and counted, when the socket on its port has joined another group", async () => {
    const { clock, machines } = await machinesOnHub(2);
    const [left, right] = machines as [Stack, Stack];
    const [member, other] = [await right.udp({ port: 1 }), await right.udp({ port: PORT })];
    member.addMembership(GROUP);
    other.addMembership(OTHER_GROUP);
    const sender = await left.udp();
    await sender.send("x", GROUP, PORT);
    await sender.send("x", GROUP, 9);
    clock.runUntil(clock.now() + 1_000_000);
    assert.equal(right.counters().UdpInNotJoined, 1);
    assert.equal(right.counters().UdpNoPorts, 1);
    assert.equal(left.counters().IcmpInMsgs, 0, "no error is sent about what went to a group");
    await closeAll(machines);
  });

  it("comes only from the sources that were asked for", async () => {
    const { clock, machines } = await machinesOnHub(3);
    const [left, middle, right] = machines as [Stack, Stack, Stack];
    const member = await right.udp({ port: PORT });
    member.addSourceSpecificMembership("10.0.0.1", CHANNEL);
    const [wanted, unwanted] = [await left.udp(), await middle.udp()];
    await wanted.send("wanted", CHANNEL, PORT);
    await unwanted.send("unwanted", CHANNEL, PORT);
    clock.runUntil(clock.now() + 1_000_000);
    assert.deepEqual(await received(member), ["wanted"]);
    member.addSourceSpecificMembership("10.0.0.2", CHANNEL);
    member.dropSourceSpecificMembership("10.0.0.1", CHANNEL);
    await wanted.send("no longer wanted", CHANNEL, PORT);
    await unwanted.send("wanted now", CHANNEL, PORT);
    clock.runUntil(clock.now() + 1_000_000);
    assert.deepEqual(await received(member), ["wanted now"]);
    await closeAll(machines);
  });

  it("comes back to members on the sender's machine, unless the sender says no", async () => {
    const { clock, machines } = await machinesOnHub(2);
    const [left, right] = machines as [Stack, Stack];
    const [sender, far] = [await left.udp({ port: PORT }), await right.udp({ port: PORT })];
    sender.addMembership(GROUP);
    far.addMembership(GROUP);
    await sender.send("hears itself", GROUP, PORT);
    clock.runUntil(clock.now() + 1_000_000);
    assert.equal(sender.setMulticastLoopback(false), false);
    await sender.send("is deaf to itself", GROUP, PORT);
    clock.runUntil(clock.now() + 1_000_000);
    assert.equal(sender.setMulticastTTL(0), 0);
    sender.setMulticastLoopback(true);
    await sender.send("stays at home", GROUP, PORT);
    clock.runUntil(clock.now() + 1_000_000);
    assert.deepEqual(await received(sender), ["hears itself", "stays at home"]);
    assert.deepEqual(await received(far), ["hears itself", "is deaf to itself"]);
    await closeAll(machines);
  });

  it("goes one hop unless its sender says more, needs no route, and leaves where its sender says", async () => {
    const { clock, hub, machines } = await machinesOnHub(1);
    const [machine] = machines as [Stack];
    const sender = await machine.udp();
    await sender.send("near", "224.5.6.7", PORT);
    clock.runUntil(clock.now() + 1_000_000);
    sender.setMulticastTTL(32);
    sender.setMulticastInterface("10.0.0.1");
    await sender.send("far", "224.133.6.7", PORT);
    clock.runUntil(clock.now() + 1_000_000);
    const sent = hub.frames.filter((frame) => frame[12] === 0x08 && frame[23] === 17);
    assert.deepEqual(
      sent.map((frame) => frame[22]),
      [1, 32],
    );
    assert.deepEqual(
      sent.map((frame) => Buffer.from(frame.subarray(0, 6)).toString("hex")),
      ["01005e050607", "01005e050607"],
    );
    assert.equal(
      codeOf(() => sender.setMulticastInterface("10.0.0.9")),
      "EADDRNOTAVAIL",
    );
    assert.equal(
      codeOf(() => sender.setMulticastInterface(1)),
      "EADDRNOTAVAIL",
    );
    assert.equal(
      codeOf(() => sender.setMulticastTTL(256)),
      "ERR_TTL",
    );
    await closeAll(machines);
  });
});

describe("a broadcast", () => {
  it("needs permission, and comes to every socket on the port", async () => {
    const { clock, machines } = await machinesOnHub(2);
    const [left, right] = machines as [Stack, Stack];
    const shared = { port: PORT, reuseAddr: true };
    const listeners = await Promise.all([right.udp(shared), right.udp(shared)]);
    const deaf = await right.udp({ ...shared, address: "10.0.0.2" });
    const sender = await left.udp();
    await rejectsWith(sender.send("x", "10.0.0.255", PORT), "EACCES");
    assert.equal(
      codeOf(() => sender.connect("10.0.0.255", PORT)),
      "EACCES",
    );
    sender.setBroadcast(true);
    await sender.send("everybody", "10.0.0.255", PORT);
    clock.runUntil(clock.now() + 1_000_000);
    for (const listener of listeners) assert.deepEqual(await received(listener), ["everybody"]);
    assert.deepEqual(await received(deaf), [], "it is bound to another address");
    await closeAll(machines);
  });
});

describe("membership", () => {
  it("is refused as Berkeley's calls refuse it", async () => {
    const { machines } = await machinesOnHub(1);
    const [machine] = machines as [Stack];
    const socket = await machine.udp();
    const code = (call: keyof UdpSocket, ...args: unknown[]): string =>
      codeOf(() => (socket[call] as (...values: unknown[]) => void)(...args));
    assert.equal(code("addMembership", "10.0.0.2"), "EINVAL");
    assert.equal(code("addMembership", CHANNEL), "EINVAL", "a source-specific group has no members without a source");
    assert.equal(code("addMembership", GROUP, "10.0.0.9"), "EADDRNOTAVAIL");
    assert.equal(code("addMembership", GROUP, 7), "EADDRNOTAVAIL");
    assert.equal(code("dropMembership", GROUP), "EADDRNOTAVAIL");
    assert.equal(code("addMembership", GROUP), "");
    assert.equal(code("addMembership", GROUP), "EADDRINUSE");
    assert.equal(code("addMembership", GROUP, "10.0.0.1"), "EADDRINUSE");
    assert.equal(code("addSourceSpecificMembership", "10.0.0.5", GROUP), "EINVAL");
    assert.equal(code("addSourceSpecificMembership", "10.0.0.5", CHANNEL), "");
    assert.equal(code("addSourceSpecificMembership", "10.0.0.5", CHANNEL), "EADDRNOTAVAIL");
    assert.equal(code("addSourceSpecificMembership", "10.0.0.6", CHANNEL), "");
    assert.equal(code("dropSourceSpecificMembership", "10.0.0.7", CHANNEL), "EADDRNOTAVAIL");
    assert.equal(code("addSourceSpecificMembership", GROUP, CHANNEL), "EINVAL");
    assert.equal(code("dropMembership", CHANNEL), "", "leaves the group with both sources");
    assert.equal(code("dropSourceSpecificMembership", "10.0.0.5", CHANNEL), "EADDRNOTAVAIL");
    socket.close();
    assert.equal(code("addMembership", GROUP), "EBADF");
    await closeAll(machines);
  });

  it("ends with the socket, and each group is counted once for each that wants it", async () => {
    const { clock, machines } = await machinesOnHub(1);
    const [machine] = machines as [Stack];
    const [one, two] = [await machine.udp(), await machine.udp()];
    one.addMembership(GROUP);
    two.addMembership(GROUP);
    two.addSourceSpecificMembership("10.0.0.7", CHANNEL);
    assert.deepEqual(machine.groups(), [
      { group: GROUP, source: null, adapter: 0, users: 2 },
      { group: CHANNEL, source: "10.0.0.7", adapter: 0, users: 1 },
      { group: "224.0.0.1", source: null, adapter: 0, users: 1 },
      { group: "ff02::1", source: null, adapter: 0, users: 1 },
    ]);
    two.close();
    assert.deepEqual(machine.groups()[0], { group: GROUP, source: null, adapter: 0, users: 1 });
    one.close();
    assert.deepEqual(
      machine.groups().map(({ group }) => group),
      ["224.0.0.1", "ff02::1"],
    );
    clock.runUntil(clock.now() + 10_000_000);
    const used = machine.memory().filter(({ name }) => name === "GROUPS" || name === "MEMBERSHIPS");
    assert.deepEqual(
      used.map(({ used }) => used),
      [0, 0],
    );
    await closeAll(machines);
  });

  it("is limited by the tables, and what does not fit is refused and counted", async () => {
    const { clock, machines } = await machinesOnHub(1);
    const [machine] = machines as [Stack];
    const socket = await machine.udp();
    // Of the table, each address that IPv6 may yet get keeps a place.
    const { GROUPS = 0, ADDRESSES = 0 } = machine.core.constants;
    const groups = GROUPS - (ADDRESSES - machine.addresses().length);
    for (let i = 0; i < groups; i++) socket.addMembership(`239.0.1.${i}`);
    assert.equal(
      codeOf(() => socket.addMembership(GROUP)),
      "ENOBUFS",
    );
    assert.equal(machine.counters().IgmpTableFull, 1);
    socket.dropMembership("239.0.1.0");
    socket.addMembership(GROUP); // takes the place of the one that routers have not heard all of
    clock.runUntil(clock.now() + 10_000_000);
    assert.equal(machine.groups().length, groups + 2);
    await closeAll(machines);
  });

  it("is told again when the link comes back", async () => {
    const { clock, hub, machines } = await machinesOnHub(1);
    const [machine] = machines as [Stack];
    const socket = await machine.udp();
    socket.addMembership(GROUP);
    clock.runUntil(clock.now() + 10_000_000);
    assert.deepEqual(igmpTypes(hub.frames.splice(0)), [0x22, 0x22]);
    hub.ports[0]?.setUp(false);
    clock.runUntil(clock.now() + 10_000_000);
    hub.ports[0]?.setUp(true);
    clock.runUntil(clock.now() + 10_000_000);
    assert.deepEqual(igmpTypes(hub.frames.filter((frame) => isFromMachine(frame, 1))), [0x22, 0x22]);
    await closeAll(machines);
  });

  it("is not to be had in a profile without groups", async () => {
    const { machines } = await machinesOnHub(1, "tiny");
    const [machine] = machines as [Stack];
    const socket = await machine.udp();
    assert.equal(
      codeOf(() => socket.addMembership(GROUP)),
      "EOPNOTSUPP",
    );
    assert.deepEqual(machine.groups(), []);
    assert.ok(!machine.memory().some(({ name }) => name === "GROUPS"));
    await closeAll(machines);
  });
});
