// Puts any wire behind a stretch of cable that carries signals: what passes in either direction becomes levels, and a
// frame again. The adapter makes the FCS and checks it; where the wire beyond has none, this end of it does.

import { FCS_BYTES, fcsMatches, withFcs } from "../mac/fcs.ts";
import { Random } from "../random.ts";
import type { Wire } from "../wire/wire.ts";
import { WrappingWire } from "../wire/wrapping.ts";
import { Line, type LineStats, type SignalOptions } from "./line.ts";

export interface SignalWire extends Wire {
  readonly signalStats: {
    readonly sent: LineStats;
    readonly received: LineStats;
    /** Frames with a wrong FCS that were dropped here, because what lies beyond cannot check it. */
    readonly fcsDrops: number;
  };
}

/** `wire` with signals upon it; `seed` of the damage. Throws InputError ERR_WIRE. */
export function signalWire(wire: Wire, options: SignalOptions & { seed?: number }): SignalWire {
  return new Signalling(wire, options);
}

class Signalling extends WrappingWire implements SignalWire {
  readonly signalStats: { sent: LineStats; received: LineStats; fcsDrops: number };
  #out: Line;
  #in: Line;

  constructor(inner: Wire, { seed = 1, ...options }: SignalOptions & { seed?: number }) {
    super(inner, true);
    this.#out = new Line(options, new Random(seed, 3));
    this.#in = new Line(options, new Random(seed, 4));
    this.signalStats = { sent: this.#out.stats, received: this.#in.stats, fcsDrops: 0 };
    inner.attach(this);
  }

  send(frame: Uint8Array): void {
    const arrived = this.#out.carry(frame);
    if (arrived === null) return;
    if (this.inner.carriesFcs) this.inner.send(arrived);
    else if (fcsMatches(arrived)) this.inner.send(arrived.subarray(0, arrived.length - FCS_BYTES));
    else this.signalStats.fcsDrops++;
  }

  receive(frame: Uint8Array): void {
    const arrived = this.#in.carry(this.inner.carriesFcs ? frame : withFcs(frame));
    if (arrived !== null) this.end?.receive(arrived);
  }
}
