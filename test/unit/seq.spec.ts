// Sequence numbers around the wrap of 32 bits (RFC 9293 §3.4).

import { seqAfter, seqBefore, seqInWindow, seqMax, seqMin, seqUpTo } from "../../assembly/transport/tcp/seq";
import { draw, draw32, oneIn, startDraws } from "./draw";

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

/** A number of 64 bits, three times in four within 2,000 of a place where 32 of them wrap. */
function drawUnwrapped(): i64 {
  const turn = ((<i64>1) << 32) * (1 + draw(5));
  return oneIn(4) ? turn + draw32() : turn + draw(4000) - 2000;
}

/** Up to 2^31 - 1 either way, of every order of magnitude. */
function drawDistance(): i64 {
  const distance = <i64>(draw32() >> (1 + draw(31)));
  return oneIn(2) ? distance : -distance;
}

describe("sequence numbers that stand for positions less than 2^31 apart", () => {
  it("are ordered as the positions are", () => {
    let wrong = "";
    for (let seed: u32 = 1; seed <= 20 && wrong.length == 0; seed++) {
      startDraws(seed);
      for (let i = 0; i < 1000; i++) {
        const a = drawUnwrapped();
        const b = a + drawDistance();
        const s = <u32>a;
        const t = <u32>b;
        const isOrdered = seqBefore(s, t) == a < b && seqAfter(s, t) == a > b && seqUpTo(s, t) == a <= b;
        const isChosen = seqMax(s, t) == <u32>max<i64>(a, b) && seqMin(s, t) == <u32>min<i64>(a, b);
        if (!isOrdered || !isChosen) wrong = `seed ${seed}: ${a} and ${b}`;
      }
    }
    expect<string>(wrong).toBe("");
  });

  it("lie in a window when their positions do", () => {
    let wrong = "";
    for (let seed: u32 = 1; seed <= 20 && wrong.length == 0; seed++) {
      startDraws(seed);
      for (let i = 0; i < 1000; i++) {
        const first = drawUnwrapped();
        const position = first + drawDistance();
        const bytes = draw32() >> (1 + draw(31));
        const isIn = first <= position && position < first + bytes;
        if (seqInWindow(<u32>position, <u32>first, bytes) != isIn) wrong = `seed ${seed}: ${position} from ${first}`;
      }
    }
    expect<string>(wrong).toBe("");
  });
});
