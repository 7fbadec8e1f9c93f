// Reads pcapng (draft-ietf-opsawg-pcapng): all sections, both byte orders, every resolution of time. Blocks that hold no
// frames are passed over.

import type { CapturedFrame, CaptureInterface, Direction } from "./frames.ts";
import { LINKTYPE_ETHERNET } from "./pcap-writer.ts";
import { Block, BYTE_ORDER_MAGIC, FLAGS_DIRECTION, Option, pad4, WORDS_OF_A_BLOCK } from "./pcapng.ts";
import type { Capture } from "./reader.ts";

/** What a section says of one of its interfaces, and where that is among all of the file's. */
interface Source {
  index: number;
  isEthernet: boolean;
  /** Most bytes of a frame that were kept; 0: all. */
  snapBytes: number;
  unitsPerSecond: number;
  offsetSeconds: number;
}

const SMALLEST_BLOCK = WORDS_OF_A_BLOCK * 4;
const DEFAULT_RESOLUTION = 6;
const LITTLE_MAGIC_BYTES = 0x4d3c2b1a;

export function readPcapng(view: DataView): Capture {
  const reader = new Reader(view);
  reader.readAll();
  return reader.capture;
}

class Reader {
  readonly capture: Capture = { interfaces: [], frames: [], skipped: 0, cutBytes: 0 };
  #view: DataView;
  #little = true;
  #sources: Source[] = [];
  #decoder = new TextDecoder();

  constructor(view: DataView) {
    this.#view = view;
  }

  readAll(): void {
    let at = 0;
    while (at + SMALLEST_BLOCK <= this.#view.byteLength) {
      if (this.#view.getUint32(at) === Block.SECTION && !this.#enterSection(at)) break;
      const bytes = this.#word(at + 4);
      if (bytes < SMALLEST_BLOCK || bytes % 4 !== 0 || at + bytes > this.#view.byteLength) break;
      this.#readBlock(this.#word(at), at + 8, at + bytes - 4);
      at += bytes;
    }
    this.capture.cutBytes = this.#view.byteLength - at;
  }

  // A section's own byte order is known from its magic number alone.
  #enterSection(at: number): boolean {
    const magic = this.#view.getUint32(at + 8);
    if (magic !== BYTE_ORDER_MAGIC && magic !== LITTLE_MAGIC_BYTES) return false;
    this.#little = magic === LITTLE_MAGIC_BYTES;
    this.#sources = [];
    return true;
  }

  #readBlock(type: number, start: number, end: number): void {
    if (type === Block.INTERFACE) this.#readInterface(start, end);
    else if (type === Block.SIMPLE_PACKET) this.#readSimple(start, end);
    else if (type === Block.ENHANCED_PACKET) this.#readPacket(start, end, this.#word(start));
    else if (type === Block.PACKET) this.#readPacket(start, end, this.#half(start));
  }

  #readInterface(start: number, end: number): void {
    if (start + 8 > end) return;
    const about: CaptureInterface = { name: `interface ${this.capture.interfaces.length}` };
    const source: Source = {
      index: this.capture.interfaces.length,
      isEthernet: this.#half(start) === LINKTYPE_ETHERNET,
      snapBytes: this.#word(start + 4),
      unitsPerSecond: 10 ** DEFAULT_RESOLUTION,
      offsetSeconds: 0,
    };
    for (const { code, at, length } of this.#options(start + 8, end)) {
      if (code === Option.IF_NAME) about.name = this.#text(at, length);
      else if (code === Option.IF_DESCRIPTION) about.description = this.#text(at, length);
      else if (code === Option.IF_SPEED && length === 8) about.rate = Number(this.#long(at));
      else if (code === Option.IF_TIME_RESOLUTION) source.unitsPerSecond = resolution(this.#view.getUint8(at));
      else if (code === Option.IF_TIME_OFFSET && length === 8) source.offsetSeconds = Number(this.#long(at));
    }
    this.capture.interfaces.push(about);
    this.#sources.push(source);
  }

  #readPacket(start: number, end: number, index: number): void {
    const source = this.#sources[index];
    if (source === undefined || start + 20 > end) return;
    const bytes = this.#word(start + 12);
    if (start + 20 + bytes > end) return;
    const units = this.#word(start + 4) * 0x1_0000_0000 + this.#word(start + 8);
    const frame = this.#frame(start + 20, bytes, source);
    frame.time = Math.round((units / source.unitsPerSecond + source.offsetSeconds) * 1e6);
    if (source.unitsPerSecond === 1e6 && source.offsetSeconds === 0) frame.time = units;
    const comments: string[] = [];
    for (const { code, at, length } of this.#options(start + 20 + pad4(bytes), end)) {
      if (code === Option.COMMENT) comments.push(this.#text(at, length));
      else if (code === Option.FLAGS && length === 4) this.#setDirection(frame, this.#word(at));
    }
    if (comments.length > 0) frame.comments = comments;
    this.#keep(frame, source);
  }

  // Simple packets are of the first interface, and have neither time nor options.
  #readSimple(start: number, end: number): void {
    const source = this.#sources[0];
    if (source === undefined) return;
    const whole = this.#word(start);
    const bytes = Math.min(source.snapBytes > 0 ? Math.min(whole, source.snapBytes) : whole, end - start - 4);
    this.#keep(this.#frame(start + 4, bytes, source), source);
  }

  #frame(at: number, bytes: number, source: Source): CapturedFrame {
    const frame = new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, bytes);
    return { bytes: frame, time: 0, interface: source.index };
  }

  #keep(frame: CapturedFrame, source: Source): void {
    if (source.isEthernet) this.capture.frames.push(frame);
    else this.capture.skipped++;
  }

  #setDirection(frame: CapturedFrame, flags: number): void {
    const directions = Object.entries(FLAGS_DIRECTION) as [Direction, number][];
    const found = directions.find(([, value]) => value === (flags & 3));
    if (found) frame.direction = found[0];
  }

  *#options(start: number, end: number): Generator<{ code: number; at: number; length: number }> {
    let at = start;
    while (at + 4 <= end) {
      const code = this.#half(at);
      const length = this.#half(at + 2);
      if (code === Option.END || at + 4 + length > end) return;
      yield { code, at: at + 4, length };
      at += 4 + pad4(length);
    }
  }

  #text(at: number, length: number): string {
    return this.#decoder.decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length));
  }

  #half(at: number): number {
    return this.#view.getUint16(at, this.#little);
  }

  #word(at: number): number {
    return this.#view.getUint32(at, this.#little);
  }

  #long(at: number): bigint {
    return this.#view.getBigUint64(at, this.#little);
  }
}

// The highest bit chooses between powers of two and of ten.
function resolution(value: number): number {
  return value & 0x80 ? 2 ** (value & 0x7f) : 10 ** value;
}
