// The Internet checksum against a plain reading of RFC 1071: big-endian words, one after the other.

import { copyAndSum, fold32, joinSums, sumBytes, sumNarrow, sumWide } from "../../assembly/base/checksum";

const SPACE: usize = memory.data(4096, 16);
const COPY: usize = memory.data(4096, 16);

/** A small generator of test bytes; the state is an argument because specs have no closures. */
function fillPattern(at: usize, bytes: u32, seed: u32): void {
  let state = seed;
  for (let i: u32 = 0; i < bytes; i++) {
    state = state * 1664525 + 1013904223;
    store<u8>(at + i, <u8>(state >> 24));
  }
}

/** RFC 1071 §1 to the letter; the result is turned into memory order, in which the core keeps sums. */
function plainSum(at: usize, bytes: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i + 1 < bytes; i += 2) {
    sum += ((<u32>load<u8>(at + i)) << 8) | load<u8>(at + i + 1);
    if (sum > 0xffff) sum = (sum & 0xffff) + 1;
  }
  if (bytes & 1) sum += (<u32>load<u8>(at + bytes - 1)) << 8;
  if (sum > 0xffff) sum = (sum & 0xffff) + 1;
  return bswap<u16>(<u16>sum);
}

/** One's complement has two zeros: 0 and 0xffff say the same. */
function sameSum(a: u32, b: u32): bool {
  return a % 0xffff == b % 0xffff && (a == 0) == (b == 0);
}

describe("sumBytes", () => {
  it("gives the sum of the example in RFC 1071 §3", () => {
    // 00 01 f2 03 f4 f5 f6 f7 sums to 2ddf0, folded ddf2.
    store<u64>(SPACE, bswap<u64>(0x0001f203f4f5f6f7));
    expect<u32>(bswap<u16>(<u16>sumBytes(SPACE, 8))).toBe(0xddf2);
  });

  it("agrees with the plain sum for every length up to 200 at every alignment", () => {
    fillPattern(SPACE, 256, 1);
    let wrong = 0;
    for (let offset: usize = 0; offset < 8; offset++) {
      for (let bytes: u32 = 0; bytes <= 200; bytes++) {
        const plain = plainSum(SPACE + offset, bytes);
        if (!sameSum(sumWide(SPACE + offset, bytes), plain)) wrong++;
        if (!sameSum(sumNarrow(SPACE + offset, bytes), plain)) wrong++;
      }
    }
    expect<i32>(wrong).toBe(0);
  });

  it("folds every carry of the largest sum there is", () => {
    memory.fill(SPACE, 0xff, 4096);
    expect<u32>(sumWide(SPACE, 4096)).toBe(0xffff);
    expect<u32>(sumNarrow(SPACE, 4096)).toBe(0xffff);
    memory.fill(SPACE, 0, 4096);
    expect<u32>(sumWide(SPACE, 4096)).toBe(0);
    expect<u32>(sumNarrow(SPACE, 4096)).toBe(0);
  });

  it("gives all ones when the checksum is part of what is summed", () => {
    fillPattern(SPACE, 40, 7);
    store<u16>(SPACE, 0, 10);
    store<u16>(SPACE, <u16>~sumBytes(SPACE, 40), 10);
    expect<u32>(sumBytes(SPACE, 40)).toBe(0xffff);
  });
});

describe("copyAndSum", () => {
  it("copies every byte, sums what it copied and writes nothing beyond", () => {
    fillPattern(SPACE, 256, 3);
    let wrong = 0;
    for (let offset: usize = 0; offset < 8; offset++) {
      for (let bytes: u32 = 0; bytes <= 200; bytes++) {
        memory.fill(COPY, 0xa5, 256);
        const sum = copyAndSum(COPY + 8, SPACE + offset, bytes);
        if (sum != sumBytes(SPACE + offset, bytes)) wrong++;
        if (memory.compare(COPY + 8, SPACE + offset, bytes) != 0) wrong++;
        if (load<u8>(COPY, 7) != 0xa5 || load<u8>(COPY + 8 + bytes) != 0xa5) wrong++;
      }
    }
    expect<i32>(wrong).toBe(0);
  });
});

describe("joinSums", () => {
  it("gives the sum of the whole from the sums of two pieces, cut at any place", () => {
    fillPattern(SPACE, 97, 5);
    const whole = sumBytes(SPACE, 97);
    let wrong = 0;
    for (let cut: u32 = 0; cut <= 97; cut++) {
      const joined = joinSums(sumBytes(SPACE, cut), cut, sumBytes(SPACE + cut, 97 - cut));
      if (!sameSum(joined, whole)) wrong++;
    }
    expect<i32>(wrong).toBe(0);
  });
});

describe("fold32", () => {
  it("folds to 16 bits", () => {
    expect<u32>(fold32(0)).toBe(0);
    expect<u32>(fold32(0x0001ffff)).toBe(1);
    expect<u32>(fold32(0xffffffff)).toBe(0xffff);
  });
});
