// The older capture format, pcap (draft-ietf-opsawg-pcap): frames and their times. No interfaces, directions or comments.

import type { CapturedFrame, CaptureWriter } from "./frames.ts";
import { type CaptureSink, Gatherer } from "./sink.ts";

export const MAGIC_MICROSECONDS = 0xa1b2c3d4;
export const LINKTYPE_ETHERNET = 1;
const SNAP_BYTES = 65_535;
export const FILE_HEADER_BYTES = 24;
export const RECORD_HEADER_BYTES = 16;

export class PcapWriter implements CaptureWriter {
  #out: Gatherer;
  #header = new Uint8Array(RECORD_HEADER_BYTES);
  #view = new DataView(this.#header.buffer);
  #interfaces = 0;

  constructor(sink: CaptureSink) {
    this.#out = new Gatherer(sink);
    const header = new DataView(new ArrayBuffer(FILE_HEADER_BYTES));
    header.setUint32(0, MAGIC_MICROSECONDS, true);
    header.setUint16(4, 2, true);
    header.setUint16(6, 4, true);
    header.setUint32(16, SNAP_BYTES, true);
    header.setUint32(20, LINKTYPE_ETHERNET, true);
    this.#out.write(new Uint8Array(header.buffer));
    this.#out.flush();
  }

  addInterface(): number {
    return this.#interfaces++;
  }

  add({ bytes, time }: CapturedFrame): void {
    this.#view.setUint32(0, Math.floor(time / 1e6), true);
    this.#view.setUint32(4, time % 1e6, true);
    this.#view.setUint32(8, bytes.length, true);
    this.#view.setUint32(12, bytes.length, true);
    this.#out.write(this.#header);
    this.#out.write(bytes);
  }

  comment(): void {}

  close(): void {
    this.#out.close();
  }
}
