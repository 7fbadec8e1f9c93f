// A wire on which somebody forges frames at the rate of a gigabit of SYNs, between those of who is really there. What the
// victim answers goes, as on a real network, to nobody.

import type { Clock } from "../../host/clock.ts";
import type { Wire, WireEnd } from "../../host/wire/wire.ts";
import { ETHER_IPV4 } from "../segment/frames.ts";
import { isWithin, type Range } from "./forged-syns.ts";

/** Makes frames, each good until the next. */
export interface Forger {
  next(): Uint8Array;
}

/** Frames that come at once, and microseconds from one such burst to the next: a gigabit of SYNs with options. */
const BURST = 64;
const PERIOD = 50;

const ETHER_TYPE = 12;
const IP_DESTINATION = 30;

export class FloodedWire implements Wire, WireEnd {
  readonly carriesFcs: boolean;
  /** Frames forged so far. */
  sent = 0;
  /** Answers to addresses in the ranges. */
  answers = 0;
  readonly #inner: Wire;
  readonly #ranges: readonly Range[];
  #end: WireEnd | null = null;
  #stopped = false;

  /** `inner` with a flood; what is sent to an address in `ranges` leads nowhere. */
  constructor(inner: Wire, ranges: readonly Range[]) {
    this.#inner = inner;
    this.#ranges = ranges;
    this.carriesFcs = inner.carriesFcs;
    if (inner.carriesFcs) throw new Error("forged frames have no FCS");
    inner.attach(this);
  }

  get name(): string {
    return this.#inner.name;
  }

  get up(): boolean {
    return this.#inner.up;
  }

  /** Forges until `stop` is called, or for that many frames; resolves when it has ended. */
  flood(forger: Forger, clock: Clock, frames = Number.POSITIVE_INFINITY): Promise<void> {
    this.#stopped = false;
    const last = this.sent + frames;
    return new Promise((resolve) => {
      const burst = (): void => {
        for (let left = BURST; left > 0 && this.sent < last; left--) {
          this.sent++;
          this.#end?.receive(forger.next());
        }
        if (this.#stopped || this.sent >= last) resolve();
        else clock.at(clock.now() + PERIOD, burst);
      };
      burst();
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    const isIp = ((frame[ETHER_TYPE] << 8) | frame[ETHER_TYPE + 1]) === ETHER_IPV4;
    const destination = frame.subarray(IP_DESTINATION, IP_DESTINATION + 4);
    if (isIp && this.#ranges.some((range) => isWithin(destination, range))) this.answers++;
    else this.#inner.send(frame);
  }

  receive(frame: Uint8Array): void {
    this.#end?.receive(frame);
  }

  linkChanged(up: boolean): void {
    this.#end?.linkChanged(up);
  }

  close(): void {
    this.stop();
    this.#inner.close();
  }
}
