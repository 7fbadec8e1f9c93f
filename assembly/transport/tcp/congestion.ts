// Congestion control: NewReno (RFC 5681, 6582) with byte counting (RFC 3465). The sender reports what happened; this
// file alone changes cwnd and ssthresh.

import { seqUpTo } from "./seq";
import { Mark, Tcb } from "./tcb";

const LARGE: u32 = 0x3fffffff;

/** The connection is established: the initial window of RFC 6928, one segment if the SYN was lost (RFC 5681 §3.1). */
export function startCongestion(tcb: Tcb, lostSyn: bool): void {
  const mss: u32 = tcb.sndMss;
  tcb.cwnd = lostSyn ? mss : min<u32>(10 * mss, max<u32>(2 * mss, 14600));
  tcb.ssthresh = LARGE;
  tcb.recover = tcb.iss;
  tcb.ackedBytes = 0;
}

/** New data was acknowledged outside of recovery. */
export function onAcknowledged(tcb: Tcb, bytes: u32): void {
  const mss: u32 = tcb.sndMss;
  if (tcb.cwnd < tcb.ssthresh) {
    tcb.cwnd += min<u32>(bytes, 2 * mss); // RFC 3465 §2.2, L = 2
    return;
  }
  tcb.ackedBytes += bytes;
  if (tcb.ackedBytes < tcb.cwnd) return;
  tcb.ackedBytes -= tcb.cwnd;
  if (tcb.cwnd < LARGE) tcb.cwnd += mss;
}

/** Three duplicates of an ACK: a segment is lost, the ones behind it arrived. */
export function onLoss(tcb: Tcb): void {
  const mss: u32 = tcb.sndMss;
  tcb.ssthresh = halfFlight(tcb);
  tcb.recover = tcb.sndNxt;
  tcb.cwnd = tcb.ssthresh + 3 * mss;
  tcb.mark(Mark.RECOVERING);
}

/** A further duplicate in recovery: one more segment has left the network. */
export function onDuplicate(tcb: Tcb): void {
  if (tcb.cwnd < LARGE) tcb.cwnd += tcb.sndMss;
}

/** An ACK in recovery. True when it is a partial one: the segment behind it is lost too (RFC 6582 §3.2 step 3). */
export function onRecoveryAck(tcb: Tcb, ack: u32, bytes: u32): bool {
  const mss: u32 = tcb.sndMss;
  if (seqUpTo(tcb.recover, ack)) {
    const flight = tcb.sndNxt - ack;
    tcb.cwnd = min<u32>(tcb.ssthresh, max<u32>(flight, mss) + mss);
    tcb.ackedBytes = 0;
    tcb.unmark(Mark.RECOVERING);
    return false;
  }
  tcb.cwnd = tcb.cwnd > bytes ? tcb.cwnd - bytes : 0;
  if (bytes >= mss) tcb.cwnd += mss;
  if (tcb.cwnd < mss) tcb.cwnd = mss;
  return true;
}

/** The retransmission timer has run out. */
export function onTimeout(tcb: Tcb): void {
  // A second time-out of the same segment does not halve again (RFC 5681 (4)).
  if (tcb.backoff == 0) tcb.ssthresh = halfFlight(tcb);
  tcb.recover = tcb.sndNxt;
  tcb.cwnd = tcb.sndMss;
  tcb.ackedBytes = 0;
  tcb.unmark(Mark.RECOVERING);
}

/** Nothing was sent for a time-out: what the network bears is no longer known (RFC 5681 §4.1). */
export function onIdle(tcb: Tcb): void {
  const mss: u32 = tcb.sndMss;
  tcb.cwnd = min<u32>(tcb.cwnd, min<u32>(10 * mss, max<u32>(2 * mss, 14600)));
}

// What limited transmit has sent beyond cwnd does not count (RFC 5681 §3.2, step 2).
function halfFlight(tcb: Tcb): u32 {
  return max<u32>(min<u32>(tcb.flight, tcb.cwnd) / 2, 2 * <u32>tcb.sndMss);
}
