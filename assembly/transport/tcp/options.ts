// TCP options (RFC 9293 §3.2; RFC 7323; RFC 2018): what we write. A connection's SYN offers window scaling, timestamps
// and selective acknowledgments; what the peer offers too is used from then on.

import { RX_PACKETS_PER_TCB } from "profile";
import { Offer } from "../../abi/status";
import { setBe16, setBe32 } from "../../base/bytes";
import { now } from "../../base/clock";
import { MILLISECOND, MSS, TCP_HEADER_BYTES, TCP_OPTION_ROOM } from "../../base/config";
import { Flow } from "../flow";
import { flowHash } from "./isn";

export const enum Option {
  END = 0,
  NOP = 1,
  MSS = 2,
  WINDOW_SCALE = 3,
  SACK_PERMITTED = 4,
  SACK = 5,
  TIMESTAMPS = 8,
  USER_TIMEOUT = 28,
}

export const MSS_OPTION_BYTES: u32 = 4;
export const WINDOW_SCALE_BYTES: u32 = 3;
export const SACK_PERMITTED_BYTES: u32 = 2;
export const TIMESTAMPS_BYTES: u32 = 10;
export const USER_TIMEOUT_BYTES: u32 = 4;
/** One block of the SACK option: its left and its right edge. */
export const SACK_BLOCK_BYTES: u32 = 8;
/** Bytes of options that a TCP header can hold. */
export const MOST_OPTION_BYTES: u32 = 40;
/** The timestamps option with the padding that aligns it (RFC 7323 appendix A). */
export const TIMESTAMP_ROOM: u32 = 12;
/** The four bytes in front of the values then: NOP, NOP, kind and length, in memory order. */
export const TIMESTAMPS_ALONE: u32 =
  Option.NOP | (Option.NOP << 8) | (Option.TIMESTAMPS << 16) | (TIMESTAMPS_BYTES << 24);
/** The shift count beyond which RFC 7323 §2.3 does not go. */
export const MAX_WINDOW_SHIFT: u32 = 14;

/** By how much our windows are shifted so that the largest of this profile fits 16 bits. */
const LARGEST_WINDOW: u32 = RX_PACKETS_PER_TCB * MSS;
export const WINDOW_SHIFT: u32 = LARGEST_WINDOW > 65535 ? 16 - clz<u32>(LARGEST_WINDOW) : 0;

if (WINDOW_SHIFT > 6) ERROR("RX_PACKETS_PER_TCB asks for windows too coarse for what a packet has to spare.");

/** Bytes that the options of a SYN take. */
export function synOptionBytes(offer: u32): u32 {
  let bytes = MSS_OPTION_BYTES;
  if (offer & Offer.WINDOW_SCALE) bytes += WINDOW_SCALE_BYTES + 1;
  if (offer & Offer.TIMESTAMPS) bytes += TIMESTAMP_ROOM;
  else if (offer & Offer.SACK) bytes += SACK_PERMITTED_BYTES + 2;
  return bytes;
}

/** Writes the options of a SYN behind the fixed header at `p`. */
export function writeSynOptions(p: usize, mss: u32, offer: u32, value: u32, echo: u32): void {
  let at = p + TCP_HEADER_BYTES;
  store<u8>(at, <u8>Option.MSS);
  store<u8>(at, <u8>MSS_OPTION_BYTES, 1);
  setBe16(at, mss, 2);
  at += MSS_OPTION_BYTES;
  if (offer & Offer.WINDOW_SCALE) {
    store<u8>(at, <u8>Option.NOP);
    store<u8>(at, <u8>Option.WINDOW_SCALE, 1);
    store<u8>(at, <u8>WINDOW_SCALE_BYTES, 2);
    store<u8>(at, <u8>WINDOW_SHIFT, 3);
    at += WINDOW_SCALE_BYTES + 1;
  }
  if (offer & Offer.TIMESTAMPS) {
    writeTimestamps(at, value, echo);
  } else if (offer & Offer.SACK) {
    store<u8>(at, <u8>Option.NOP, 2);
    store<u8>(at, <u8>Option.NOP, 3);
  }
  if (offer & Offer.SACK) {
    store<u8>(at, <u8>Option.SACK_PERMITTED); // in place of the padding
    store<u8>(at, <u8>SACK_PERMITTED_BYTES, 1);
  }
}

/** Writes TSval and TSecr at `at`, aligned. */
export function writeTimestamps(at: usize, value: u32, echo: u32): void {
  store<u32>(at, TIMESTAMPS_ALONE);
  setBe32(at, value, 4);
  setBe32(at, echo, 8);
}

/** Our timestamp clock on this flow: milliseconds, from a start that a stranger cannot know (RFC 7323 §5.4, §7.1). */
export function timestampOffset(flow: Flow): u32 {
  return <u32>(flowHash(flow) >> 32);
}

/** The value of that clock now. */
export function timestamp(offset: u32): u32 {
  return <u32>(now() / MILLISECOND) + offset;
}

if (MSS_OPTION_BYTES + WINDOW_SCALE_BYTES + 1 + TIMESTAMP_ROOM > TCP_OPTION_ROOM)
  ERROR("TCP_OPTION_ROOM is too small for the options of a SYN.");
