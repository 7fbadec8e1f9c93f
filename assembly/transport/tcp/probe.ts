// Tail loss probes (RFC 8985 §7): when the last segments of a flight are lost nothing behind them shows it. Something is
// sent at the tail well before the time-out would, and the ACK it draws tells RACK what is missing.

import { Counter } from "../../abi/counters";
import { Phase } from "../../abi/status";
import { now } from "../../base/clock";
import { MILLISECOND, SECOND } from "../../base/config";
import { count } from "../../base/counters";
import { delivery } from "./delivery";
import { probeRepairedLoss } from "./recovery";
import { Segment } from "./segment";
import { seqAfter, seqUpTo } from "./seq";
import { Alarm, Mark, setAlarm, Tcb } from "./tcb";

/** The longest that a peer is expected to delay the ACK of a single segment (RFC 8985 §7.2, WCDelAckT). */
const LONGEST_ACK_DELAY: u32 = 200 * MILLISECOND;
/** Below this a busy peer is told from a loss no longer. */
const SHORTEST_PROBE: u32 = 10 * MILLISECOND;

/** When a probe should go, from now on, in microseconds (TLP_calc_PTO). */
function probeDelay(tcb: Tcb): u32 {
  if (!tcb.srtt) return SECOND;
  let delay = max<u32>(2 * tcb.srtt, SHORTEST_PROBE);
  if (tcb.flight < 2 * <u32>tcb.sndMss) delay += LONGEST_ACK_DELAY; // only the second full segment is acknowledged at once
  return delay;
}

function mayProbe(tcb: Tcb): bool {
  return tcb.is(Mark.SACK) && tcb.phase == Phase.OPEN && tcb.sackedBytes == 0 && !tcb.is(Mark.PROBED);
}

/**
 * The retransmission timer starts, or new data has gone out: where a probe may go, it goes before the time-out of the
 * first segment, or in its place (RFC 8985 §7.2).
 */
export function preferProbe(tcb: Tcb): void {
  if (!mayProbe(tcb) || tcb.backoff) return;
  // The time-out counts from the last ACK, or from when the first segment went out.
  const left = <u32>(tcb.waitingSince + tcb.rto - now());
  setAlarm(tcb, Alarm.PROBE, min<u32>(probeDelay(tcb), left));
}

/** A probe has gone out. */
export function sentProbe(tcb: Tcb, again: bool): void {
  count(Counter.TcpLossProbes);
  tcb.mark(Mark.PROBE_OUT | Mark.PROBED);
  if (again) tcb.mark(Mark.PROBE_RETRANSMITTED);
  else tcb.unmark(Mark.PROBE_RETRANSMITTED);
  tcb.probeEnd = tcb.sndNxt;
}

/** Looks whether an ACK answers the probe, and what that says (TLP_process_ack). */
export function takeProbeAnswer(tcb: Tcb, segment: Segment, duplicate: bool): void {
  if (!seqUpTo(tcb.probeEnd, segment.ack)) return;
  const bothArrived =
    (delivery.reportsDuplicate && delivery.duplicateEnd == tcb.probeEnd) || (duplicate && segment.sackBlocks == 0);
  if (tcb.is(Mark.PROBE_RETRANSMITTED) && !bothArrived) {
    if (!seqAfter(segment.ack, tcb.probeEnd)) return; // it may be the first of two that arrive
    probeRepairedLoss(tcb);
  }
  tcb.unmark(Mark.PROBE_OUT);
}
