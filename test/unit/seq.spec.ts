// Sequence numbers around the wrap of 32 bits (RFC 9293 §3.4).

import { seqAfter, seqBefore, seqInWindow, seqMax, seqMin, seqUpTo } from "../../assembly/transport/tcp/seq";

/** Places that matter: around 0, around 2^31 and around 2^32. */
const PLACES = 9;
function place(index: i32): u32 {
  switch (index) {
    case 0:
      return 0;
    case 1:
      return 1;
    case 2:
      return 0x7ffffffe;
    case 3:
      return 0x7fffffff;
    case 4:
      return 0x80000000;
    case 5:
      return 0x80000001;
    case 6:
      return 0xfffffffe;
    case 7:
      return 0xffffffff;
    default:
      return 0x12345678;
  }
}

const DISTANCES = 5;
function distance(index: i32): u32 {
  switch (index) {
    case 0:
      return 1;
    case 1:
      return 2;
    case 2:
      return 65535;
    case 3:
      return 0x40000000;
    default:
      return 0x7fffffff;
  }
}

describe("the order of sequence numbers", () => {
  it("is that of the bytes, wherever they lie", () => {
    let wrong = 0;
    for (let i = 0; i < PLACES; i++) {
      for (let j = 0; j < DISTANCES; j++) {
        const a = place(i);
        const b = a + distance(j);
        if (!seqBefore(a, b) || seqBefore(b, a)) wrong++;
        if (!seqAfter(b, a) || seqAfter(a, b)) wrong++;
        if (!seqUpTo(a, b) || seqUpTo(b, a)) wrong++;
        if (seqMax(a, b) != b || seqMax(b, a) != b) wrong++;
        if (seqMin(a, b) != a || seqMin(b, a) != a) wrong++;
      }
    }
    expect<i32>(wrong).toBe(0);
  });

  it("has a number neither before nor after itself", () => {
    for (let i = 0; i < PLACES; i++) {
      const a = place(i);
      expect<bool>(seqBefore(a, a) || seqAfter(a, a)).toBe(false);
      expect<bool>(seqUpTo(a, a)).toBe(true);
    }
  });

  it("is transitive over a window, also across the wrap", () => {
    let wrong = 0;
    for (let i = 0; i < PLACES; i++) {
      for (let step: u32 = 0; step < 30; step++) {
        const a = place(i);
        const b = a + (1 << step);
        const c = b + (1 << step);
        if (seqBefore(a, b) && seqBefore(b, c) && !seqBefore(a, c) && step < 30) wrong++;
      }
    }
    expect<i32>(wrong).toBe(0);
  });
});

describe("a window", () => {
  it("holds its first and last number and neither neighbor", () => {
    let wrong = 0;
    for (let i = 0; i < PLACES; i++) {
      for (let j = 0; j < DISTANCES; j++) {
        const first = place(i);
        const bytes = distance(j);
        if (!seqInWindow(first, first, bytes)) wrong++;
        if (!seqInWindow(first + bytes - 1, first, bytes)) wrong++;
        if (seqInWindow(first + bytes, first, bytes)) wrong++;
        if (seqInWindow(first - 1, first, bytes)) wrong++;
      }
    }
    expect<i32>(wrong).toBe(0);
  });

  it("of no bytes holds nothing", () => {
    for (let i = 0; i < PLACES; i++) expect<bool>(seqInWindow(place(i), place(i), 0)).toBe(false);
  });
});
