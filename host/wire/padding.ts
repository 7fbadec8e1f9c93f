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

const HEADER_BYTES = 14;
const [IPV4, IPV6, ARP] = [0x0800, 0x86dd, 0x0806];
const IPV6_HEADER_BYTES = 40;
const ARP_BYTES = 28;

/** A short frame without the zeros behind its packet, for programs that take them for part of it. Valid as long as the frame. */
export function withoutPadding(frame: Uint8Array): Uint8Array {
  if (frame.length > MIN_FRAME_BYTES) return frame;
  const type = (frame[12] << 8) | frame[13];
  if (type === IPV4) return frame.subarray(0, HEADER_BYTES + ((frame[16] << 8) | frame[17]));
  if (type === IPV6) return frame.subarray(0, HEADER_BYTES + IPV6_HEADER_BYTES + ((frame[18] << 8) | frame[19]));
  return type === ARP ? frame.subarray(0, HEADER_BYTES + ARP_BYTES) : frame;
}
