// A flood of SYNs from forged addresses does not keep a real client from connecting and fetching while it lasts; nor do
// ten thousand half-open connections, nor as many in TIME-WAIT. When their time is over the pools are as full as before.
// All in virtual time, on a cable with a gigabit of SYNs beside the client's frames.
// 50,000 SYNs; a million with THIMBLE_FULL=1; from another seed with THIMBLE_SEED=n.

import assert from "node:assert/strict";
import { VirtualClock } from "../../host/clock.ts";
import { parseAddress, parseMac } from "../../host/core/address.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { test } from "../runner/recorded.ts";
import { FloodedWire } from "./flooded-wire.ts";
import { ELSEWHERE, ForgedSyns, type Range } from "./forged-syns.ts";
import { LEFT_ADDRESS, PATIENCE, PORT, RIGHT_ADDRESS, randomFile, receiveExactly, sendAll } from "./network.ts";

const SYNS = process.env.THIMBLE_FULL ? 1_000_000 : 50_000;
const SEED = Number(process.env.THIMBLE_SEED ?? 1);
const HALF_OPEN = 10_000;
const WAITING = 10_000;
/** Connections that are opened at once, and then closed. */
const BATCH = 100;
const FILE_BYTES = 1_000_000;
/** Microseconds: of the cable, and until SYN,ACKs are given up, all records of TIME-WAIT end and neighbors are forgotten. */
const DELAY = 1_000;
const LONG_AFTER = 200_000_000;

const RIGHT_MAC = "02:00:0a:00:00:02";
const LEFT_MAC = "02:00:0a:00:00:01";
/** On the victim's own network: it asks for the Ethernet addresses of these, and nobody answers. */
const NEARBY: Range = { network: Uint8Array.of(10, 0, 128, 0), prefixLength: 17 };
const RANGES = [NEARBY, ELSEWHERE];
const POOLS = ["PACKETS", "TCBS", "SYN_QUEUE", "TIME_WAIT"];

/** A client and a server, whose wire may be flooded. The server hands its file to everyone who connects. */
class Scene {
  readonly file = randomFile(SEED, FILE_BYTES);
  readonly syns: ForgedSyns;
  readonly #before: Record<string, number>;

  static async create(): Promise<Scene> {
    const clock = new VirtualClock();
    const cable = createCable({ delay: DELAY, clock });
    const wire = new FloodedWire(cable.right, RANGES);
    const common = { clock, seed: SEED };
    const client = await createStack({ ...common, wires: [{ wire: cable.left, address: `${LEFT_ADDRESS}/16` }] });
    const address = `${RIGHT_ADDRESS}/16`;
    const server = await createStack({ ...common, wires: [{ wire, address, mac: RIGHT_MAC, gateway: LEFT_ADDRESS }] });
    clock.runUntil(clock.now());
    return new Scene(clock, wire, client, server);
  }

  private constructor(
    readonly clock: VirtualClock,
    readonly wire: FloodedWire,
    readonly client: Stack,
    readonly server: Stack,
  ) {
    const victim = { mac: parseMac(RIGHT_MAC), address: parseAddress(RIGHT_ADDRESS).subarray(12), port: PORT };
    this.syns = new ForgedSyns(victim, parseMac(LEFT_MAC), RANGES, SEED);
    this.#before = this.poolsInUse();
  }

  async serve(): Promise<void> {
    const listener = await this.server.listen({ port: PORT });
    void (async () => {
      for await (const connection of listener) {
        void sendAll(connection, this.file).then(() => connection.close());
      }
    })();
  }

  /** The client connects and fetches the file; resolves to the microseconds that this took. */
  async fetch(): Promise<number> {
    const began = this.clock.now();
    const connection = await this.client.connect({ address: RIGHT_ADDRESS, port: PORT });
    await receiveExactly(connection, this.file);
    await connection.close();
    return this.clock.now() - began;
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.clock.settle(promise, PATIENCE);
  }

  count(name: string): number {
    return this.server.counters()[name];
  }

  poolsInUse(): Record<string, number> {
    const pools = this.server.memory().filter(({ name }) => POOLS.includes(name));
    return Object.fromEntries(pools.map(({ name, used }) => [name, used]));
  }

