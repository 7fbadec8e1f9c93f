// `thimble capture`: the frames of a stack in another process, as lines, as data and as pcapng.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { LiveReader } from "../../host/capture/live-reader.ts";
import { type Running, Runtime } from "./support.ts";

const runtime = new Runtime();
let ping: Running;

before(async () => {
  ping = await runtime.start(["ping", "10.0.0.2", "-i", "0.05", "--wire", "sim"], /icmp_seq=2 /);
});

after(() => runtime.close());

describe("capture", () => {
  test("prints a line for each frame", async () => {
    const { status, stdout, stderr } = await runtime.run(["capture", "-c", "4"]);
    assert.equal(status, 0);
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.length, 4);
    // Between pings the machines may ask for each other's addresses.
    for (const line of lines) assert.match(line, /^\d\d:\d\d:\d\d\.\d{6} eth0 (In |Out) \S+ > \S+: (ICMP|ARP|ND) /);
    assert.match(stdout, / 10\.0\.0\.\d > 10\.0\.0\.\d: ICMP /);
    assert.match(stderr, /^Listening to all frames of ping \(sim\)\. Ctrl-C ends\.\n4 frames captured\n$/);
  });

  test("filters, and prints data", async () => {
    const { stdout } = await runtime.run(["capture", "-c", "2", "--json", "icmp", "and", "src", "10.0.0.2"]);
    const frames = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      frames.map(({ direction, source, bytes }) => [direction, source, bytes]),
      [
        ["in", "10.0.0.2", 98],
        ["in", "10.0.0.2", 98],
      ],
    );
  });

  test("writes pcapng to a file and ends at Ctrl-C", async () => {
    const file = join(runtime.folder, "frames.pcapng");
    const capture = await runtime.start(["capture", "-w", file], /^/);
    const frames = (): number => {
      const blocks = [...new LiveReader().read(readFileSync(file))];
      return blocks.filter(({ frame }) => frame !== null).length;
    };
    while (!(await hasFrames(frames))) await new Promise((resolve) => setTimeout(resolve, 50));
    const { status, stderr } = await capture.stop("SIGINT");
    assert.equal(status, 0);
    assert.equal(stderr, `${frames()} frames captured\n`);
  });

  test("ends with the stack", async () => {
    const capture = await runtime.start(["capture"], /ICMP/);
    await ping.stop();
    const { status, stderr } = await capture.ended();
    assert.equal(status, 0);
    assert.match(stderr, /frames captured\n$/);
  });
});

async function hasFrames(count: () => number): Promise<boolean> {
  try {
    return count() > 2;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
