// TCP connections and listeners as applications use them: two machines on a cable, the real core in each.

import assert from "node:assert/strict";
import { createServer, get, type IncomingMessage } from "node:http";
import { describe, it } from "node:test";
import type { VirtualClock } from "../../host/clock.ts";
import { InputError } from "../../host/errors.ts";
import type { TcpConnection } from "../../host/socket/tcp-connection.ts";
import {
  assertEmpty,
  connected,
  discard,
  LEFT,
  noise,
  type Pair,
  PORT,
  RIGHT,
  readAll,
  realPair,
  rejectsWith,
  virtualPair,
} from "./pair.ts";

describe("connections", () => {
  it("carry bytes both ways and know both ends", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const [near, far] = await connected(pair);
    assert.deepEqual([near.remoteAddress, near.remotePort], [RIGHT, PORT]);
    assert.deepEqual([far.localAddress, far.localPort], [RIGHT, PORT]);
    assert.deepEqual([far.remoteAddress, far.remotePort], [LEFT, near.localPort]);
    await near.write("over");
    assert.equal(Buffer.from((await pair.clock.settle(far.read())) ?? []).toString(), "over");
    await far.write("and back");
    assert.equal(Buffer.from((await pair.clock.settle(near.read())) ?? []).toString(), "and back");
    assert.equal(near.status()?.state, "ESTABLISHED");
    await discard(pair);
  });

  it("half-close: what was written before and what comes back after arrives whole", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const { clock, left, right } = pair;
    const [near, far] = await connected(pair);
    const question = noise(100_000);
    const answer = noise(300_000, 2);
    const talk = async (): Promise<void> => {
      const ask = near.write(question).then(() => near.end());
      assert.ok((await readAll(far)).equals(question));
      await ask;
      await rejectsWith(near.write("more"), "EPIPE");
      const reply = far.write(answer).then(() => far.end());
      assert.ok((await readAll(near)).equals(answer));
      await reply;
    };
    await clock.settle(talk());
    // Both ends were told of both ends: the descriptors are given back without a close.
    clock.runUntil(clock.now() + 100_000);
    assertEmpty(left);
    assertEmpty(right);
    assert.equal(left.sockets()[0].state, "TIME_WAIT");
    await discard(pair);
  });

  it("carry 5 MB both ways at once over a bad cable", async () => {
    const pair = await virtualPair({ loss: 0.01, duplicate: 0.01, corrupt: 0.01, reorder: 0.05, delay: 5000, seed: 3 });
    const { clock } = pair;
    const [near, far] = await connected(pair);
    const there = noise(5e6, 5);
    const back = noise(5e6, 6);
    const send = async (connection: TcpConnection, data: Uint8Array): Promise<void> => {
      await connection.write(data);
      await connection.end();
    };
    const both = Promise.all([send(near, there), send(far, back), readAll(near), readAll(far)]);
    const [, , atNear, atFar] = await clock.settle(both);
    assert.ok(atNear.equals(back) && atFar.equals(there));
    assert.ok(pair.left.macs[0].counters.rxFcsErrors > 0, "no damaged frame reached the adapter");
    await discard(pair);
  });

  it("carry 5 MB both ways at once over a perfect cable in real time", async () => {
    const pair = await realPair();
    const listener = await pair.right.listen({ port: PORT });
    const accepted = listener.accept();
    const near = await pair.left.connect({ address: RIGHT, port: PORT });
    const far = await accepted;
    const there = noise(5e6, 5);
    const back = noise(5e6, 6);
    const ends = [near.write(there).then(() => near.end()), far.write(back).then(() => far.end())];
    const [atNear, atFar] = await Promise.all([readAll(near), readAll(far), ...ends]);
    assert.ok(atNear.equals(back) && atFar.equals(there));
    await pair.left.close();
    await pair.right.close();
  });

  it("stop a writer whose reader does not read, and lose nothing when it does", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const { clock } = pair;
    const [near, far] = await connected(pair);
    const data = noise(2e6);
    let written = false;
    const writing = near.write(data).then(() => {
      written = true;
      return near.end();
    });
    clock.runUntil(clock.now() + 10e6);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(written, false);
    assert.equal(near.status()?.blocked, "PEER_WINDOW");
    assert.equal(near.status()?.timer, "PERSIST");
    const held = far.status()?.recvQ ?? 0;
    // A quarter of a megabyte is the largest window of the profile.
    assert.ok(held > 10_000 && held < 300_000, `${held} bytes wait at the reader`);
    // A slow reader: a piece each 10 ms.
    const slowly = async (): Promise<Buffer> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of far) {
        pieces.push(piece);
        await new Promise<void>((resolve) => {
          clock.at(clock.now() + 10_000, resolve);
        });
      }
      return Buffer.concat(pieces);
    };
    const received = await clock.settle(slowly());
    await writing;
    assert.ok(received.equals(data));
    await discard(pair);
  });

  it("keep the order of writes that do not wait for each other", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const [near, far] = await connected(pair);
    const pieces = Array.from({ length: 200 }, (_, i) => noise(1 + ((i * 977) % 5000), i));
    const writes = pieces.map((piece) => near.write(piece));
    const ended = near.end();
    const received = await pair.clock.settle(readAll(far));
    await Promise.all([...writes, ended]);
    assert.ok(received.equals(Buffer.concat(pieces)));
    await discard(pair);
  });

  it("that are refused, go nowhere, or find nobody say which", async () => {
    const { clock, left, right } = await virtualPair({ delay: 1000 });
    const refused = left.connect({ address: RIGHT, port: 81 });
    await rejectsWith(clock.settle(refused), "ECONNREFUSED", "connect");
    await assert.rejects(refused, { errno: -111, address: RIGHT, port: 81 });
    await rejectsWith(clock.settle(left.connect({ address: "10.0.0.9", port: 81 })), "EHOSTUNREACH", "connect");
    await rejectsWith(clock.settle(left.connect({ address: "192.0.2.1", port: 81 })), "ENETUNREACH", "connect");
    const start = clock.now();
    await rejectsWith(
      clock.settle(left.connect({ address: "10.0.0.9", port: 81, timeout: 250 })),
      "ETIMEDOUT",
      "connect",
    );
    assert.equal(clock.now() - start, 250_000);
    await assert.rejects(left.connect({ address: "nowhere", port: 81 }), InputError);
    await assert.rejects(left.connect({ address: RIGHT, port: 65536 }), InputError);
    await discard({ clock, left, right } as Pair<VirtualClock>);
  });

  it("that are reset fail what waits and what follows", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const [near, far] = await connected(pair);
    const reading = near.read();
    far.abort();
    await rejectsWith(pair.clock.settle(reading), "ECONNRESET", "read");
    await rejectsWith(near.write("x"), "ECONNRESET");
    await rejectsWith(near.read(), "ECONNRESET");
    await rejectsWith(far.read(), "ECONNABORTED");
    await near.close();
    assertEmpty(pair.left);
    assertEmpty(pair.right);
    await discard(pair);
  });

  it("that are closed answer EBADF, end the reader, and still deliver what was written", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const [near, far] = await connected(pair);
    const reading = near.read();
    const data = noise(500_000);
    const writing = near.write(data);
    const closing = near.close();
    await rejectsWith(near.write("late"), "EBADF");
    assert.ok((await pair.clock.settle(readAll(far))).equals(data));
    await Promise.all([writing, closing]);
    assert.equal(await reading, null);
    await rejectsWith(near.read(), "EBADF");
    assert.throws(() => near.setNoDelay(), { code: "EBADF" });
    await near.close();
    await pair.clock.settle(far.close());
    pair.clock.runUntil(pair.clock.now() + 100_000);
    assertEmpty(pair.left);
    assertEmpty(pair.right);
    await discard(pair);
  });

  it("run node:http unchanged over toDuplex", async () => {
    const { clock, left, right } = await virtualPair({ delay: 1000 });
    const body = noise(200_000);
    const server = createServer((request, response) => response.end(request.url === "/x" ? body : "no"));
    const listener = await right.listen({ port: 80 });
    const serving = (async () => {
      for await (const connection of listener) server.emit("connection", connection.toDuplex());
    })();
    const connection = await clock.settle(left.connect({ address: RIGHT, port: 80 }));
    const fetching = new Promise<Buffer>((resolve, reject) => {
      const request = get({ path: "/x", createConnection: () => connection.toDuplex() }, (message: IncomingMessage) => {
        assert.equal(message.statusCode, 200);
        readAll(message).then(resolve, reject);
      });
      request.on("error", reject);
    });
    assert.ok((await clock.settle(fetching)).equals(body));
    listener.close();
    await serving;
    server.close();
    await discard({ clock, left, right } as Pair<VirtualClock>);
  });
});

