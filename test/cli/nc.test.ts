// `thimble nc` in both roles: with a machine that echoes on a simulated cable, and with another nc on a wire between
// two processes.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, describe, test } from "node:test";
import { Runtime, wirePair } from "./support.ts";

const runtime = new Runtime();
after(() => runtime.close());

const SIM = ["--wire", "sim"];

describe("nc to a machine that echoes", () => {
  test("half-closes at the end of input and prints what comes until the other end", async () => {
    const { status, stdout, stderr } = await runtime.feed(["nc", "10.0.0.2", "echo", "-v", ...SIM], "hello\n");
    assert.deepEqual([status, stdout], [0, "hello\n"]);
    assert.match(stderr, /^Connection to 10\.0\.0\.2 7 port \[tcp\/echo\] succeeded!\n6 bytes sent, 6 received\n$/);
  });

  test("over IPv6, with --json for programs", async () => {
    const { stdout } = await runtime.feed(["nc", "-6", "2001:db8::2", "7", "--json", ...SIM], "hello");
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      events.map(({ event }) => event),
      ["connected", "received", "ended"],
    );
    assert.equal(Buffer.from(events[1].data, "base64").toString(), "hello");
  });

  test("-u sends datagrams, and -w ends when nothing comes any more", async () => {
    const { status, stdout } = await runtime.feed(["nc", "-u", "10.0.0.2", "7", "-w", "0.5", ...SIM], "datagram");
    assert.deepEqual([status, stdout], [0, "datagram"]);
  });

  test("-z says which ports are open", async () => {
    const { status, stdout } = await runtime.run(["nc", "-z", "10.0.0.2", "7-9", "--json", ...SIM]);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      events.map(({ event, port }) => `${port} ${event}`),
      ["7 open", "8 closed", "9 closed"],
    );
    assert.equal(status, 0);
  });

  test("a port that is closed is exit code 1 and one sentence", async () => {
    const { status, stderr } = await runtime.run([
      "nc",
      "10.0.0.2",
      "9",
      "-p",
      "9",
      "--wire",
      "sim:loss=100%",
      "-w",
      "0.3",
    ]);
    assert.equal(status, 1);
    assert.match(stderr, /^thimble nc: [^\n]*ETIMEDOUT[^\n]*\n$/);
  });
});

describe("nc to nc", () => {
  const bytes = randomBytes(300_000);
  const waits = (wire: string[], ...args: string[]) => ["nc", ...args, "--address", "10.0.0.1/24", ...wire];
  const calls = (wire: string[], ...args: string[]) => ["nc", ...args, "--address", "10.0.0.2/24", ...wire];

  test("who waits gets all that the caller sends, and both end", async () => {
    const [left, right] = wirePair();
    const waiting = await runtime.start(waits(left, "-vl", "7000"), /Listening/);
    const { status } = await runtime.feed(calls(right, "10.0.0.1", "7000"), bytes);
    assert.equal(status, 0);
    const outcome = await waiting.ended();
    assert.equal(outcome.status, 0);
    assert.match(outcome.stderr, /^Connection received on 10\.0\.0\.2 \d+$/m);
    assert.match(outcome.stderr, /^0 bytes sent, 300000 received$/m);
  });

  test("the other direction goes on after the caller has ended its own", async () => {
    const [left, right] = wirePair();
    const sending = runtime.feed(waits(left, "-l", "7000", "--json"), bytes);
    let text = "";
    for (let tries = 0; tries < 10 && text === ""; tries++) {
      const { stdout } = await runtime.run(calls(right, "10.0.0.1", "7000", "--json"));
      text = stdout;
    }
    const received = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === "received");
    assert.ok(Buffer.concat(received.map(({ data }) => Buffer.from(data, "base64"))).equals(bytes));
    assert.equal((await sending).status, 0);
  });

  test("-k serves one caller after another", async () => {
    const [left, right] = wirePair();
    const waiting = await runtime.start(waits(left, "-dvkl", "7000"), /Listening/);
    for (const text of ["first\n", "second\n"]) {
      assert.equal((await runtime.feed(calls(right, "10.0.0.1", "7000", "-q", "0"), text)).status, 0);
    }
    await waiting.says(/first\n[\s\S]*second\n/);
    assert.equal((await waiting.stop()).status, 0);
  });
});
