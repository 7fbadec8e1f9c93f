// Options of TCP sockets, urgent data, and news of trouble, as applications use them: two machines on a cable that can
// be cut without either noticing.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SocketOption } from "../../assembly/abi/sockets.ts";
import type { VirtualClock } from "../../host/clock.ts";
import { InputError, type StackError } from "../../host/errors.ts";
import type { TcpConnection } from "../../host/socket/tcp-connection.ts";
import type { TcpOptions } from "../../host/socket/tcp-options.ts";
import type { Wire, WireEnd } from "../../host/wire/wire.ts";
import { connected, discard, noise, type Pair, PORT, RIGHT, readAll, rejectsWith, virtualPair } from "./pair.ts";

/** A wire that swallows every frame in both directions once it is cut; the link stays up. */
class CutWire implements Wire {
  isCut = false;
  #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get name(): string {
    return this.#wire.name;
  }

  get up(): boolean {
    return this.#wire.up;
  }

  get carriesFcs(): boolean {
    return this.#wire.carriesFcs;
  }

  attach(end: WireEnd): void {
    this.#wire.attach({
      receive: (frame) => (this.isCut ? undefined : end.receive(frame)),
      linkChanged: (up) => end.linkChanged(up),
    });
  }

  send(frame: Uint8Array): void {
    if (!this.isCut) this.#wire.send(frame);
  }

  close(): void {
    this.#wire.close();
  }
}

interface Cuttable extends Pair<VirtualClock> {
  cut(): void;
}

async function cuttablePair(): Promise<Cuttable> {
  let wire: CutWire | null = null;
  const wrap = (inner: Wire): Wire => {
    wire = new CutWire(inner);
    return wire;
  };
  const pair = await virtualPair({ delay: 1000, wrap });
  return Object.assign(pair, {
    cut: () => {
      assert.ok(wire);
      wire.isCut = true;
    },
  });
}

/** Both ends of a connection whose ends were given these options. */
async function connectedWith(
  pair: Pair<VirtualClock>,
  options: TcpOptions & { ecn?: boolean },
  listening: TcpOptions = {},
): Promise<[TcpConnection, TcpConnection]> {
  const listener = await pair.right.listen({ port: PORT, ...listening });
  const accepted = listener.accept();
  const near = await pair.clock.settle(pair.left.connect({ address: RIGHT, port: PORT, ...options }));
  const far = await pair.clock.settle(accepted);
  listener.close();
  return [near, far];
}

/** Seconds of the clock until `promise` rejects with that code. */
async function secondsUntil(pair: Pair<VirtualClock>, promise: Promise<unknown>, code: string): Promise<number> {
  const began = pair.clock.now();
  await pair.clock.settle(rejectsWith(promise, code));
  return (pair.clock.now() - began) / 1e6;
}

function everyOption(connection: TcpConnection): Record<string, number> {
  const names = [
    "NO_DELAY",
    "KEEPALIVE",
    "KEEPALIVE_IDLE",
    "CONGESTION",
    "USER_TIMEOUT",
    "USER_TIMEOUT_OPTION",
    "LINGER",
  ] as const;
  return Object.fromEntries(names.map((name) => [name, connection.getOption(SocketOption[name])]));
}

