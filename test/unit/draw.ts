// Random numbers for properties: the same seed, the same numbers (Marsaglia's xorshift, period 2^32 - 1).

let state: u32 = 1;

export function startDraws(seed: u32): void {
  state = seed * 0x9e3779b1;
  if (!state) state = 1;
}

export function draw32(): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

/** A number below `bound`. */
export function draw(bound: u32): u32 {
  return <u32>((<u64>draw32() * bound) >> 32);
}

/** A number from `least` to `most`, both included. */
export function drawBetween(least: u32, most: u32): u32 {
  return least + draw(most - least + 1);
}

/** True once in `times`. */
export function oneIn(times: u32): bool {
  return draw(times) == 0;
}
