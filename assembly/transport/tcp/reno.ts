// Congestion avoidance as in RFC 5681: one segment more for each window acknowledged, half of what is on its way after a
// loss.

import { Tcb } from "./tcb";

/** Congestion avoidance: `bytes` were acknowledged (RFC 3465 §2.1). */
export function avoidByReno(tcb: Tcb, bytes: u32): void {
  tcb.ackedBytes += bytes;
  if (tcb.ackedBytes < tcb.cwnd) return;
  tcb.ackedBytes -= tcb.cwnd;
  tcb.cwnd += tcb.sndMss;
}

/** ssthresh after a loss. What limited transmit has sent beyond cwnd does not count (RFC 5681 §3.2, step 2). */
export function thresholdOfReno(tcb: Tcb, flight: u32): u32 {
  return min<u32>(flight, tcb.cwnd) / 2;
}
