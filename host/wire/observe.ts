// Lets somebody watch the frames of a wire as the adapter on it sees them: without FCS, and without damaged ones.

import { FCS_BYTES, fcsMatches } from "../mac/fcs.ts";
import type { Wire, WireEnd } from "./wire.ts";

/** Called for each frame, which is valid during the call only. `sent`: by the adapter; else it was received. */
export type FrameObserver = (frame: Uint8Array, sent: boolean) => void;

/** `wire`, with `observer` told of what passes. */
export function observeWire(wire: Wire, observer: FrameObserver, onClose: () => void = () => {}): Wire {
  const observed = new ObservedWire(wire, onClose);
  observed.watch(observer);
  return observed;
}

/** A wire that can be watched by several, who come and go; while nobody does, frames just pass. */
export class ObservedWire implements Wire, WireEnd {
  readonly carriesFcs: boolean;
  readonly mtu?: number;
  #inner: Wire;
  #observers = new Set<FrameObserver>();
  #onClose: () => void;
  #end: WireEnd | null = null;

  constructor(inner: Wire, onClose: () => void = () => {}) {
    this.#inner = inner;
    this.#onClose = onClose;
    this.carriesFcs = inner.carriesFcs;
    if (inner.mtu !== undefined) this.mtu = inner.mtu;
    inner.attach(this);
  }

  /** Tells `observer` of what passes until the function that it returns is called. */
  watch(observer: FrameObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  get name(): string {
    return this.#inner.name;
  }

  get up(): boolean {
    return this.#inner.up;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    this.#observe(frame, true);
    this.#inner.send(frame);
  }

  receive(frame: Uint8Array): void {
    this.#observe(frame, false);
    this.#end?.receive(frame);
  }

  linkChanged(up: boolean): void {
    this.#end?.linkChanged(up);
  }

  close(): void {
    this.#onClose();
    this.#inner.close();
  }

  #observe(frame: Uint8Array, sent: boolean): void {
    if (this.#observers.size === 0) return;
    if (this.carriesFcs && !fcsMatches(frame)) return;
    const seen = this.carriesFcs ? frame.subarray(0, frame.length - FCS_BYTES) : frame;
    for (const observer of this.#observers) observer(seen, sent);
  }
}
