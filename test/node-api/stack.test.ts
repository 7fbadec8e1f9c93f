// What is a stack's own about `stack.net`, `stack.dgram` and `stack.dns`: names, zones, the end of the stack, and memory
// that stays flat.

import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { describe, it } from "node:test";
import { InputError } from "../../host/errors.ts";
import { createStack, type Stack, type StackOptions } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { memoryInUse } from "./memory.ts";

const RIGHT = "10.0.0.2";

async function twoStacks(options: Partial<StackOptions> = {}): Promise<{ left: Stack; right: Stack }> {
  const cable = createCable();
  const addressed = (wire: typeof cable.left, host: number): StackOptions => ({
    wires: [{ wire, address: [`10.0.0.${host}/24`, `fd00::${host}/64`, `fe80::${host}/64`], claim: false }],
    ...options,
  });
  const [left, right] = await Promise.all([
    createStack(addressed(cable.left, 1)),
    createStack(addressed(cable.right, 2)),
  ]);
  return { left, right };
}

async function discard(...stacks: Stack[]): Promise<void> {
  await Promise.all(stacks.map((stack) => stack.close({ linger: 0 })));
}

async function listen(stack: Stack, onConnection: (socket: Socket) => void, host?: string): Promise<[Server, number]> {
  const server = stack.net.createServer(onConnection);
  server.listen(0, host);
  await once(server, "listening");
  return [server, (server.address() as AddressInfo).port];
}

const HOSTS = { "printer.lan": RIGHT, both: ["fd00::2", RIGHT] };

describe("names", () => {
  it("are found in the table of hosts, in any case, and localhost without it", async () => {
    const { left, right } = await twoStacks({ hosts: HOSTS });
    const { lookup } = left.dns.promises;
    assert.deepEqual(await lookup("Printer.LAN."), { address: RIGHT, family: 4 });
    assert.deepEqual(await lookup("both", { all: true }), [
      { address: "fd00::2", family: 6 },
      { address: RIGHT, family: 4 },
    ]);
    assert.deepEqual(await lookup("both", { all: true, order: "ipv4first" }), [
      { address: RIGHT, family: 4 },
      { address: "fd00::2", family: 6 },
    ]);
    assert.deepEqual(await lookup("both", 4), { address: RIGHT, family: 4 });
    assert.deepEqual(await lookup("localhost", { family: 6 }), { address: "::1", family: 6 });
    assert.deepEqual(await lookup("fd00::7"), { address: "fd00::7", family: 6 });
    await discard(left, right);
  });

  it("that nobody knows are ENOTFOUND as Node words it, and queries say that there is no server to ask", async () => {
    const { left, right } = await twoStacks();
    const unknown = {
      message: "getaddrinfo ENOTFOUND nowhere.lan",
      code: "ENOTFOUND",
      errno: -3008,
      hostname: "nowhere.lan",
    };
    await assert.rejects(left.dns.promises.lookup("nowhere.lan"), unknown);
    const near = left.net.connect(80, "nowhere.lan");
    await assert.rejects(once(near, "connect"), { ...unknown, syscall: "getaddrinfo" });
    await assert.rejects(left.dns.promises.resolve4("a.test"), { code: "ECONNREFUSED", hostname: "a.test" });
    assert.throws(() => left.dns.lookup("x"), { code: "ERR_INVALID_ARG_TYPE" });
    const known = await new Promise((resolve) =>
      left.dns.lookup("10.0.0.9", (...answer: unknown[]) => resolve(answer)),
    );
    assert.deepEqual(known, [null, "10.0.0.9", 4]);
    await discard(left, right);
  });

  it("with addresses that are none are refused", async () => {
    const [wire] = createCable();
    const wrong = createStack({ wires: [{ wire }], hosts: { a: "10.0.0" } });
    await assert.rejects(wrong, (error) => error instanceof InputError && error.code === "ERR_HOSTS");
  });

  it("lead sockets to both addresses of a host, one after the other", async () => {
    const { left, right } = await twoStacks({ hosts: HOSTS });
    const [, port] = await listen(right, (far) => far.end("hello"), RIGHT);
    const near = left.net.connect(port, "both");
    await once(near, "connect");
    assert.deepEqual(near.autoSelectFamilyAttemptedAddresses, [`fd00::2:${port}`, `${RIGHT}:${port}`]);
    await discard(left, right);
  });
});

