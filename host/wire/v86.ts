// The network card of a v86 machine as a wire: a PC in this very process, or page, on the same cable as a stack.

import { MAX_FRAME_BYTES } from "../mac/ring-mac.ts";
import { FramePadder } from "./padding.ts";
import type { Wire, WireEnd } from "./wire.ts";

/** What is needed of an emulator: the bus on which its first network card talks. */
export interface V86Bus {
  register(event: string, callback: (frame: Uint8Array) => void, self?: unknown): void;
  unregister(event: string, callback: (frame: Uint8Array) => void): void;
  send(event: string, frame: Uint8Array): void;
}

/** An emulator, `new V86({ net_device: { type: "ne2k" } })`; its `network_relay_url` must be absent. */
export interface V86Machine {
  bus: V86Bus;
}

/** Plugs into network card number `card` of the machine, 0 being the first. */
export function openV86(machine: V86Machine, card = 0): Wire {
  return new Card(machine.bus, card);
}

class Card implements Wire {
  readonly name: string;
  readonly carriesFcs = false;
  #bus: V86Bus | null;
  #card: number;
  #end: WireEnd | null = null;
  #padder = new FramePadder();

  constructor(bus: V86Bus, card: number) {
    this.name = `v86:net${card}`;
    this.#bus = bus;
    this.#card = card;
    bus.register(`net${card}-send`, this.#take, this);
  }

  get up(): boolean {
    return this.#bus !== null;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  // The card takes the frame later than this call.
  send(frame: Uint8Array): void {
    this.#bus?.send(`net${this.#card}-receive`, Uint8Array.from(frame));
  }

  close(): void {
    this.#bus?.unregister(`net${this.#card}-send`, this.#take);
    this.#bus = null;
  }

  #take = (frame: Uint8Array): void => {
    if (frame.length > 0 && frame.length <= MAX_FRAME_BYTES) this.#end?.receive(this.#padder.pad(frame));
  };
}
