// SipHash-2-4 against the authors' test vectors: key 00 01 … 0f, message 00 01 02 …

import { random32, startRandom } from "../../assembly/base/random";
import { sipHash } from "../../assembly/base/siphash";

const KEY: usize = memory.data<u8>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 8);
const MESSAGE: usize = memory.data(64, 8);

function countUp(): void {
  for (let i = 0; i < 64; i++) store<u8>(MESSAGE + i, <u8>i);
}

describe("sipHash", () => {
  beforeAll(countUp);

  // Shows: SHLD-1, MUST-9
  it("gives the authors' values for whole words", () => {
    expect<u64>(sipHash(KEY, MESSAGE, 0)).toBe(0x726fdb47dd0e0e31);
    expect<u64>(sipHash(KEY, MESSAGE, 1)).toBe(0x93f5f5799a932462);
    expect<u64>(sipHash(KEY, MESSAGE, 2)).toBe(0x3f2acc7f57c29bdb);
    expect<u64>(sipHash(KEY, MESSAGE, 3)).toBe(0xb8ad50c6f649af94);
    expect<u64>(sipHash(KEY, MESSAGE, 5)).toBe(0x0e3ea96b5304a7d0);
    expect<u64>(sipHash(KEY, MESSAGE, 7)).toBe(0xb78dbfaf3a8d83bd);
  });
});

describe("random32", () => {
  it("draws the same numbers from the same seed, and others from another", () => {
    startRandom(1, 2, 3, 4);
    const first = random32();
    const second = random32();
    expect<bool>(first == second).toBe(false);
    startRandom(1, 2, 3, 4);
    expect<u32>(random32()).toBe(first);
    expect<u32>(random32()).toBe(second);
    startRandom(1, 2, 3, 5);
    expect<bool>(random32() == first).toBe(false);
  });

  it("sets every bit about as often as not", () => {
    startRandom(9, 9, 9, 9);
    let least = 4096;
    let most = 0;
    for (let bit = 0; bit < 32; bit++) {
      let ones = 0;
      for (let i = 0; i < 4096; i++) ones += (random32() >> bit) & 1;
      least = min(least, ones);
      most = max(most, ones);
    }
    // 4,096 throws: standard deviation 32; five of them each way.
    expect<i32>(least).toBeGreaterThan(2048 - 160);
    expect<i32>(most).toBeLessThan(2048 + 160);
  });
});
