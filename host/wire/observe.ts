// Lets somebody watch the frames of a wire as the adapter on it sees them: without FCS, and without damaged ones.

import { FCS_BYTES, fcsMatches } from "../mac/fcs.ts";
import type { Wire } from "./wire.ts";
import { WrappingWire } from "./wrapping.ts";

/** Called for each frame, which is valid during the call only. `sent`: by the adapter; else it was received. */
export type FrameObserver = (frame: Uint8Array, sent: boolean) => void;

/** `wire`, with `observer` told of what passes. */
export function observeWire(wire: Wire, observer: FrameObserver, onClose: () => void = () => {}): Wire {
  const observed = new ObservedWire(wire, onClose);
  observed.watch(observer);
  return observed;
}

/** A wire that can be watched by several, who come and go; while nobody does, frames just pass. */
export class ObservedWire extends WrappingWire {
  #observers = new Set<FrameObserver>();
  #onClose: () => void;

  constructor(inner: Wire, onClose: () => void = () => {}) {
    super(inner);
    this.#onClose = onClose;
    inner.attach(this);
  }

  /** Tells `observer` of what passes until the function that it returns is called. */
  watch(observer: FrameObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  send(frame: Uint8Array): void {
    this.#observe(frame, true);
    this.inner.send(frame);
  }

  receive(frame: Uint8Array): void {
    this.#observe(frame, false);
    this.end?.receive(frame);
  }

  override close(): void {
    this.#onClose();
    super.close();
  }

  #observe(frame: Uint8Array, sent: boolean): void {
    if (this.#observers.size === 0) return;
    if (this.carriesFcs && !fcsMatches(frame)) return;
    const seen = this.carriesFcs ? frame.subarray(0, frame.length - FCS_BYTES) : frame;
    for (const observer of this.#observers) observer(seen, sent);
  }
}
