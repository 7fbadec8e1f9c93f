// CUBIC's integers against the formulas of RFC 9438, worked out in floating point and in segments and seconds.

import { now, setNow } from "../../assembly/base/clock";
import { MILLISECOND } from "../../assembly/base/config";
import { avoidByCubic, cubeRoot, forgetCubic, thresholdOfCubic } from "../../assembly/transport/tcp/cubic";
import { Tcb } from "../../assembly/transport/tcp/tcb";
import { draw, draw32, startDraws } from "./draw";

const BLOCK: usize = memory.data(offsetof<Tcb>(), 8);
const MSS: u32 = 1460;

// RFC 9438 §5.1 and §4.6; alpha makes Reno with this beta as fast as Reno (§4.3).
const C: f64 = 0.4;
const BETA: f64 = 0.7;
const ALPHA: f64 = (3 * (1 - BETA)) / (1 + BETA);

/** The curve in segments (§4.2): `most` is W_max, `began` cwnd_epoch, `time` in seconds. */
function curve(most: f64, began: f64, time: f64): f64 {
  return C * (time - reach(most, began)) ** 3 + most;
}

/** K in seconds. */
function reach(most: f64, began: f64): f64 {
  return began < most ? Math.cbrt((most - began) / C) : 0;
}

/** After a loss at `most` segments, with the window at `began` segments and a round trip of `rtt` milliseconds. */
function afterLoss(most: u32, began: u32, rtt: u32): Tcb {
  memory.fill(BLOCK, 0, offsetof<Tcb>());
  const tcb = changetype<Tcb>(BLOCK);
  tcb.sndMss = <u16>MSS;
  tcb.cwnd = began * MSS;
  tcb.cubicMost = most * MSS;
  tcb.priorCwnd = most * MSS;
  tcb.srtt = rtt * MILLISECOND;
  return tcb;
}

function wait(milliseconds: u32): void {
  setNow(now() + <u64>milliseconds * MILLISECOND);
}

describe("the first ACK of all", () => {
  // This comes first: the clock only goes forward.
  it("begins the curve where the window is, also in the clock's first millisecond", () => {
    expect<u64>(now()).toBe(0);
    const tcb = afterLoss(100, 70, 0);
    avoidByCubic(tcb, MSS);
    expect<u32>(tcb.cwnd).toBeLessThan(71 * MSS);
    expect<u32>(tcb.cwnd - 70 * MSS).toBeLessThan(MSS / 70 + 1);
  });
});

describe("the cube root", () => {
  it("is exact at cubes and on both sides of them", () => {
    let wrong: u64 = 0;
    // Every root below 2,000, then ever larger steps up to the largest whose cube is below 2^63.
    for (let root: u64 = 1; root < 2097152; root += 1 + root / 2000) {
      const cube = root * root * root;
      if (cubeRoot(cube) != <u32>root || cubeRoot(cube - 1) != <u32>root - 1 || cubeRoot(cube + 1) != <u32>root) {
        if (!wrong) wrong = root;
      }
    }
    expect<u64>(wrong).toBe(0);
    expect<u32>(cubeRoot(0)).toBe(0);
    expect<u32>(cubeRoot(((<u64>1) << 63) - 1)).toBe(2097151);
  });

  it("is the largest number whose cube is at most the value", () => {
    const seed: u32 = 7;
    startDraws(seed);
    let wrong: u64 = 0;
    for (let i = 0; i < 2000; i++) {
      const value = ((((<u64>draw32()) << 32) | draw32()) >> 1) >> draw(60);
      const root = <u64>cubeRoot(value);
      const next = root + 1;
      if (root * root * root > value || (next < 2097152 && next * next * next <= value)) wrong = value;
    }
    expect<u64>(wrong).toBe(0, `seed ${seed}`);
  });
});

