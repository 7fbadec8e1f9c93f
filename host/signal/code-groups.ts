// 4B5B: four bits of a frame are sent as a group of five, chosen so that there are always enough steps in the signal to
// keep the receiver's clock (IEEE 802.3 clause 24.2.2.1, table 24-1). Groups that are no data mark start and end.

import { fault, PREAMBLE, type Received, START_OF_FRAME } from "./line-code.ts";

export const GROUP_BITS = 5;
export const IDLE = 0b11111;
/** Start and end of a stream: two groups each. */
const [J, K] = [0b11000, 0b10001];
const [T, R] = [0b01101, 0b00111];
const DATA = [
  0b11110, 0b01001, 0b10100, 0b10101, 0b01010, 0b01011, 0b01110, 0b01111, 0b10010, 0b10011, 0b10110, 0b10111, 0b11010,
  0b11011, 0b11100, 0b11101,
];
/** By group; -1 for groups that are no data. */
const NIBBLE_OF = Int8Array.from({ length: 1 << GROUP_BITS }, (_, group) => DATA.indexOf(group));
/** Idle groups before a frame and behind it. */
export const LEAD_GROUPS = 12;
export const TAIL_GROUPS = 4;
const MARK_GROUPS = 2;

/** The bits of a frame with its FCS, with idle around it. */
export function groupBits(frame: Uint8Array): Uint8Array {
  // The first byte of the preamble gives its place to the mark of the start.
  const bytes = PREAMBLE.length + frame.length;
  const bits = new Uint8Array((LEAD_GROUPS + MARK_GROUPS + 2 * bytes + MARK_GROUPS + TAIL_GROUPS) * GROUP_BITS).fill(1);
  let at = LEAD_GROUPS * GROUP_BITS;
  const put = (group: number): void => {
    for (let bit = GROUP_BITS - 1; bit >= 0; bit--) bits[at++] = (group >> bit) & 1;
  };
  const putByte = (byte: number): void => {
    put(DATA[byte & 15]);
    put(DATA[byte >> 4]);
  };
  put(J);
  put(K);
  for (const byte of PREAMBLE.slice(1)) putByte(byte);
  putByte(START_OF_FRAME);
  for (const byte of frame) putByte(byte);
  put(T);
  put(R);
  return bits;
}

/** Finds the frame in bits that a `groupBits` may have made. */
export function frameOf(bits: Uint8Array): Received {
  const start = startOf(bits);
  if (start < 0) return fault("no start");
  const nibbles: number[] = [];
  for (let at = start; ; at += GROUP_BITS) {
    const group = groupAt(bits, at);
    const nibble = group < 0 ? -1 : NIBBLE_OF[group];
    if (nibble >= 0) nibbles.push(nibble);
    else if (group === T && groupAt(bits, at + GROUP_BITS) === R) return bytesOf(nibbles);
    else return fault(group === IDLE || group < 0 ? "bad end" : "code violation");
  }
}

/** The bit behind the mark of the start, which follows idle; -1: there is none, or something else stands there. */
function startOf(bits: Uint8Array): number {
  let at = 0;
  while (at < bits.length && bits[at] === 1) at++;
  // Idle ends with the first zero of J, its third bit.
  const start = at - 2;
  const isStart = start > 0 && groupAt(bits, start) === J && groupAt(bits, start + GROUP_BITS) === K;
  return isStart ? start + MARK_GROUPS * GROUP_BITS : -1;
}

function groupAt(bits: Uint8Array, at: number): number {
  if (at + GROUP_BITS > bits.length) return -1;
  return (bits[at] << 4) | (bits[at + 1] << 3) | (bits[at + 2] << 2) | (bits[at + 3] << 1) | bits[at + 4];
}

// The rest of the preamble, the start of frame, and then the frame.
function bytesOf(nibbles: readonly number[]): Received {
  if (nibbles.length % 2 !== 0) return fault("bad end");
  const bytes = Uint8Array.from({ length: nibbles.length / 2 }, (_, i) => nibbles[2 * i] | (nibbles[2 * i + 1] << 4));
  const start = bytes.indexOf(START_OF_FRAME);
  const isPreamble = start >= 0 && bytes.subarray(0, start).every((byte) => byte === PREAMBLE[0]);
  return isPreamble ? { frame: bytes.subarray(start + 1), fault: null } : fault("no start");
}
