// Reads a pcapng that is still being written, from pieces of any size as they come through a pipe, block by block. Only
// what this project's own writer makes: little-endian, one section.

import type { CapturedFrame } from "./frames.ts";
import { Block } from "./pcapng.ts";
import { readPcapng } from "./pcapng-reader.ts";

/** A block as it lies in the capture, and the frame in it if it is about one. */
export interface LiveBlock {
  bytes: Uint8Array;
  frame: (CapturedFrame & { interfaceName: string }) | null;
}

const SHORTEST_BLOCK = 12;

export class LiveReader {
  #rest: Uint8Array = new Uint8Array(0);
  /** The blocks that say what frames mean: the section's beginning and its interfaces. */
  #head: Uint8Array = new Uint8Array(0);

  /** The blocks that have become whole with this piece. Throws an Error when it is no pcapng. */
  *read(piece: Uint8Array): Generator<LiveBlock> {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let at = 0;
    while (bytes.length - at >= SHORTEST_BLOCK) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
      const length = view.getUint32(4, true);
      if (length < SHORTEST_BLOCK || length % 4 !== 0) throw new Error("a block of the capture has no length");
      if (length > view.byteLength) break;
      const block = bytes.subarray(at, at + length);
      yield { bytes: block, frame: this.#readBlock(view.getUint32(0, true), block) };
      at += length;
    }
    this.#rest = bytes.slice(at);
  }

  #readBlock(type: number, block: Uint8Array): LiveBlock["frame"] {
    if (type !== Block.ENHANCED_PACKET) {
      this.#head = Buffer.concat([this.#head, block]);
      return null;
    }
    const whole = Buffer.concat([this.#head, block]);
    const { frames, interfaces } = readPcapng(new DataView(whole.buffer, whole.byteOffset, whole.length));
    const [frame] = frames;
    return frame ? { ...frame, interfaceName: interfaces[frame.interface]?.name ?? "" } : null;
  }
}
