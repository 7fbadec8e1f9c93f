// Recovery: what an ACK, or a time-out, says of losses, and how fast to send until they are repaired. RACK finds losses
// where the peer has SACK (RFC 8985), duplicate ACKs where it has not (RFC 6582); both meet in the same marks on the
// scoreboard. The rate falls in proportion to what arrives (RFC 6937). A time-out is doubted first (RFC 5682).

import { CUBIC } from "profile";
import { Counter } from "../../abi/counters";
import { Phase } from "../../abi/status";
import { count } from "../../base/counters";
import { PacketFlag } from "../../device/packet";
import { onAcknowledged, thresholdAfterLoss } from "./congestion";
import { beginAtPlateau } from "./cubic";
import { delivery } from "./delivery";
import { detectLosses, narrowReorderingWindow, widenReorderingWindow } from "./rack";
import { firstOutstanding, forgetLosses, forgetReports, markAllLost, markHeadLost, unmarkLost } from "./scoreboard";
import { hasUnsent } from "./send-queue";
import { seqBefore, seqUpTo } from "./seq";
import { Alarm, Mark, setAlarm, Tcb } from "./tcb";

const DUPLICATES_FOR_LOSS: u8 = 3;

/**
 * An ACK has been taken: `acked` bytes of it are new, `delivered` have newly arrived, acknowledged or reported;
 * `duplicate` when it repeats the one before it.
 */
export function judge(tcb: Tcb, acked: u32, delivered: u32, duplicate: bool): void {
  let grows = acked > 0 && tcb.phase != Phase.RECOVERY && !delivery.echoes;
  if (tcb.phase == Phase.LOSS && mindsDoubt(tcb, acked, duplicate)) grows = false;
  if (grows && tcb.phase == Phase.LOSS) onAcknowledged(tcb, acked); // behind a time-out, even if it ends here
  if (tcb.phase == Phase.LOSS) grows = false;
  if (tcb.phase != Phase.OPEN && seqUpTo(tcb.recover, tcb.sndUna)) leaveRecovery(tcb);
  findLosses(tcb, acked, duplicate);
  if (tcb.phase == Phase.OPEN && tcb.lostBytes) enterRecovery(tcb, tcb.flight + acked);
  if (tcb.phase == Phase.RECOVERY) reduceRate(tcb, delivered);
  else if (grows) onAcknowledged(tcb, acked);
}

function findLosses(tcb: Tcb, acked: u32, duplicate: bool): void {
  if (tcb.is(Mark.SACK)) {
    widenReorderingWindow(tcb);
    if (tcb.sackedBytes || tcb.phase != Phase.OPEN) awaitReordering(tcb, detectLosses(tcb));
    return;
  }
  if (tcb.phase == Phase.RECOVERY) {
    if (acked) markHeadLost(tcb); // a partial ACK: the segment behind it is lost too (RFC 6582 §3.2, step 3)
  } else if (duplicate && tcb.phase == Phase.OPEN && tcb.dupAcks == DUPLICATES_FOR_LOSS) {
    // Not for duplicates that a time-out's own retransmissions have caused (RFC 6582 §3.2, step 2).
    if (!seqBefore(tcb.sndUna - 1, tcb.recover)) markHeadLost(tcb);
  }
}

function awaitReordering(tcb: Tcb, wait: u32): void {
  if (!wait) return;
  setAlarm(tcb, Alarm.REORDERING, wait);
}

/** The reordering timer has run out. */
export function reorderingTimeout(tcb: Tcb): void {
  const lostBefore = tcb.lostBytes;
  awaitReordering(tcb, detectLosses(tcb));
  if (tcb.lostBytes == lostBefore) return;
  if (tcb.phase == Phase.OPEN) enterRecovery(tcb, tcb.flight);
  if (tcb.phase == Phase.RECOVERY) reduceRate(tcb, 0);
}

// `flight` is what was on its way before the ACK that tells of the loss: it may have acknowledged most of that.
function enterRecovery(tcb: Tcb, flight: u32): void {
  count(Counter.TcpFastRetransmits);
  reduce(tcb, flight);
  tcb.recover = tcb.sndNxt;
  tcb.phase = Phase.RECOVERY;
  if (tcb.alarm == Alarm.PROBE) setAlarm(tcb, Alarm.RETRANSMIT, tcb.rto);
  tcb.prrDelivered = 0;
  tcb.prrOut = 0;
  tcb.recoverFlight = max<u32>(flight, 1);
}

// Takes back the threshold, and remembers what was before.
function reduce(tcb: Tcb, flight: u32): void {
  tcb.priorCwnd = tcb.cwnd;
  tcb.priorSsthresh = tcb.ssthresh;
  tcb.ssthresh = thresholdAfterLoss(tcb, flight);
  tcb.unmark(Mark.PROBE_OUT);
  if (tcb.is(Mark.ECN)) tcb.mark(Mark.CWR_DUE); // for a loss, too (RFC 3168 §6.1.2)
}

