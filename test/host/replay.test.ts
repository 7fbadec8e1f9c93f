// Runs that are recorded and run again: equal at every checkpoint, wherever one stops and from wherever one goes on; and
// what a replay says of a recording that is not its own.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { InputError } from "../../host/errors.ts";
import { parseCondition } from "../../host/replay/find.ts";
import { followByte } from "../../host/replay/follow.ts";
import { hashWords } from "../../host/replay/hash.ts";
import { type RecordedMachine, readRecording } from "../../host/replay/read-recording.ts";
import { recordInMemory } from "../../host/replay/recording.ts";
import { Replay, ReplayError, type ReplayEvent } from "../../host/replay/replay.ts";
import { Snapshots } from "../../host/replay/snapshots.ts";
import { storyOf } from "../../host/replay/story.ts";
import { TapeReader, TapeWriter } from "../../host/replay/tape.ts";
import { createStack } from "../../host/stack.ts";
import { socketStatuses } from "../../host/status.ts";
import { type CableOptions, createCable } from "../../host/wire/cable.ts";
import { exchange, randomFile } from "../sim/network.ts";

const SEED = 11;
const BYTES = 60_000;
const PORT = 7;
const SECOND = 1e6;

interface Recorded {
  bytes: Uint8Array;
  machines: RecordedMachine[];
}

/** Two machines exchange random bytes over a cable, and close. */
async function recordExchange(options: Omit<CableOptions, "clock"> = {}, profile = "tiny"): Promise<Recorded> {
  const clock = new VirtualClock();
  const cable = createCable({ delay: 20_000, ...options, clock });
  const { recording, bytes } = recordInMemory("an exchange");
  const start = (name: "left" | "right", seed: number) => {
    const address = name === "left" ? "10.0.0.1/24" : "10.0.0.2/24";
    return createStack({ name, wires: [{ wire: cable[name], address }], clock, profile, seed, recording });
  };
  const [left, right] = [await start("left", SEED), await start("right", SEED + 1)];
  const listener = await right.listen({ port: PORT });
  const accepted = listener.accept();
  const ends = await clock.settle(Promise.all([left.connect({ address: "10.0.0.2", port: PORT }), accepted]));
  recording.note("both are connected");
  await clock.settle(exchange(ends, randomFile(SEED, BYTES)));
  await Promise.all([left.close({ linger: 0 }), right.close({ linger: 0 })]);
  recording.close();
  return { bytes: bytes(), machines: readRecording(bytes()).machines };
}

async function open(machine: RecordedMachine, canGoBack = false): Promise<Replay> {
  return Replay.open(machine, await WebAssembly.compile(machine.wasm as BufferSource), { canGoBack });
}

const bad = { loss: 0.03, duplicate: 0.03, corrupt: 0.03, reorder: 0.1, seed: SEED };

