// Decides when a core runs: when its own `poll` asked for it, when a MAC raises its interrupt line, and after calls.
// Whatever happens in between is gathered into one run. A core never runs inside another core's run.

import type { Clock, Timer } from "./clock.ts";

/** What is run: a core. `poll` takes the time and returns how long it may be left alone, both in microseconds. */
export interface Pollable {
  poll(now: number): number;
}

export interface RunnerOptions {
  /** The level of the interrupt lines. */
  hasInterrupt: () => boolean;
  /** Takes the events out of the core. */
  afterPoll: () => void;
  /** The core has trapped, which is a defect of ours. It has stopped; the error goes on to whoever ran it. */
  onFault: (fault: Error) => void;
}

export class Runner {
  readonly clock: Clock;
  #core: Pollable;
  #hasInterrupt: () => boolean;
  #afterPoll: () => void;
  #onFault: (fault: Error) => void;
  #stopped = false;
  #polling = false;
  /** True while a run is due at once. */
  #due = false;
  #deadline = Number.POSITIVE_INFINITY;
  #timer: Timer | null = null;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(core: Pollable, clock: Clock, around: RunnerOptions) {
    this.#core = core;
    this.clock = clock;
    this.#hasInterrupt = around.hasInterrupt;
    this.#afterPoll = around.afterPoll;
    this.#onFault = around.onFault;
  }

  /** Something happened: the core is to run soon. May be called from anywhere, also in the midst of a run. */
  wake = (): void => {
    if (this.#due || this.#stopped) return;
    this.#due = true;
    this.clock.at(0, this.#runDue);
  };

  /** Runs the core now. Called in the midst of a run, it makes another one follow. */
  pollNow(): void {
    if (this.#stopped) return;
    if (this.#polling) {
      this.wake();
      return;
    }
    const now = this.clock.now();
    this.#polling = true;
    let delay: number;
    try {
      delay = this.#core.poll(now);
    } catch (fault) {
      this.stop();
      this.#onFault(fault as Error);
      throw fault;
    } finally {
      this.#polling = false;
    }
    this.#afterPoll();
    if (delay === 0 || this.#hasInterrupt()) this.wake();
    this.#waitUntil(delay === 0 ? Number.POSITIVE_INFINITY : now + delay);
  }

  /** The core does not run any more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #runDue = (): void => {
    this.#due = false;
    this.pollNow();
  };

  // Most runs only move the deadline further away: then the timer stays and is set anew when it goes off.
  #waitUntil(deadline: number): void {
    this.#deadline = deadline;
    if (this.#stopped || deadline >= this.#timerAt || deadline === Number.POSITIVE_INFINITY) return;
    this.#timer?.cancel();
    this.#timerAt = deadline;
    this.#timer = this.clock.at(deadline, this.#onTimer);
  }

  #onTimer = (): void => {
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.clock.now() < this.#deadline) this.#waitUntil(this.#deadline);
    else this.pollNow();
  };
}
