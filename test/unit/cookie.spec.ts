// SYN cookies: what opens one, what does not, what it brings back, and for how long.

import { Offer } from "../../assembly/abi/status";
import { setV4 } from "../../assembly/base/address";
import { now, setNow } from "../../assembly/base/clock";
import { SECOND } from "../../assembly/base/config";
import { startRandom } from "../../assembly/base/random";
import { Flow } from "../../assembly/transport/flow";
import { makeCookie, offerIn, openCookie, shiftIn, stampWithOptions } from "../../assembly/transport/tcp/cookie";
import { draw, draw32, oneIn, startDraws } from "./draw";

const FLOW: usize = memory.data(offsetof<Flow>(), 8);
const IRS: u32 = 0xfffffff0;
/** Seconds for which a cookie is good at least: what is left of its period, and the next one. */
const PERIOD: u32 = 64;

/** The ends of a conversation. */
function flow(): Flow {
  const flow = changetype<Flow>(FLOW);
  memory.fill(FLOW, 0, offsetof<Flow>());
  setV4(flow.local, 0x010200c0);
  setV4(flow.remote, 0x076433c6);
  flow.localPort = 80;
  flow.remotePort = 49152;
  return flow;
}

/** Goes on to the beginning of the next period. */
function nextPeriod(): void {
  setNow((now() / (PERIOD * SECOND) + 1) * (PERIOD * SECOND));
}

function flip(address: usize, bit: u32): void {
  const at = address + (bit >> 3);
  store<u8>(at, load<u8>(at) ^ ((<u8>1) << (<u8>(bit & 7))));
}

describe("a cookie", () => {
  beforeAll(() => {
    startRandom(1, 2, 3, 4);
  });

  it("is not looked for before one was made", () => {
    let opened = 0;
    startDraws(3);
    for (let i = 0; i < 1000; i++) if (openCookie(flow(), IRS, draw32())) opened++;
    expect<i32>(opened).toBe(0);
  });

  it("opens with the ends and the peer's sequence number it was made for", () => {
    expect<u32>(openCookie(flow(), IRS, makeCookie(flow(), IRS, 1460))).toBe(1460);
  });

  it("fails when any bit of it is changed, or several", () => {
    const cookie = makeCookie(flow(), IRS, 1460);
    let opened = 0;
    for (let bit: u32 = 0; bit < 32; bit++) if (openCookie(flow(), IRS, cookie ^ (1 << bit))) opened++;
    expect<i32>(opened).toBe(0, "one bit");
    const seed: u32 = 11;
    startDraws(seed);
    for (let i = 0; i < 5000; i++) if (openCookie(flow(), IRS, cookie ^ (draw32() | 1))) opened++;
    expect<i32>(opened).toBe(0, `seed ${seed}`);
  });

  it("fails for any other peer's sequence number", () => {
    const cookie = makeCookie(flow(), IRS, 1460);
    let opened = 0;
    for (let bit: u32 = 0; bit < 32; bit++) if (openCookie(flow(), IRS ^ (1 << bit), cookie)) opened++;
    expect<i32>(opened).toBe(0);
  });

  it("fails between any other ends", () => {
    const cookie = makeCookie(flow(), IRS, 1460);
    const ends = <u32>offsetof<Flow>("next") * 8; // both addresses and both ports
    let opened = 0;
    for (let bit: u32 = 0; bit < ends; bit++) {
      const other = flow();
      flip(FLOW, bit);
      if (openCookie(other, IRS, cookie)) opened++;
    }
    expect<i32>(opened).toBe(0);
  });

  it("fails under another secret", () => {
    const cookie = makeCookie(flow(), IRS, 1460);
    startRandom(1, 2, 3, 5);
    expect<u32>(openCookie(flow(), IRS, cookie)).toBe(0);
    startRandom(1, 2, 3, 4);
    expect<u32>(openCookie(flow(), IRS, cookie)).toBe(1460);
  });
});

/** What the table has for an MSS: the largest size that is common and not above it. */
function commonSize(mss: u32): u32 {
  const sizes: StaticArray<u32> = [1460, 1440, 1400, 1360, 1300, 1220, 536];
  for (let i = 0; i < sizes.length; i++) if (sizes[i] <= mss) return sizes[i];
  return 64;
}

describe("the MSS in a cookie", () => {
  it("is rounded down to one that paths commonly have", () => {
    let wrong: u32 = 0;
    for (let mss: u32 = 64; mss <= 9000; mss++) {
      if (openCookie(flow(), IRS, makeCookie(flow(), IRS, mss)) != commonSize(mss)) wrong = mss;
    }
    expect<u32>(wrong).toBe(0);
  });
});

describe("the age of a cookie", () => {
  it("may be a whole period and the rest of its own", () => {
    nextPeriod();
    const cookie = makeCookie(flow(), IRS, 536);
    setNow(now() + 2 * PERIOD * SECOND - 1);
    expect<u32>(openCookie(flow(), IRS, cookie)).toBe(536);
    setNow(now() + 1);
    expect<u32>(openCookie(flow(), IRS, cookie)).toBe(0);
  });

  it("counts also while others are made all the time, and when its five bits come round", () => {
    nextPeriod();
    const cookie = makeCookie(flow(), IRS, 536);
    let opened = 0;
    for (let periods = 1; periods <= 70; periods++) {
      nextPeriod();
      makeCookie(flow(), IRS, 536);
      if (openCookie(flow(), IRS, cookie) && periods > 1) opened++;
    }
    expect<i32>(opened).toBe(0);
  });

  it("is that of the last period just before its end, too", () => {
    nextPeriod();
    setNow(now() + PERIOD * SECOND - 1);
    const cookie = makeCookie(flow(), IRS, 1220);
    setNow(now() + 1 + PERIOD * SECOND - 1);
    expect<u32>(openCookie(flow(), IRS, cookie)).toBe(1220);
    setNow(now() + 1);
    expect<u32>(openCookie(flow(), IRS, cookie)).toBe(0);
  });

  it("is not asked for when none was made in this period or the last", () => {
    const seed: u32 = 5;
    startDraws(seed);
    makeCookie(flow(), IRS, 536);
    nextPeriod();
    nextPeriod();
    let opened = 0;
    for (let i = 0; i < 1000; i++) if (openCookie(flow(), IRS, draw32())) opened++;
    expect<i32>(opened).toBe(0, `seed ${seed}`);
  });
});

describe("a timestamp with options", () => {
  it("brings every one of them back, and is never ahead of the clock, nor 64 behind it", () => {
    let wrong = "";
    for (let seed: u32 = 1; seed <= 20 && wrong.length == 0; seed++) {
      startDraws(seed);
      for (let i = 0; i < 500; i++) {
        const value = oneIn(2) ? draw32() : draw(200) - 100;
        const offer = Offer.TIMESTAMPS | (draw32() & (Offer.WINDOW_SCALE | Offer.SACK | Offer.ECN));
        const shift = offer & Offer.WINDOW_SCALE ? draw(15) : 0;
        const stamp = stampWithOptions(value, offer, shift);
        if (value - stamp >= 64) wrong = `seed ${seed}: ${stamp} for ${value}`;
        if (offerIn(stamp) != offer || shiftIn(stamp) != shift) wrong = `seed ${seed}: ${offer}, shift ${shift}`;
      }
    }
    expect<string>(wrong).toBe("");
  });
});
