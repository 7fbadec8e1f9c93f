// What emulated MACs of real boards have in common: the wire's side. What comes is checked and filtered before the MAC
// sees it; what goes is padded. The interrupt line follows the MAC's causes.

import type { Wire, WireEnd } from "../wire/wire.ts";
import { AddressFilter } from "./address-filter.ts";
import { FCS_BYTES, fcsMatches, withFcs } from "./fcs.ts";
import { Transceiver } from "./phy.ts";
import { MAX_FRAME_BYTES, type MacCounters, MIN_FRAME_BYTES, noCounts } from "./ring-mac.ts";

export interface StationOptions {
  wire: Wire;
  /** The six bytes that the factory burnt in. */
  address: Uint8Array;
  /** The interrupt line has risen. Called in the middle of whatever raised it: only take a note. */
  onInterrupt: () => void;
}

/** Destination, source, type: less than this is no frame. */
const HEADER_BYTES = 14;

export abstract class Station implements WireEnd {
  readonly wire: Wire;
  readonly transceiver = new Transceiver(() => {});
  readonly filter = new AddressFilter();
  readonly counters: MacCounters = noCounts();
  readonly factoryAddress: Uint8Array;
  #onInterrupt: () => void;
  #line = false;

  constructor({ wire, address, onInterrupt }: StationOptions) {
    this.wire = wire;
    this.factoryAddress = Uint8Array.from(address);
    this.#onInterrupt = onInterrupt;
    this.#setAddress(this.factoryAddress);
    this.transceiver.setCarrier(wire.up);
    wire.attach(this);
  }

  /** The level of the interrupt line. */
  get interrupt(): boolean {
    return this.#line;
  }

  linkChanged(up: boolean): void {
    this.transceiver.setCarrier(up);
  }

  receive(frame: Uint8Array): void {
    if (!this.receives || !this.transceiver.link) return;
    const length = this.wire.carriesFcs ? frame.length - FCS_BYTES : frame.length;
    if (this.wire.carriesFcs && length >= MIN_FRAME_BYTES && !fcsMatches(frame)) this.counters.rxFcsErrors++;
    else if (length < MIN_FRAME_BYTES) this.counters.rxLengthErrors++;
    else if (!this.filter.admits(frame)) this.counters.rxFiltered++;
    else if (!this.keep(frame.subarray(0, length))) this.counters.rxOverflows++;
    else this.counters.rxFrames++;
  }

  /** True while the driver has the receiver on. */
  protected abstract readonly receives: boolean;

  /** Takes a frame, without FCS, that is for this station. False when there is no room for it. */
  protected abstract keep(frame: Uint8Array): boolean;

  /** Sends a frame without FCS; a short one is padded. */
  protected emit(frame: Uint8Array): void {
    if (frame.length < HEADER_BYTES || frame.length > MAX_FRAME_BYTES) {
      this.counters.descriptorErrors++;
      return;
    }
    if (!this.transceiver.link) {
      this.counters.txCarrierErrors++;
      return;
    }
    const whole = new Uint8Array(Math.max(frame.length, MIN_FRAME_BYTES));
    whole.set(frame);
    this.counters.txFrames++;
    this.wire.send(this.wire.carriesFcs ? withFcs(whole) : whole);
  }

  /** Drives the interrupt line. */
  protected drive(line: boolean): void {
    if (line === this.#line) return;
    this.#line = line;
    if (line) this.#onInterrupt();
  }

  #setAddress(address: Uint8Array): void {
    this.filter.low = address[0] | (address[1] << 8) | (address[2] << 16) | (address[3] << 24);
    this.filter.high = address[4] | (address[5] << 8);
  }
}
