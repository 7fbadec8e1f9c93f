// A learning switch (IEEE 802.1D): it learns from each frame behind which port its sender is, and sends on what is for somebody
// known through that port alone, everything else through all others.

import type { Clock } from "../clock.ts";
import { FCS_BYTES, fcsMatches, withFcs } from "../mac/fcs.ts";
import type { Wire, WireEnd } from "../wire/wire.ts";

export interface SwitchOptions {
  clock: Clock;
  /** For people; default "switch". */
  name?: string;
  /** Microseconds until an address that is silent is forgotten; default 300 s (IEEE 802.1D table 7-5). */
  ageing?: number;
  /** Addresses that are remembered at once; default 16,384. */
  addresses?: number;
}

export interface SwitchStats {
  /** Frames taken from ports, and put into ports: a flood counts once for each. */
  received: number;
  sent: number;
  /** Frames sent through all ports, because they are for many or for somebody unknown. */
  flooded: number;
  /** For somebody behind the port they came from, or for switches alone. */
  filtered: number;
  fcsErrors: number;
  /** Senders that there was no room to remember. */
  tableFull: number;
}

const DEFAULT_AGEING_MICROS = 300e6;
const DEFAULT_ADDRESSES = 16_384;
/** Destinations 01:80:C2:00:00:00 to …:0F are for the switch itself (IEEE 802.1D table 7-10). */
const RESERVED_GROUP = 0x0180c2 * 0x100_0000;
const GROUP_BIT = 1;

interface Location {
  port: Port;
  /** How often the port's cable had been pulled by then. */
  pulls: number;
  /** Microseconds on the clock. */
  seen: number;
}

export class Switch {
  readonly name: string;
  readonly stats: SwitchStats = { received: 0, sent: 0, flooded: 0, filtered: 0, fcsErrors: 0, tableFull: 0 };
  readonly #clock: Clock;
  readonly #ageing: number;
  readonly #capacity: number;
  #ports = new Set<Port>();
  /** By Ethernet address as a number. */
  #locations = new Map<number, Location>();

  constructor({ clock, name = "switch", ageing, addresses }: SwitchOptions) {
    this.name = name;
    this.#clock = clock;
    this.#ageing = ageing ?? DEFAULT_AGEING_MICROS;
    this.#capacity = addresses ?? DEFAULT_ADDRESSES;
  }

  /** Plugs a cable's end, or any wire, into a port of its own. The function that it returns pulls it out. */
  plug(wire: Wire): () => void {
    const port = new Port(wire, {
      take: (from, frame) => this.#take(from, frame),
      damaged: () => this.stats.fcsErrors++,
    });
    this.#ports.add(port);
    wire.attach(port);
    return () => {
      this.#ports.delete(port);
      port.pulls++;
      wire.attach({ receive: () => {}, linkChanged: () => {} });
    };
  }

  /** Number of the port behind which an Ethernet address was last heard, in the order of plugging in; null: not known. */
  portOf(address: Uint8Array): number | null {
    const location = this.#locations.get(numberOf(address, 0));
    return location === undefined || this.#isOld(location) ? null : [...this.#ports].indexOf(location.port);
  }

  #take(from: Port, frame: Uint8Array): void {
    this.stats.received++;
    this.#learn(from, numberOf(frame, 6), (frame[6] & GROUP_BIT) !== 0);
    const destination = numberOf(frame, 0);
    if (frame[0] & GROUP_BIT) {
      if (destination - (destination % 16) === RESERVED_GROUP) this.stats.filtered++;
      else this.#flood(from, frame);
      return;
    }
    const location = this.#locations.get(destination);
    if (location === undefined || this.#isOld(location)) this.#flood(from, frame);
    else if (location.port === from) this.stats.filtered++;
    else this.#send(location.port, frame, false);
  }

  #learn(from: Port, sender: number, isGroup: boolean): void {
    if (isGroup) return; // no sender has such an address
    const known = this.#locations.get(sender);
    if (known !== undefined) {
      known.port = from;
      known.pulls = from.pulls;
      known.seen = this.#clock.now();
    } else if (this.#locations.size < this.#capacity || this.#dropOld()) {
      this.#locations.set(sender, { port: from, pulls: from.pulls, seen: this.#clock.now() });
    } else {
      this.stats.tableFull++;
    }
  }

  #flood(from: Port, frame: Uint8Array): void {
    this.stats.flooded++;
    // One copy for all of them.
    const kept = frame.slice();
    for (const port of this.#ports) if (port !== from) this.#send(port, kept, true);
  }

  #send(port: Port, frame: Uint8Array, stays: boolean): void {
    if (!port.wire.up) return;
    this.stats.sent++;
    port.send(frame, stays);
  }

  // Who was behind a port whose cable was pulled is somewhere else now.
  #isOld({ port, pulls, seen }: Location): boolean {
    return pulls !== port.pulls || this.#clock.now() - seen > this.#ageing;
  }

  #dropOld(): boolean {
    for (const [address, location] of this.#locations) if (this.#isOld(location)) this.#locations.delete(address);
    return this.#locations.size < this.#capacity;
  }
}

interface PortOwner {
  take(from: Port, frame: Uint8Array): void;
  damaged(): void;
}

/** One port: it makes and checks the FCS where its wire wants one. */
class Port implements WireEnd {
  readonly wire: Wire;
  pulls = 0;
  readonly #owner: PortOwner;

  constructor(wire: Wire, owner: PortOwner) {
    this.wire = wire;
    this.#owner = owner;
  }

  // What is on the cable when it is pulled does not arrive.
  receive(frame: Uint8Array): void {
    if (!this.wire.up) return;
    if (!this.wire.carriesFcs) this.#owner.take(this, frame);
    else if (fcsMatches(frame)) this.#owner.take(this, frame.subarray(0, frame.length - FCS_BYTES));
    else this.#owner.damaged();
  }

  linkChanged(up: boolean): void {
    if (!up) this.pulls++;
  }

  send(frame: Uint8Array, stays: boolean): void {
    if (this.wire.carriesFcs) this.wire.send(withFcs(frame), true);
    else this.wire.send(frame, stays);
  }
}

function numberOf(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
  return high * 0x100_0000 + ((bytes[at + 3] << 16) | (bytes[at + 4] << 8) | bytes[at + 5]);
}
