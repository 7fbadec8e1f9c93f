// Puts any wire behind a bad cable: both directions pass a lane that loses, damages, doubles and delays.

import type { Clock } from "../clock.ts";
import { InputError } from "../errors.ts";
import { FCS_BYTES, fcsMatches, withFcs } from "../mac/fcs.ts";
import { Random } from "../random.ts";
import { type ImpairmentStats, type Impairments, Lane } from "./lane.ts";
import type { Wire } from "./wire.ts";
import { WrappingWire } from "./wrapping.ts";

export type { Burst, ImpairmentStats, Impairments } from "./lane.ts";

export interface ImpairOptions extends Impairments {
  clock?: Clock;
  /** What is different for what the adapter sends, and for what it receives. */
  sent?: Impairments;
  received?: Impairments;
}

/** A wire with what has happened on it. */
export interface ImpairedWire extends Wire {
  readonly stats: { readonly sent: ImpairmentStats; readonly received: ImpairmentStats };
}

/** True when anything at all would happen to a frame. */
export function impairs({ sent, received, ...both }: ImpairOptions): boolean {
  return [both, sent ?? {}, received ?? {}].some(
    ({ delay = 0, jitter = 0, rate = 0, loss = 0, duplicate = 0, reorder = 0, corrupt = 0, flipThrough = 0, burst }) =>
      delay + jitter + rate + loss + duplicate + reorder + corrupt + flipThrough > 0 || burst !== undefined,
  );
}

/** `wire` behind a bad cable. Throws InputError ERR_WIRE on values out of range, or a delay without a clock. */
export function impairWire(wire: Wire, options: ImpairOptions): ImpairedWire {
  const [sent, received] = [
    { ...options, ...options.sent },
    { ...options, ...options.received },
  ];
  check(sent);
  check(received);
  return new Impaired(wire, sent, received);
}

class Impaired extends WrappingWire implements ImpairedWire {
  readonly stats: { readonly sent: ImpairmentStats; readonly received: ImpairmentStats };
  #out: Lane;
  #in: Lane;

  constructor(inner: Wire, sent: ImpairOptions, received: ImpairOptions) {
    super(inner, inner.carriesFcs || (sent.corrupt ?? 0) + (received.corrupt ?? 0) > 0);
    const [out, back] = [new Random(sent.seed ?? 1, 1), new Random(received.seed ?? 1, 2)];
    this.#out = new Lane(sent, out, this.carriesFcs, (frame) => this.#pass(frame));
    this.#in = new Lane(received, back, this.carriesFcs, (frame) => this.end?.receive(frame));
    this.stats = { sent: this.#out.stats, received: this.#in.stats };
    inner.attach(this);
  }

  send(frame: Uint8Array, stays = false): void {
    this.#out.carry(frame, stays);
  }

  receive(frame: Uint8Array, stays = false): void {
    this.#in.carry(this.carriesFcs && !this.inner.carriesFcs ? withFcs(frame) : frame, stays);
  }

  override close(): void {
    this.#out.close();
    this.#in.close();
    super.close();
  }

  // Where the wire beyond has no FCS, the bad cable ends here, and with it the job of checking.
  #pass(frame: Uint8Array): void {
    if (this.carriesFcs === this.inner.carriesFcs) {
      this.inner.send(frame);
    } else if (fcsMatches(frame)) {
      this.inner.send(frame.subarray(0, frame.length - FCS_BYTES));
    } else {
      this.stats.sent.fcsDrops++;
    }
  }
}

function check(options: ImpairOptions): void {
  const { loss, duplicate, reorder, corrupt, flipThrough, burst } = options;
  const inBurst = burst && { "burst's begin": burst.enter, "burst's end": burst.leave, "burst's loss": burst.loss };
  for (const [name, value = 0] of Object.entries({ loss, duplicate, reorder, corrupt, flipThrough, ...inBurst })) {
    if (!(value >= 0 && value <= 1)) {
      throw new InputError("ERR_WIRE", `${name} is a probability from 0 to 1 (or 0% to 100%), not ${value}.`);
    }
  }
  for (const name of ["delay", "jitter", "rate", "queue", "mark", "reorderBy"] as const) {
    const value = options[name] ?? 0;
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new InputError("ERR_WIRE", `${name} must be a number that is not negative, not ${value}.`);
    }
  }
  const timed = (options.delay ?? 0) + (options.jitter ?? 0) + (options.rate ?? 0) + (reorder ?? 0) > 0;
  if (timed && options.clock === undefined) {
    throw new InputError(
      "ERR_WIRE",
      "A wire with a delay, jitter, a rate or reordering needs the clock of its stacks.",
    );
  }
}
