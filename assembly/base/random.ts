// Numbers that a stranger cannot guess, all from the entropy that came in at start: the same seed, the same numbers.

import { RANDOM_STATE } from "./memory";
import { sipHash } from "./siphash";

@unmanaged
@final
class Random {
  key0: u64;
  key1: u64;
  /** Numbers drawn so far: what is hashed to make the next. */
  drawn: u64;
}

const random: Random = changetype<Random>(RANDOM_STATE);

/** The machine's secret: 16 bytes, the key of every keyed hash. */
export const SECRET: usize = RANDOM_STATE;

export function startRandom(seed0: u32, seed1: u32, seed2: u32, seed3: u32): void {
  random.key0 = ((<u64>seed1) << 32) | seed0;
  random.key1 = ((<u64>seed3) << 32) | seed2;
  random.drawn = 0;
}

/** 32 random bits. */
export function random32(): u32 {
  random.drawn++;
  return <u32>sipHash(SECRET, RANDOM_STATE + offsetof<Random>("drawn"), 1);
}
