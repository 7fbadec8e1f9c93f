// Back-pressure from one end to the other: pipes of streams over two stacks. Whoever reads slowly stops, through window, queue
// and high-water mark, whoever writes; and memory stays where it was, however much goes through.

import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import * as tls from "node:tls";
import { realClock } from "../../host/stack.ts";
import { CERTIFICATE, KEY } from "./certificate.ts";
import { ADDRESS, Machines } from "./machines.ts";
import { memoryInUse } from "./memory.ts";

const FULL = process.env.THIMBLE_FULL === "1";
const MEGABYTE = 2 ** 20;
/** Goes through before memory is looked at for the first time: what is made once is made by then. */
const WARM_UP = (FULL ? 32 : 16) * MEGABYTE;
const TOTAL = FULL ? 1024 * MEGABYTE : 64 * MEGABYTE;
/** Memory is looked at so many times on the way. */
const LOOKS = FULL ? 8 : 4;
/** What objects and buffers together may have grown by, from the first look to any later one. */
const ALLOWED = 4 * MEGABYTE;
/** Bits per second. */
const SLOW = 50_000_000;
const PIECE = Buffer.alloc(65_536, "thimble");

/** So many bytes, made as they are asked for. */
function source(bytes: number): Readable {
  let left = bytes;
  return new Readable({
    read() {
      const piece = PIECE.subarray(0, Math.min(left, PIECE.length));
      left -= piece.length;
      this.push(piece.length === 0 ? null : piece);
    },
  });
}

/** Takes everything, and at some places stops everybody in front of it to look at the memory. */
class Gauge extends Writable {
  taken = 0;
  readonly uses: number[] = [];
  #total: number;

  constructor(total: number) {
    super();
    this.#total = total;
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.taken += piece.length;
    const next = WARM_UP + ((this.#total - WARM_UP) / LOOKS) * this.uses.length;
    if (this.taken < next) done();
    else this.#look().then(() => done(), done);
  }

  async #look(): Promise<void> {
    this.uses.push(await memoryInUse());
  }

  check(total: number): void {
    assert.equal(this.taken, total);
    assert.ok(this.uses.length >= LOOKS, `memory was looked at ${this.uses.length} times only`);
    const [first, ...later] = this.uses;
    const most = Math.max(...later);
    assert.ok(most - first < ALLOWED, `memory in use grew from ${first} to ${most} bytes: ${this.uses.join(", ")}`);
  }
}

describe("back-pressure", () => {
  let machines: Machines;

  before(async () => {
    machines = await Machines.start();
  });

  after(() => machines.stop());

  async function connected({ client, server } = machines): Promise<{ near: Socket; far: Socket }> {
    const listener = server.net.createServer({ allowHalfOpen: true });
    listener.listen(0, ADDRESS);
    await once(listener, "listening");
    const near = client.net.connect((listener.address() as AddressInfo).port, ADDRESS);
    const [[far]] = (await Promise.all([once(listener, "connection"), once(near, "connect")])) as [[Socket], unknown];
    listener.close();
    return { near, far };
  }

  const size = `${TOTAL / MEGABYTE} MB`;

  it(`${size} through a pipe, with memory as it was`, async () => {
    const { near, far } = await connected();
    const gauge = new Gauge(TOTAL);
    await Promise.all([pipeline(source(TOTAL), near), pipeline(far, gauge)]);
    gauge.check(TOTAL);
  });

  it(`${size} there and back through a mirror, with memory as it was`, async () => {
    const { near, far } = await connected();
    const gauge = new Gauge(TOTAL);
    far.pipe(far);
    source(TOTAL).pipe(near);
    await pipeline(near, gauge);
    gauge.check(TOTAL);
  });

  it(`${size} through a pipe with TLS, with memory as it was`, { skip: !FULL && "in the full run" }, async () => {
    const { near, far } = await connected();
    const server = new tls.TLSSocket(far, { isServer: true, key: KEY, cert: CERTIFICATE });
    const client = tls.connect({ socket: near, ca: CERTIFICATE, servername: "thimble.test" });
    const gauge = new Gauge(TOTAL);
    await Promise.all([pipeline(source(TOTAL), client), pipeline(server, gauge)]);
    gauge.check(TOTAL);
  });

  it(`${size} posted by fetch and taken slowly by a server of node:http, with memory as it was`, async () => {
    const gauge = new Gauge(TOTAL);
    const server = http.createServer((request, response) => {
      pipeline(request, gauge).then(() => response.end("taken"));
    });
    const port = await machines.serve(server);
    const body = Readable.toWeb(source(TOTAL)) as ReadableStream;
    // Where it might have to send again elsewhere, the platform's fetch keeps all that it has sent.
    const init = { method: "POST", body, duplex: "half", redirect: "error" } as RequestInit;
    const response = await machines.client.fetch(`http://${ADDRESS}:${port}/`, init);
    assert.equal(await response.text(), "taken");
    gauge.check(TOTAL);
  });

  it("a reader that stops shuts the window, and the writer stops at its high-water mark", async () => {
    const { near, far } = await connected();
    far.pause();
    let written = 0;
    for (let pauses = 0; pauses < 3; ) {
      while (near.write(PIECE)) written += PIECE.length;
      written += PIECE.length;
      const drained = await Promise.race([once(near, "drain"), setTimeout(30, null)]);
      if (drained === null) pauses = 3;
    }
    const socket = machines.client.sockets().find(({ localPort }) => localPort === near.localPort);
    assert.ok(near.writableNeedDrain, "the writer was told to go on");
    assert.ok(near.writableLength <= near.writableHighWaterMark + PIECE.length, `${near.writableLength} bytes wait`);
    assert.equal(socket?.blocked, "PEER_WINDOW");
    // A receive buffer, a send queue and what the two streams hold.
    assert.ok(written < 2 * MEGABYTE, `${written} bytes were taken while nobody read`);
    near.end();
    let received = 0;
    for await (const piece of far) received += (piece as Buffer).length;
    assert.equal(received, written);
    near.destroy();
  });

  it("a slow wire stops the writer at its high-water mark, too", async () => {
    const slow = await Machines.start({ rate: SLOW, clock: realClock() });
    const { near, far } = await connected(slow);
    far.resume();
    let most = 0;
    const pieces = source(2 * MEGABYTE).on("data", () => {
      most = Math.max(most, near.writableLength);
    });
    const began = performance.now();
    await Promise.all([pipeline(pieces, near), once(far, "end")]);
    const milliseconds = performance.now() - began;
    assert.ok(most <= near.writableHighWaterMark + PIECE.length, `${most} bytes waited to be written`);
    assert.ok(milliseconds > (1000 * 8 * 2 * MEGABYTE) / SLOW, `2 MB took ${milliseconds} ms only`);
    far.destroy();
    await slow.stop();
  });
});
