// A web server on a TAP keeps serving the kernel's curl: while SYNs from forged addresses come as fast as it takes
// them, among ten thousand half-open connections, and after ten thousand that it has closed itself.
// Half of the forged addresses lie on the stack's own network, where it asks for neighbors that do not exist; the
// answers to the others go to its gateway. 50,000 SYNs; a million with THIMBLE_FULL=1, which also waits until all
// time-outs have passed and looks whether the pools are as full as at the start.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { MemoryMap } from "../../host/build/memory-map.ts";
import { checkCaptures } from "./support/capture.ts";
import type { ClosersOrder } from "./support/closers.ts";
import { sha256OfFile, writeRandomFile } from "./support/files.ts";
import type { FloodOrder, FloodReport } from "./support/flooder.ts";
import { FULL, KERNEL, Network, STACK } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

const SYNS = FULL ? 1_000_000 : 50_000;
const SEED = Number(process.env.THIMBLE_SEED ?? 1);
const HALF_OPEN = 10_000;
const CLOSED = 10_000;
const FILE_BYTES = 1_000_000;
const PORT = 80;
/** Milliseconds between two looks at the stack's counters. */
const LOOK_AGAIN = 100;
/** Milliseconds after which the last SYN,ACK is given up and the last record of TIME-WAIT has ended. */
const LONG_AFTER = 100_000;
const POOLS = ["PACKETS", "TCBS", "SYN_QUEUE", "TIME_WAIT"];

type Counters = Record<string, number>;

describe(`a web server under attack (seed ${SEED})`, () => {
  let network: Network;
  let stack: ChildProcess;
  let content: string;

  beforeEach(() => {
    if (!skip) network = new Network(16);
  });
  afterEach(() => network?.close());

  async function serve(captured: boolean): Promise<void> {
    const folder = join(network.folder, "www");
    mkdirSync(folder);
    content = writeRandomFile(join(folder, "file"), FILE_BYTES);
    stack = await network.thimble(["serve", folder, "--port", `${PORT}`, "--gateway", KERNEL], "", captured);
  }

  /** curl fetches the file byte for byte; resolves to the milliseconds that it took. */
  async function fetch(): Promise<number> {
    const target = join(network.folder, "fetched");
    const { status, stderr, took } = await network.run("curl", ["-sS", "--fail", "-o", target, `http://${STACK}/file`]);
    assert.equal(status, 0, stderr);
    assert.equal(sha256OfFile(target), content);
    return took;
  }

  const countersOf = (): Promise<Counters> => network.ask(stack, "netstat", "-s");

  async function poolsInUse(): Promise<Counters> {
    const { regions } = await network.ask<MemoryMap>(stack, "memory");
    const pools = regions.filter(({ name }) => POOLS.includes(name));
    return Object.fromEntries(pools.map(({ name, used }) => [name, used]));
  }

  /** Resolves when the flood has begun. */
  async function flood(syns: number): Promise<Flood> {
    const order: FloodOrder = { syns, port: PORT, seed: SEED };
    const child = network.script("flooder.ts", order);
    const flood = new Flood(child);
    await flood.next();
    return flood;
  }

  it(`${SYNS} forged SYNs: curl connects and fetches meanwhile`, { skip }, async () => {
    await serve(false);
    const alone = await fetch();
    const before = await poolsInUse();

    const flooding = await flood(SYNS);
    const times: number[] = [];
    let counters = await countersOf();
    while (times.length === 0 || counters.TcpSynQueueFull < SYNS) {
      times.push(await fetch());
      counters = await countersOf();
    }
    const report = await flooding.stop();
    counters = await countersOf();
    const rate = Math.round((report.sent / report.milliseconds) * 1000);
    tell(`${report.sent} SYNs sent, ${rate} a second, of which the TAP's queue lost ${report.dropped}`);
    tell(`TcpCookiesSent ${counters.TcpCookiesSent}, TcpCookiesAccepted ${counters.TcpCookiesAccepted}`);
    tell(`a fetch takes ${alone.toFixed(0)} ms alone, meanwhile ${times.map((time) => time.toFixed(0)).join(", ")} ms`);
    assert.ok(counters.TcpCookiesSent > 0);
    assert.equal(counters.TcpCookiesAccepted, times.length, "every curl came with a cookie");
    if (FULL) await demandForgotten(before);
  });

  it(`${HALF_OPEN} half-open connections: curl connects and fetches among them`, { skip }, async () => {
    await serve(true);
    const alone = await fetch();
    const before = await poolsInUse();
    const flooding = await flood(HALF_OPEN);
    while ((await countersOf()).TcpInSegs < HALF_OPEN) await setTimeout(LOOK_AGAIN);
    await flooding.stop();
    const { SYN_QUEUE } = await poolsInUse();
    const took = await fetch();
    const { TcpCookiesSent, TcpCookiesAccepted } = await countersOf();
    tell(`${SYN_QUEUE} in the SYN queue, ${TcpCookiesSent} cookies sent, ${TcpCookiesAccepted} accepted`);
    tell(`a fetch takes ${alone.toFixed(0)} ms alone, ${took.toFixed(0)} ms among them`);
    assert.ok(SYN_QUEUE > 0 && TcpCookiesSent > 0, "the queue is full");
    assert.equal(TcpCookiesAccepted, 1);
    await checkCaptures(network);
    if (FULL) await demandForgotten(before);
  });

  it(`${CLOSED} connections that the stack has closed: curl connects and fetches after them`, { skip }, async () => {
    await serve(false);
    const alone = await fetch();
    const before = await poolsInUse();
    const order: ClosersOrder = { connections: CLOSED, port: PORT };
    const closers = network.script("closers.ts", order);
    let said = "";
    closers.stderr?.on("data", (chunk) => (said += chunk));
    const [status] = await once(closers, "close");
    assert.equal(status, 0, said);

    const { TIME_WAIT } = await poolsInUse();
    const took = await fetch();
    const { TcpTimeWaitEvictions, TcpTimeWaitReuses } = await countersOf();
    tell(`${TIME_WAIT} in TIME-WAIT, ${TcpTimeWaitEvictions} evicted, ${TcpTimeWaitReuses} reopened`);
    tell(`a fetch takes ${alone.toFixed(0)} ms alone, ${took.toFixed(0)} ms after them`);
    assert.ok(TIME_WAIT + TcpTimeWaitEvictions + TcpTimeWaitReuses >= CLOSED, "every connection has left a record");
    if (FULL) await demandForgotten(before);
  });

  async function demandForgotten(before: Counters): Promise<void> {
    await setTimeout(LONG_AFTER);
    // What the first fetch has left is over, too.
    assert.deepEqual(await poolsInUse(), { ...before, TIME_WAIT: 0 });
  }
});

/** The program that floods (flooder.ts). */
class Flood {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #said = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on("data", (chunk) => (this.#said += chunk));
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  async next(): Promise<FloodReport> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the flood has ended by itself: ${this.#said}`);
    return JSON.parse(value) as FloodReport;
  }

  /** Ends it, once it has sent what was ordered. */
  stop(): Promise<FloodReport> {
    this.#child.stdin?.end();
    return this.next();
  }
}

function tell(text: string): void {
  process.stdout.write(`  ${text}\n`);
}