describe("addresses", () => {
  it("of a link work with their zone", async () => {
    const { left, right } = await twoStacks();
    const [, port] = await listen(right, (far) => far.end(`${far.localAddress}`));
    const near = left.net.connect(port, "fe80::2%0");
    const [data] = await once(near, "data");
    assert.equal(`${data}`, "fe80::2");
    await discard(left, right);
  });

  it("0.0.0.0 as a server's are those of IPv4 alone, and as a peer's this machine", async () => {
    const { left, right } = await twoStacks();
    const [, port] = await listen(right, (far) => far.end(), "0.0.0.0");
    const six = left.net.connect(port, "fd00::2");
    six.resume();
    const [reason] = await new Promise<unknown[]>((resolve) => six.once("error", (...args) => resolve(args)));
    assert.equal((reason as NodeJS.ErrnoException).code, "ECONNRESET");
    const own = right.net.connect(port, "0.0.0.0");
    await once(own, "connect");
    assert.equal(own.remoteAddress, "127.0.0.1");
    await discard(left, right);
  });
});

describe("a stack that is closed", () => {
  it("ends its sockets and servers in good order, and what was written arrives", async () => {
    const { left, right } = await twoStacks();
    let received = "";
    const [, port] = await listen(right, (far) => far.on("data", (data) => (received += data)));
    const near = left.net.connect(port, RIGHT);
    await once(near, "connect");
    near.write("last words");
    const events: string[] = [];
    for (const event of ["finish", "error", "close"]) near.on(event, () => events.push(event));
    await left.close();
    assert.deepEqual(events, ["finish", "close"]);
    assert.equal(received, "last words");
    const udp = right.dgram.createSocket("udp4");
    udp.bind(0);
    await once(udp, "listening");
    const gone = once(udp, "close");
    await right.close({ linger: 50 });
    await gone;
  });

  it("answers ENETDOWN to who connects, listens or binds", async () => {
    const { left, right } = await twoStacks();
    await discard(left, right);
    await assert.rejects(once(left.net.connect(7, RIGHT), "connect"), { code: "ENETDOWN", syscall: "connect" });
    await assert.rejects(once(left.net.createServer().listen(7), "listening"), { code: "ENETDOWN", syscall: "listen" });
    await assert.rejects(once(left.dgram.createSocket("udp4").bind(7), "listening"), {
      code: "ENETDOWN",
      syscall: "bind",
    });
  });
});

describe("memory", () => {
  const megabytes = process.env.THIMBLE_FULL ? 1024 : 128;

  it(`stays flat while ${megabytes} MB go through a pipe to a reader that is slower than the writer`, async () => {
    const { left, right } = await twoStacks();
    const total = megabytes * 2 ** 20;
    let received = 0;
    let pauses = 0;
    let mostHeld = 0;
    const [, port] = await listen(right, (far) => {
      far.on("data", (data) => {
        received += data.length;
        mostHeld = Math.max(mostHeld, far.readableLength);
        if (++pauses % 64 > 0) return;
        far.pause();
        setImmediate(() => far.resume());
      });
    });
    const near = left.net.connect(port, RIGHT);
    const piece = Buffer.alloc(65_536, 7);
    let sent = 0;
    let mostWaiting = 0;
    const before = await memoryInUse();
    while (sent < total) {
      sent += piece.length;
      const more = near.write(piece);
      mostWaiting = Math.max(mostWaiting, near.writableLength);
      if (!more) await once(near, "drain");
    }
    near.end();
    await once(near, "finish");
    while (received < total) await new Promise((resolve) => setImmediate(resolve));
    const grown = (await memoryInUse()) - before;
    assert.equal(received, total);
    assert.ok(mostWaiting <= near.writableHighWaterMark + piece.length, `${mostWaiting} bytes waited to be written`);
    assert.ok(mostHeld <= 2 * 65_536, `${mostHeld} bytes waited to be read`);
    assert.ok(grown < 4 * 2 ** 20, `${grown} bytes more are in use`);
    await discard(left, right);
  });
});
