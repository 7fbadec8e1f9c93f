// Datagrams, pings and whole stacks as applications use them: two machines on a cable, the real core in each.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { InputError, StackError } from "../../host/errors.ts";
import { createStack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import {
  assertEmpty,
  connected,
  discard,
  LEFT,
  noise,
  type Pair,
  RIGHT,
  readAll,
  rejectsWith,
  virtualPair,
} from "./pair.ts";

describe("datagrams", () => {
  it("go to a port and back to where they came from, whole, also when empty", async () => {
    const { clock, left, right } = await virtualPair({ delay: 1000 });
    const server = await right.udp({ port: 53 });
    const client = await left.udp();
    for (const bytes of [0, 1, 1472, 1473, 2952, 65_507]) {
      await client.send(noise(bytes), RIGHT, 53);
      const question = await clock.settle(server.receive());
      assert.deepEqual([question.address, question.port, question.data.length], [LEFT, client.localPort, bytes]);
      await server.send(question.data, question.address, question.port);
      assert.deepEqual(await clock.settle(client.receive()), { data: noise(bytes), address: RIGHT, port: 53, ttl: 64 });
    }
    await rejectsWith(client.send(noise(65_508), RIGHT, 53), "EMSGSIZE", "send");
    await rejectsWith(client.send("x"), "ENOTCONN");
    await rejectsWith(client.send("x", "192.0.2.1", 53), "ENETUNREACH");
    server.close();
    await rejectsWith(server.receive(), "EBADF");
    await discard({ clock, left, right } as Pair<VirtualClock>);
  });

  it("to a port that nobody serves come back as ECONNREFUSED to a connected socket, which lives on", async () => {
    const { clock, left, right } = await virtualPair({ delay: 1000 });
    const client = await left.udp();
    client.connect(RIGHT, 9);
    await client.send("anyone?");
    await rejectsWith(clock.settle(client.receive()), "ECONNREFUSED");
    const server = await right.udp({ port: 9 });
    await client.send("now?");
    assert.equal(Buffer.from((await clock.settle(server.receive())).data).toString(), "now?");
    await discard({ clock, left, right } as Pair<VirtualClock>);
  });

  it("wait for room when many are sent at once, and none is lost on the way", async () => {
    const { clock, left, right } = await virtualPair({ delay: 1000, rate: 100e6, queue: 1000 });
    // While a neighbor's address is sought only a few datagrams wait for it.
    await clock.settle(left.ping(RIGHT));
    const server = await right.udp({ port: 9 });
    const client = await left.udp();
    const sends = Array.from({ length: 300 }, (_, i) => client.send(Uint8Array.of(i >> 8, i), RIGHT, 9));
    const seen: number[] = [];
    const receiving = (async () => {
      while (seen.length < 300) {
        const { data } = await server.receive();
        seen.push((data[0] << 8) | data[1]);
      }
    })();
    await clock.settle(Promise.all([...sends, receiving]));
    assert.deepEqual(
      seen,
      Array.from({ length: 300 }, (_, i) => i),
    );
    await discard({ clock, left, right } as Pair<VirtualClock>);
  });
});

describe("ping", () => {
  it("tells time, size and time to live", async () => {
    const { clock, left, right } = await virtualPair({ delay: 10_000 });
    await clock.settle(left.ping(RIGHT));
    assert.deepEqual(await clock.settle(left.ping(RIGHT, { bytes: 1472 })), { bytes: 1472, ttl: 64, micros: 20_000 });
    assert.deepEqual(await clock.settle(left.ping(RIGHT, { bytes: 0 })), { bytes: 0, ttl: 64, micros: 20_000 });
    await rejectsWith(clock.settle(left.ping(RIGHT, { timeout: 15 })), "ETIMEDOUT", "ping");
    await rejectsWith(clock.settle(left.ping("10.0.0.9", { timeout: 10_000 })), "EHOSTUNREACH", "ping");
    await rejectsWith(clock.settle(left.ping("192.0.2.1")), "ENETUNREACH", "ping");
    const large = await clock.settle(left.ping(RIGHT, { bytes: 65_507 }));
    assert.deepEqual(large, { bytes: 65_507, ttl: 64, micros: 20_000 });
    assertEmpty(left);
    await discard({ clock, left, right } as Pair<VirtualClock>);
  });
});

describe("a stack", () => {
  it("follows its link", async () => {
    const { clock, cable, left, right } = await virtualPair({ delay: 1000 });
    await clock.settle(left.ping(RIGHT));
    assert.equal(left.core.exports.linkUp(0), 1);
    cable.unplug();
    clock.runUntil(clock.now() + 1000);
    assert.equal(left.core.exports.linkUp(0), 0);
    await assert.rejects(clock.settle(left.ping(RIGHT)), StackError);
    cable.plug();
    clock.runUntil(clock.now() + 1000);
    assert.equal((await clock.settle(left.ping(RIGHT))).bytes, 56);
    await discard({ clock, left, right } as Pair<VirtualClock>);
  });

  it("has several adapters, each on its own network", async () => {
    const { clock, cable, left, right } = await virtualPair();
    const [here, there] = createCable();
    const middle = await createStack({
      clock,
      seed: 5,
      wires: [
        { wire: here, address: "10.1.0.1/24", mac: "02:11:11:11:11:11" },
        { wire: createCable()[Symbol.iterator]().next().value, address: "10.2.0.1/24" },
      ],
    });
    const far = await createStack({
      clock,
      seed: 6,
      wires: [{ wire: there, address: "10.1.0.2/24", gateway: "10.1.0.1" }],
    });
    assert.equal((await clock.settle(middle.ping("10.1.0.2"))).bytes, 56);
    assert.deepEqual(
      far.neighbors().map(({ address, mac }) => [address, mac]),
      [["10.1.0.1", "02:11:11:11:11:11"]],
    );
    assert.equal(middle.addresses().length, 2);
    assert.deepEqual(
      far.routes().map(({ destination, gateway }) => [destination, gateway]),
      [
        ["10.1.0.0/24", null],
        ["0.0.0.0/0", "10.1.0.1"],
      ],
    );
    assert.ok(cable.left.up);
    await discard({ clock, cable, left: middle, right: far });
    await discard({ clock, cable, left, right });
  });

  it("repeats itself exactly when seeds and clock are the same", async () => {
    const run = async (): Promise<{ frames: string[]; end: number }> => {
      const frames: string[] = [];
      const pair = await virtualPair({ loss: 0.05, delay: 3000, seed: 9 });
      const send = pair.cable.right.send.bind(pair.cable.right);
      pair.cable.right.send = (frame) => {
        frames.push(Buffer.from(frame).toString("hex"));
        send(frame);
      };
      const [near, far] = await connected(pair);
      const sent = near.write(noise(100_000)).then(() => near.end());
      await pair.clock.settle(readAll(far));
      await sent;
      const end = pair.clock.now();
      await discard(pair);
      return { frames, end };
    };
    assert.deepEqual(await run(), await run());
  });

  it("lets its connections end when it is closed, refuses calls after, and closes its wires", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const [near, far] = await connected(pair);
    const data = noise(50_000);
    await near.write(data);
    const pending = near.read();
    const closing = pair.left.close();
    assert.equal(pair.left.close(), closing);
    const received = await pair.clock.settle(readAll(far));
    assert.ok(received.equals(data));
    await far.end();
    await pair.clock.settle(closing);
    assert.equal(await pending, null);
    assert.equal(pair.cable.right.up, false);
    await rejectsWith(pair.left.connect({ address: RIGHT, port: 1 }), "ENETDOWN");
    await assert.rejects(pair.left.ping(RIGHT), StackError);
    await pair.right.close({ linger: 0 });
  });

  it("resets what is open when it is closed without lingering", async () => {
    const pair = await virtualPair();
    const [near, far] = await connected(pair);
    const pending = near.read();
    await pair.left.close({ linger: 0 });
    await rejectsWith(pending, "ECONNABORTED");
    await rejectsWith(pair.clock.settle(far.read()), "ECONNRESET");
    await pair.right.close({ linger: 0 });
  });

  it("refuses what cannot be used, each with a code and a sentence", async () => {
    const { left: wire } = createCable();
    const wrong: [Parameters<typeof createStack>[0], string][] = [
      [{ wires: [{ wire, address: "10.0.0.1" }] }, "ERR_ADDRESS"],
      [{ wires: [{ wire, address: "10.0.0.1/24", mac: "1" }] }, "ERR_MAC"],
      [{ wires: [{ wire }], profile: "nonesuch" }, "ERR_PROFILE"],
      [{ wires: [{ wire }], seed: 0.5 }, "ERR_SEED"],
    ];
    for (const [options, code] of wrong) {
      await assert.rejects(createStack(options), (error) => error instanceof InputError && error.code === code);
    }
    const many = Array.from({ length: 5 }, () => ({ wire: createCable().left }));
    await rejectsWith(createStack({ wires: many }), "ENFILE", "addAdapter");
  });

  it("works the same where the bus sees its memory at another address", async () => {
    const clock = new VirtualClock();
    const { left: near, right: far } = createCable();
    const options = { clock, seed: 1, dmaBase: 0x2000_0000 };
    const left = await createStack({ ...options, wires: [{ wire: near, address: `${LEFT}/24` }] });
    const right = await createStack({ ...options, wires: [{ wire: far, address: `${RIGHT}/24` }] });
    assert.equal((await clock.settle(left.ping(RIGHT, { bytes: 1000 }))).bytes, 1000);
    assert.equal(left.macs[0].counters.descriptorErrors, 0);
    await left.close();
    await right.close();
  });

  it("lists its memory, with whatever it has used", async () => {
    const pair = await virtualPair();
    const before = pair.left.memory();
    const [near] = await connected(pair);
    const after = pair.left.memory();
    const used = (regions: typeof before, name: string): number =>
      regions.find((region) => region.name === name)?.used ?? -1;
    assert.equal(used(after, "TCBS") - used(before, "TCBS"), 1);
    assert.ok(after.reduce((sum, { bytes }) => sum + bytes, 0) > 1e6);
    near.abort();
    await discard(pair);
  });
});
