// A cable that tells after every few frames from its left end to its right, so that the machine there can have its turn
// in the middle of the sender's: then one poll takes in no more than these.

import type { Wire, WireEnd } from "../../host/wire/wire.ts";

class Plug implements Wire {
  readonly name = "rationed cable";
  readonly up = true;
  readonly carriesFcs = false;
  peer: Plug | null = null;
  #end: WireEnd | null = null;
  #ration: number;
  #sent = 0;
  #onRation: () => void;

  constructor(ration: number, onRation: () => void) {
    this.#ration = ration;
    this.#onRation = onRation;
  }

  get open(): boolean {
    return true;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    this.peer?.deliver(frame);
    if (++this.#sent < this.#ration) return;
    this.#sent = 0;
    this.#onRation();
  }

  /** The next frame begins a ration. */
  restart(): void {
    this.#sent = 0;
  }

  deliver(frame: Uint8Array): void {
    this.#end?.receive(frame);
  }

  close(): void {}
}

export interface RationedCable {
  readonly left: Wire;
  readonly right: Wire;
  /** The next frame begins a ration. */
  restart(): void;
}

/** `onRation` is called after every `frames` frames from left to right. */
export function createRationedCable(frames: number, onRation: () => void): RationedCable {
  const left = new Plug(frames, onRation);
  const right = new Plug(Number.POSITIVE_INFINITY, () => {});
  left.peer = right;
  right.peer = left;
  return { left, right, restart: () => left.restart() };
}
