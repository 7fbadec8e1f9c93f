// A cable between two adapters in this process. Undisturbed, a frame goes straight from one machine's transmit
// buffer into the other's receive buffer; with impairments, it goes through a lane for each direction.

import type { Clock } from "../clock.ts";
import { type ImpairmentStats, type Impairments, impairs, impairWire } from "./impair.ts";
import type { Wire, WireEnd } from "./wire.ts";

export interface CableOptions extends Impairments {
  /** Needed as soon as there is a delay, jitter, a rate or reordering. */
  clock?: Clock;
  /** What is different for frames from left to right, and from right to left. */
  toRight?: Impairments;
  toLeft?: Impairments;
}

/** Both ends of a cable; destructures into them: `const [left, right] = createCable()`. */
export interface Cable extends Iterable<Wire> {
  readonly left: Wire;
  readonly right: Wire;
  /** What has happened to frames from left to right and from right to left; both empty on a perfect cable. */
  readonly stats: { readonly toRight: ImpairmentStats; readonly toLeft: ImpairmentStats } | null;
  /** Pulls the plug, or puts it back: both ends see the link go down or up. */
  unplug(): void;
  plug(): void;
  [Symbol.iterator](): IterableIterator<Wire>;
}

class CableEnd implements Wire {
  readonly name: string;
  readonly carriesFcs: boolean;
  peer: CableEnd | null = null;
  #end: WireEnd | null = null;
  #open = true;
  #up = true;

  constructor(name: string, carriesFcs: boolean) {
    this.name = name;
    this.carriesFcs = carriesFcs;
  }

  get up(): boolean {
    return this.#up;
  }

  get open(): boolean {
    return this.#open;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array, stays = false): void {
    if (this.#up) this.peer?.deliver(frame, stays);
  }

  deliver(frame: Uint8Array, stays: boolean): void {
    this.#end?.receive(frame, stays);
  }

  close(): void {
    this.#open = false;
    this.setUp(false);
    this.peer?.setUp(false);
  }

  setUp(up: boolean): void {
    if (up === this.#up) return;
    this.#up = up;
    if (this.#open) this.#end?.linkChanged(up);
  }
}

/** A cable with a plug at both ends. Impairments act on each direction by itself, with draws of its own. */
export function createCable(options: CableOptions = {}): Cable {
  const { toRight: sent = {}, toLeft: received = {}, ...both } = options;
  const impairments = { ...both, sent, received };
  const carriesFcs = [both, sent, received].some(({ corrupt = 0 }) => corrupt > 0);
  const leftPlug = new CableEnd("cable", carriesFcs);
  const rightPlug = new CableEnd("cable", carriesFcs);
  leftPlug.peer = rightPlug;
  rightPlug.peer = leftPlug;
  // A frame in either direction passes the left end once, so that is where both lanes are.
  const left = impairs(impairments) ? impairWire(leftPlug, impairments) : leftPlug;
  const ends: Wire[] = [left, rightPlug];
  const setUp = (up: boolean): void => {
    if (up && !(leftPlug.open && rightPlug.open)) return;
    leftPlug.setUp(up);
    rightPlug.setUp(up);
  };
  return {
    left,
    right: rightPlug,
    stats: "stats" in left ? { toRight: left.stats.sent, toLeft: left.stats.received } : null,
    unplug: () => setUp(false),
    plug: () => setUp(true),
    [Symbol.iterator]: () => ends.values(),
  };
}
