// Requests at random, good ones and damaged ones, in pieces of any size, at the module's web server: it never traps, what it
// says is HTTP, no record is lost, and after all of them it answers a good request. 3,000 requests to the debug build, which
// asserts; a million to the released one with THIMBLE_FULL=1. A round can be repeated from its seed: THIMBLE_SEED=n.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pageOfBytes } from "../../host/applications/web-server.ts";
import { VirtualClock } from "../../host/clock.ts";
import { Random } from "../../host/random.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { AnswerReader, request } from "../application/http-client.ts";
import { RIGHT } from "../host/pair.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const REQUESTS_PER_CONNECTION = 5;
const CONNECTIONS_PER_ROUND = 100;
const ROUNDS = (FULL ? 1_000_000 : 3000) / (REQUESTS_PER_CONNECTION * CONNECTIONS_PER_ROUND);

const PAGE = "a page of some bytes";
const METHODS = ["GET", "HEAD", "POST", "OPTIONS", "get", "G(T", "", "X".repeat(700)];
const TARGETS = [
  "/",
  "/page",
  "/page?q=1",
  "http://host/page",
  "*",
  "/%2e%2e/",
  "/\xff",
  "page",
  `/${"y".repeat(700)}`,
];
const VERSIONS = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1", "", "HTTP/1.11"];
const FIELDS = [
  "Host: a",
  "Connection: close",
  "Connection: keep-alive, x",
  "Content-Length: 5",
  "Content-Length: 99999999999999999999",
  "Transfer-Encoding: chunked",
  "Range: bytes=0-5",
  "Range: bytes=-5",
  "Range: bytes=999-",
  'If-None-Match: "0000000000000001"',
  'If-Range: "0000000000000001"',
  "Expect: 100-continue",
  "X: \t y \t",
  " folded",
  "no colon",
  ": no name",
  "Z".repeat(2000),
  "",
];
const LINE_ENDS = ["\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n"];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T;
}

/** A request that may be good; how damaged the others are differs. */
function draw(random: Random): Buffer {
  const end = (): string => (random.chance(0.9) ? "\r\n" : pick(random, LINE_ENDS));
  const lines = [`${pick(random, METHODS)} ${pick(random, TARGETS)} ${pick(random, VERSIONS)}`];
  if (random.chance(0.5)) lines[0] = "GET /page HTTP/1.1";
  if (random.chance(0.9)) lines.push("Host: thimble");
  for (let left = random.below(5); left > 0; left--) lines.push(pick(random, FIELDS));
  const bytes = Buffer.from(`${lines.map((line) => line + end()).join("")}${end()}`, "latin1");
  if (random.chance(0.3)) for (let left = random.below(8); left > 0; left--) damage(bytes, random);
  return random.chance(0.1) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

function damage(bytes: Buffer, random: Random): void {
  if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
}

async function startPair(seed: number): Promise<{ clock: VirtualClock; left: Stack; right: Stack }> {
  const clock = new VirtualClock();
  const cable = createCable({ clock });
  const debug = !FULL;
  const left = await createStack({ wires: [{ wire: cable.left, address: "10.0.0.1/24" }], clock, seed });
  const right = await createStack({ wires: [{ wire: cable.right, address: `${RIGHT}/24` }], clock, seed, debug });
  return { clock, left, right };
}

/** Sends what a connection has to say, in pieces; reads answers until the server has no more. */
async function talk(clock: VirtualClock, left: Stack, random: Random): Promise<void> {
  const connection = await clock.settle(left.connect({ address: RIGHT, port: 80 }));
  const reader = new AnswerReader(connection);
  const text = Buffer.concat(Array.from({ length: REQUESTS_PER_CONNECTION }, () => draw(random)));
  let at = 0;
  while (at < text.length) {
    const piece = text.subarray(at, at + 1 + random.below(random.chance(0.5) ? 20 : 3000));
    at += piece.length;
    // The server may have closed already.
    const written = await clock.settle(connection.write(piece).catch(() => null));
    if (written === null) break;
    clock.runUntil(clock.now() + random.below(2000));
  }
  void connection.end().catch(() => {});
  await clock.settle(readAll(reader));
  connection.abort();
}

// Answers to HEAD and to others cannot be told apart here; that each begins as an answer does is what counts.
async function readAll(reader: AnswerReader): Promise<void> {
  const text = await reader.rest().catch(() => "");
  assert.match(text, /^$|^HTTP\/1\.1 (200 OK|206|304|400|404|405|413|414|416|431|501|505) ?/);
}

describe("requests at random", () => {
  it(`${ROUNDS * REQUESTS_PER_CONNECTION * CONNECTIONS_PER_ROUND} of them do no harm`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const seed = FIRST_SEED + round;
      const { clock, left, right } = await startPair(seed);
      const random = new Random(seed, 5);
      const page = pageOfBytes(Buffer.from(PAGE), "text/plain", 1n);
      await right.serveWeb({ page: ({ target }) => (target.startsWith("/page") ? page : null) });
      try {
        for (let i = 0; i < CONNECTIONS_PER_ROUND; i++) await talk(clock, left, random);
        const connection = await clock.settle(left.connect({ address: RIGHT, port: 80 }));
        await clock.settle(connection.write(request("/page")));
        assert.equal((await clock.settle(new AnswerReader(connection).next()))?.body, PAGE);
        connection.abort();
        clock.runUntil(clock.now() + 120_000_000);
        assert.equal(right.memory().find(({ name }) => name === "WEB_CONNECTIONS")?.used, 0, "records are lost");
      } catch (error) {
        throw new Error(`THIMBLE_SEED=${seed}`, { cause: error });
      }
      await Promise.all([left.close({ linger: 0 }), right.close({ linger: 0 })]);
    }
  });
});
