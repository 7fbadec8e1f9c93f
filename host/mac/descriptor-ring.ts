// A ring of descriptors in linear memory, as the MAC walks it.

import { Descriptor, DescriptorBit } from "../../assembly/device/registers.ts";

const WORDS = Descriptor.BYTES / 4;
const WRAP: number = DescriptorBit.WRAP;

export class DescriptorRing {
  /** Bus address of the first descriptor, and their number, as the driver wrote them. */
  base = 0;
  count = 0;
  /** Word index of the descriptor in turn; -1 when there is no ring or it leaves memory. */
  word = -1;
  #place = 0;
  #first = 0;
  #words: number;
  #dmaBase: number;

  /** `words`: 32-bit words of linear memory, whose first byte has bus address `dmaBase`. */
  constructor(words: number, dmaBase: number) {
    this.#words = words;
    this.#dmaBase = dmaBase;
  }

  /** Starts over at the first descriptor. */
  place(base: number, count: number): void {
    this.base = base >>> 0;
    this.count = count >>> 0;
    const linear = (base - this.#dmaBase) >>> 0;
    this.#first = linear >>> 2;
    this.#place = 0;
    const fits = (linear & 3) === 0 && this.#first + this.count * WORDS <= this.#words;
    this.word = this.count > 0 && fits ? this.#first : -1;
  }

  /** Goes on to the next descriptor. `control`: the control word of the one in turn. */
  advance(control: number): void {
    this.#place++;
    if (control & WRAP || this.#place === this.count) this.#place = 0;
    this.word = this.#first + this.#place * WORDS;
  }
}
