// Memory for what is read: pieces of larger blocks, because making a block for each piece costs more than the copy.

import type { Core } from "../core/core.ts";

const BLOCK_BYTES = 65536;
/** With less than this left in a block, the next piece begins a new one. */
const LEAST_BYTES = 8192;

export class Slab {
  #block = new Uint8Array(0);
  #start = 0;
  #end = 0;

  /** Begins a piece, for which there is room for `least` bytes, at most 65,536. */
  begin(least = LEAST_BYTES): void {
    if (this.#block.length - this.#end < least) {
      this.#block = newBlock();
      this.#end = 0;
    }
    this.#start = this.#end;
  }

  /** Adds bytes of linear memory to the piece; returns how many fitted. */
  append(core: Core, pointer: number, bytes: number): number {
    const fitting = Math.min(bytes, this.#block.length - this.#end);
    if (fitting > 0) this.#block.set(core.bytes(pointer, fitting), this.#end);
    this.#end += fitting;
    return fitting;
  }

  /** The piece, which is never touched again. */
  finish(): Uint8Array {
    return this.#block.subarray(this.#start, this.#end);
  }
}

// Where there is Node, its bytes are not set to 0 first: every one is written before anybody sees it.
function newBlock(): Uint8Array<ArrayBuffer> {
  if (typeof Buffer === "undefined") return new Uint8Array(BLOCK_BYTES);
  return new Uint8Array(Buffer.allocUnsafeSlow(BLOCK_BYTES).buffer as ArrayBuffer);
}