// RFC 6937 §3: in proportion until no more than ssthresh is on its way, from then on as slow start would.
function reduceRate(tcb: Tcb, delivered: u32): void {
  tcb.prrDelivered += delivered;
  const pipe = tcb.pipe;
  let more: u32;
  if (pipe > tcb.ssthresh) {
    const due = <u32>((<u64>tcb.prrDelivered * tcb.ssthresh + tcb.recoverFlight - 1) / tcb.recoverFlight);
    more = due > tcb.prrOut ? due - tcb.prrOut : 0;
  } else {
    const behind = tcb.prrDelivered > tcb.prrOut ? tcb.prrDelivered - tcb.prrOut : 0;
    more = min<u32>(tcb.ssthresh - pipe, max<u32>(behind, delivered) + tcb.sndMss);
  }
  tcb.cwnd = pipe + more;
}

function leaveRecovery(tcb: Tcb): void {
  if (tcb.phase == Phase.RECOVERY) tcb.cwnd = max<u32>(tcb.ssthresh, tcb.sndMss);
  tcb.phase = Phase.OPEN;
  tcb.unmark(Mark.TIMEOUT_DOUBTED | Mark.TIMEOUT_TESTED);
  if (!tcb.is(Mark.SACK)) forgetReports(tcb);
  narrowReorderingWindow(tcb);
}

/** What a tail loss probe sent again was lost indeed: the network is to be spared as after any loss (RFC 8985 §7.4.2). */
export function probeRepairedLoss(tcb: Tcb): void {
  count(Counter.TcpLossProbeRecoveries);
  obeyEcho(tcb);
}

/** The peer echoes that a router has marked our packets: half as bad as a loss, and nothing to repair. */
export function obeyEcho(tcb: Tcb): void {
  reduce(tcb, tcb.flight);
  tcb.cwnd = min<u32>(tcb.cwnd, tcb.ssthresh);
}

/** The retransmission timer has run out: everything starts again from one segment (RFC 5681 §3.1). */
export function onTimeout(tcb: Tcb): void {
  const head = tcb.sndHead;
  const doubtful = tcb.phase == Phase.OPEN && tcb.flight > firstOutstanding(tcb);
  // A second time-out of the same segment does not reduce again (RFC 5681 (4)).
  if (tcb.backoff == 0) reduce(tcb, tcb.flight);
  if (CUBIC) beginAtPlateau(tcb);
  tcb.recover = tcb.sndNxt;
  tcb.cwnd = tcb.sndMss;
  tcb.ackedBytes = 0;
  tcb.dupAcks = 0;
  tcb.phase = Phase.LOSS;
  tcb.unmark(Mark.PROBE_OUT | Mark.TIMEOUT_DOUBTED | Mark.TIMEOUT_TESTED);
  if (head && head.has(PacketFlag.SACKED)) forgetReports(tcb);
  if (doubtful) {
    tcb.mark(Mark.TIMEOUT_DOUBTED);
    markHeadLost(tcb);
  } else {
    markAllLost(tcb);
  }
}

// F-RTO (RFC 5682 §2.1, §3.1): if the next two ACKs acknowledge what was sent only once, nothing was lost, the network
// was slow. The first lets two new segments out in place of retransmissions. True when the ACK is dealt with.
function mindsDoubt(tcb: Tcb, acked: u32, duplicate: bool): bool {
  if (tcb.is(Mark.TIMEOUT_DOUBTED)) {
    // A test only when all of the segment that went again is acknowledged, and not all that was out.
    const covers = acked > 0 && !wasHeadSentAgain(tcb) && seqBefore(tcb.sndUna, tcb.recover);
    if (covers && hasUnsent(tcb) && tcb.sndWnd > tcb.flight) {
      tcb.unmark(Mark.TIMEOUT_DOUBTED);
      tcb.mark(Mark.TIMEOUT_TESTED);
      tcb.cwnd = tcb.pipe + 2 * <u32>tcb.sndMss;
      return true;
    }
    if (acked || duplicate) believeTimeout(tcb, tcb.sndMss);
    return false;
  }
  if (!tcb.is(Mark.TIMEOUT_TESTED)) return false;
  if (acked) {
    undoTimeout(tcb);
    return true;
  }
  if (duplicate) believeTimeout(tcb, 3 * <u32>tcb.sndMss);
  return false;
}

function wasHeadSentAgain(tcb: Tcb): bool {
  const head = tcb.sndHead;
  return head ? head.transmissions > 1 : false;
}

// Slow start, from `cwnd` on, over all that was on its way.
function believeTimeout(tcb: Tcb, cwnd: u32): void {
  tcb.unmark(Mark.TIMEOUT_DOUBTED | Mark.TIMEOUT_TESTED);
  tcb.cwnd = min<u32>(cwnd, tcb.cwnd);
  const isUnderWay = wasHeadSentAgain(tcb);
  markAllLost(tcb);
  if (isUnderWay) unmarkLost(tcb, tcb.sndHead!);
}

function undoTimeout(tcb: Tcb): void {
  count(Counter.TcpSpuriousTimeouts);
  forgetLosses(tcb);
  if (!tcb.is(Mark.SACK)) forgetReports(tcb);
  tcb.cwnd = max<u32>(tcb.cwnd, tcb.priorCwnd);
  tcb.ssthresh = tcb.priorSsthresh;
  tcb.phase = Phase.OPEN;
  tcb.unmark(Mark.TIMEOUT_TESTED);
}
