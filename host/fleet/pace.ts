// Lets the virtual time of a fleet pass: a step, then everything that the step has woken, then the next, many in each turn of the
// event loop. And it waits where something has to be done outside of that time.

import type { VirtualClock } from "../clock.ts";

/** How far a fleet is. */
export interface Progress {
  /** Microseconds of virtual time. */
  time: number;
  /** Things that have happened: frames that arrived, stacks that ran, timers that went off. */
  events: number;
  /** Frames that the switch has put on cables; of these, how often it did so for all at once. */
  deliveries: number;
  floods: number;
  devices: number;
  /** Devices that have power, and that have done what they were to do. */
  running: number;
  done: number;
}

/** Steps for one turn of the event loop. Node does everything that a callback has woken before it calls the next. */
const STEPS_PER_TURN = 256;
const PROGRESS_MS = 500;

export class Pace {
  events = 0;
  /** Milliseconds of real time that have gone by in `settle`. */
  elapsed = 0;
  readonly #clock: VirtualClock;
  readonly #look: () => Progress;
  readonly #onProgress: (progress: Progress) => void;
  #outside = 0;
  #failure: Error | null = null;

  constructor(clock: VirtualClock, look: () => Progress, onProgress: (progress: Progress) => void) {
    this.#clock = clock;
    this.#look = look;
    this.#onProgress = onProgress;
  }

  /** Stops time until `work` is done, which has nothing to do with it. */
  async outside<T>(work: Promise<T>): Promise<T> {
    this.#outside++;
    try {
      return await work;
    } finally {
      this.#outside--;
    }
  }

  /** Lets time pass until `work` is done. Rejects with its error, or when nothing is due any more. */
  async settle<T>(work: Promise<T>): Promise<T> {
    const start = performance.now();
    let told = start;
    let pending = true;
    const done = (): void => {
      pending = false;
    };
    work.then(done, done);
    while (pending && this.#failure === null) {
      await this.#turn(() => pending);
      if (performance.now() - told < PROGRESS_MS) continue;
      told = performance.now();
      this.#onProgress(this.#look());
    }
    this.elapsed += performance.now() - start;
    if (this.#failure !== null && pending) throw this.#failure;
    return work;
  }

  // What is asked of `setImmediate` in one go is called one by one, each with the promises that it settles.
  #turn(isWanted: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      for (let i = 1; i < STEPS_PER_TURN; i++) setImmediate(() => this.#step(isWanted));
      setImmediate(resolve);
    });
  }

  #step(isWanted: () => boolean): void {
    if (!isWanted() || this.#outside > 0 || this.#failure !== null) return;
    try {
      if (this.#clock.step()) this.events++;
      else this.#failure = new Error(`Nothing is due at ${this.#clock.now()} µs, yet something is awaited.`);
    } catch (error) {
      this.#failure = error as Error;
    }
  }
}