describe("options of a connection", () => {
  it("can be given when it is opened, and are read back in the core's units", async () => {
    const pair = await virtualPair();
    const options: TcpOptions = {
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 1500,
      congestion: "reno",
      userTimeout: 30_000,
      userTimeoutOption: true,
      linger: 5,
    };
    const expected = {
      NO_DELAY: 1,
      KEEPALIVE: 1,
      KEEPALIVE_IDLE: 2,
      CONGESTION: 0,
      USER_TIMEOUT: 30_000_000,
      USER_TIMEOUT_OPTION: 1,
      LINGER: 5,
    };
    const usual = {
      NO_DELAY: 0,
      KEEPALIVE: 0,
      KEEPALIVE_IDLE: 7200,
      CONGESTION: 1,
      USER_TIMEOUT: 100_000_000,
      USER_TIMEOUT_OPTION: 0,
      LINGER: 65_535,
    };
    const [near, far] = await connectedWith(pair, options);
    assert.deepEqual([everyOption(near), everyOption(far)], [expected, usual]);
    // A listener's are those of the connections that it accepts.
    const [client, accepted] = await connectedWith(pair, {}, options);
    assert.deepEqual([everyOption(client), everyOption(accepted)], [usual, expected]);
    await discard(pair);
  });

  it("can be changed while it is open", async () => {
    const pair = await virtualPair();
    const [near] = await connected(pair);
    near.setCongestion("reno");
    assert.equal(near.status()?.controller, "reno");
    near.setCongestion("cubic");
    assert.equal(near.status()?.controller, "cubic");
    near.setLinger(7);
    assert.equal(near.getOption(SocketOption.LINGER), 7);
    near.setLinger(null);
    near.setKeepAlive(true, 10_000);
    assert.equal(near.status()?.timer, "KEEPALIVE");
    assert.equal(near.status()?.timerIn, 10_000_000);
    near.setKeepAlive(false);
    assert.equal(near.status()?.timer, "OFF");
    assert.deepEqual(everyOption(near), {
      NO_DELAY: 0,
      KEEPALIVE: 0,
      KEEPALIVE_IDLE: 10,
      CONGESTION: 1,
      USER_TIMEOUT: 100_000_000,
      USER_TIMEOUT_OPTION: 0,
      LINGER: 65_535,
    });
    await discard(pair);
  });

  it("reach the peer, where both want that: how long the other may be cut off (RFC 5482)", async () => {
    const pair = await virtualPair();
    const [near, far] = await connectedWith(
      pair,
      { userTimeoutOption: true, userTimeout: 400_000 },
      { userTimeoutOption: true },
    );
    assert.equal(far.getOption(SocketOption.USER_TIMEOUT), 400_000_000);
    assert.equal(near.getOption(SocketOption.USER_TIMEOUT), 400_000_000);
    near.setUserTimeout(250_000);
    pair.clock.runUntil(pair.clock.now() + 1_000_000);
    assert.equal(far.getOption(SocketOption.USER_TIMEOUT), 250_000_000);
    far.setUserTimeoutOption(false);
    near.setUserTimeout(500_000);
    pair.clock.runUntil(pair.clock.now() + 1_000_000);
    assert.equal(far.getOption(SocketOption.USER_TIMEOUT), 250_000_000);
    await discard(pair);
  });

  it("are refused with a code and a sentence when they cannot be, or the connection is closed", async () => {
    const pair = await virtualPair();
    const [near] = await connected(pair);
    const refused = (call: () => void, code: string, sentence: RegExp): void =>
      assert.throws(call, (error) => {
        assert.ok(error instanceof InputError, `${error}`);
        assert.equal(error.code, code);
        assert.match(error.message, sentence);
        return true;
      });
    refused(() => near.setUserTimeout(0), "ERR_OUT_OF_RANGE", /whole number from 1 to 2147483 ms, not 0\.$/);
    refused(() => near.setLinger(-1), "ERR_OUT_OF_RANGE", /linger is a whole number from 0 to 65534 s, not -1\.$/);
    refused(() => near.setKeepAlive(true, 1e9), "ERR_OUT_OF_RANGE", /probe is a whole number from 0 to 65535 s/);
    refused(() => near.setCongestion("bbr" as "reno"), "ERR_CONGESTION", /are cubic and reno; there is no bbr\.$/);
    assert.throws(() => near.setOption(SocketOption.ECN, 1), { code: "EISCONN" });
    assert.throws(() => near.setOption(SocketOption.TTL, 0), { code: "EINVAL", syscall: "setsockopt" });
    assert.throws(() => near.getOption(99 as SocketOption), { code: "EOPNOTSUPP", syscall: "getsockopt" });
    await assert.rejects(pair.left.connect({ address: RIGHT, port: PORT, linger: 1e6 }), { code: "ERR_OUT_OF_RANGE" });
    await assert.rejects(pair.left.listen({ port: 9, userTimeout: 0.5 }), { code: "ERR_OUT_OF_RANGE" });
    await near.close();
    assert.throws(() => near.setKeepAlive(true), { code: "EBADF", syscall: "setsockopt" });
    assert.throws(() => near.getOption(SocketOption.TTL), { code: "EBADF", syscall: "getsockopt" });
    await discard(pair);
  });
});

