// What the programs at both ends of a wire have in common, one over the kernel's sockets (kernel-program.ts), one over a
// Thimble (stack-program.ts): they serve pages and echoes, fetch and hold connections, and do what lines of JSON on their
// standard input say. Each order has a number, and the answer has it, too.

import { createHash } from "node:crypto";
import { createServer, request, type Server } from "node:http";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { pseudoRandom } from "./files.ts";

export const HTTP_PORT = 80;
export const ECHO_PORT = 7;

/** Milliseconds after which bytes that do not come back count as lost. */
const PATIENCE = 60_000;

/** What came of a fetch. */
export interface Fetched {
  bytes: number;
  sha256: string;
}

type Answerer = (order: Record<string, unknown>) => unknown;

/** Opens a connection, from a certain address of the machine's if that is named. */
export type Connect = (address: string, port: number, from?: string) => Promise<Duplex>;

/** Does what the standard input says, and ends with it. */
export async function obey(answerers: Record<string, Answerer>): Promise<void> {
  const doing: Promise<void>[] = [];
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as Record<string, unknown>;
    doing.push(answer(order, answerers[order.do as string]));
  }
  await Promise.all(doing);
}

async function answer(order: Record<string, unknown>, answerer: Answerer | undefined): Promise<void> {
  try {
    if (!answerer) throw new Error(`nobody knows how to ${order.do}`);
    tell({ id: order.id, result: (await answerer(order)) ?? null });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    tell({ id: order.id, error: message, code });
  }
}

/** Prints a line of JSON. */
export function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Serves `/N`, a page of N bytes that are always the same. */
export function pageServer(): Server {
  return createServer((asked, response) => {
    const page = pseudoRandom(Number(asked.url?.slice(1)));
    response.setHeader("Content-Length", page.length);
    response.end(page);
  });
}

/** Returns what comes; ends when the other side does. */
export function echo(stream: Duplex): void {
  stream.on("error", () => stream.destroy()); // whoever is at the other end notices, too
  stream.pipe(stream);
}

/** The orders that both kinds of program know. */
export function clientOrders(connect: Connect): Record<string, Answerer> {
  const streams = new Map<string, Duplex>();
  const streamOf = (order: Record<string, unknown>): Duplex => {
    const stream = streams.get(order.name as string);
    if (!stream) throw new Error(`no connection is called ${order.name}`);
    return stream;
  };
  return {
    fetch: async ({ address, bytes }) => fetchOver(await connect(address as string, HTTP_PORT), bytes as number),
    open: async ({ name, address, from }) => {
      const stream = await connect(address as string, ECHO_PORT, from as string | undefined);
      stream.on("error", () => {}); // the next exchange tells
      streams.set(name as string, stream);
    },
    exchange: (order) => exchange(streamOf(order), pseudoRandom(order.bytes as number)),
    end: (order) => {
      streamOf(order).end();
    },
  };
}

function fetchOver(stream: Duplex, bytes: number): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    let came = 0;
    const options = { path: `/${bytes}`, headers: { Connection: "close" }, createConnection: () => stream };
    const asking = request(options, (response) => {
      response.on("data", (chunk: Buffer) => {
        hash.update(chunk);
        came += chunk.length;
      });
      response.on("end", () => resolve({ bytes: came, sha256: hash.digest("hex") }));
      response.on("error", reject);
    });
    asking.on("error", reject).end();
  });
}

// Sends bytes to an echo and compares what comes back.
async function exchange(stream: Duplex, bytes: Buffer): Promise<void> {
  const back: Buffer[] = [];
  let missing = bytes.length;
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error): void => {
      clearTimeout(impatience);
      stream.off("data", take).off("error", done).off("end", early);
      if (error) reject(error);
      else resolve();
    };
    const early = (): void => done(new Error(`the stream ended, ${missing} bytes are missing`));
    const impatience = setTimeout(() => done(new Error(`${missing} bytes have not come back`)), PATIENCE);
    const take = (chunk: Buffer): void => {
      back.push(chunk);
      missing -= chunk.length;
      if (missing <= 0) done();
    };
    stream.on("data", take).on("error", done).on("end", early);
    if (stream.errored) done(stream.errored);
    stream.write(bytes);
  });
  if (!Buffer.concat(back).equals(bytes)) throw new Error("other bytes came back than were sent");
}
