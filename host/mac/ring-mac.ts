// The emulated Ethernet MAC: what stands behind the registers of assembly/device/registers.ts. It moves frames
// between the wire and linear memory through descriptor rings, and has no other way to the core than these, its
// registers and its interrupt line.

import {
  DescriptorBit,
  Mac,
  MacControl,
  MacId,
  MacInterrupt,
  MacStatus,
  MdioBit,
} from "../../assembly/device/registers.ts";
import type { BusDevice } from "../core/bus.ts";
import type { Wire, WireEnd } from "../wire/wire.ts";
import { AddressFilter } from "./address-filter.ts";
import { DescriptorRing } from "./descriptor-ring.ts";
import { FCS_BYTES, fcsMatches, writeFcs } from "./fcs.ts";
import { Transceiver } from "./phy.ts";

// Copies of what the hot paths test: a property of an enum object costs a load each time.
const OWN: number = DescriptorBit.OWN;
const LENGTH_MASK: number = DescriptorBit.LENGTH_MASK;
const RX_ENABLE: number = MacControl.RX_ENABLE;
const TX_ENABLE: number = MacControl.TX_ENABLE;
const KEPT_CONTROL = RX_ENABLE | TX_ENABLE | MacControl.PROMISCUOUS | MacControl.ALL_MULTICAST;
const CAUSES = MacInterrupt.RX | MacInterrupt.TX | MacInterrupt.RX_OVERFLOW | MacInterrupt.LINK;

/** Shortest and longest frame without FCS (IEEE 802.3 clause 4.2.3; the longest with a 9000-byte packet and a tag). */
export const MIN_FRAME_BYTES = 60;
export const MAX_FRAME_BYTES = 9018;
/** Destination, source, type: less than this is no frame. */
const HEADER_BYTES = 14;
/** The only transceiver on the management bus. Where none answers, the pull-up makes all bits one. */
const PHY_ADDRESS = 0;
const NO_PHY = 0xffff;

/** What the MAC needs of the machine around it: linear memory, through views that stay valid. */
export interface MacMemory {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  /** Bus address of linear address 0. */
  readonly dmaBase: number;
  /** A kept view of linear memory. */
  bytes(start: number, length: number): Uint8Array;
  /** Writing: bytes at a linear address, or the word of that index. */
  put(bytes: Uint8Array, at: number): void;
  putWord(index: number, value: number): void;
}

export interface RingMacOptions {
  memory: MacMemory;
  wire: Wire;
  /** The six bytes that the factory burnt in. */
  address: Uint8Array;
  /** The interrupt line has risen. Called in the middle of whatever raised it: only take a note. */
  onInterrupt: () => void;
}

/** The MAC's counters since reset. */
export interface MacCounters {
  rxFrames: number;
  rxOverflows: number;
  rxFcsErrors: number;
  rxFiltered: number;
  rxLengthErrors: number;
  txFrames: number;
  txCarrierErrors: number;
  /** Descriptors that point outside memory or ask for a length no frame has; no register shows these. */
  descriptorErrors: number;
}

export class RingMac implements BusDevice, WireEnd {
  readonly wire: Wire;
  readonly transceiver: Transceiver;
  readonly filter = new AddressFilter();
  counters: MacCounters = noCounts();
  #memory: MacMemory;
  #factoryAddress: Uint8Array;
  #onInterrupt: () => void;
  #carriesFcs: boolean;
  #control = 0;
  #causes = 0;
  #mask = 0;
  #line = false;
  #rxStopped = false;
  #mdio = 0;
  #mdioBusy = false;
  #rx: DescriptorRing;
  #tx: DescriptorRing;
  /** Where short frames are padded, and where the FCS is put behind a frame. */
  #short = new Uint8Array(MIN_FRAME_BYTES);
  #out = new Uint8Array(MAX_FRAME_BYTES + FCS_BYTES);

