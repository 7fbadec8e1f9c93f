// Whether a transfer goes on: times in which the receiver gets nothing new.

import type { Clock } from "../../../host/clock.ts";
import { ROUND_TRIP } from "./conditions.ts";

/** Longer than this is a stall: recovery by acknowledgments brings something new in every round trip. */
const STALL = 3 * ROUND_TRIP;

/** How many there were, milliseconds in all, and of the longest. */
export interface Stalls {
  readonly stalls: number;
  readonly stalledMs: number;
  readonly longestStallMs: number;
}

export class Progress {
  readonly #clock: Clock;
  #last = 0;
  #stalls = 0;
  #stalled = 0;
  #longest = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From here on time counts. */
  begin(): void {
    this.#last = this.#clock.now();
  }

  /** Something new has arrived. */
  made(): void {
    const now = this.#clock.now();
    const pause = now - this.#last;
    this.#last = now;
    if (pause <= STALL) return;
    this.#stalls++;
    this.#stalled += pause;
    this.#longest = Math.max(this.#longest, pause);
  }

  /** What there was, a stall that has not ended included. */
  end(): Stalls {
    this.made();
    return { stalls: this.#stalls, stalledMs: this.#stalled / 1000, longestStallMs: this.#longest / 1000 };
  }
}
