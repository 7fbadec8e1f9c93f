// Segments straight into and out of linear memory: the exploration makes millions of them, so that they are neither
// built nor read as objects of test/segment/frames.ts are.

import { OUR_IP, OUR_MAC, PEER_IP, PEER_MAC, streamByte } from "../segment/peer.ts";
import { type Range, type Segment, SYN } from "./connection.ts";

const IP_AT = 14;
const TCP_AT = 34;
const TCP_HEADER = 20;
const TIMESTAMP_BYTES = 12;
const SHORTEST_FRAME = 60;
const PROTOCOL_TCP = 6;
const SACK_KIND = 5;
const TIMESTAMP_KIND = 8;

/** A segment of the stack. */
export interface Sent {
  /** Microseconds after the segment arrived that it answers. */
  moment: number;
  flags: number;
  seq: number;
  ack: number;
  /** In bytes. */
  window: number;
  /** Bytes of text. */
  text: number;
  /** TSecr, when it carries timestamps. */
  echo: number | undefined;
  /** The blocks of its SACK option. */
  sack: readonly Range[];
}

/** What does not change from segment to segment. */
export interface Ends {
  peerPort: number;
  ourPort: number;
  /** Initial sequence number of the peer, where its stream begins; undefined while any SYN may begin it. */
  irs: number | undefined;
  /** TSecr of all segments. */
  echo: number;
  /** How far the windows of segments without SYN are shifted. */
  shift: number;
}

export class SegmentWriter {
  readonly #header = new Uint8Array(TCP_AT + TCP_HEADER);
  readonly #view: DataView;
  /** Sum of the pseudo header without the length. */
  readonly #pseudoSum: number;

  constructor(
    readonly u8: Uint8Array,
    readonly ends: Ends,
  ) {
    this.#view = new DataView(u8.buffer);
    this.#header.set(OUR_MAC, 0);
    this.#header.set(PEER_MAC, 6);
    this.#header.set([0x08, 0x00, 0x45], 12);
    this.#header.set([64, PROTOCOL_TCP], IP_AT + 8);
    this.#header.set(PEER_IP, IP_AT + 12);
    this.#header.set(OUR_IP, IP_AT + 16);
    const view = new DataView(this.#header.buffer);
    view.setUint16(TCP_AT, ends.peerPort);
    view.setUint16(TCP_AT + 2, ends.ourPort);
    this.#pseudoSum = sumWords(view, IP_AT + 12, IP_AT + 20) + PROTOCOL_TCP;
  }

  /** Writes the frame that carries `segment` to linear address `at`; returns its length. */
  write(at: number, segment: Segment): number {
    const view = this.#view;
    const { seq, ack, flags, text, timestamp } = segment;
    const hasTimestamp = timestamp !== undefined;
    const headerBytes = TCP_HEADER + (hasTimestamp ? TIMESTAMP_BYTES : 0);
    const bytes = headerBytes + text;
    this.u8.set(this.#header, at);
    view.setUint16(at + IP_AT + 2, bytes + TCP_AT - IP_AT);
    view.setUint16(at + IP_AT + 10, ~fold(sumWords(view, at + IP_AT, at + TCP_AT)));

    const tcp = at + TCP_AT;
    view.setUint32(tcp + 4, seq);
    view.setUint32(tcp + 8, ack);
    this.u8[tcp + 12] = headerBytes << 2;
    this.u8[tcp + 13] = flags;
    view.setUint16(tcp + 14, flags & SYN ? segment.window : segment.window >> this.ends.shift);
    if (hasTimestamp) this.#writeTimestamp(tcp + TCP_HEADER, timestamp);
    this.#writeText(tcp + headerBytes, seq + (flags & SYN ? 1 : 0), text);
    // Padding, and what completes the last word of the sum.
    this.u8.fill(0, tcp + bytes, Math.max(tcp + bytes + 1, at + SHORTEST_FRAME));
    view.setUint16(tcp + 16, ~fold(this.#pseudoSum + bytes + sumWords(view, tcp, tcp + bytes)));
    return Math.max(SHORTEST_FRAME, TCP_AT + bytes);
  }

  #writeTimestamp(at: number, value: number): void {
    this.#view.setUint32(at, 0x0101_080a);
    this.#view.setUint32(at + 4, value);
    this.#view.setUint32(at + 8, this.ends.echo);
  }

  // Every byte of the stream is known, wherever in the sequence space a segment pretends to be.
  #writeText(at: number, seq: number, bytes: number): void {
    const { irs } = this.ends;
    const first = irs === undefined ? 0 : (seq - irs - 1) | 0;
    for (let i = 0; i < bytes; i++) this.u8[at + i] = streamByte("peer", first + i);
  }
}

/**
 * The TCP segment in the frame at linear address `at`, whose window is shifted by `shift`. Throws when it is none, or its
 * checksum is wrong.
 */
export function readSent(view: DataView, at: number, moment: number, shift: number): Sent {
  if (view.getUint16(at + 12) !== 0x0800 || view.getUint8(at + IP_AT + 9) !== PROTOCOL_TCP) {
    throw new Error("the stack sent a frame that carries no TCP segment");
  }
  const tcp = at + TCP_AT;
  const bytes = view.getUint16(at + IP_AT + 2) - (TCP_AT - IP_AT);
  const pseudoSum = sumWords(view, at + IP_AT + 12, tcp) + PROTOCOL_TCP + bytes;
  if (bytes % 2 === 0 && fold(pseudoSum + sumWords(view, tcp, tcp + bytes)) !== 0xffff) {
    throw new Error("the stack sent a segment with a wrong checksum");
  }
  const headerBytes = (view.getUint8(tcp + 12) >> 4) * 4;
  const flags = view.getUint8(tcp + 13);
  const [options, end] = [tcp + TCP_HEADER, tcp + headerBytes];
  const timestamps = findOption(view, TIMESTAMP_KIND, options, end);
  return {
    moment,
    flags,
    seq: view.getUint32(tcp + 4),
    ack: view.getUint32(tcp + 8),
    window: view.getUint16(tcp + 14) << (flags & SYN ? 0 : shift),
    text: bytes - headerBytes,
    echo: timestamps === undefined ? undefined : view.getUint32(timestamps + 4),
    sack: readSack(view, findOption(view, SACK_KIND, options, end)),
  };
}

/** Where the data of an option of this kind begins, among those from `at` to `end`; undefined when there is none. */
function findOption(view: DataView, wanted: number, at: number, end: number): number | undefined {
  for (let option = at; option < end; ) {
    const kind = view.getUint8(option);
    if (kind === wanted) return option + 2;
    if (kind === 0) return undefined;
    option += kind === 1 ? 1 : view.getUint8(option + 1);
  }
  return undefined;
}

function readSack(view: DataView, data: number | undefined): Range[] {
  if (data === undefined) return [];
  const blocks = (view.getUint8(data - 1) - 2) / 8;
  return Array.from({ length: blocks }, (_, i) => ({
    from: view.getUint32(data + 8 * i),
    to: view.getUint32(data + 8 * i + 4),
  }));
}

/** Sum of the 16-bit words from `from` to `to`, the last one padded by the byte that follows. */
function sumWords(view: DataView, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) sum += view.getUint16(at);
  return sum;
}

function fold(sum: number): number {
  const once = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return (once & 0xffff) + (once >>> 16);
}
