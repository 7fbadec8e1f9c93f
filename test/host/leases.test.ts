// The module's own DHCP server and name server, with the module's own clients at them: an address, a name, a page of a
// demonstration without anything from outside. In virtual time.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import type { LendOptions } from "../../host/names.ts";
import { createStack, type Stack, type StackOptions } from "../../host/stack.ts";
import { Hub } from "./hub.ts";

const SECOND = 1_000_000;
const SERVER = "10.0.0.1";
const PLAN: LendOptions = {
  first: "10.0.0.100/24",
  last: "10.0.0.109",
  seconds: 600,
  router: SERVER,
  nameServer: SERVER,
};

interface Scene {
  clock: VirtualClock;
  hub: Hub;
  server: Stack;
  guest(number: number, options?: Partial<StackOptions>): Promise<Stack>;
  /** Lets seconds pass. */
  pass(seconds: number): void;
  close(): Promise<void>;
}

async function scene(plan: LendOptions | null = PLAN): Promise<Scene> {
  const clock = new VirtualClock();
  const hub = new Hub();
  const stacks: Stack[] = [];
  const start = async (options: StackOptions): Promise<Stack> => {
    const stack = await createStack(options);
    stacks.push(stack);
    return stack;
  };
  const server = await start({
    wires: [{ wire: hub.plugIn(), address: `${SERVER}/24` }],
    clock,
    seed: 1,
    searchDomain: "lan.test",
  });
  if (plan !== null) server.names.lend(plan);
  const pass = (seconds: number): void => clock.runUntil(clock.now() + seconds * SECOND);
  return {
    clock,
    hub,
    server,
    pass,
    guest: (number, options = {}) => {
      const mac = `02:00:00:00:01:${String(number).padStart(2, "0")}`;
      return start({ wires: [{ wire: hub.plugIn(), dhcp: true, mac }], clock, seed: 10 + number, ...options });
    },
    close: async () => {
      const closing = stacks.map((stack) => stack.close({ linger: 0 }));
      pass(1);
      await Promise.all(closing);
    },
  };
}

function addressOf(stack: Stack): string | null {
  const own = stack.addresses().find(({ origin, state }) => origin === "LEASE" && state === "PREFERRED");
  return own?.address ?? null;
}

describe("a DHCP server of ours", () => {
  it("lends each guest another address, with the network's router, name server and domain", async () => {
    const { guest, pass, server, close } = await scene();
    const guests = [await guest(1), await guest(2), await guest(3)];
    pass(15);
    assert.deepEqual(guests.map(addressOf).sort(), ["10.0.0.100", "10.0.0.101", "10.0.0.102"]);
    for (const stack of guests) {
      const [lease] = stack.leases();
      assert.deepEqual(
        [lease?.state, lease?.server, lease?.router, lease?.domain],
        ["BOUND", SERVER, SERVER, "lan.test"],
      );
      assert.deepEqual(
        stack.nameServers().map(({ address }) => address),
        [SERVER],
      );
    }
    assert.equal(server.counters().DhcpServerAcks, 3);
    await close();
  });

  it("prolongs leases, so that they outlast themselves many times", async () => {
    const { guest, pass, close } = await scene();
    const stack = await guest(1);
    pass(15);
    const address = addressOf(stack);
    for (let i = 0; i < 20; i++) {
      pass(300);
      assert.equal(addressOf(stack), address);
    }
    assert.equal(stack.counters().DhcpInNaks, 0);
    await close();
  });

  it("gives a guest that comes again the address that it had", async () => {
    const { guest, hub, pass, close } = await scene();
    const stack = await guest(1);
    await guest(2);
    pass(15);
    const address = addressOf(stack);
    await stack.close({ linger: 0 });
    pass(700); // longer than the lease
    const again = await createStack({
      wires: [{ wire: hub.plugIn(), dhcp: true, mac: "02:00:00:00:01:01" }],
      clock: stack.clock,
      seed: 99,
    });
    pass(15);
    assert.equal(addressOf(again), address);
    await again.close({ linger: 0 });
    await close();
  });

  it("has no more than it has: who comes too late gets nothing, and that is counted", async () => {
    const { guest, pass, server, close } = await scene({ ...PLAN, last: "10.0.0.101" });
    await guest(1);
    await guest(2);
    pass(15);
    const third = await guest(3);
    pass(60);
    assert.equal(addressOf(third), null);
    assert.ok((server.counters().DhcpServerNoAddress ?? 0) > 0);
    await close();
  });

  it("lends another address when the first turned out to be somebody else's", async () => {
    const { guest, hub, clock, pass, server, close } = await scene();
    const thief = await createStack({ wires: [{ wire: hub.plugIn(), address: "10.0.0.100/24" }], clock, seed: 5 });
    const stack = await guest(1);
    pass(40);
    assert.equal(addressOf(stack), "10.0.0.101");
    assert.equal(server.counters().DhcpServerDeclines, 1);
    assert.deepEqual(
      thief.addresses().map(({ address }) => address),
      ["10.0.0.100"],
    );
    await thief.close({ linger: 0 });
    await close();
  });

  it("is asked whether the lease is still good when a link comes back; meanwhile the address stays", async () => {
    const { guest, hub, pass, server, close } = await scene();
    const stack = await guest(1);
    pass(15);
    const address = addressOf(stack);
    const acks = stack.counters().DhcpInAcks ?? 0;
    const port = hub.ports[1];
    port?.setUp(false);
    pass(30);
    assert.equal(addressOf(stack), address);
    port?.setUp(true);
    pass(1);
    assert.equal(addressOf(stack), address);
    assert.equal(stack.counters().DhcpInAcks, acks + 1);
    // In another network, whose server knows nothing of it, the lease is refused.
    port?.setUp(false);
    server.names.lend({ ...PLAN, first: "10.0.0.50/24", last: "10.0.0.59" });
    pass(1);
    port?.setUp(true);
    pass(20);
    assert.equal(addressOf(stack), "10.0.0.50");
    await close();
  });

  it("that is silent when the link comes back leaves the lease as it was", async () => {
    const { guest, hub, pass, server, close } = await scene();
    const stack = await guest(1);
    pass(15);
    const address = addressOf(stack);
    server.names.lend(null);
    hub.ports[1]?.setUp(false);
    pass(1);
    hub.ports[1]?.setUp(true);
    pass(120);
    assert.equal(addressOf(stack), address);
    assert.equal(stack.leases()[0]?.state, "BOUND");
    await close();
  });

  it("refuses a plan that makes no sense", async () => {
    const { server, close } = await scene(null);
    const plans: LendOptions[] = [
      { ...PLAN, last: "10.0.0.99" },
      { ...PLAN, last: "10.0.1.3" },
      { ...PLAN, seconds: 1 },
      { ...PLAN, adapter: 9 },
      { ...PLAN, first: "10.0.0.100/31", last: "10.0.0.101" },
    ];
    for (const plan of plans) assert.throws(() => server.names.lend(plan), { code: "EINVAL" }, JSON.stringify(plan));
    assert.throws(() => server.names.lend({ ...PLAN, first: "fd00::1/64" }), { code: "ERR_ADDRESS" });
    await close();
  });
});