describe("listeners", () => {
  it("hand out connections in order, hold those that nobody has accepted, and end with close", async () => {
    const { clock, left, right } = await virtualPair({ delay: 1000 });
    const listener = await right.listen({ port: PORT, backlog: 4 });
    const clients = await clock.settle(Promise.all([1, 2, 3].map(() => left.connect({ address: RIGHT, port: PORT }))));
    clock.runUntil(clock.now() + 10_000);
    assert.equal(listener.status()?.recvQ, 3);
    for (const client of clients) {
      assert.equal((await listener.accept()).remotePort, client.localPort);
    }
    const waiting = listener.accept();
    listener.close();
    await rejectsWith(waiting, "EBADF", "accept");
    await rejectsWith(listener.accept(), "EBADF");
    for await (const connection of listener) assert.fail(`${connection.remotePort} after close`);
    await rejectsWith(clock.settle(left.connect({ address: RIGHT, port: PORT })), "ECONNREFUSED");
    await discard({ clock, left, right } as Pair<VirtualClock>);
  });

  it("choose a port when asked to, and refuse one that is taken or an address that is not theirs", async () => {
    const pair = await virtualPair();
    const listener = await pair.right.listen({ port: 0 });
    assert.ok(listener.port >= 1024);
    await rejectsWith(pair.right.listen({ port: listener.port }), "EADDRINUSE", "bind");
    await rejectsWith(pair.right.listen({ port: 1, address: "10.0.0.77" }), "EADDRNOTAVAIL", "bind");
    await discard(pair);
  });
});
