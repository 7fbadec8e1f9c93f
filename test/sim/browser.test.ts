// Answers at random, good ones and damaged ones, in pieces of any size, at the module's browser: it never traps, every fetch
// ends, and after all of them a good answer is read. 3,000 answers; a million with THIMBLE_FULL=1. A round can be repeated
// from its seed: THIMBLE_SEED=n.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FetchError } from "../../host/applications/browser.ts";
import { VirtualClock } from "../../host/clock.ts";
import { StackError } from "../../host/errors.ts";
import { Random } from "../../host/random.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { createCable } from "../../host/wire/cable.ts";
import { RIGHT } from "../host/pair.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const ANSWERS_PER_ROUND = 300;
const ROUNDS = Math.ceil((FULL ? 1_000_000 : 3000) / ANSWERS_PER_ROUND);

const STATUS = [
  "HTTP/1.1 200 OK",
  "HTTP/1.1 204 None",
  "HTTP/1.0 200 OK",
  "HTTP/1.1 100 Go on",
  "HTTP/1.1 302 There",
  "HTTP/3 2",
  "",
];
const FIELDS = [
  "Content-Length: 5",
  "Content-Length: 0",
  "Content-Length: 99999999999999999999",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip",
  "Connection: close",
  "Location: /elsewhere",
  "Location: http://",
  "X: y",
  "Z".repeat(2000),
  " folded",
  ": empty",
];
const BODIES = [
  "hello",
  "5\r\nhello\r\n0\r\n\r\n",
  "5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n",
  "fffffffffffffff\r\nhello",
  "0\r\n\r\n",
  "\r\n",
  "",
];
const GOOD = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T;
}

function draw(random: Random): Buffer {
  const lines = [random.chance(0.6) ? "HTTP/1.1 200 OK" : pick(random, STATUS)];
  for (let left = random.below(4); left > 0; left--) lines.push(pick(random, FIELDS));
  const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n${pick(random, BODIES)}`, "latin1");
  if (random.chance(0.3))
    for (let left = random.below(6); left > 0; left--) bytes[random.below(bytes.length)] = random.below(256);
  return random.chance(0.1) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

/** Answers every request with what comes next, and closes now and then. */
async function serve(clock: VirtualClock, right: Stack, random: Random, next: () => Buffer): Promise<void> {
  for await (const connection of await right.listen({ port: 80 })) {
    void (async () => {
      for await (const piece of connection) {
        if (!Buffer.from(piece).toString("latin1").endsWith("\r\n\r\n")) continue;
        const bytes = next();
        const step = random.chance(0.5) ? 1 + random.below(30) : 3000;
        for (let at = 0; at < bytes.length; at += step) {
          await connection.write(bytes.subarray(at, at + step));
          await new Promise<void>((resolve) => clock.at(clock.now() + random.below(2000), resolve));
        }
        if (random.chance(0.5)) await connection.end();
      }
    })().catch(() => {}); // the browser may have reset it
  }
}

async function fetchAll(stack: Stack): Promise<string> {
  const page = await stack.browse(`http://${RIGHT}/page`, { timeout: 1000, redirects: 2 });
  const pieces: Uint8Array[] = [];
  for await (const piece of page.body) pieces.push(piece);
  return Buffer.concat(pieces).toString("latin1");
}

describe("answers at random", () => {
  it(`${ROUNDS * ANSWERS_PER_ROUND} of them do no harm`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const seed = FIRST_SEED + round;
      const random = new Random(seed, 6);
      const clock = new VirtualClock();
      const cable = createCable({ clock });
      const debug = !FULL;
      const left = await createStack({ wires: [{ wire: cable.left, address: "10.0.0.1/24" }], clock, seed, debug });
      const right = await createStack({ wires: [{ wire: cable.right, address: `${RIGHT}/24` }], clock, seed });
      let answers = 0;
      const next = (): Buffer => (++answers > ANSWERS_PER_ROUND ? Buffer.from(GOOD) : draw(random));
      void serve(clock, right, random, next).catch(() => {});
      try {
        while (answers < ANSWERS_PER_ROUND) {
          await clock.settle(
            fetchAll(left).catch((error: unknown) => {
              const isKnown = error instanceof FetchError || error instanceof StackError || isUrlError(error);
              assert.ok(isKnown, `${error}`);
            }),
          );
        }
        clock.runUntil(clock.now() + 60_000_000);
        assert.equal(left.memory().find(({ name }) => name === "FETCHES")?.used, 0, "fetches are lost");
        assert.equal(await clock.settle(fetchAll(left)), "good");
      } catch (error) {
        throw new Error(`THIMBLE_SEED=${seed}`, { cause: error });
      }
      await Promise.all([left.close({ linger: 0 }), right.close({ linger: 0 })]);
    }
  });
});

// Where a page leads to may be nothing that can be fetched.
function isUrlError(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_URL";
}
