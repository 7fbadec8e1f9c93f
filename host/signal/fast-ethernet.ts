// 100BASE-X (IEEE 802.3 clause 24): groups of five bits, sent as steps. On a twisted pair they are scrambled and step
// through three levels (MLT-3, clause 25); in a fibre the light goes on and off (NRZI, clause 26).

import { frameOf, GROUP_BITS, groupBits, LEAD_GROUPS } from "./code-groups.ts";
import { fault, framePartsOf, type LineCode, type Received, type Signal, type SignalPart } from "./line-code.ts";
import { descramble, Scrambler } from "./scrambler.ts";

const SYMBOLS_PER_SECOND = 125e6;
const SYMBOLS_PER_BYTE = 2 * GROUP_BITS;

/** 100BASE-TX: a 1 is a step to the next of the levels 0, 1, 0, -1; a 0 stays. */
export class Mlt3 implements LineCode {
  readonly name = "100base-tx";
  readonly title = "4B5B, scrambled, MLT-3: 100 Mbit/s on a twisted pair";
  readonly medium = "electricity";
  readonly symbolsPerSecond = SYMBOLS_PER_SECOND;
  #scrambler = new Scrambler();
  /** Place in the round of levels. */
  #phase = 0;

  encode(frame: Uint8Array): Signal {
    const bits = this.#scrambler.scramble(groupBits(frame));
    const levels = Int8Array.from(bits, (bit) => {
      this.#phase = (this.#phase + bit) & 3;
      return ROUND[this.#phase];
    });
    return { code: this.name, levels, symbolsPerSecond: SYMBOLS_PER_SECOND, parts: partsOf(frame, levels.length) };
  }

  // The first symbol has none before it, so its bit is not known; it is idle's.
  decode(levels: Int8Array): Received {
    const bits = new Uint8Array(Math.max(0, levels.length - 1));
    let lastSide = 0;
    for (let i = 1; i < levels.length; i++) {
      const [before, now] = [levels[i - 1], levels[i]];
      if (before !== 0) lastSide = before;
      // From a side the way leads to 0, and from there to the other side.
      if (before * now < 0 || (before === 0 && now !== 0 && now === lastSide)) return fault("code violation");
      bits[i - 1] = before === now ? 0 : 1;
    }
    const plain = descramble(bits);
    return plain === null ? fault("no start") : frameOf(plain);
  }

  damaged(level: number): number {
    return level === 0 ? 1 : 0;
  }
}

const ROUND = [0, 1, 0, -1];

/** 100BASE-FX: a 1 is a change between dark and light; a 0 stays. */
export class Nrzi implements LineCode {
  readonly name = "100base-fx";
  readonly title = "4B5B, NRZI: 100 Mbit/s as light in a fibre";
  readonly medium = "light";
  readonly symbolsPerSecond = SYMBOLS_PER_SECOND;
  #level = 0;

  encode(frame: Uint8Array): Signal {
    const levels = Int8Array.from(groupBits(frame), (bit) => {
      this.#level ^= bit;
      return this.#level;
    });
    return { code: this.name, levels, symbolsPerSecond: SYMBOLS_PER_SECOND, parts: partsOf(frame, levels.length) };
  }

  decode(levels: Int8Array): Received {
    return frameOf(Uint8Array.from(levels.subarray(1), (level, i) => level ^ levels[i]));
  }

  damaged(level: number): number {
    return level ^ 1;
  }
}

// The mark of the start stands where the first byte of the preamble would.
function partsOf(frame: Uint8Array, symbols: number): SignalPart[] {
  const start = LEAD_GROUPS * GROUP_BITS;
  const parts = framePartsOf(frame).map(({ name, from, to }) => ({
    name,
    from: start + from * SYMBOLS_PER_BYTE,
    to: start + to * SYMBOLS_PER_BYTE,
  }));
  const end = start + (8 + frame.length) * SYMBOLS_PER_BYTE;
  return [
    { name: "idle", from: 0, to: start },
    ...parts,
    { name: "end", from: end, to: end + SYMBOLS_PER_BYTE },
    { name: "idle", from: end + SYMBOLS_PER_BYTE, to: symbols },
  ];
}
