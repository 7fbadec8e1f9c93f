// Numbers on a tape: how a recording's operations are written and read. Whole numbers take seven bits a byte, the lowest
// first; those that may be negative are folded so that small ones of either sign stay short.

const FIRST_BYTES = 4096;
/** A block is handed on when it is as full as this. */
const BLOCK_BYTES = 262_144;
const HIGH_BIT = 0x80;
const LOW_BITS = 0x7f;
/** Seven bits more than fit into a word of 32. */
const STEP = 128;

/** Collects operations into blocks. No operation lies across the end of a block. */
export class TapeWriter {
  #block = new Uint8Array(FIRST_BYTES);
  #at = 0;
  #onBlock: (block: Uint8Array) => void;

  /** `onBlock` gets each block, valid during the call only. */
  constructor(onBlock: (block: Uint8Array) => void) {
    this.#onBlock = onBlock;
  }

  /** Bytes that wait for the end of their block. */
  get pending(): number {
    return this.#at;
  }

  /** Begins an operation that takes at most `most` bytes. */
  begin(op: number, most: number): void {
    if (this.#at + most > this.#block.length) this.#makeRoom(most);
    this.#block[this.#at++] = op;
  }

  /** A word of 32 bits without sign. */
  word(value: number): void {
    const block = this.#block;
    let at = this.#at;
    let rest = value >>> 0;
    while (rest > LOW_BITS) {
      block[at++] = rest | HIGH_BIT;
      rest >>>= 7;
    }
    block[at++] = rest;
    this.#at = at;
  }

  /** A word of 32 bits that may be negative. */
  signed(value: number): void {
    this.word((value << 1) ^ (value >> 31));
  }

  /** A whole number from 0 to 2^53. */
  long(value: number): void {
    let rest = value;
    while (rest > LOW_BITS) {
      this.#block[this.#at++] = (rest % STEP) | HIGH_BIT;
      rest = Math.floor(rest / STEP);
    }
    this.#block[this.#at++] = rest;
  }

  bytes(bytes: Uint8Array): void {
    this.#block.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Hands on what there is. */
  flush(): void {
    if (this.#at === 0) return;
    this.#onBlock(this.#block.subarray(0, this.#at));
    this.#at = 0;
  }

  // Small recordings, of which there may be thousands at once, stay in small blocks.
  #makeRoom(most: number): void {
    if (this.#block.length >= BLOCK_BYTES) this.flush();
    if (this.#at + most <= this.#block.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#block.length, this.#at + most));
    larger.set(this.#block.subarray(0, this.#at));
    this.#block = larger;
  }
}

/** A place on a tape. */
export interface TapePlace {
  block: number;
  at: number;
}

/** Reads what a TapeWriter wrote. At the end of the last block, `op` is -1. */
export class TapeReader {
  #blocks: readonly Uint8Array[];
  #block: Uint8Array;
  #index = 0;
  #at = 0;

  constructor(blocks: readonly Uint8Array[]) {
    this.#blocks = blocks.filter(({ length }) => length > 0);
    this.#block = this.#blocks[0] ?? new Uint8Array(0);
  }

  get place(): TapePlace {
    return { block: this.#index, at: this.#at };
  }

  set place({ block, at }: TapePlace) {
    this.#index = block;
    this.#at = at;
    this.#block = this.#blocks[block] ?? new Uint8Array(0);
  }

  /** The operation that comes next, which stays there; -1 at the end. */
  peek(): number {
    if (this.#at >= this.#block.length) {
      if (this.#index + 1 >= this.#blocks.length) return -1;
      this.place = { block: this.#index + 1, at: 0 };
    }
    return this.#block[this.#at];
  }

  /** Takes the operation that comes next; -1 at the end. */
  op(): number {
    const op = this.peek();
    if (op >= 0) this.#at++;
    return op;
  }

  word(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#block[this.#at++];
      value |= (byte & LOW_BITS) << shift;
      if (!(byte & HIGH_BIT)) return value >>> 0;
    }
  }

  signed(): number {
    const folded = this.word();
    return (folded >>> 1) ^ -(folded & 1);
  }

  long(): number {
    let value = 0;
    for (let scale = 1; ; scale *= STEP) {
      const byte = this.#block[this.#at++];
      value += (byte & LOW_BITS) * scale;
      if (!(byte & HIGH_BIT)) return value;
    }
  }

  /** A view of the tape. */
  bytes(length: number): Uint8Array {
    this.#at += length;
    return this.#block.subarray(this.#at - length, this.#at);
  }
}
