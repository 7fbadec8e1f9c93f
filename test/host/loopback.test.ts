// A machine that speaks with itself: TCP, UDP and ping through the loopback, and nothing of it on the wire.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SocketOption } from "../../assembly/abi/sockets.ts";
import { VirtualClock } from "../../host/clock.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { debugFirmware } from "../sim/debug-firmware.ts";
import { assertEmpty, noise, readAll, rejectsWith } from "./pair.ts";

const OWN = "10.0.0.1";
const OTHER_OWN = "10.1.0.1";
const NAMES = ["127.0.0.1", "127.1.2.3", OWN, OTHER_OWN];
const PORT = 7;

interface Lone {
  clock: VirtualClock;
  stack: Stack;
  /** Frames that have left the machine. */
  frames: Uint8Array[];
}

/** A machine with two adapters, at whose wires somebody only listens; the build with assertions. */
async function lone(): Promise<Lone> {
  const clock = new VirtualClock();
  const frames: Uint8Array[] = [];
  const wires = [OWN, OTHER_OWN].map((address) => {
    const { left, right } = createCable();
    right.attach({ receive: (frame) => frames.push(frame.slice()), linkChanged: () => {} });
    return { wire: left, address: `${address}/24` };
  });
  return { clock, frames, stack: await createStack({ wires, clock, seed: 1, wasm: await debugFirmware("node") }) };
}

describe("loopback", () => {
  for (const address of NAMES) {
    it(`answers a ping to ${address} without a frame`, async () => {
      const { clock, stack, frames } = await lone();
      assert.deepEqual(await clock.settle(stack.ping(address)), { bytes: 56, ttl: 64, micros: 0 });
      assert.equal((await clock.settle(stack.ping(address, { bytes: 1472 }))).bytes, 1472);
      assert.equal(frames.length, 0);
      assertEmpty(stack);
      await stack.close();
    });

    it(`carries TCP to ${address}, both ways at once, and leaves nothing behind`, async () => {
      const { clock, stack, frames } = await lone();
      const before = stack.memory().find(({ name }) => name === "PACKETS")?.used;
      const listener = await stack.listen({ port: PORT });
      const accepted = listener.accept();
      const near = await clock.settle(stack.connect({ address, port: PORT }));
      const far = await clock.settle(accepted);
      assert.equal(near.localAddress, address);
      assert.equal(far.remoteAddress, address);
      await listener.close();
      const data = noise(3_000_000);
      const send = async (end: typeof near) => {
        await end.write(data);
        await end.end();
      };
      const [, , there, back] = await clock.settle(Promise.all([send(near), send(far), readAll(far), readAll(near)]));
      assert.ok(Buffer.from(data).equals(there) && Buffer.from(data).equals(back));
      await Promise.all([near.close(), far.close()]);
      clock.runUntil(clock.now() + 1_000_000);
      assert.equal(frames.length, 0);
      assert.equal(stack.counters().TcpRetransSegs, 0);
      assert.equal(stack.counters().LoopbackNoPacket, 0);
      assertEmpty(stack);
      assert.equal(stack.memory().find(({ name }) => name === "PACKETS")?.used, before);
      await stack.close();
    });
  }

  it("carries datagrams between two sockets of the machine, and the error when nobody has the port", async () => {
    const { clock, stack, frames } = await lone();
    const server = await stack.udp({ port: 53, address: "127.0.0.1" });
    const client = await stack.udp({ address: OWN });
    await client.send("question", "127.0.0.1", 53);
    const question = await clock.settle(server.receive());
    assert.deepEqual([question.address, question.port], [OWN, client.localPort]);
    await server.send("answer", question.address, question.port);
    assert.equal(Buffer.from((await clock.settle(client.receive())).data).toString(), "answer");
    const lost = await stack.udp();
    lost.connect("127.0.0.1", 9);
    await lost.send("anyone?");
    await rejectsWith(clock.settle(lost.receive()), "ECONNREFUSED");
    await rejectsWith(clock.settle(stack.connect({ address: OWN, port: 9 })), "ECONNREFUSED");
    assert.equal(frames.length, 0);
    await stack.close({ linger: 0 });
  });

  it("keeps two sockets that answer each other for ever from holding up the rest", async () => {
    const { clock, stack } = await lone();
    const sockets = await Promise.all([stack.udp({ port: 1 }), stack.udp({ port: 2 })]);
    let bounces = 0;
    const bounce = async (socket: (typeof sockets)[0], to: number): Promise<void> => {
      while (bounces < 2000) {
        const { data } = await socket.receive();
        bounces++;
        await socket.send(data, "127.0.0.1", to);
      }
    };
    const playing = Promise.all([bounce(sockets[0], 2), bounce(sockets[1], 1)]);
    for (let i = 0; i < 20; i++) await sockets[0].send(Uint8Array.of(i), "127.0.0.1", 2);
    const pinged = clock.settle(stack.ping(OWN));
    assert.equal((await pinged).micros, 0);
    assert.ok(bounces < 2000, "the ping came last");
    await clock.settle(playing);
    await stack.close({ linger: 0 });
  });

  it("serves many connections of the machine with itself at once", async () => {
    const { clock, stack, frames } = await lone();
    const listener = await stack.listen({ port: PORT });
    const data = noise(200_000);
    const serve = async (): Promise<void> => {
      const end = await listener.accept();
      await end.write(await readAll(end));
      await end.close();
    };
    const ask = async (): Promise<void> => {
      const end = await stack.connect({ address: OWN, port: PORT });
      await end.write(data);
      await end.end();
      assert.ok(Buffer.from(data).equals(await readAll(end)));
      await end.close();
    };
    await clock.settle(Promise.all(Array.from({ length: 30 }, () => [serve(), ask()]).flat()));
    await listener.close();
    assert.equal(frames.length, 0);
    assertEmpty(stack);
    await stack.close();
  });

  it("opens a connection of a socket with itself, as two that open at once do", async () => {
    const { clock, stack } = await lone();
    const self = await clock.settle(stack.connect({ address: OWN, port: 4000, localAddress: OWN, localPort: 4000 }));
    await self.write("echo");
    assert.equal(Buffer.from((await clock.settle(self.read())) ?? []).toString(), "echo");
    await self.end();
    assert.equal(await clock.settle(self.read()), null);
    await self.close();
    clock.runUntil(clock.now() + 1_000_000);
    assertEmpty(stack);
    await stack.close();
  });

  it("does not lead out: not from 127.0.0.1 to others, nor for a socket that is bound to an adapter", async () => {
    const { clock, stack } = await lone();
    const local = await stack.udp({ address: "127.0.0.1" });
    await rejectsWith(local.send("x", "10.0.0.9", 9), "ENETUNREACH");
    const bound = await clock.settle(
      stack.connect({ address: OWN, port: PORT, localAddress: "127.0.0.1" }).catch((error) => error),
    );
    assert.equal(bound.code, "ECONNREFUSED");
    const { exports } = stack.core;
    const fd = exports.socket(2, 0);
    assert.equal(exports.setOption(fd, SocketOption.BOUND_ADAPTER, 0), 0);
    const own = stack.core.putAddress(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1));
    assert.equal(exports.connect(fd, own, 9), -101);
    exports.close(fd);
    await stack.close({ linger: 0 });
  });
});
