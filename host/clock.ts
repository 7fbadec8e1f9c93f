// Time: the real one, and one that stands still until it is told to go on. Everything that waits in the host waits
// on a Clock, so that a whole network runs in virtual time without knowing it.

import { inNextTurn } from "./turn.ts";

/** Something that will happen, unless it is cancelled before. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Microseconds between 1970 and this clock's zero. */
  readonly epoch: number;
  /** Whole microseconds since the clock's zero; never goes back. */
  now(): number;
  /** Calls `run` once when `time` (microseconds) has come; soon, never inside this call, when it has passed. */
  at(time: number, run: () => void): Timer;
  /** Keeps the process alive until the function that it returns is called. */
  hold(): () => void;
}

class Entry implements Timer {
  readonly time: number;
  run: (() => void) | null;
  /** The one after it at the same time. */
  next: Entry | null = null;

  constructor(time: number, run: () => void) {
    this.time = time;
    this.run = run;
  }

  cancel(): void {
    this.run = null;
  }

  fire(): void {
    const run = this.run;
    this.run = null;
    if (run) run();
  }
}

/** All that is due at one time, in the order of insertion. */
interface Moment {
  readonly time: number;
  first: Entry | null;
  last: Entry | null;
}

/**
 * Entries by time, then by order of insertion. Only times are sorted: when one frame goes to ten thousand machines, they are due at
 * the same time. A cancelled entry stays until its time comes to the top.
 */
class Agenda {
  /** A heap, the earliest on top, and the same by time. */
  #heap: Moment[] = [];
  #moments = new Map<number, Moment>();

  /** The earliest entry that is not cancelled. */
  first(): Entry | undefined {
    for (let moment = this.#heap[0]; moment !== undefined; moment = this.#heap[0]) {
      while (moment.first !== null && moment.first.run === null) moment.first = moment.first.next;
      if (moment.first !== null) return moment.first;
      this.#removeTop();
    }
    return undefined;
  }

  add(entry: Entry): void {
    const moment = this.#moments.get(entry.time);
    if (moment === undefined) {
      this.#insert({ time: entry.time, first: entry, last: entry });
      return;
    }
    if (moment.first === null || moment.last === null) moment.first = entry;
    else moment.last.next = entry;
    moment.last = entry;
  }

  /** Takes the earliest entry out. */
  take(): void {
    const entry = this.first();
    if (entry !== undefined) this.#heap[0].first = entry.next;
  }

  #insert(moment: Moment): void {
    this.#moments.set(moment.time, moment);
    const heap = this.#heap;
    let place = heap.length;
    heap.push(moment);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (heap[parent].time <= moment.time) break;
      heap[place] = heap[parent];
      place = parent;
    }
    heap[place] = moment;
  }

  #removeTop(): void {
    const heap = this.#heap;
    this.#moments.delete(heap[0].time);
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].time < heap[child].time) child++;
      if (heap[child].time >= last.time) break;
      heap[place] = heap[child];
      place = child;
    }
    heap[place] = last;
  }
}

/** So many things at one instant of virtual time mean that something asks to be run at once, for ever. */
const RUNAWAY_STEPS = 1_000_000;

/** Time that moves only when `step`, `run`, `runUntil` or `settle` is called. Equal times keep order of insertion. */
export class VirtualClock implements Clock {
  readonly epoch: number;
  #now = 0;
  #agenda = new Agenda();
  /** Steps since time last moved. */
  #standing = 0;