  constructor(options: RingMacOptions) {
    this.wire = options.wire;
    this.#memory = options.memory;
    this.#factoryAddress = Uint8Array.from(options.address);
    this.#onInterrupt = options.onInterrupt;
    this.#carriesFcs = options.wire.carriesFcs;
    this.#rx = new DescriptorRing(options.memory.u32.length, options.memory.dmaBase);
    this.#tx = new DescriptorRing(options.memory.u32.length, options.memory.dmaBase);
    this.transceiver = new Transceiver(() => this.#raise(MacInterrupt.LINK));
    this.#reset();
    this.transceiver.setCarrier(options.wire.up);
    this.#causes = 0;
    options.wire.attach(this);
  }

  /** The level of the interrupt line. */
  get interrupt(): boolean {
    return this.#line;
  }

  linkChanged(up: boolean): void {
    this.transceiver.setCarrier(up);
  }

  read(offset: number): number {
    switch (offset) {
      case Mac.INTERRUPT_STATUS:
        return this.#causes;
      case Mac.ID:
        return MacId.VALUE;
      case Mac.CONTROL:
        return this.#control;
      case Mac.STATUS:
        // A frame is on the wire before the doorbell's write returns, so the transmitter is idle whenever one looks.
        return (this.#rxStopped ? MacStatus.RX_STOPPED : 0) | MacStatus.TX_IDLE;
      case Mac.INTERRUPT_MASK:
        return this.#mask;
      case Mac.ADDRESS_LOW:
        return this.filter.low;
      case Mac.ADDRESS_HIGH:
        return this.filter.high;
      case Mac.HASH_LOW:
        return this.filter.hashLow;
      case Mac.HASH_HIGH:
        return this.filter.hashHigh;
      case Mac.RX_RING:
        return this.#rx.base;
      case Mac.RX_COUNT:
        return this.#rx.count;
      case Mac.TX_RING:
        return this.#tx.base;
      case Mac.TX_COUNT:
        return this.#tx.count;
      case Mac.MDIO:
        return this.#readMdio();
      default:
        return this.#readCounter(offset);
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case Mac.TX_DOORBELL:
        this.#transmit();
        break;
      case Mac.RX_DOORBELL:
        this.#rxStopped = false;
        break;
      case Mac.INTERRUPT_STATUS:
        this.#causes &= ~value;
        this.#driveLine();
        break;
      case Mac.INTERRUPT_MASK:
        this.#mask = value & CAUSES;
        this.#driveLine();
        break;
      case Mac.CONTROL:
        this.#writeControl(value);
        break;
      case Mac.ADDRESS_LOW:
        this.filter.low = value | 0;
        break;
      case Mac.ADDRESS_HIGH:
        this.filter.high = value & 0xffff;
        break;
      case Mac.HASH_LOW:
        this.filter.hashLow = value | 0;
        break;
      case Mac.HASH_HIGH:
        this.filter.hashHigh = value | 0;
        break;
      case Mac.RX_RING:
        if (!(this.#control & RX_ENABLE)) this.#rx.place(value, this.#rx.count);
        break;
      case Mac.RX_COUNT:
        if (!(this.#control & RX_ENABLE)) this.#rx.place(this.#rx.base, value);
        break;
      case Mac.TX_RING:
        if (!(this.#control & TX_ENABLE)) this.#tx.place(value, this.#tx.count);
        break;
      case Mac.TX_COUNT:
        if (!(this.#control & TX_ENABLE)) this.#tx.place(this.#tx.base, value);
        break;
      case Mac.MDIO:
        this.#writeMdio(value);
        break;
      // Whatever else is written is read only or not there.
    }
  }

  /** A frame from the wire: checked, filtered, and put where the descriptor in turn says. */
  receive(frame: Uint8Array): void {
    if (!(this.#control & RX_ENABLE) || !this.transceiver.link) return;
    let length = frame.length;
    if (this.#carriesFcs) {
      length -= FCS_BYTES;
      if (length >= MIN_FRAME_BYTES && !fcsMatches(frame)) {
        this.counters.rxFcsErrors++;
        return;
      }
    }
    if (length < MIN_FRAME_BYTES) {
      this.counters.rxLengthErrors++;
      return;
    }
    if (!this.filter.admits(frame)) {
      this.counters.rxFiltered++;
      return;
    }
    this.#store(frame, length);
  }

  #store(frame: Uint8Array, length: number): void {
    const { u8, u32, dmaBase } = this.#memory;
    const word = this.#rx.word;
    const control = word < 0 ? 0 : u32[word];
    if (this.#rxStopped || !(control & OWN)) {
      this.#rxStopped = true;
      this.counters.rxOverflows++;
      this.#raise(MacInterrupt.RX_OVERFLOW);
      return;
    }
    if (length + FCS_BYTES > (control & LENGTH_MASK)) {
      this.counters.rxLengthErrors++;
      return;
    }
    const at = (u32[word + 1] - dmaBase) >>> 0;
    if (at + length > u8.length) {
      this.counters.descriptorErrors++;
      return;
    }
    this.#memory.put(frame.length === length ? frame : frame.subarray(0, length), at);
    // The driver looks at OWN, so everything else is in place before.
    this.#memory.putWord(word, (control & ~(OWN | LENGTH_MASK)) | length);
    this.#rx.advance(control);
    this.counters.rxFrames++;
    this.#raise(MacInterrupt.RX);
  }

  #transmit(): void {
    if (!(this.#control & TX_ENABLE)) return;
    const { u32 } = this.#memory;
    const ring = this.#tx;
    let done = 0;
    while (ring.word >= 0 && done < ring.count) {
      const word = ring.word;
      const control = u32[word];
      if (!(control & OWN)) break;
      this.#emit(u32[word + 1], control & LENGTH_MASK);
      this.#memory.putWord(word, control & ~OWN);
      ring.advance(control);
      done++;
    }
    if (done > 0) this.#raise(MacInterrupt.TX);
  }

  #emit(busAddress: number, length: number): void {
    const start = (busAddress - this.#memory.dmaBase) >>> 0;
    if (start + length > this.#memory.u8.length || length < HEADER_BYTES || length > MAX_FRAME_BYTES) {
      this.counters.descriptorErrors++;
      return;
    }
    if (!this.transceiver.link) {
      this.counters.txCarrierErrors++;
      return;
    }
    let frame: Uint8Array;
    if (length < MIN_FRAME_BYTES) {
      const { u8 } = this.#memory;
      frame = this.#short;
      for (let i = 0; i < length; i++) frame[i] = u8[start + i];
      for (let i = length; i < MIN_FRAME_BYTES; i++) frame[i] = 0;
    } else {
      frame = this.#memory.bytes(start, length);
    }
    if (this.#carriesFcs) {
      this.#out.set(frame);
      writeFcs(this.#out, frame.length);
      frame = this.#out.subarray(0, frame.length + FCS_BYTES);
    }
    this.counters.txFrames++;
    this.wire.send(frame);
  }

  #raise(cause: number): void {
    this.#causes |= cause;
    this.#driveLine();
  }

  #driveLine(): void {
    const line = (this.#causes & this.#mask) !== 0;
    if (line === this.#line) return;
    this.#line = line;
    if (line) this.#onInterrupt();
  }

  #writeControl(value: number): void {
    if (value & MacControl.RESET) {
      this.#reset();
      return;
    }
    this.#control = value & KEPT_CONTROL;
    this.filter.promiscuous = (value & MacControl.PROMISCUOUS) !== 0;
    this.filter.allMulticast = (value & MacControl.ALL_MULTICAST) !== 0;
    if (!(value & RX_ENABLE)) this.#rxStopped = false;
  }

  #reset(): void {
    const address = this.#factoryAddress;
    this.filter.low = address[0] | (address[1] << 8) | (address[2] << 16) | (address[3] << 24);
    this.filter.high = address[4] | (address[5] << 8);
    this.filter.hashLow = 0;
    this.filter.hashHigh = 0;
    this.#writeControl(0);
    this.#causes = 0;
    this.#mask = 0;
    this.#driveLine();
    this.#rx.place(0, 0);
    this.#tx.place(0, 0);
    this.#mdio = 0;
    this.#mdioBusy = false;
    this.counters = noCounts();
  }

  // A management frame takes 64 bit times; here it takes as long as the driver's first look at it.
  #writeMdio(value: number): void {
    const register = (value >>> MdioBit.REG_SHIFT) & 0x1f;
    const present = ((value >>> MdioBit.PHY_SHIFT) & 0x1f) === PHY_ADDRESS;
    let data = value & MdioBit.DATA_MASK;
    if (value & MdioBit.READ) data = present ? this.transceiver.read(register) : NO_PHY;
    else if (value & MdioBit.WRITE && present) this.transceiver.write(register, data);
    this.#mdio = (value & ~(MdioBit.DATA_MASK | MdioBit.READ | MdioBit.WRITE | MdioBit.BUSY)) | data;
    this.#mdioBusy = (value & (MdioBit.READ | MdioBit.WRITE)) !== 0;
  }

  #readMdio(): number {
    if (!this.#mdioBusy) return this.#mdio;
    this.#mdioBusy = false;
    return (this.#mdio & ~MdioBit.DATA_MASK) | MdioBit.BUSY;
  }

  #readCounter(offset: number): number {
    switch (offset) {
      case Mac.RX_FRAMES:
        return this.counters.rxFrames;
      case Mac.RX_OVERFLOWS:
        return this.counters.rxOverflows;
      case Mac.RX_FCS_ERRORS:
        return this.counters.rxFcsErrors;
      case Mac.RX_FILTERED:
        return this.counters.rxFiltered;
      case Mac.RX_LENGTH_ERRORS:
        return this.counters.rxLengthErrors;
      case Mac.TX_FRAMES:
        return this.counters.txFrames;
      case Mac.TX_CARRIER_ERRORS:
        return this.counters.txCarrierErrors;
      default:
        return 0;
    }
  }
}

/** Counters that stand at 0. */
export function noCounts(): MacCounters {
  return {
    rxFrames: 0,
    rxOverflows: 0,
    rxFcsErrors: 0,
    rxFiltered: 0,
    rxLengthErrors: 0,
    txFrames: 0,
    txCarrierErrors: 0,
    descriptorErrors: 0,
  };
}
