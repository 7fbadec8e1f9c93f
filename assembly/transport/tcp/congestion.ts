// Congestion control behind a small interface: what the rest of TCP reports, and which controller answers. Slow start
// is common to all (RFC 5681 §3.1) with byte counting (RFC 3465).

import { CUBIC } from "profile";
import { Congestion } from "../../abi/sockets";
import { Phase } from "../../abi/status";
import { avoidByCubic, forgetCubic, pauseCubic, thresholdOfCubic } from "./cubic";
import { avoidByReno, thresholdOfReno } from "./reno";
import { Mark, Tcb } from "./tcb";

export const LARGE_CWND: u32 = 0x3fffffff;

/** Segments that one ACK may add in slow start: this side does not pace (RFC 9406 §4.3); one behind a loss (RFC 3465 §2.3). */
const MOST_PER_ACK: u32 = 8;

function isReno(tcb: Tcb): bool {
  return !CUBIC || tcb.is(Mark.RENO);
}

/** Which controller the connection has, and another one for it; what is known of the network stays. */
export function controllerOf(tcb: Tcb): Congestion {
  return isReno(tcb) ? Congestion.RENO : Congestion.CUBIC;
}
export function chooseController(tcb: Tcb, controller: Congestion): void {
  if (controller == Congestion.RENO) tcb.mark(Mark.RENO);
  else tcb.unmark(Mark.RENO);
  tcb.ackedBytes = 0;
  if (CUBIC) forgetCubic(tcb);
}

/** The connection is established: the initial window of RFC 6928, one segment if the SYN was lost (RFC 5681 §3.1). */
export function startCongestion(tcb: Tcb, lostSyn: bool): void {
  tcb.cwnd = lostSyn ? <u32>tcb.sndMss : initialWindow(tcb);
  tcb.ssthresh = LARGE_CWND;
  tcb.recover = tcb.iss;
  tcb.reducedUntil = tcb.iss;
  tcb.phase = Phase.OPEN;
  tcb.ackedBytes = 0;
  if (CUBIC) forgetCubic(tcb);
}

function initialWindow(tcb: Tcb): u32 {
  const mss: u32 = tcb.sndMss;
  return min<u32>(10 * mss, max<u32>(2 * mss, 14600));
}

/** New data was acknowledged, and nothing is being repaired by fast recovery. */
export function onAcknowledged(tcb: Tcb, bytes: u32): void {
  if (tcb.cwnd >= LARGE_CWND) return;
  if (!wasFull(tcb, bytes)) {
    if (CUBIC) pauseCubic(tcb);
    return;
  }
  if (tcb.cwnd < tcb.ssthresh) {
    const most = tcb.ssthresh == LARGE_CWND ? MOST_PER_ACK : 1;
    tcb.cwnd = min<u32>(tcb.cwnd + min<u32>(bytes, most * tcb.sndMss), max<u32>(tcb.ssthresh, tcb.cwnd + tcb.sndMss));
    return;
  }
  if (isReno(tcb)) avoidByReno(tcb, bytes);
  else avoidByCubic(tcb, bytes);
}

// A window that was not used up says nothing of a larger one (RFC 9438 §4.2, RFC 7661 §1).
function wasFull(tcb: Tcb, acked: u32): bool {
  const used = tcb.flight + acked;
  return used + 2 * <u32>tcb.sndMss > tcb.cwnd || (tcb.cwnd < tcb.ssthresh && used >= tcb.cwnd / 2);
}

/** Something is lost while `flight` bytes were on their way: the new ssthresh. */
export function thresholdAfterLoss(tcb: Tcb, flight: u32): u32 {
  const threshold = isReno(tcb) ? thresholdOfReno(tcb, flight) : thresholdOfCubic(tcb, flight);
  return max<u32>(threshold, 2 * <u32>tcb.sndMss);
}

/** Nothing was sent for a time-out: what the network bears is no longer known (RFC 5681 §4.1). */
export function onIdle(tcb: Tcb): void {
  tcb.cwnd = min<u32>(tcb.cwnd, initialWindow(tcb));
  if (CUBIC) forgetCubic(tcb);
}
