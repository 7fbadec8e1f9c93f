// Notices that nothing has happened for a while. To note that something has costs a look at the clock and no timer.

import type { Clock, Timer } from "../clock.ts";

export class IdleTimer {
  #clock: Clock;
  #onIdle: () => void;
  #timer: Timer | null = null;
  #micros = 0;
  #since = 0;

  constructor(clock: Clock, onIdle: () => void) {
    this.#clock = clock;
    this.#onIdle = onIdle;
  }

  /** Begins to count; whatever was counted before is forgotten. */
  start(milliseconds: number): void {
    this.stop();
    this.#micros = milliseconds * 1000;
    this.#since = this.#clock.now();
    this.#wait();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#micros = 0;
  }

  /** Something has happened: counts from here, also when it had run out. */
  refresh(): void {
    if (this.#micros === 0) return;
    this.#since = this.#clock.now();
    if (this.#timer === null) this.#wait();
  }

  #wait(): void {
    this.#timer = this.#clock.at(this.#since + this.#micros, this.#look);
  }

  #look = (): void => {
    this.#timer = null;
    if (this.#clock.now() < this.#since + this.#micros) this.#wait();
    else this.#onIdle();
  };
}
