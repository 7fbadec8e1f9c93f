// A stack on a TAP is recorded while curl fetches from it behind a cable that loses frames, and does it all again.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { readRecordingFile } from "../../host/replay/read-recording.ts";
import { Replay } from "../../host/replay/replay.ts";
import { sha256OfFile, writeRandomFile } from "./support/files.ts";
import { FULL, Network, STACK } from "./support/network.ts";
import { skip } from "./support/requirements.ts";

const MEGABYTES = FULL ? 100 : 5;
const CABLE = ",loss=1%,seed=7";
const BACK = FULL ? 1000 : 100;
/** Clock ticks of /proc in a second. */
const TICKS = 100;

interface Fetched {
  /** Seconds of the processor that the stack's process took for the file. */
  cpu: number;
}

/** Lets curl fetch a large file from `thimble serve`, recorded or not. */
async function fetchLarge(network: Network, record: string | null): Promise<Fetched> {
  const folder = join(network.folder, "www");
  mkdirSync(folder, { recursive: true });
  const content = writeRandomFile(join(folder, "large"), MEGABYTES * 1_000_000);
  const recording = record === null ? [] : ["--record", record];
  const server = await network.thimble(["serve", folder, ...recording], CABLE, false);
  const before = processorSeconds(server.pid);
  const target = join(network.folder, "fetched");
  const { status, stderr } = await network.run("curl", ["-sS", "--fail", "-o", target, `http://${STACK}/large`]);
  assert.equal(status, 0, stderr);
  const cpu = processorSeconds(server.pid) - before;
  assert.equal(await network.stop(server), 0);
  assert.equal(sha256OfFile(target), content);
  return { cpu };
}

function processorSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

async function replayed(file: string, t: TestContext): Promise<void> {
  const [machine, ...others] = readRecordingFile(file).machines;
  assert.equal(others.length, 0);
  const module = await WebAssembly.compile(machine.wasm as BufferSource);
  const replay = await Replay.open(machine, module, { canGoBack: true });
  const start = Replay.firstPollOf(machine);
  replay.run();
  const seconds = (replay.now - start) / 1e6;
  t.diagnostic(`${replay.polls} polls in ${seconds.toFixed(1)} s, ${replay.checks} checkpoints`);
  assert.ok(replay.isOver);
  // The stack is polled at least as often as somebody asks for its status, so there is no long silence.
  assert.ok(replay.checks >= seconds / 2, `${replay.checks} checkpoints in ${seconds} s`);
  const { hash, polls } = replay;
  replay.seek(polls - BACK);
  const earlier = replay.hash;
  assert.notEqual(earlier, hash);
  replay.seek(polls);
  replay.run();
  assert.equal(replay.hash, hash);
  replay.seek(polls - 3 * BACK);
  replay.seek(polls - BACK);
  assert.equal(replay.hash, earlier);
}

describe("a recorded run on a TAP", () => {
  it(`curl fetches ${MEGABYTES} MB with 1 % loss; the replay is equal, and so it is after steps back`, {
    skip,
  }, async (t) => {
    const network = new Network();
    try {
      const file = join(network.folder, "run.thimble");
      const recorded = await fetchLarge(network, file);
      t.diagnostic(`${(statSync(file).size / 1e6).toFixed(1)} MB of recording`);
      if (FULL) {
        const plain = await fetchLarge(network, null);
        t.diagnostic(`${recorded.cpu} s of the processor recorded, ${plain.cpu} s without`);
      }
      await replayed(file, t);
    } finally {
      network.close();
    }
  });
});
