// `--record` and `thimble replay` as processes of their own.

import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Runtime } from "./support.ts";

const runtime = new Runtime();
const FILE = join(runtime.folder, "demo.thimble");
after(() => runtime.close());

describe("thimble replay", () => {
  before(async () => {
    const { status, stderr } = await runtime.run(["demo", "--wire", "sim:loss=10%", "--seed", "7", "--record", FILE]);
    assert.equal(status, 0, stderr);
  });

  test("finds both machines of the demo equal at every checkpoint", async () => {
    const { status, stdout } = await runtime.run(["replay", FILE]);
    assert.equal(status, 0);
    assert.match(stdout, /^thimble demo, recorded \S+Z\nclient: \d+ polls.*equal at \d+ checkpoints.*\nserver: /);
  });

  test("stops where a condition becomes true, goes back, and tells the story", async () => {
    const find = ["--machine", "server", "--find", "tcp state == CLOSE_WAIT", "--json"];
    const answer = async (...more: string[]) =>
      JSON.parse((await runtime.run(["replay", FILE, ...find, ...more])).stdout);
    const found = await answer("--story", "1");
    assert.deepEqual(
      found.sockets.map(({ state }: { state: string }) => state),
      ["LISTEN", "CLOSE_WAIT"],
    );
    assert.match(found.story.join("\n"), /<- gets .*TCP FIN ACK/);
    const before = await answer("--back", "1");
    assert.equal(before.polls, found.polls - 1);
    assert.deepEqual(
      before.sockets.map(({ state }: { state: string }) => state),
      ["LISTEN", "ESTABLISHED"],
    );
  });

  test("says where a recording is not what the wasm does, and ends with 1", async () => {
    const other = join(runtime.folder, "other.thimble");
    copyFileSync(FILE, other);
    const bytes = readFileSync(other);
    // Behind the hash in the last checkpoint there is one more block, with the end: a head of eight bytes and one byte.
    bytes[bytes.length - 10] ^= 1;
    writeFileSync(other, bytes);
    const { status, stdout, stderr } = await runtime.run(["replay", other]);
    assert.equal(status, 1);
    assert.match(stdout, /server: .*: Linear memory is not what it was at checkpoint \d+: .* \(after \d+ polls/);
    assert.match(stderr, /server did not do what it did when it was recorded/);
  });

  test("refuses what makes no sense with one sentence", async () => {
    const refused: [string[], number, RegExp][] = [
      [["package.json"], 2, /package\.json is no recording of a stack/],
      [["no-such-file"], 1, /no-such-file cannot be read \(ENOENT\)/],
      [[FILE, "--machine", "router"], 2, /the recording has 0 \(client\), 1 \(server\)/],
      [[FILE, "--find", "tcp state is LISTEN"], 2, /is no condition; one looks like/],
      [[FILE, "--find", "tcp colour == red"], 2, /has no field colour; it has kind, handle, state/],
      [[FILE, "--find", "tcp localPort == 9"], 1, /It never came to that in client/],
      [[FILE, "--until", "soon"], 2, /--until soon/],
    ];
    for (const [args, code, pattern] of refused) {
      const { status, stderr } = await runtime.run(["replay", ...args]);
      assert.match(stderr, pattern);
      assert.equal(status, code, stderr);
    }
  });
});