describe("what options do", () => {
  it("keep-alive gives a silent peer up after its probes", async () => {
    const pair = await cuttablePair();
    const [near] = await connectedWith(pair, { keepAlive: true, keepAliveInitialDelay: 10_000 });
    near.setOption(SocketOption.KEEPALIVE_INTERVAL, 5);
    near.setOption(SocketOption.KEEPALIVE_COUNT, 3);
    const reading = near.read();
    // A peer that answers is left alone.
    pair.clock.runUntil(pair.clock.now() + 60_000_000);
    assert.equal(near.status()?.state, "ESTABLISHED");
    assert.ok((pair.left.counters().TcpKeepalives ?? 0) >= 5);
    pair.cut();
    // Up to 10 s of silence, then three probes with 5 s after each.
    pair.clock.runUntil(pair.clock.now() + 14_000_000);
    assert.ok((near.status()?.keepProbes ?? 0) >= 1);
    const seconds = 14 + (await secondsUntil(pair, reading, "ETIMEDOUT"));
    assert.ok(seconds > 15 && seconds <= 25, `after ${seconds} s`);
    await discard(pair);
  });

  it("a user time-out gives up what the peer does not acknowledge", async () => {
    const pair = await cuttablePair();
    const [near] = await connectedWith(pair, { userTimeout: 4000 });
    pair.cut();
    await near.write("is anybody there?");
    const seconds = await secondsUntil(pair, near.read(), "ETIMEDOUT");
    assert.ok(seconds >= 4 && seconds < 8, `after ${seconds} s`);
    await discard(pair);
  });

  it("linger 0 makes a close a reset", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const [near, far] = await connected(pair);
    near.setLinger(0);
    const reading = far.read();
    await near.close();
    await pair.clock.settle(rejectsWith(reading, "ECONNRESET"));
    await discard(pair);
  });

  it("linger bounds the time that a closed connection tries to send", async () => {
    const pair = await cuttablePair();
    const [near] = await connectedWith(pair, { linger: 3 });
    pair.cut();
    await near.write("into the void");
    await pair.clock.settle(near.close());
    const waits = (): boolean => pair.left.sockets().some(({ state }) => state === "FIN_WAIT_1");
    pair.clock.runUntil(pair.clock.now() + 2_900_000);
    assert.ok(waits(), "given up too early");
    pair.clock.runUntil(pair.clock.now() + 200_000);
    assert.ok(!waits(), "not given up");
    await discard(pair);
  });

  it("congestion notification is agreed on when the connecting side asks", async () => {
    const pair = await virtualPair();
    const [asking, asked] = await connectedWith(pair, { ecn: true });
    const [silent, other] = await connectedWith(pair, { ecn: false });
    const agreed = [asking, asked, silent, other].map((end) => end.status()?.options.includes("ecn"));
    assert.deepEqual(agreed, [true, true, false, false]);
    await discard(pair);
  });
});

describe("urgent data", () => {
  it("is announced with its distance, and stays in the stream", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const [near, far] = await connected(pair);
    const news: number[] = [];
    far.onUrgent = (ahead) => news.push(ahead);
    await near.write("plain, ");
    await near.sendUrgent("urgent");
    await near.write(", plain");
    assert.equal(far.urgentAhead, 0);
    pair.clock.runUntil(pair.clock.now() + 500_000);
    await Promise.resolve();
    assert.deepEqual(news, ["plain, urgent".length]);
    assert.equal(far.urgentAhead, "plain, urgent".length);
    const text = Buffer.from((await far.read()) ?? []).toString();
    assert.equal(text, "plain, urgent, plain");
    assert.equal(far.urgentAhead, 0);
    await discard(pair);
  });

  it("that does not fit at once is announced from its first byte on, to a reader that does not read", async () => {
    const pair = await virtualPair({ delay: 1000 });
    const [near, far] = await connected(pair);
    const data = noise(1_000_000);
    let ahead = 0;
    far.onUrgent = (bytes) => {
      ahead = bytes;
    };
    const sent = near.sendUrgent(data).then(() => near.end());
    pair.clock.runUntil(pair.clock.now() + 1_000_000);
    await Promise.resolve();
    assert.ok(ahead > 0, "the reader was told nothing");
    const arrived = await pair.clock.settle(readAll(far));
    await pair.clock.settle(sent);
    assert.ok(arrived.equals(data));
    assert.equal(far.urgentAhead, 0);
    await discard(pair);
  });

  it("has at least one byte, and needs an open connection", async () => {
    const pair = await virtualPair();
    const [near] = await connected(pair);
    await rejectsWith(near.sendUrgent(""), "EINVAL", "sendUrgent");
    await near.end();
    await rejectsWith(near.sendUrgent("!"), "EPIPE");
    await discard(pair);
  });
});

describe("trouble that may pass", () => {
  it("is told after three time-outs, and the connection lives on", async () => {
    const pair = await cuttablePair();
    const [near] = await connected(pair);
    const told: StackError[] = [];
    near.onTrouble = (trouble) => told.push(trouble);
    pair.cut();
    await near.write("is anybody there?");
    pair.clock.runUntil(pair.clock.now() + 5_000_000);
    await Promise.resolve();
    assert.ok(told.length >= 1, "nothing was told");
    assert.equal(told[0]?.code, "ETIMEDOUT");
    assert.match(told[0]?.message ?? "", /^write ETIMEDOUT 10\.0\.0\.2:7: the other side did not answer in time\.$/);
    assert.equal(near.status()?.state, "ESTABLISHED");
    await discard(pair);
  });
});
