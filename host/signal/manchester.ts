// 10BASE-T: Manchester code on a twisted pair (IEEE 802.3 clause 7.3.1.1, 14.3.1.2.1). Each bit is a step in its middle: up
// for 1, down for 0. Between frames there is silence; a frame ends with a level that stays high for three bit times.

import {
  fault,
  framePartsOf,
  type LineCode,
  PREAMBLE,
  type Received,
  type Signal,
  START_OF_FRAME,
} from "./line-code.ts";

const SYMBOLS_PER_BYTE = 16;
const SILENCE = 4;
/** Symbols of the high level behind a frame: 300 ns, where at least 250 are wanted. */
const END = 6;
/** Of these the receiver has to see so many. */
const LEAST_END = 5;

export class Manchester implements LineCode {
  readonly name = "10base-t";
  readonly title = "Manchester code, 10 Mbit/s on a twisted pair";
  readonly medium = "electricity";
  readonly symbolsPerSecond = 20e6;

  encode(frame: Uint8Array): Signal {
    const bytes = [...PREAMBLE, START_OF_FRAME, ...frame];
    const length = bytes.length * SYMBOLS_PER_BYTE;
    const levels = new Int8Array(SILENCE + length + END + SILENCE);
    let at = SILENCE;
    for (const byte of bytes) {
      for (let bit = 0; bit < 8; bit++) {
        const second = (byte >> bit) & 1 ? 1 : -1;
        levels[at++] = -second;
        levels[at++] = second;
      }
    }
    levels.fill(1, at, at + END);
    const inFrame = framePartsOf(frame).map(({ name, from, to }) => ({
      name,
      from: SILENCE + from * SYMBOLS_PER_BYTE,
      to: SILENCE + to * SYMBOLS_PER_BYTE,
    }));
    const parts = [
      { name: "idle", from: 0, to: SILENCE },
      ...inFrame,
      { name: "end", from: at, to: at + END },
      { name: "idle", from: at + END, to: levels.length },
    ];
    return { code: this.name, levels, symbolsPerSecond: this.symbolsPerSecond, parts };
  }

  decode(levels: Int8Array): Received {
    let at = 0;
    while (at < levels.length && levels[at] === 0) at++;
    const bits: number[] = [];
    let start = -1;
    for (; at + 1 < levels.length && levels[at] * levels[at + 1] < 0; at += 2) {
      const bit = levels[at + 1] > 0 ? 1 : 0;
      if (start < 0 && bit === 1 && bits.at(-1) === 1) start = bits.length + 1;
      bits.push(bit);
    }
    if (!isEnd(levels, at)) return fault("code violation");
    if (start < 0) return fault("no start");
    return (bits.length - start) % 8 === 0 ? { frame: bytesOf(bits, start), fault: null } : fault("bad end");
  }

  damaged(level: number): number {
    return level === 0 ? 1 : -level;
  }
}

/** True where nothing follows but the high level of a frame's end, and silence. */
function isEnd(levels: Int8Array, from: number): boolean {
  let at = from;
  while (at < levels.length && levels[at] === 1) at++;
  const high = at - from;
  while (at < levels.length && levels[at] === 0) at++;
  return high >= LEAST_END && at === levels.length;
}

function bytesOf(bits: readonly number[], start: number): Uint8Array {
  const bytes = new Uint8Array((bits.length - start) >> 3);
  for (let i = start; i < bits.length; i++) bytes[(i - start) >> 3] |= bits[i] << ((i - start) & 7);
  return bytes;
}
