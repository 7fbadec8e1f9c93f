// Congestion avoidance as in CUBIC (RFC 9438): the window follows a cubic function of the time since the last loss, flat
// around the size at which that happened, and is never below what Reno would have (§4.3). Windows are bytes, times
// milliseconds, all arithmetic integer.

import { now } from "../../base/clock";
import { MILLISECOND } from "../../base/config";
import { Tcb } from "./tcb";

// C = 0.4 segments per cubic second, beta = 0.7 (§5.1, §4.6), and what makes Reno with this beta as fast as Reno:
// alpha = 3 (1 - beta) / (1 + beta) = 9 / 17 (§4.3).
const C_NUMERATOR: u64 = 4;
const C_DENOMINATOR: u64 = 10;
const BETA_TENTHS: u32 = 7;
const ALPHA_NUMERATOR: u32 = 9;
const ALPHA_DENOMINATOR: u32 = 17;

const CUBIC_SECOND: u64 = 1000000000;
/** Milliseconds beyond which the function is not computed: it has long passed every window there is. */
const LONGEST_TIME: i64 = 100000;

function clock(): u32 {
  return <u32>(now() / MILLISECOND);
}

/** What is known of the curve is of another time: the next ACK begins a new one. */
export function forgetCubic(tcb: Tcb): void {
  tcb.cubicBegan = 0;
}

/** After a time-out the curve begins where congestion avoidance does: K is 0 (§4.8). */
export function beginAtPlateau(tcb: Tcb): void {
  forgetCubic(tcb);
  tcb.cubicMost = 0;
}

/** The window was not used up: the time since the last ACK does not count (§4.2, §5.8). */
export function pauseCubic(tcb: Tcb): void {
  const time = clock();
  if (tcb.cubicBegan) tcb.cubicBegan += time - tcb.cubicUpdated;
  tcb.cubicUpdated = time;
}

/** ssthresh after a loss; the curve's plateau with it (§4.6, §4.7). */
export function thresholdOfCubic(tcb: Tcb, flight: u32): u32 {
  const cwnd = tcb.cwnd;
  // Fast convergence: a plateau below the last one makes room for others.
  tcb.cubicMost = cwnd < tcb.cubicMost ? <u32>((<u64>cwnd * (10 + BETA_TENTHS)) / 20) : cwnd;
  forgetCubic(tcb);
  return <u32>((<u64>min<u32>(flight, cwnd) * BETA_TENTHS) / 10);
}

/** Congestion avoidance: `bytes` were acknowledged. */
export function avoidByCubic(tcb: Tcb, bytes: u32): void {
  if (!tcb.cubicBegan) beginCurve(tcb);
  tcb.cubicUpdated = clock();
  growEstimate(tcb, bytes);
  const elapsed = <u32>max<i32>(clock() - tcb.cubicBegan, 0);
  if (tcb.cubicEstimate > windowAt(tcb, elapsed)) {
    tcb.cwnd = max<u32>(tcb.cwnd, tcb.cubicEstimate); // where Reno would be ahead (§4.3)
    return;
  }
  const target = windowAt(tcb, elapsed + tcb.srtt / MILLISECOND); // in a round trip (§4.2)
  const most = tcb.cwnd + (tcb.cwnd >> 1);
  const aim = min<u32>(target, most);
  if (aim > tcb.cwnd) tcb.cwnd += <u32>((<u64>(aim - tcb.cwnd) * bytes) / tcb.cwnd);
}

function beginCurve(tcb: Tcb): void {
  tcb.cubicBegan = max<u32>(clock(), 1);
  tcb.cubicEstimate = tcb.cwnd;
  tcb.ackedBytes = 0;
  if (tcb.cwnd >= tcb.cubicMost) {
    tcb.cubicMost = tcb.cwnd;
    tcb.cubicReach = 0;
    return;
  }
  const gap: u64 = tcb.cubicMost - tcb.cwnd;
  tcb.cubicReach = cubeRoot((gap * CUBIC_SECOND * C_DENOMINATOR) / (C_NUMERATOR * tcb.sndMss)); // K (§4.2)
}

// The window that Reno would have by now (§4.3); beyond the window of the last loss it grows by Reno's whole segment.
function growEstimate(tcb: Tcb, bytes: u32): void {
  const alpha: u64 = tcb.cubicEstimate < tcb.priorCwnd ? ALPHA_NUMERATOR : ALPHA_DENOMINATOR;
  const unit = <u64>ALPHA_DENOMINATOR * tcb.cwnd;
  const growth = <u64>bytes * tcb.sndMss * alpha + tcb.ackedBytes; // what was left over last time counts
  tcb.cubicEstimate += <u32>(growth / unit);
  tcb.ackedBytes = <u32>(growth % unit);
}

/** The curve `elapsed` milliseconds after its beginning, in bytes (§4.2). */
function windowAt(tcb: Tcb, elapsed: u32): u32 {
  const time = min<i64>(max<i64>(<i64>elapsed - tcb.cubicReach, -LONGEST_TIME), LONGEST_TIME);
  const cubed = time * time * time;
  const growth = ((cubed / <i64>C_DENOMINATOR) * <i64>C_NUMERATOR * tcb.sndMss) / <i64>CUBIC_SECOND;
  const window = <i64>tcb.cubicMost + growth;
  return <u32>min<i64>(max<i64>(window, 0), 0x3fffffff);
}

/** The largest number whose cube is at most `value`, bit by bit. */
export function cubeRoot(value: u64): u32 {
  let root: u64 = 0;
  for (let bit: i32 = 20; bit >= 0; bit--) {
    const next = root | ((<u64>1) << bit);
    if (next * next * next <= value) root = next;
  }
  return <u32>root;
}
