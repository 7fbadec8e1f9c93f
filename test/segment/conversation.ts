// One connection between the peer and the stack, as the peer sees it: ports, initial sequence numbers, and the bytes of
// both streams.

import { fourBytes } from "./frames/bytes.ts";
import type { TcpSegment } from "./frames/tcp.ts";
import { ANY_BYTE, type OptionPattern, type SequenceNumber } from "./patterns.ts";

/** Port on which our listener listens, and which conversations that the peer opens go to. */
export const LISTEN_PORT = 8080;
/** Conversation n uses this port plus n at the peer's side. */
export const PEER_PORT_BASE = 50_000;
const TIMESTAMP_OPTION = 8;

/** Byte `offset` of the stream that one side sends in every script, so that both ends can check what they get. */
export function streamByte(side: "ours" | "peer", offset: number): number {
  const mixed = Math.imul(offset + (side === "ours" ? 0x1000_0001 : 0x2000_0003), 0x9e37_79b1) >>> 0;
  return (mixed >>> 24) ^ (mixed & 0xff);
}

export function streamBytes(side: "ours" | "peer", offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => streamByte(side, offset + i));
}

/** Blocks of a SACK option as they stand in the header. */
export function blockBytes(
  blocks: NonNullable<OptionPattern["blocks"]>,
  absolute: (number: SequenceNumber) => number,
): Uint8Array {
  return Uint8Array.from(blocks.flatMap((edges) => edges.flatMap((edge) => [...fourBytes(absolute(edge))])));
}

/** One connection between the peer and the stack, seen from the peer. */
export class Conversation {
  readonly peerPort: number;
  ourPort = LISTEN_PORT;
  peerIss: number;
  /** The stack's initial sequence number, once it has sent a SYN. */
  ourIss: number | undefined;
  /** The last IP packet that the stack sent in it. */
  lastPacket: Uint8Array | undefined;
  /** The bytes of the stack's last TSval. */
  #timestamp: Uint8Array = new Uint8Array(4);

  constructor(
    readonly number: number,
    peerIss: number,
  ) {
    this.peerPort = PEER_PORT_BASE + number;
    this.peerIss = peerIss;
  }

  /** Remembers the timestamp of a segment of the stack, for the peer to echo. */
  noteTimestamp(tcp: TcpSegment): void {
    const option = tcp.options.find(({ kind }) => kind === TIMESTAMP_OPTION);
    if (option) this.#timestamp = option.data.slice(0, 4);
  }

  /** The stack's last TSval; 0 when it has sent none. */
  get lastTimestamp(): number {
    return new DataView(this.#timestamp.buffer).getUint32(0);
  }

  /** The data of an option that the peer sends: its blocks, or bytes with the stack's last timestamp where they are open. */
  optionData({ data, blocks }: OptionPattern): Uint8Array {
    if (blocks) return blockBytes(blocks, (number) => this.ourAbsolute(number));
    return Uint8Array.from(data, (byte, i) => (byte === ANY_BYTE ? (this.#timestamp[i % 4] ?? 0) : byte));
  }

  peerAbsolute(number: SequenceNumber): number {
    return number.absolute ? number.value >>> 0 : (this.peerIss + number.value) >>> 0;
  }

  ourAbsolute(number: SequenceNumber): number {
    return number.absolute ? number.value >>> 0 : ((this.ourIss ?? 0) + number.value) >>> 0;
  }

  /** Distance from the stack's initial sequence number, negative when before it. */
  ourRelative(absolute: number): number {
    return (absolute - (this.ourIss ?? 0)) | 0;
  }

  peerRelative(absolute: number): number {
    return (absolute - this.peerIss) | 0;
  }
}
