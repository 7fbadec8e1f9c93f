// Reads what pcapng.ts writes, from pieces of any size, as they come through a pipe.

import { BlockType, Direction, OptionCode, padded } from "./pcapng.ts";

export interface ReadFrame {
  /** Name of the adapter, such as "eth0". */
  adapter: string;
  /** Microseconds since 1970. */
  micros: number;
  sent: boolean;
  frame: Uint8Array;
  /** Frames that were missed before this one. */
  missed: number;
}

/** A block as it lies in the capture, and the frame in it if it is about one. */
export interface ReadBlock {
  bytes: Uint8Array;
  frame: ReadFrame | null;
}

const SHORTEST_BLOCK = 12;

export class PcapngReader {
  #rest = new Uint8Array(0);
  #adapters: string[] = [];

  /** The blocks that have become whole with this piece. Throws an Error when it is no pcapng. */
  *read(piece: Uint8Array): Generator<ReadBlock> {
    const bytes = this.#rest.length === 0 ? piece : concat(this.#rest, piece);
    let at = 0;
    while (bytes.length - at >= SHORTEST_BLOCK) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
      const length = view.getUint32(4, true);
      if (length < SHORTEST_BLOCK || length % 4 !== 0) throw new Error("a block of the capture has no length");
      if (length > view.byteLength) break;
      const frame = this.#readBlock(new DataView(bytes.buffer, bytes.byteOffset + at, length));
      yield { bytes: bytes.subarray(at, at + length), frame };
      at += length;
    }
    this.#rest = bytes.slice(at);
  }

  #readBlock(block: DataView): ReadFrame | null {
    const type = block.getUint32(0, true);
    if (type === BlockType.SECTION) this.#adapters = [];
    if (type === BlockType.INTERFACE) {
      const name = optionsOf(block, 16).get(OptionCode.IF_NAME);
      this.#adapters.push(name ? new TextDecoder().decode(bytesOf(name)) : `adapter ${this.#adapters.length}`);
    }
    return type === BlockType.PACKET ? this.#readPacket(block) : null;
  }

  #readPacket(block: DataView): ReadFrame {
    const bytes = block.getUint32(20, true);
    const options = optionsOf(block, 28 + padded(bytes));
    return {
      adapter: this.#adapters[block.getUint32(8, true)] ?? "",
      micros: block.getUint32(12, true) * 2 ** 32 + block.getUint32(16, true),
      sent: options.get(OptionCode.FLAGS)?.getUint32(0, true) === Direction.SENT,
      frame: new Uint8Array(block.buffer, block.byteOffset + 28, bytes),
      missed: Number(options.get(OptionCode.DROPPED)?.getBigUint64(0, true) ?? 0n),
    };
  }
}

function optionsOf(block: DataView, first: number): Map<number, DataView> {
  const found = new Map<number, DataView>();
  for (let at = first; at + 4 <= block.byteLength - 4; ) {
    const code = block.getUint16(at, true);
    const bytes = block.getUint16(at + 2, true);
    if (code === OptionCode.END) break;
    found.set(code, new DataView(block.buffer, block.byteOffset + at + 4, bytes));
    at += 4 + padded(bytes);
  }
  return found;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
