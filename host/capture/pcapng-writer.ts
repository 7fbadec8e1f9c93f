// pcapng (draft-ietf-opsawg-pcapng), which Wireshark reads: frames with their interface, direction and comments.

import type { CapturedFrame, CaptureInterface, CaptureWriter, Direction } from "./frames.ts";
import { LINKTYPE_ETHERNET } from "./pcap-writer.ts";
import { Block, BYTE_ORDER_MAGIC, FLAGS_DIRECTION, Option, pad4, WORDS_OF_A_BLOCK } from "./pcapng.ts";
import { type CaptureSink, Gatherer } from "./sink.ts";

/** Comments longer than this are cut: an option's length has 16 bits, and nobody reads more. */
const MOST_COMMENT_BYTES = 2048;
/** Major version in the low half, minor in the high. */
const FORMAT_VERSION = 1;

type OptionValue = readonly [code: number, value: Uint8Array];

export interface PcapngOptions {
  /** True: somebody watches the file as it grows, so no frame waits for the next one longer than a turn of the event loop. */
  live?: boolean;
}

export class PcapngWriter implements CaptureWriter {
  #out: Gatherer;
  #live: boolean;
  #releaseDue = false;
  #encoder = new TextEncoder();
  #interfaces = 0;
  /** The last frame, which may still get comments; and for each interface what is to be said of its next frame. */
  #last: CapturedFrame | null = null;
  #waiting: string[][] = [];

  constructor(sink: CaptureSink, { live = false }: PcapngOptions = {}) {
    this.#out = new Gatherer(sink);
    this.#live = live;
    const body = new Uint8Array(16).fill(0xff, 8); // a section of unknown length
    const view = new DataView(body.buffer);
    view.setUint32(0, BYTE_ORDER_MAGIC, true);
    view.setUint32(4, FORMAT_VERSION, true);
    this.#block(Block.SECTION, body, [this.#text(Option.APPLICATION, "Thimble")]);
    this.#out.flush();
  }

  addInterface({ name, description, rate }: CaptureInterface): number {
    const body = new Uint8Array(8); // no limit to a frame's bytes
    body[0] = LINKTYPE_ETHERNET;
    const options = [this.#text(Option.IF_NAME, name)];
    if (description !== undefined) options.push(this.#text(Option.IF_DESCRIPTION, description));
    if (rate !== undefined && rate > 0) {
      const speed = new Uint8Array(8);
      new DataView(speed.buffer).setBigUint64(0, BigInt(Math.round(rate)), true);
      options.push([Option.IF_SPEED, speed]);
    }
    this.#release();
    this.#block(Block.INTERFACE, body, options);
    this.#waiting.push([]);
    return this.#interfaces++;
  }

  // A frame is held back until the next one comes: what it has caused is said after it.
  add(frame: CapturedFrame): void {
    this.#release();
    const waiting = this.#waiting[frame.interface];
    if (waiting === undefined) throw new Error(`The capture has no interface ${frame.interface}.`);
    const comments = [...waiting.splice(0), ...(frame.comments ?? [])];
    this.#last = { ...frame, bytes: frame.bytes.slice(), comments };
    if (this.#live) this.#releaseSoon();
  }

  comment(index: number, text: string): void {
    if (this.#last?.interface === index) {
      this.#last = { ...this.#last, comments: [...(this.#last.comments ?? []), text] };
    } else {
      this.#waiting[index]?.push(text);
    }
  }

  close(): void {
    this.#release();
    this.#out.close();
  }

  #releaseSoon(): void {
    if (this.#releaseDue) return;
    this.#releaseDue = true;
    setTimeout(() => {
      this.#releaseDue = false;
      this.#release();
    });
  }

  #release(): void {
    const frame = this.#last;
    this.#last = null;
    if (frame === null) return;
    const { bytes, time } = frame;
    const body = new Uint8Array(20 + pad4(bytes.length));
    const view = new DataView(body.buffer);
    view.setUint32(0, frame.interface, true);
    view.setUint32(4, Math.floor(time / 0x1_0000_0000), true);
    view.setUint32(8, time % 0x1_0000_0000, true);
    view.setUint32(12, bytes.length, true);
    view.setUint32(16, bytes.length, true);
    body.set(bytes, 20);
    const options = (frame.comments ?? []).map((text) => this.#text(Option.COMMENT, text));
    if (frame.direction !== undefined) options.push([Option.FLAGS, flagsOf(frame.direction)]);
    this.#block(Block.ENHANCED_PACKET, body, options);
  }

  #text(code: number, text: string): OptionValue {
    const bytes = new Uint8Array(MOST_COMMENT_BYTES);
    return [code, bytes.subarray(0, this.#encoder.encodeInto(text, bytes).written)];
  }

  #block(type: number, body: Uint8Array, options: readonly OptionValue[]): void {
    const optionBytes = options.reduce((sum, [, value]) => sum + 4 + pad4(value.length), options.length > 0 ? 4 : 0);
    const bytes = new Uint8Array(WORDS_OF_A_BLOCK * 4 + body.length + optionBytes);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, type, true);
    view.setUint32(4, bytes.length, true);
    bytes.set(body, 8);
    let at = 8 + body.length;
    for (const [code, value] of options) {
      view.setUint16(at, code, true);
      view.setUint16(at + 2, value.length, true);
      bytes.set(value, at + 4);
      at += 4 + pad4(value.length);
    }
    view.setUint32(bytes.length - 4, bytes.length, true);
    this.#out.write(bytes);
  }
}

function flagsOf(direction: Direction): Uint8Array {
  return Uint8Array.of(FLAGS_DIRECTION[direction], 0, 0, 0);
}
