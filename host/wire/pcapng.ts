// The pcapng format (draft-ietf-opsawg-pcapng): what Wireshark writes itself. Unlike pcap it says through which adapter a
// frame went and in which direction, and how many were missed.

import type { CapturedFrame, CaptureFormat } from "./capture.ts";

export const BlockType = { SECTION: 0x0a0d0d0a, INTERFACE: 1, PACKET: 6 } as const;
export const ByteOrder = { MAGIC: 0x1a2b3c4d } as const;
export const OptionCode = { END: 0, IF_NAME: 2, IF_DESCRIPTION: 3, USER_APPLICATION: 4, FLAGS: 2, DROPPED: 4 } as const;
/** Values of a packet's flags: its direction. */
export const Direction = { RECEIVED: 1, SENT: 2 } as const;

const IF_TIME_RESOLUTION = 9;
const MICROSECONDS = 6;
const LINKTYPE_ETHERNET = 1;
/** Of a packet's block: header, flags, missed frames, end of options, length once more. */
const PACKET_OVERHEAD = 28 + 8 + 12 + 4 + 4 + 3;

export interface PcapngInterface {
  /** Such as "eth0". */
  name: string;
  /** What it is plugged into. */
  description?: string;
}

/** A capture of one adapter. Times are microseconds since 1970. */
export function pcapngFormat(adapter: PcapngInterface, application: string): CaptureFormat {
  return {
    overhead: PACKET_OVERHEAD,
    header: () => join([sectionBlock(application), interfaceBlock(adapter)]),
    put: putPacket,
  };
}

// Length of the section: not known, for it is a stream.
function sectionBlock(application: string): Uint8Array {
  const body = new DataView(new ArrayBuffer(16));
  body.setUint32(0, ByteOrder.MAGIC, true);
  body.setUint16(4, 1, true);
  body.setUint16(6, 0, true);
  body.setBigInt64(8, -1n, true);
  const options = [option(OptionCode.USER_APPLICATION, encode(application)), option(OptionCode.END)];
  return block(BlockType.SECTION, [new Uint8Array(body.buffer), ...options]);
}

function interfaceBlock({ name, description }: PcapngInterface): Uint8Array {
  const body = new DataView(new ArrayBuffer(8));
  body.setUint16(0, LINKTYPE_ETHERNET, true);
  const options = [option(OptionCode.IF_NAME, encode(name))];
  if (description !== undefined) options.push(option(OptionCode.IF_DESCRIPTION, encode(description)));
  options.push(option(IF_TIME_RESOLUTION, Uint8Array.of(MICROSECONDS)), option(OptionCode.END));
  return block(BlockType.INTERFACE, [new Uint8Array(body.buffer), ...options]);
}

// An Enhanced Packet Block; returns where it ends.
function putPacket(to: DataView, at: number, { frame, micros, sent, missed = 0 }: CapturedFrame): number {
  const bytes = new Uint8Array(to.buffer, to.byteOffset);
  const start = at;
  to.setUint32(at, BlockType.PACKET, true);
  to.setUint32(at + 8, 0, true);
  to.setUint32(at + 12, Math.floor(micros / 2 ** 32), true);
  to.setUint32(at + 16, micros % 2 ** 32, true);
  to.setUint32(at + 20, frame.length, true);
  to.setUint32(at + 24, frame.length, true);
  bytes.set(frame, at + 28);
  const end = at + 28 + frame.length;
  at = at + 28 + padded(frame.length);
  bytes.fill(0, end, at);
  to.setUint16(at, OptionCode.FLAGS, true);
  to.setUint16(at + 2, 4, true);
  to.setUint32(at + 4, sent ? Direction.SENT : Direction.RECEIVED, true);
  at += 8;
  if (missed > 0) {
    to.setUint16(at, OptionCode.DROPPED, true);
    to.setUint16(at + 2, 8, true);
    to.setBigUint64(at + 4, BigInt(missed), true);
    at += 12;
  }
  to.setUint32(at, OptionCode.END, true);
  const length = at + 8 - start;
  to.setUint32(start + 4, length, true);
  to.setUint32(at + 4, length, true);
  return at + 8;
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const ends = new DataView(new ArrayBuffer(12));
  ends.setUint32(0, type, true);
  ends.setUint32(4, length, true);
  ends.setUint32(8, length, true);
  const bytes = new Uint8Array(ends.buffer);
  return join([bytes.subarray(0, 8), ...parts, bytes.subarray(8)]);
}

function option(code: number, value: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(4 + padded(value.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  bytes.set(value, 4);
  return bytes;
}

/** Everything in the format begins at a multiple of four bytes. */
export function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