describe("the curve", () => {
  it("is that of RFC 9438 §4.2 within a segment, a round trip ahead", () => {
    const windows: StaticArray<u32> = [10, 30, 100, 170, 1000, 9000];
    const trips: StaticArray<u32> = [1, 10, 100, 300];
    const times: StaticArray<u32> = [0, 5, 100, 1000, 3000, 8000, 15000, 25000];
    for (let i = 0; i < windows.length; i++) {
      for (let j = 0; j < trips.length; j++) {
        for (let k = 0; k < times.length; k++) checkCurve(windows[i], trips[j], times[k]);
      }
    }
  });

  it("has its plateau K after the loss", () => {
    const windows: StaticArray<u32> = [10, 30, 170, 1000, 9000];
    for (let i = 0; i < windows.length; i++) {
      const most = windows[i];
      const began = (most * 7) / 10;
      const tcb = afterLoss(most, began, 100);
      avoidByCubic(tcb, 0);
      const exact = reach(most, began) * 1000;
      expect<bool>(exact - tcb.cubicReach >= 0 && exact - tcb.cubicReach < 1).toBe(true, `K for ${most} segments`);
    }
  });

  it("begins at the window where that is above the last plateau: K is 0", () => {
    const tcb = afterLoss(100, 120, 100);
    avoidByCubic(tcb, 0);
    expect<u32>(tcb.cubicReach).toBe(0);
    expect<u32>(tcb.cubicMost).toBe(120 * MSS);
  });

  it("takes the window up by half of it at most in a round trip", () => {
    const tcb = afterLoss(100, 70, 100);
    avoidByCubic(tcb, 0);
    wait(30 * 1000);
    avoidByCubic(tcb, tcb.cwnd);
    expect<u32>(tcb.cwnd).toBe(105 * MSS);
  });

  it("never takes the window down", () => {
    const tcb = afterLoss(100, 70, 100);
    avoidByCubic(tcb, 0);
    tcb.cwnd = 130 * MSS;
    avoidByCubic(tcb, 10 * MSS);
    expect<u32>(tcb.cwnd).toBe(130 * MSS);
  });

  it("begins anew when it was forgotten", () => {
    const tcb = afterLoss(100, 70, 10);
    avoidByCubic(tcb, 0);
    wait(20 * 1000);
    forgetCubic(tcb);
    avoidByCubic(tcb, tcb.cwnd);
    expect<u32>(tcb.cwnd).toBeLessThan(72 * MSS);
  });
});

// The window aims at the curve a round trip ahead; an ACK of a whole window takes it there.
function checkCurve(most: u32, rtt: u32, time: u32): void {
  const began = (most * 7) / 10;
  const tcb = afterLoss(most, began, rtt);
  avoidByCubic(tcb, 0);
  wait(time);
  const exact = curve(most, began, <f64>(time + rtt) / 1000);
  tcb.cubicEstimate = 0; // Reno's window is not looked at here
  tcb.cwnd = <u32>(exact * 0.8 * MSS);
  avoidByCubic(tcb, tcb.cwnd);
  const off = Math.abs(<f64>tcb.cwnd / MSS - exact);
  expect<bool>(off <= 1).toBe(true, `W_max ${most}, round trip ${rtt} ms, after ${time} ms: ${off} segments off`);
}

// Round trips so short that Reno is ahead of the curve: the window is W_est (§4.3).
function growthByReno(most: u32, began: u32, rounds: u32): f64 {
  const tcb = afterLoss(most, began, 1);
  avoidByCubic(tcb, 0);
  const start = tcb.cwnd;
  for (let round: u32 = 0; round < rounds; round++) {
    wait(1);
    const window = tcb.cwnd;
    for (let acked: u32 = 0; acked + 2 * MSS <= window; acked += 2 * MSS) avoidByCubic(tcb, 2 * MSS);
  }
  return <f64>(tcb.cwnd - start) / MSS;
}

describe("Reno's estimate", () => {
  it("grows by alpha segments a round trip in a small window", () => {
    const growth = growthByReno(200, 20, 50);
    expect<bool>(Math.abs(growth - 50 * ALPHA) <= 2).toBe(true, `${growth} segments`);
  });

  it("grows as fast in a window of a quarter of a megabyte", () => {
    const growth = growthByReno(1000, 170, 100);
    expect<bool>(Math.abs(growth - 100 * ALPHA) <= 3).toBe(true, `${growth} segments`);
  });

  it("grows by a segment a round trip beyond the plateau", () => {
    const growth = growthByReno(20, 20, 20);
    expect<bool>(Math.abs(growth - 20) <= 2).toBe(true, `${growth} segments`);
  });
});

describe("a loss", () => {
  it("takes the threshold to 0.7 of what is on its way (§4.6), which is no more than the window", () => {
    const tcb = afterLoss(0, 100, 10);
    tcb.sndNxt = tcb.sndUna + 80 * MSS;
    expect<u32>(thresholdOfCubic(tcb, tcb.flight)).toBe(56 * MSS);
    tcb.sndNxt = tcb.sndUna + 130 * MSS;
    expect<u32>(thresholdOfCubic(tcb, tcb.flight)).toBe(70 * MSS);
  });

  it("at a window above the last plateau makes it the plateau; below it, less than it (fast convergence, §4.7)", () => {
    const above = afterLoss(90, 100, 10);
    thresholdOfCubic(above, above.flight);
    expect<u32>(above.cubicMost).toBe(100 * MSS);
    const below = afterLoss(120, 100, 10);
    thresholdOfCubic(below, below.flight);
    expect<u32>(below.cubicMost).toBe(85 * MSS);
  });

  it("does not overflow at the largest window", () => {
    const tcb = afterLoss(0, 1, 10);
    tcb.cwnd = 0x3fffffff;
    tcb.cubicMost = 0x3fffffff;
    tcb.sndNxt = tcb.sndUna + tcb.cwnd;
    expect<u32>(thresholdOfCubic(tcb, tcb.flight)).toBe(<u32>(<f64>0x3fffffff * BETA));
    expect<u32>(tcb.cubicMost).toBe(0x3fffffff);
  });
});