  /** Lets the time-outs pass and demands that nothing is left: but for the listener, all is as at the start. */
  demandForgotten(): void {
    this.clock.runUntil(this.clock.now() + LONG_AFTER);
    assert.deepEqual(this.poolsInUse(), { ...this.#before, TCBS: this.#before.TCBS + 1 });
    assert.deepEqual(
      this.server.neighbors().filter(({ state }) => state === "INCOMPLETE"),
      [],
    );
  }
}

/** Begins to serve, and measures how long a fetch takes without anybody else. */
async function aloneWith(scene: Scene): Promise<number> {
  await scene.serve();
  return scene.settle(scene.fetch());
}

/** Prints how long the client took: before, and among `what`. */
function tell(what: string, alone: number, then: readonly number[]): void {
  const [before, longest] = [alone, Math.max(...then)].map((time) => `${(time / 1000).toFixed(1)} ms`);
  const text = `a fetch takes ${before} alone, ${longest} at most in ${then.length}`;
  process.stdout.write(`  ${what} (seed ${SEED}): of virtual time, ${text}\n`);
}

test(`${SYNS} forged SYNs, and a client that connects and fetches meanwhile (seed ${SEED})`, async () => {
  const scene = await Scene.create();
  const alone = await aloneWith(scene);

  const flood = scene.wire.flood(scene.syns, scene.clock);
  while (scene.count("TcpCookiesSent") === 0) scene.clock.step();
  const meanwhile: number[] = [];
  while (meanwhile.length === 0 || scene.wire.sent < SYNS) meanwhile.push(await scene.settle(scene.fetch()));
  scene.wire.stop();
  await scene.settle(flood);

  tell(`${scene.wire.sent} forged SYNs`, alone, meanwhile);
  assert.equal(scene.server.macs[0].counters.rxOverflows, 0, "every SYN has reached the stack");
  assert.equal(scene.count("TcpCookiesAccepted"), meanwhile.length);
  scene.demandForgotten();
  await demandOrdinaryHandshake(scene);
});

test(`${HALF_OPEN} half-open connections, and a client among them (seed ${SEED})`, async () => {
  const scene = await Scene.create();
  const alone = await aloneWith(scene);
  await scene.settle(scene.wire.flood(scene.syns, scene.clock, HALF_OPEN));
  scene.clock.runUntil(scene.clock.now());
  const queue = scene.server.memory().find(({ name }) => name === "SYN_QUEUE");
  assert.equal(queue?.used, queue?.count, "the SYN queue is full");
  assert.equal(scene.count("TcpCookiesSent"), HALF_OPEN - (queue?.count ?? 0));

  tell(`${HALF_OPEN} half-open connections`, alone, [await scene.settle(scene.fetch())]);
  assert.equal(scene.count("TcpCookiesAccepted"), 1);
  scene.demandForgotten();
  await demandOrdinaryHandshake(scene);
});

/** When the queue has room again nobody needs a cookie. */
async function demandOrdinaryHandshake(scene: Scene): Promise<void> {
  const before = scene.count("TcpCookiesAccepted");
  await scene.settle(scene.fetch());
  assert.equal(scene.count("TcpCookiesAccepted"), before);
}

test(`${WAITING} connections that the server has closed first, and a client after them (seed ${SEED})`, async () => {
  const scene = await Scene.create();
  const { client, server } = scene;
  const alone = await aloneWith(await Scene.create());
  const listener = await server.listen({ port: PORT, backlog: BATCH });
  for (let done = 0; done < WAITING; done += BATCH) {
    const pairs = Array.from({ length: BATCH }, () =>
      Promise.all([client.connect({ address: RIGHT_ADDRESS, port: PORT }), listener.accept()]),
    );
    const ends = await scene.settle(Promise.all(pairs));
    for (const [, accepted] of ends) await scene.settle(accepted.close());
    for (const [opened] of ends) {
      assert.equal(await scene.settle(opened.read()), null);
      await scene.settle(opened.close());
    }
    scene.clock.runUntil(scene.clock.now() + 4 * DELAY);
  }
  const records = server.memory().find(({ name }) => name === "TIME_WAIT");
  assert.equal(records?.used, records?.count, "every record is taken");
  // A port that the client drew again has its record reopened (RFC 6191); all others are evicted, the oldest first.
  const replaced = scene.count("TcpTimeWaitEvictions") + scene.count("TcpTimeWaitReuses");
  assert.equal(replaced, WAITING - (records?.count ?? 0));
  listener.close();

  await scene.serve();
  tell(`${WAITING} connections in TIME-WAIT`, alone, [await scene.settle(scene.fetch())]);
  scene.demandForgotten();
});
