// A MAC with nothing behind it: a frame is written right into the receive buffer, and what is sent is read where it
// lies. Its whole state is a few numbers, so that it can be put back to an earlier moment together with linear memory.

import { Descriptor, DescriptorBit, Mac, MacInterrupt } from "../../assembly/device/registers.ts";
import type { BusDevice } from "../../host/core/bus.ts";
import type { RingMac } from "../../host/mac/ring-mac.ts";

// Copies, because a property of an enum object costs a load each time.
const OWN: number = DescriptorBit.OWN;
const LENGTH_MASK: number = DescriptorBit.LENGTH_MASK;
const INTERRUPT_STATUS: number = Mac.INTERRUPT_STATUS;
const INTERRUPT_MASK: number = Mac.INTERRUPT_MASK;
const TX_DOORBELL: number = Mac.TX_DOORBELL;
const RX: number = MacInterrupt.RX;
const TX: number = MacInterrupt.TX;
const WORDS = Descriptor.BYTES / 4;
const REGISTERS = Mac.BYTES / 4;

/** The two rings and the places in them that are in turn. */
interface Rings {
  rxWord: number;
  rxCount: number;
  rxPlace: number;
  txWord: number;
  txCount: number;
  txPlace: number;
}

export class BareMac implements BusDevice {
  /** The interrupt line has risen since somebody last looked. */
  interrupted = false;
  #causes = 0;
  #mask: number;
  readonly #startMask: number;
  readonly #registers = new Uint32Array(REGISTERS);
  readonly #start: Rings;
  readonly #rings: Rings;

  /**
   * Takes the place of `model`, which is at rest: the same registers, the same places in the rings. `onFrame` is given
   * the linear address and the length of each frame that the core sends.
   */
  constructor(
    model: RingMac,
    readonly u32: Uint32Array,
    readonly onFrame: (at: number, length: number) => void,
  ) {
    for (let offset = 0; offset < Mac.MDIO; offset += 4) this.#registers[offset / 4] = model.read(offset);
    this.#startMask = model.read(Mac.INTERRUPT_MASK);
    this.#mask = this.#startMask;
    const rxCount = model.read(Mac.RX_COUNT);
    const txCount = model.read(Mac.TX_COUNT);
    // A ring moves on by one place with each frame.
    this.#start = {
      rxWord: model.read(Mac.RX_RING) / 4,
      rxCount,
      rxPlace: model.counters.rxFrames % rxCount,
      txWord: model.read(Mac.TX_RING) / 4,
      txCount,
      txPlace: model.counters.txFrames % txCount,
    };
    this.#rings = { ...this.#start };
  }

  /** Back to how it was when it was made; of the registers a running driver writes only the interrupts' mask. */
  restore(): void {
    this.interrupted = false;
    this.#causes = 0;
    this.#mask = this.#startMask;
    this.#rings.rxPlace = this.#start.rxPlace;
    this.#rings.txPlace = this.#start.txPlace;
  }

  /** Linear address of the buffer that the next frame goes to. */
  get receiveBuffer(): number {
    return this.u32[this.#rings.rxWord + this.#rings.rxPlace * WORDS + 1];
  }

  /** A frame of `length` bytes has been written to `receiveBuffer`. Throws when the core has no room for it. */
  received(length: number): void {
    const word = this.#rings.rxWord + this.#rings.rxPlace * WORDS;
    const control = this.u32[word];
    if (!(control & OWN)) throw new Error("the receive ring has no free place");
    this.u32[word] = (control & ~(OWN | LENGTH_MASK)) | length;
    this.#rings.rxPlace = (this.#rings.rxPlace + 1) % this.#rings.rxCount;
    this.#raise(RX);
  }

  read(offset: number): number {
    return offset === INTERRUPT_STATUS ? this.#causes : this.#registers[offset >>> 2];
  }

  write(offset: number, value: number): void {
    if (offset === INTERRUPT_STATUS) this.#causes &= ~value;
    else if (offset === INTERRUPT_MASK) this.#mask = value;
    else if (offset === TX_DOORBELL) this.#transmit();
  }

  #raise(cause: number): void {
    this.#causes |= cause;
    if (this.#mask & cause) this.interrupted = true;
  }

  #transmit(): void {
    const rings = this.#rings;
    for (let sent = 0; sent < rings.txCount; sent++) {
      const word = rings.txWord + rings.txPlace * WORDS;
      const control = this.u32[word];
      if (!(control & OWN)) return;
      this.#raise(TX);
      this.onFrame(this.u32[word + 1], control & LENGTH_MASK);
      this.u32[word] = control & ~OWN;
      rings.txPlace = (rings.txPlace + 1) % rings.txCount;
    }
  }
}
