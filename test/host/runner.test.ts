// When the runner runs a core, with a stand-in for the core whose wishes the test sets.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../../host/clock.ts";
import { Runner } from "../../host/runner.ts";

interface Rig {
  clock: VirtualClock;
  runner: Runner;
  /** When the core was run. */
  polls: number[];
  faults: Error[];
  /** What the core does when it is run: returns its wish. */
  onPoll: (now: number) => number;
  interrupt: boolean;
}

function makeRig(onPoll: (now: number) => number = () => Number.POSITIVE_INFINITY): Rig {
  const clock = new VirtualClock();
  const polls: number[] = [];
  const faults: Error[] = [];
  const core = {
    poll: (now: number): number => {
      polls.push(now);
      return rig.onPoll(now);
    },
  };
  const runner = new Runner(core, clock, {
    hasInterrupt: () => rig.interrupt,
    afterPoll: () => {},
    onFault: (fault) => faults.push(fault),
  });
  const rig: Rig = { clock, runner, polls, faults, onPoll, interrupt: false };
  return rig;
}

describe("the runner", () => {
  it("runs exactly when the core has asked for it", () => {
    const wishes = [500, 1, 70_000, Number.POSITIVE_INFINITY];
    const rig = makeRig(() => wishes.shift() ?? 0);
    rig.runner.wake();
    rig.clock.run();
    assert.deepEqual(rig.polls, [0, 500, 501, 70_501]);
  });

  it("gathers any number of calls into one run", () => {
    const rig = makeRig();
    for (let i = 0; i < 100; i++) rig.runner.wake();
    assert.deepEqual(rig.polls, []);
    rig.clock.run();
    assert.deepEqual(rig.polls, [0]);
  });

  it("follows a wish that has moved, either way, without an extra run", () => {
    const rig = makeRig();
    const at = (time: number, wish: number): void => {
      rig.clock.at(time, () => {
        rig.onPoll = () => wish;
        rig.runner.pollNow();
        rig.onPoll = () => Number.POSITIVE_INFINITY;
      });
    };
    at(0, 100);
    at(50, 1000);
    at(60, 200);
    rig.clock.run();
    assert.deepEqual(rig.polls, [0, 50, 60, 260]);
  });

  it("runs again at once while the core has work left or the interrupt line is up", () => {
    const wishes = [0, 0, Number.POSITIVE_INFINITY];
    const rig = makeRig(() => wishes.shift() ?? Number.POSITIVE_INFINITY);
    rig.runner.wake();
    rig.clock.run();
    assert.deepEqual(rig.polls, [0, 0, 0]);
    rig.interrupt = true;
    rig.onPoll = () => {
      rig.interrupt = false;
      return Number.POSITIVE_INFINITY;
    };
    rig.runner.wake();
    rig.clock.run();
    assert.equal(rig.polls.length, 4);
  });

  it("never runs a core inside its own run, but once more after it", () => {
    const rig = makeRig();
    let depth = 0;
    let runs = 0;
    rig.onPoll = () => {
      assert.equal(depth++, 0);
      if (runs++ === 0) {
        rig.runner.pollNow();
        rig.runner.wake();
      }
      depth--;
      return Number.POSITIVE_INFINITY;
    };
    rig.runner.pollNow();
    rig.clock.run();
    assert.equal(rig.polls.length, 2);
  });

  it("passes a trap on, reports it, and never runs that core again", () => {
    const rig = makeRig(() => {
      throw new WebAssembly.RuntimeError("unreachable");
    });
    assert.throws(() => rig.runner.pollNow(), WebAssembly.RuntimeError);
    assert.equal(rig.faults.length, 1);
    rig.runner.wake();
    rig.runner.pollNow();
    rig.clock.run();
    assert.equal(rig.polls.length, 1);
  });

  it("does nothing after it was stopped, whatever is due", () => {
    const rig = makeRig(() => 100);
    rig.runner.wake();
    rig.clock.step();
    rig.runner.wake();
    rig.runner.stop();
    rig.clock.run();
    assert.deepEqual(rig.polls, [0]);
  });
});
