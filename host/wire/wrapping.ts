// What wires that wrap wires have in common: they are called as the wire inside is, are up while it is, and stand between
// it and the adapter. What happens to frames is up to each.

import type { Wire, WireEnd } from "./wire.ts";

export abstract class WrappingWire implements Wire, WireEnd {
  readonly carriesFcs: boolean;
  readonly mtu?: number;
  protected readonly inner: Wire;
  /** The adapter's side, once there is one. */
  protected end: WireEnd | null = null;

  /** Whoever extends this attaches itself to `inner`, when it is ready for frames. */
  constructor(inner: Wire, carriesFcs = inner.carriesFcs) {
    this.inner = inner;
    this.carriesFcs = carriesFcs;
    if (inner.mtu !== undefined) this.mtu = inner.mtu;
  }

  get name(): string {
    return this.inner.name;
  }

  get up(): boolean {
    return this.inner.up;
  }

  attach(end: WireEnd): void {
    this.end = end;
  }

  abstract send(frame: Uint8Array, stays?: boolean): void;

  abstract receive(frame: Uint8Array, stays?: boolean): void;

  linkChanged(up: boolean): void {
    this.end?.linkChanged(up);
  }

  close(): void {
    this.inner.close();
  }
}
