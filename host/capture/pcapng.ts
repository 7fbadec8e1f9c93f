// Numbers of the pcapng format (draft-ietf-opsawg-pcapng §4).

import type { Direction } from "./frames.ts";

export const Block = {
  INTERFACE: 1,
  /** Obsolete (appendix A), yet found in old files. */
  PACKET: 2,
  SIMPLE_PACKET: 3,
  ENHANCED_PACKET: 6,
  SECTION: 0x0a0d0d0a,
} as const;

/** Codes 2 to 9 mean something else in each kind of block. */
export const Option = {
  END: 0,
  COMMENT: 1,
  /** Section: the program that wrote it. */
  APPLICATION: 4,
  /** Packet. */
  FLAGS: 2,
  /** Interface. */
  IF_NAME: 2,
  IF_DESCRIPTION: 3,
  IF_SPEED: 8,
  IF_TIME_RESOLUTION: 9,
  IF_TIME_OFFSET: 14,
} as const;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** The lowest two bits of a packet's flags. */
export const FLAGS_DIRECTION: Record<Direction, number> = { in: 1, out: 2 };
/** Type, length, and the length again at the end. */
export const WORDS_OF_A_BLOCK = 3;

/** `bytes` up to the next whole word. */
export function pad4(bytes: number): number {
  return (bytes + 3) & ~3;
}