describe("a replay", () => {
  for (const profile of ["tiny", "node"]) {
    it(`of ${profile} on a bad cable is equal at every checkpoint (seed ${SEED})`, async () => {
      const { machines } = await recordExchange(bad, profile);
      assert.deepEqual(
        machines.map(({ about }) => about.name),
        ["left", "right"],
      );
      for (const machine of machines) {
        const replay = await open(machine);
        replay.run();
        const seconds = (replay.now - Replay.firstPollOf(machine)) / SECOND;
        assert.ok(replay.isOver);
        assert.equal(replay.trap, null);
        assert.ok(replay.checks >= Math.max(1, seconds / 2), `${replay.checks} in ${seconds} s`);
      }
    });
  }

  it("is the same after steps back, from every place", async () => {
    const { machines } = await recordExchange(bad);
    const replay = await open(machines[0], true);
    const hashes = [replay.hash];
    while (replay.step()) hashes.push(replay.hash);
    const end = replay.polls;
    for (const polls of [end - 1, 0, end >> 1, 1, end, end >> 2]) {
      replay.seek(polls);
      assert.deepEqual([replay.polls, replay.hash], [polls, hashes[polls]]);
    }
    replay.seek(end + 10);
    assert.equal(replay.polls, end);
  });

  it("stops at the last poll up to a time", async () => {
    const { machines } = await recordExchange();
    const replay = await open(machines[0]);
    replay.runUntil(50_000);
    const [polls, { now }] = [replay.polls, replay];
    assert.ok(now <= 50_000 && polls > 0);
    assert.ok(replay.step());
    assert.ok(replay.now > 50_000);
  });

  it("shows the tables as they were, and does not mind being looked at", async () => {
    const { machines } = await recordExchange();
    const replay = await open(machines[1], true);
    const isOpen = parseCondition("tcp state == established and remotePort != 0");
    while (!isOpen(replay.core)) assert.ok(replay.step());
    const [socket] = socketStatuses(replay.core).filter(({ state }) => state === "ESTABLISHED");
    assert.equal(socket?.localPort, PORT);
    replay.run();
    assert.ok(replay.isOver);
  });

  it("tells of calls, registers, frames and remarks", async () => {
    const { machines } = await recordExchange();
    const replay = await open(machines[0]);
    const kinds = new Map<ReplayEvent["kind"], number>();
    let remark = "";
    replay.onEvent = (event) => {
      kinds.set(event.kind, (kinds.get(event.kind) ?? 0) + 1);
      if (event.kind === "note") remark = event.text;
      if (event.kind === "sent" || event.kind === "came") assert.ok(event.frame.length >= 60);
    };
    replay.run();
    assert.equal(remark, "both are connected");
    for (const kind of ["call", "answer", "read", "write", "put", "sent", "came"] as const)
      assert.ok(kinds.get(kind), kind);
    assert.equal(kinds.get("call"), kinds.get("answer"));
  });

  it("tells a story of the last polls in lines", async () => {
    const { machines } = await recordExchange();
    const replay = await open(machines[0], true);
    while (!parseCondition("tcp state == SYN_SENT")(replay.core)) replay.step();
    const { hash } = replay;
    const story = storyOf(replay, 3, 0);
    assert.equal(replay.hash, hash);
    assert.match(story.join("\n"), /connect\(\d+, \d+, 7\) = -115\n.*sends ARP who has 10\.0\.0\.2/s);
  });

  it("refuses memory, answers and accesses that are not the recorded ones", async () => {
    const { machines } = await recordExchange();
    const [left, right] = machines;
    const [first, ...rest] = left.tape.map((block) => block.slice());
    first[first.length - 1] ^= 1; // of the hash in a checkpoint
    await refusal({ ...left, tape: [first, ...rest] }, /Linear memory is not what it was at checkpoint 1/);
    await refusal({ ...left, tape: [...left.tape.slice(0, 1), ...right.tape.slice(1)] }, /where|not what it was/);
    await refusal({ ...left, about: { ...left.about, calls: left.about.calls.toReversed() } }, /where/);
  });

  it("of a machine that trapped ends with the same trap", async () => {
    const { recording, bytes } = recordInMemory("a trap");
    const wires = [{ wire: createCable().left }];
    const { core } = await createStack({ wires, profile: "tiny", clock: new VirtualClock(), seed: SEED, recording });
    core.put(new Uint8Array(core.constants.LINEAR_BYTES as number).fill(0xfe), 0);
    assert.throws(() => core.poll(SECOND), WebAssembly.RuntimeError);
    const replay = await open(readRecording(bytes()).machines[0]);
    replay.run();
    assert.match(replay.trap ?? "", /poll: .*out of bounds/);
  });
});

async function refusal(machine: RecordedMachine, pattern: RegExp): Promise<void> {
  const replay = await open(machine);
  const isRefusal = (error: unknown): boolean =>
    error instanceof ReplayError && /after \d+ polls/.test(error.message) && pattern.test(error.message);
  assert.throws(() => replay.run(), isRefusal);
}

