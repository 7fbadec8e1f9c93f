// What lies between an adapter and the rest of the world. Wires wrap wires: loss, capture and the like are such.

/** What is attached to a wire: an adapter, or a wire that wraps. */
export interface WireEnd {
  /** A frame has come in. It must not be changed, and is valid during the call only, unless it `stays`. */
  receive(frame: Uint8Array, stays?: boolean): void;
  linkChanged(up: boolean): void;
}

export interface Wire {
  /** For people: "cable", "tap:tap0". */
  readonly name: string;
  /** Largest IP packet, in bytes, where the wire knows one. */
  readonly mtu?: number;
  /** False while nothing is at the other end. */
  readonly up: boolean;
  /** True: frames carry their FCS in both directions, made and checked by the adapters. */
  readonly carriesFcs: boolean;
  /** A wire has one end on this side; a second `attach` replaces the first. */
  attach(end: WireEnd): void;
  /**
   * Takes a frame, at least 60 bytes without FCS. Valid during the call only, unless it `stays`: nobody changes it any more, so
   * that whoever delays it needs no copy. Never throws: what is lost is lost.
   */
  send(frame: Uint8Array, stays?: boolean): void;
  /** Gives back what the wire holds of the world. What is still under way is lost. */
  close(): void;
}