  /** `epoch`: microseconds since 1970 that time 0 stands for, seen in captures. */
  constructor(epoch = 0) {
    this.epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  at(time: number, run: () => void): Timer {
    const entry = new Entry(Math.max(Math.ceil(time), this.#now), run);
    this.#agenda.add(entry);
    return entry;
  }

  hold(): () => void {
    return () => {};
  }

  /** When the next thing happens; Infinity when nothing is due. */
  next(): number {
    return this.#agenda.first()?.time ?? Number.POSITIVE_INFINITY;
  }

  /** Jumps to the next thing and does it. False when nothing is due. Throws when time does not move any more. */
  step(): boolean {
    const entry = this.#agenda.first();
    if (entry === undefined) return false;
    this.#agenda.take();
    this.#standing = entry.time === this.#now ? this.#standing + 1 : 0;
    if (this.#standing > RUNAWAY_STEPS) throw new Error(`Time stands still at ${this.#now} µs: something never rests.`);
    this.#now = entry.time;
    entry.fire();
    return true;
  }

  /** Does everything due up to and at `time`, and stands at `time` afterwards. */
  runUntil(time: number): void {
    while (this.next() <= time) this.step();
    this.#now = Math.max(this.#now, Math.ceil(time));
  }

  /** Does everything until nothing is due any more. */
  run(): void {
    while (this.step());
  }

  /**
   * Lets time go on until `promise` settles, with room after each step for whatever the step has woken. Rejects when
   * nothing is due any more, or at `limit` (microseconds), and the promise is still pending.
   */
  async settle<T>(promise: Promise<T>, limit = Number.POSITIVE_INFINITY): Promise<T> {
    let pending = true;
    const done = (): void => {
      pending = false;
    };
    promise.then(done, done);
    for (;;) {
      await new Promise<void>((resolve) => inNextTurn(resolve));
      if (!pending) return promise;
      if (this.next() > limit) throw new Error(`At ${this.#now} µs of virtual time it was still pending.`);
      if (!this.step()) throw new Error(`Nothing is due at ${this.#now} µs of virtual time, yet it is pending.`);
    }
  }
}

/** A timeout of Node's may come up to a millisecond early or late; what is nearer than this is waited for in turns. */
const COARSE_MICROS = 1500;
/** So many things due "now" run as microtasks before one lets the event loop take a turn, with its own I/O. */
const MICROTASKS_PER_TURN = 16;
const LONGEST_TIMEOUT_MS = 0x7fff_ffff;
/** What is asked of it is a microtask; `queueMicrotask` costs three times as much. */
const SETTLED = Promise.resolve();

// An error is to be an uncaught one, not a rejection.
function fireInMicrotask(entry: Entry): void {
  try {
    entry.fire();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Real, monotonic time. Its timers alone do not keep the process alive; `hold` does. */
export class RealClock implements Clock {
  readonly epoch = Math.round(performance.timeOrigin * 1000);
  #agenda = new Agenda();
  #microtasks = 0;
  #holders = 0;
  #keeper: ReturnType<typeof setInterval> | null = null;
  /** What will look at the agenda next, and when it does. */
  #timeout: ReturnType<typeof setTimeout> | null = null;
  #turnDue = false;
  #wakesAt = Number.POSITIVE_INFINITY;

  now(): number {
    return Math.floor(performance.now() * 1000);
  }

  at(time: number, run: () => void): Timer {
    const entry = new Entry(time, run);
    const now = time <= 0 ? 0 : this.now(); // looking at the clock is not free
    if (time <= now) {
      this.#soon(entry);
    } else {
      this.#agenda.add(entry);
      if (time < this.#wakesAt) this.#sleepUntil(time, now);
    }
    return entry;
  }

  hold(): () => void {
    if (this.#holders++ === 0) this.#keeper = setInterval(() => {}, LONGEST_TIMEOUT_MS);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--this.#holders > 0 || this.#keeper === null) return;
      clearInterval(this.#keeper);
      this.#keeper = null;
    };
  }

  #soon(entry: Entry): void {
    if (++this.#microtasks < MICROTASKS_PER_TURN) {
      SETTLED.then(() => fireInMicrotask(entry));
      return;
    }
    this.#microtasks = 0;
    inNextTurn(() => entry.fire());
  }

  #sleepUntil(time: number, now: number): void {
    this.#wakesAt = time;
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    this.#timeout = null;
    const wait = time - now;
    if (wait > COARSE_MICROS) {
      const milliseconds = Math.min(Math.floor((wait - COARSE_MICROS / 2) / 1000), LONGEST_TIMEOUT_MS);
      this.#timeout = setTimeout(this.#look, milliseconds);
      this.#timeout.unref?.(); // browsers do not have it, and nothing to keep alive
    } else if (!this.#turnDue) {
      this.#turnDue = true;
      inNextTurn(this.#look);
    }
  }

  #look = (): void => {
    this.#turnDue = false;
    this.#wakesAt = Number.POSITIVE_INFINITY;
    const now = this.now();
    try {
      for (let entry = this.#agenda.first(); entry && entry.time <= now; entry = this.#agenda.first()) {
        this.#agenda.take();
        entry.fire();
      }
    } finally {
      const next = this.#agenda.first();
      if (next && next.time < this.#wakesAt) this.#sleepUntil(next.time, this.now());
    }
  };
}
