// The network card of a v86 machine as a wire: a PC in this very process, or page, on the same cable as a stack.

import { InputError } from "../errors.ts";
import { MAX_FRAME_BYTES } from "../mac/ring-mac.ts";
import { FramePadder } from "./padding.ts";
import type { Wire, WireEnd } from "./wire.ts";

/** What is needed of an emulator: the bus on which its first network card talks. */
export interface V86Bus {
  register(event: string, callback: (frame: Uint8Array) => void, self?: unknown): void;
  unregister(event: string, callback: (frame: Uint8Array) => void): void;
  send(event: string, frame: Uint8Array): void;
}

/**
 * Plugs into network card number `card`, 0 being the first, of an emulator: `new V86({ net_device: { type: "ne2k" } })`, without a
 * `network_relay_url`. Its declared type does not show the bus. Throws InputError ERR_WIRE on what is no such emulator.
 */
export function openV86(machine: object, card = 0): Wire {
  const { bus } = machine as { bus?: V86Bus };
  if (typeof bus?.register === "function") return new Card(bus, card);
  throw new InputError("ERR_WIRE", "That is no v86 machine: it has no bus on which a network card could talk.");
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
