// The segment that has arrived, taken apart: the SEG variables of RFC 9293 §3.3.1. There is one, since one segment is
// processed at a time.

import { USER_TIMEOUT_OPTION } from "profile";
import { Counter } from "../../abi/counters";
import { Offer } from "../../abi/status";
import { be16, be32, bswap16 } from "../../base/bytes";
import { fold32, sumBytes } from "../../base/checksum";
import { SHORTCUTS, TCP_HEADER_BYTES } from "../../base/config";
import { count } from "../../base/counters";
import { SEGMENT_STATE } from "../../base/memory";
import { Packet } from "../../device/packet";
import { Arrival } from "../../ip/arrival";
import { Flag, TcpHeader } from "./header";
import {
  MAX_WINDOW_SHIFT,
  MSS_OPTION_BYTES,
  Option,
  SACK_BLOCK_BYTES,
  SACK_PERMITTED_BYTES,
  TIMESTAMP_ROOM,
  TIMESTAMPS_ALONE,
  TIMESTAMPS_BYTES,
  USER_TIMEOUT_BYTES,
  WINDOW_SCALE_BYTES,
} from "./options";

@unmanaged
@final
export class Segment {
  /** SEG.SEQ, SEG.ACK, SEG.WND. */
  seq: u32;
  ack: u32;
  window: u32;
  flags: u32;
  /** Bytes of text. */
  bytes: u32;
  /** SEG.UP, with the flag URG. */
  urgent: u32;
  /** The peer's MSS option; 0 when it sent none. */
  mss: u32;
  /** TSval and TSecr, where `offer` says that they came. */
  timestamp: u32;
  echo: u32;
  /** Which of the options that both sides must agree on came (options.ts, Offer). */
  offer: u8;
  /** The peer's window shift, of a SYN with that option. */
  shift: u8;
  /** Blocks of the SACK option (RFC 2018 §3), of which the first lies at `sackAt`. */
  sackBlocks: u8;
  reserved: u8;
  sackAt: usize;
  sourcePort: u32;
  destinationPort: u32;
  /** The packet, with the text in view. */
  packet: Packet;
  arrival: Arrival;
  /** The field of the user timeout option (RFC 5482 §3.3); 0 when there is none. */
  userTimeout: u32;

  @inline has(flag: Flag): bool {
    return (this.flags & flag) != 0;
  }
  /** Left and right edge of a block of the SACK option. */
  @inline sackFirst(block: u32): u32 {
    return be32(this.sackAt + block * SACK_BLOCK_BYTES);
  }
  @inline sackEnd(block: u32): u32 {
    return be32(this.sackAt + block * SACK_BLOCK_BYTES, 4);
  }
  /** SEG.LEN: text, and one each for SYN and FIN. */
  @inline get length(): u32 {
    return this.bytes + (this.has(Flag.SYN) ? 1 : 0) + (this.has(Flag.FIN) ? 1 : 0);
  }
}

if (offsetof<Segment>() > 72) ERROR("SEGMENT_STATE is too small for Segment.");

export const segment: Segment = changetype<Segment>(SEGMENT_STATE);

/** Takes apart the TCP segment in view, down to its text. False when it is damaged; that has been counted. */
export function readSegment(arrival: Arrival): bool {
  const packet = arrival.packet;
  const header = changetype<TcpHeader>(packet.data);
  const bytes = packet.length;
  if (bytes < TCP_HEADER_BYTES || header.headerBytes < TCP_HEADER_BYTES || header.headerBytes > bytes) {
    count(Counter.TcpInErrs);
    return false;
  }
  if (fold32(arrival.pseudoSum + bswap16(bytes) + sumBytes(packet.data, bytes)) != 0xffff) {
    count(Counter.TcpInErrs);
    return false;
  }
  segment.sourcePort = header.sourcePort;
  segment.destinationPort = header.destinationPort;
  segment.seq = header.seq;
  segment.ack = header.ack;
  segment.flags = header.flags;
  segment.window = header.window;
  segment.bytes = bytes - header.headerBytes;
  segment.mss = 0;
  segment.urgent = header.urgent;
  segment.offer = asksForEcn(segment.flags) ? <u8>Offer.ECN : 0;
  segment.shift = 0;
  segment.sackBlocks = 0;
  if (USER_TIMEOUT_OPTION) segment.userTimeout = 0;
  segment.packet = packet;
  segment.arrival = arrival;
  if (header.headerBytes > TCP_HEADER_BYTES)
    readOptions(packet.data + TCP_HEADER_BYTES, packet.data + header.headerBytes);
  packet.pull(header.headerBytes);
  return true;
}

// A SYN asks with both flags, a SYN,ACK agrees with one (RFC 3168 §6.1.1); both on a SYN,ACK are a reflection.
function asksForEcn(flags: u32): bool {
  const both = flags & (Flag.ECE | Flag.CWR);
  if (!(flags & Flag.SYN)) return false;
  return flags & Flag.ACK ? both == Flag.ECE : both == (Flag.ECE | Flag.CWR);
}

// Nearly every segment has the timestamps alone, in the layout of RFC 7323 appendix A: one word tells.
function readOptions(p: usize, end: usize): void {
  if (SHORTCUTS && end - p == TIMESTAMP_ROOM && load<u32>(p) == TIMESTAMPS_ALONE) readTimestamps(p + 2);
  else readEachOption(p, end);
}

function readTimestamps(p: usize): void {
  segment.timestamp = be32(p, 2);
  segment.echo = be32(p, 6);
  segment.offer |= <u8>Offer.TIMESTAMPS;
}

// Options may begin at any byte (MUST-64). What is unknown is skipped by its length (MUST-6); a length that makes no
// sense ends the reading, not the segment (MUST-7).
function readEachOption(p: usize, end: usize): void {
  while (p < end) {
    const kind: u32 = load<u8>(p);
    if (kind == Option.END) return;
    if (kind == Option.NOP) {
      p++;
      continue;
    }
    if (p + 1 >= end) return;
    const bytes: u32 = load<u8>(p, 1);
    if (bytes < 2 || p + bytes > end) return;
    readOption(p, kind, bytes);
    p += bytes;
  }
}

function readOption(p: usize, kind: u32, bytes: u32): void {
  if (kind == Option.TIMESTAMPS && bytes == TIMESTAMPS_BYTES) readTimestamps(p);
  if (kind == Option.SACK && bytes > 2 && (bytes - 2) % SACK_BLOCK_BYTES == 0) {
    segment.sackAt = p + 2;
    segment.sackBlocks = <u8>((bytes - 2) / SACK_BLOCK_BYTES);
  }
  if (USER_TIMEOUT_OPTION && kind == Option.USER_TIMEOUT && bytes == USER_TIMEOUT_BYTES)
    segment.userTimeout = be16(p, 2);
  if (!segment.has(Flag.SYN)) return;
  if (kind == Option.SACK_PERMITTED && bytes == SACK_PERMITTED_BYTES) segment.offer |= <u8>Offer.SACK;
  if (kind == Option.MSS && bytes == MSS_OPTION_BYTES) segment.mss = be16(p, 2);
  if (kind == Option.WINDOW_SCALE && bytes == WINDOW_SCALE_BYTES) {
    segment.shift = <u8>min<u32>(load<u8>(p, 2), MAX_WINDOW_SHIFT);
    segment.offer |= <u8>Offer.WINDOW_SCALE;
  }
}