describe("one byte", () => {
  it("is followed from the application to the cable and up to the other application", async () => {
    const { machines } = await recordExchange();
    const [left, right] = machines;
    const byte = 5000;
    const steps = followByte(await open(left), await open(right), { byte, code: "100base-fx" });
    const first = steps.filter(({ where }, i) => steps.findIndex((step) => step.where === where) === i);
    assert.deepEqual(
      first.map(({ machine, where }) => `${machine} ${where}`),
      ["left socket", "left segment", "left packet", "left frame", "left signal", "right arrival", "right application"],
    );
    const value = randomFile(SEED, BYTES)[byte];
    assert.match(first[0].text, new RegExp(`^byte ${byte} \\(0x${value.toString(16)}[ )]`));
    assert.match(first[4].text, /^[.*]{10} \(100base-fx: 10 symbols/);
    assert.match(first[6].text, new RegExp(`as byte ${byte} of the stream`));
    assert.equal(first[5].time - first[3].time, 20_000);
  });

  it("that nobody wrote leads nowhere", async () => {
    const { machines } = await recordExchange();
    assert.deepEqual(followByte(await open(machines[0]), null, { byte: BYTES, code: "10base-t" }), []);
  });
});

describe("the file of a recording", () => {
  it("is good up to the last whole block when it was cut off", async () => {
    const { bytes } = await recordExchange();
    const whole = await open(readRecording(bytes).machines[0]);
    whole.run();
    const cut = readRecording(bytes.subarray(0, bytes.length - 5));
    assert.equal(cut.isWhole, false);
    const replay = await open(cut.machines[1]);
    replay.run();
    assert.ok(replay.checks > 0);
  });

  it("is refused in one sentence when it is none, or of another format", async () => {
    const { bytes } = await recordExchange();
    const other = Uint8Array.from(bytes);
    other[7] = 99;
    const isRefusal = (pattern: RegExp) => (error: unknown) =>
      error instanceof InputError && error.code === "ERR_RECORDING" && pattern.test(error.message);
    assert.throws(() => readRecording(Buffer.from("a text"), "notes.txt"), isRefusal(/notes\.txt is no recording/));
    assert.throws(() => readRecording(other), isRefusal(/format 99.*reads format 1/));
    assert.throws(() => readRecording(bytes.subarray(0, 8)), isRefusal(/no machine in it/));
  });

  it("is small beside what went over the cable", async () => {
    const { bytes } = await recordExchange();
    // Both directions are in it twice: once as frames that came, once as what the application wrote.
    assert.ok(bytes.length < 4 * BYTES * 1.3 + 60_000, `${bytes.length} bytes`);
  });
});

describe("its parts", () => {
  it("numbers on a tape are read as they were written, across blocks", () => {
    const blocks: Uint8Array[] = [];
    const writer = new TapeWriter((block) => blocks.push(block.slice()));
    const values = [0, 1, 127, 128, 16_383, 16_384, 0x7fff_ffff, 0xffff_ffff];
    const signed = [0, -1, 1, 63, -64, 64, 0x7fff_ffff, -0x8000_0000];
    for (let round = 0; round < 10_000; round++) {
      writer.begin(round & 0x7f, 200);
      for (const value of values) writer.word(value);
      for (const value of signed) writer.signed(value);
      writer.long(2 ** 53 - 1 - round);
    }
    writer.flush();
    assert.ok(blocks.length > 1);
    const reader = new TapeReader(blocks);
    for (let round = 0; round < 10_000; round++) {
      assert.equal(reader.op(), round & 0x7f);
      assert.deepEqual(
        values.map(() => reader.word()),
        values,
      );
      assert.deepEqual(
        signed.map(() => reader.signed()),
        signed,
      );
      assert.equal(reader.long(), 2 ** 53 - 1 - round);
    }
    assert.equal(reader.op(), -1);
  });

  it("the hash sees every changed bit, and words that change places", () => {
    const words = Uint32Array.from({ length: 256 }, (_, i) => Math.imul(i, 0x9e3779b1));
    const seen = new Set([hashWords(words).join()]);
    for (let word = 0; word < words.length; word++) {
      for (let bit = 0; bit < 32; bit++) {
        words[word] ^= 1 << bit;
        seen.add(hashWords(words).join());
        words[word] ^= 1 << bit;
      }
    }
    for (let word = 4; word < words.length; word++) {
      const swapped = words.slice();
      swapped[word] = words[word - 4];
      swapped[word - 4] = words[word];
      seen.add(hashWords(swapped).join());
    }
    assert.equal(seen.size, 1 + 256 * 32 + 252);
  });

  it("snapshots share what is equal, keep to their room and never forget the first", () => {
    const memory = new Uint8Array(65_536);
    const snapshots = new Snapshots<number>(memory, 40 * 4096);
    for (let polls = 0; polls <= 60_000; polls += 500) {
      new DataView(memory.buffer).setUint32(0, polls);
      snapshots.offer(polls, () => polls);
    }
    assert.ok(snapshots.bytes <= 40 * 4096, `${snapshots.bytes} bytes`);
    assert.ok(snapshots.count > 10);
    for (const polls of [0, 1, 31_111, 60_000]) {
      const found = snapshots.restore(polls);
      assert.ok(found !== null && found <= polls);
      assert.equal(new DataView(memory.buffer).getUint32(0), found);
    }
    assert.equal(snapshots.restore(0), 0);
  });

  it("conditions that make no sense are refused", () => {
    const refused: [string, RegExp][] = [
      ["", /"" is no table/],
      ["tpc state == LISTEN", /"tpc" is no table/],
      ["tcp", /is no condition/],
      ["tcp state = LISTEN", /neither a word nor|is no condition/],
      ["tcp state == LISTEN and", /is no condition/],
      ["tcp state == LISTEN or x == 1", /is no condition/],
    ];
    for (const [text, pattern] of refused) assert.throws(() => parseCondition(text), pattern, text);
  });
});
