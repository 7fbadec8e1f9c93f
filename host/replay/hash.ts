// A quick hash of linear memory. It finds differences; it does not resist anybody who makes some on purpose.

import { Status } from "../../assembly/abi/status.ts";

/** Where a core leaves the answers of its calls, as word indexes; `Core` has these. */
export interface HashedMemory {
  readonly u32: Uint32Array;
  readonly resultWord: number;
  readonly statusWord: number;
}

/** Words of the block that calls with more than one answer fill in (assembly/base/memory.ts). */
const RESULT_WORDS = 9;
/** Odd multipliers: 2^32 times fractions of the golden ratio and of square roots. */
const [M0, M1, M2, M3] = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];

/**
 * The hash of all that a core's future depends on: linear memory without the two blocks of answers, which the core never
 * reads. So it does not matter how often somebody has looked at its tables.
 */
export function hashMemory({ u32, resultWord, statusWord }: HashedMemory): [number, number] {
  const blocks = [
    { at: resultWord, kept: u32.slice(resultWord, resultWord + RESULT_WORDS) },
    { at: statusWord, kept: u32.slice(statusWord, statusWord + Status.WORDS) },
  ];
  for (const { at, kept } of blocks) u32.fill(0, at, at + kept.length);
  const hash = hashWords(u32);
  for (const { at, kept } of blocks) u32.set(kept, at);
  return hash;
}

/**
 * Hashes words, whose number is divisible by four, to 64 bits. Four lanes run side by side, as a processor's multiplier
 * wants it. Each step of a lane is one-to-one, so that no change of a single word goes unseen; a bit is spread by two
 * multiplications before it meets that lane's next word.
 */
export function hashWords(words: Uint32Array): [number, number] {
  let [a, b, c, d] = [M3, M2, M1, M0];
  for (let i = 0; i < words.length; i += 4) {
    a = (a + Math.imul(words[i], M1)) | 0;
    b = (b + Math.imul(words[i + 1], M1)) | 0;
    c = (c + Math.imul(words[i + 2], M1)) | 0;
    d = (d + Math.imul(words[i + 3], M1)) | 0;
    a = Math.imul((a << 13) | (a >>> 19), M0);
    b = Math.imul((b << 13) | (b >>> 19), M0);
    c = Math.imul((c << 13) | (c >>> 19), M0);
    d = Math.imul((d << 13) | (d >>> 19), M0);
  }
  return [mixed(a ^ Math.imul(c, M1)), mixed(b ^ Math.imul(d, M2))];
}

/** 16 hexadecimal digits. */
export function hashText([high, low]: readonly [number, number]): string {
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

// So that each bit of the answer depends on all of the lane's.
function mixed(lane: number): number {
  let word = Math.imul(lane ^ (lane >>> 15), M1);
  word = Math.imul(word ^ (word >>> 13), M2);
  return (word ^ (word >>> 16)) >>> 0;
}
