// The heap of deadlines against the plainest possible list of them.

import { NEVER } from "../../assembly/base/clock";
import { TIMER_COUNT } from "../../assembly/base/config";
import { nextDeadline, setTimer, startTimers, takeExpired, timerDue } from "../../assembly/base/timers";

const TIMERS: u32 = 50;
const PLAIN: usize = memory.data(50 * 8, 8);

function startBoth(): void {
  startTimers();
  for (let i: u32 = 0; i < TIMERS; i++) store<u64>(PLAIN + i * 8, NEVER);
}

function plainNext(): u64 {
  let next = NEVER;
  for (let i: u32 = 0; i < TIMERS; i++) next = min(next, load<u64>(PLAIN + i * 8));
  return next;
}

describe("timers", () => {
  beforeEach(startBoth);

  it("has no deadline at the start", () => {
    expect<u64>(nextDeadline()).toBe(NEVER);
    expect<i32>(takeExpired(NEVER - 1)).toBe(-1);
    expect<u64>(timerDue(0)).toBe(NEVER);
  });

  it("gives the earliest first, each once, and none before its time", () => {
    setTimer(3, 300);
    setTimer(1, 100);
    setTimer(2, 200);
    expect<u64>(nextDeadline()).toBe(100);
    expect<i32>(takeExpired(99)).toBe(-1);
    expect<i32>(takeExpired(250)).toBe(1);
    expect<i32>(takeExpired(250)).toBe(2);
    expect<i32>(takeExpired(250)).toBe(-1);
    expect<u64>(nextDeadline()).toBe(300);
  });

  it("moves a timer that is put off, brought forward or turned off", () => {
    setTimer(1, 100);
    setTimer(2, 200);
    setTimer(1, 300);
    expect<u64>(nextDeadline()).toBe(200);
    setTimer(1, 50);
    expect<u64>(nextDeadline()).toBe(50);
    setTimer(1, NEVER);
    expect<u64>(nextDeadline()).toBe(200);
    setTimer(2, NEVER);
    expect<u64>(nextDeadline()).toBe(NEVER);
    setTimer(1, 70);
    expect<i32>(takeExpired(70)).toBe(1);
  });

  it("holds every timer there is", () => {
    for (let i: u32 = 0; i < TIMER_COUNT; i++) setTimer(i, 1000000 - i);
    let last: u64 = 0;
    let disorder = 0;
    for (let i: u32 = 0; i < TIMER_COUNT; i++) {
      const due = nextDeadline();
      if (due < last || takeExpired(NEVER - 1) != TIMER_COUNT - 1 - i) disorder++;
      last = due;
    }
    expect<i32>(disorder).toBe(0);
    expect<u64>(nextDeadline()).toBe(NEVER);
  });

  it("agrees with a plain list through 20,000 random operations", () => {
    let state: u32 = 12345;
    let time: u64 = 0;
    let wrong = 0;
    for (let step = 0; step < 20000; step++) {
      state = state * 1664525 + 1013904223;
      const timer = (state >> 8) % TIMERS;
      const kind = (state >> 28) & 7;
      if (kind < 5) {
        const deadline = time + ((state >> 12) & 1023);
        setTimer(timer, deadline);
        store<u64>(PLAIN + timer * 8, deadline);
      } else if (kind == 5) {
        setTimer(timer, NEVER);
        store<u64>(PLAIN + timer * 8, NEVER);
      } else {
        time += (state >> 16) & 63;
        for (let expired = takeExpired(time); expired >= 0; expired = takeExpired(time)) {
          if (load<u64>(PLAIN + expired * 8) != plainNext()) wrong++;
          store<u64>(PLAIN + expired * 8, NEVER);
        }
        if (plainNext() <= time) wrong++;
      }
      if (timerDue(timer) != load<u64>(PLAIN + timer * 8)) wrong++;
      if (nextDeadline() != plainNext()) wrong++;
    }
    expect<i32>(wrong).toBe(0);
  });
});