describe("a name server of ours", () => {
  it("answers for hosts that were named, for their addresses, and for guests by the name that they have", async () => {
    const { guest, pass, clock, server, close } = await scene();
    server.names.addHost("www.lan.test", "10.0.0.80");
    server.names.addHost("www.lan.test", "10.0.0.81");
    server.names.addHost("www.lan.test", "2001:db8::80");
    server.names.serve();
    const stack = await guest(1, { hostName: "printer" });
    const other = await guest(2);
    pass(15);
    const dns = other.dns.promises;
    assert.deepEqual(await clock.settle(dns.resolve4("www.lan.test")), ["10.0.0.80", "10.0.0.81"]);
    assert.deepEqual(await clock.settle(dns.resolve6("www")), ["2001:db8::80"]);
    assert.deepEqual(await clock.settle(dns.reverse("10.0.0.81")), ["www.lan.test"]);
    assert.deepEqual(await clock.settle(dns.resolve4("printer")), [addressOf(stack)]);
    await assert.rejects(clock.settle(dns.resolve4("nobody")), { code: "ENOTFOUND" });
    await assert.rejects(clock.settle(dns.resolve4("10.9.9.10.in-addr.arpa")), { code: "ENOTFOUND" });
    await assert.rejects(clock.settle(dns.resolveMx("www.lan.test")), { code: "ENODATA" });
    await close();
  });

  it("is what `lookup` asks, whose answers sockets connect to", async () => {
    const { guest, pass, clock, server, close } = await scene();
    server.names.addHost("www.lan.test", SERVER);
    server.names.serve();
    const stack = await guest(1);
    pass(15);
    const listener = await server.listen({ port: 80 });
    const accepted = listener.accept();
    const socket = stack.net.connect(80, "www");
    await clock.settle(accepted);
    assert.equal(socket.destroyed, false);
    socket.destroy();
    await close();
  });

  it("answers what it does not understand with the protocol's own errors, and never answers an answer", async () => {
    const { guest, pass, clock, server, close } = await scene();
    server.names.addHost("www.lan.test", SERVER);
    server.names.serve();
    const stack = await guest(1);
    pass(15);
    const socket = await stack.udp();
    const ask = async (bytes: number[]): Promise<number[]> => {
      await socket.send(Uint8Array.from(bytes), SERVER, 53);
      const { data } = await clock.settle(socket.receive());
      return [...data.subarray(0, 4)];
    };
    const question = [3, 0x77, 0x77, 0x77, 0, 0, 1, 0, 1];
    assert.deepEqual(await ask([1, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]), [1, 2, 0x84, 1]);
    assert.deepEqual(await ask([1, 2, 0x10, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...question]), [1, 2, 0x94, 4]);
    assert.deepEqual(await ask([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...question.slice(0, -1), 3]), [1, 2, 0x85, 5]);
    await socket.send(Uint8Array.from([1, 2, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...question]), SERVER, 53);
    await socket.send(Uint8Array.of(1, 2), SERVER, 53);
    pass(1);
    assert.equal(server.counters().DnsServerInMalformed, 3);
    assert.equal(server.counters().DnsServerInQueries, 3);
    await close();
  });

  it("has 64 places for names, and says so when they are taken", async () => {
    const { server, close } = await scene(null);
    for (let i = 0; i < 64; i++) server.names.addHost(`host-${i}.test`, "10.0.0.9");
    assert.throws(() => server.names.addHost("one-more.test", "10.0.0.9"), { code: "ENFILE" });
    assert.throws(() => server.names.addHost("a..b", "10.0.0.9"), { code: "ERR_NAME" });
    await close();
  });
});
