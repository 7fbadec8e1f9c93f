// Both clocks: order, cancelling, and that real time neither runs backwards nor keeps a process alive.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type Clock, RealClock, VirtualClock } from "../../host/clock.ts";
import { Random } from "../../host/random.ts";

const CLOCK = fileURLToPath(new URL("../../host/clock.ts", import.meta.url));

describe("virtual time", () => {
  it("does things in the order of their time, then of their insertion", () => {
    const clock = new VirtualClock();
    const random = new Random(1);
    const planned: { time: number; order: number }[] = [];
    const done: { time: number; order: number }[] = [];
    for (let order = 0; order < 1000; order++) {
      const entry = { time: random.below(50), order };
      planned.push(entry);
      clock.at(entry.time, () => {
        assert.equal(clock.now(), entry.time);
        done.push(entry);
      });
    }
    clock.run();
    planned.sort((a, b) => a.time - b.time || a.order - b.order);
    assert.deepEqual(done, planned);
  });

  it("does what is due in the past now, behind what is due now already", () => {
    const clock = new VirtualClock();
    const done: string[] = [];
    clock.at(10, () => {
      clock.at(3, () => done.push(`late at ${clock.now()}`));
      done.push("first");
    });
    clock.at(10, () => done.push("second"));
    clock.run();
    assert.deepEqual(done, ["first", "second", "late at 10"]);
  });

  it("leaves out what was cancelled, and runUntil stands where it was told", () => {
    const clock = new VirtualClock();
    const done: number[] = [];
    const timers = [5, 6, 7, 8].map((time) => clock.at(time, () => done.push(time)));
    timers[1].cancel();
    clock.runUntil(7);
    assert.deepEqual(done, [5, 7]);
    assert.equal(clock.now(), 7);
    clock.runUntil(20);
    assert.equal(clock.now(), 20);
    assert.equal(clock.next(), Number.POSITIVE_INFINITY);
  });

  it("settles a promise that waits for several steps, and says when nothing will settle it", async () => {
    const clock = new VirtualClock();
    const sleep = (micros: number): Promise<void> =>
      new Promise((resolve) => {
        clock.at(clock.now() + micros, resolve);
      });
    const work = async (): Promise<number> => {
      for (let i = 0; i < 5; i++) await sleep(1000);
      return clock.now();
    };
    assert.equal(await clock.settle(work()), 5000);
    await assert.rejects(clock.settle(new Promise(() => {})), /Nothing is due/);
    await assert.rejects(clock.settle(sleep(1e6), 10_000), /still pending/);
    await assert.rejects(clock.settle(Promise.reject(new Error("mine"))), /mine/);
  });
});

describe("virtual time that something keeps from moving", () => {
  it("is noticed instead of hanging", () => {
    const clock = new VirtualClock();
    const again = (): void => {
      clock.at(0, again);
    };
    again();
    assert.throws(() => clock.run(), /stands still/);
  });
});

describe("real time", () => {
  const wait = (clock: Clock, micros: number): Promise<number> => {
    const due = clock.now() + micros;
    return new Promise((resolve) => {
      clock.at(due, () => resolve(clock.now() - due));
    });
  };

  it("never wakes early, however short the wait", async () => {
    const clock = new RealClock();
    const release = clock.hold();
    try {
      for (const micros of [1, 50, 300, 900, 1400, 1600, 2500, 5000, 20_000]) {
        const late = await wait(clock, micros);
        assert.ok(late >= 0, `${micros} µs: early by ${-late}`);
      }
    } finally {
      release();
    }
  });

  it("keeps order and honours cancelling", async () => {
    const clock = new RealClock();
    const release = clock.hold();
    const done: number[] = [];
    const start = clock.now();
    for (const millis of [4, 2, 3, 1]) clock.at(start + millis * 1000, () => done.push(millis));
    clock.at(start + 2500, () => done.push(99)).cancel();
    await wait(clock, 6000);
    assert.deepEqual(done, [1, 2, 3, 4]);
    release();
  });

  it("lets the event loop have its turns between things that are always due", async () => {
    const clock = new RealClock();
    let runs = 0;
    let stopped = false;
    const again = (): void => {
      runs++;
      if (!stopped) clock.at(0, again);
    };
    again();
    await new Promise((resolve) => setTimeout(resolve, 5));
    stopped = true;
    assert.ok(runs > 10, `only ${runs} runs`);
  });

  it("alone does not keep a process alive; a hold does, until it is released", () => {
    const run = (body: string): { status: number | null; millis: number } => {
      const source = `import { RealClock } from ${JSON.stringify(CLOCK)}; const clock = new RealClock(); ${body}`;
      const start = Date.now();
      const { status } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", source]);
      return { status, millis: Date.now() - start };
    };
    assert.equal(run("clock.at(60e6, () => process.exit(3));").status, 0);
    assert.equal(run("clock.hold(); clock.at(clock.now() + 50e3, () => process.exit(3));").status, 3);
    assert.equal(run("const release = clock.hold(); clock.at(clock.now() + 50e3, release);").status, 0);
  });
});
