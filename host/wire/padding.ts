// Frames that come from other programs are often shorter than a MAC would send them: here they become as long.

import { MIN_FRAME_BYTES } from "../mac/ring-mac.ts";

export class FramePadder {
  #short = new Uint8Array(MIN_FRAME_BYTES);

  /** The frame, with zeros behind it when it is shorter than the shortest. Valid until the next call, and no Buffer. */
  pad(frame: Uint8Array): Uint8Array {
    // `slice` of a Buffer does not copy, and whoever keeps a frame slices it.
    if (frame.length >= MIN_FRAME_BYTES) return new Uint8Array(frame.buffer, frame.byteOffset, frame.length);
    this.#short.fill(0, frame.length);
    this.#short.set(frame);
    return this.#short;
  }
}
