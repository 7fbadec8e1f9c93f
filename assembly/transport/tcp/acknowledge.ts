// An ACK has come: what it acknowledges, what it says of the window, and what it says of losses.

import { Counter } from "../../abi/counters";
import { NEVER, now } from "../../base/clock";
import { count } from "../../base/counters";
import { scheduleOutput, tellRoom } from "../endpoint";
import { onAcknowledged, onDuplicate, onLoss, onRecoveryAck } from "./congestion";
import { Flag } from "./header";
import { sendCopy } from "./output";
import { sampleEcho, sampleRtt, stopTiming } from "./rto";
import { Segment } from "./segment";
import { dropAcknowledged, hasUnsent } from "./send-queue";
import { sendPart } from "./sender";
import { seqAfter, seqBefore, seqMax, seqUpTo } from "./seq";
import { armTimer, Mark, Tcb } from "./tcb";

const DUPLICATES_FOR_LOSS: u8 = 3;

/** An acceptable ACK: SND.UNA < SEG.ACK =< SND.NXT, or a duplicate (§3.10.7.4, fifth; RFC 5681 §3.2). */
export function acknowledge(tcb: Tcb, segment: Segment): void {
  const before = tcb.sndWnd;
  const news = seqAfter(segment.ack, tcb.sndUna);
  updateWindow(tcb, segment);
  if (news) {
    takeAck(tcb, segment);
  } else if (isDuplicate(tcb, segment, before)) {
    duplicateAck(tcb);
  } else if (before == 0 && tcb.sndWnd > 0 && tcb.flight) {
    tcb.sndResend = tcb.sndUna; // the probe was not taken: it goes again with all that now fits
  }
  if (tcb.is(Mark.PERSISTING)) {
    tcb.waitingSince = now(); // a peer that answers probes is alive (MUST-37)
    if (tcb.sndWnd != before) tcb.backoff = 0;
  }
  const isShut = tcb.sndWnd == 0 && tcb.flight > 0;
  if (hasUnsent(tcb) || tcb.sndResend != tcb.sndNxt || isShut || tcb.is(Mark.PERSISTING)) scheduleOutput(tcb);
  armTimer(tcb);
}

// SND.WND follows the newest segment (§3.10.7.4).
function updateWindow(tcb: Tcb, segment: Segment): void {
  if (seqBefore(tcb.sndWl1, segment.seq) || (tcb.sndWl1 == segment.seq && seqUpTo(tcb.sndWl2, segment.ack))) {
    tcb.sndWnd = segment.window;
    tcb.sndWl1 = segment.seq;
    tcb.sndWl2 = segment.ack;
    tcb.maxSndWnd = max<u32>(tcb.maxSndWnd, segment.window);
  }
}

function isDuplicate(tcb: Tcb, segment: Segment, windowBefore: u32): bool {
  if (segment.ack != tcb.sndUna || tcb.flight == 0 || segment.length != 0) return false;
  return segment.window == windowBefore && !tcb.is(Mark.PERSISTING);
}

function takeAck(tcb: Tcb, segment: Segment): void {
  const ack = segment.ack;
  const bytes = ack - tcb.sndUna;
  if (!sampleRtt(tcb, ack)) sampleEcho(tcb, segment);
  tcb.sndUna = ack;
  tcb.sndResend = seqMax(tcb.sndResend, ack);
  tcb.dupAcks = 0;
  tcb.backoff = 0;
  tcb.waitingSince = now();
  dropAcknowledged(tcb);
  tcb.rtxAt = tcb.flight ? now() + tcb.rto : NEVER; // RFC 6298 (5.2), (5.3)
  if (tcb.is(Mark.RECOVERING)) {
    if (onRecoveryAck(tcb, ack, bytes)) resendFirst(tcb);
  } else {
    onAcknowledged(tcb, bytes);
  }
  tellRoom(tcb);
}

function duplicateAck(tcb: Tcb): void {
  count(Counter.TcpDuplicateAcks);
  if (tcb.is(Mark.RECOVERING)) {
    onDuplicate(tcb);
    scheduleOutput(tcb);
    return;
  }
  if (tcb.dupAcks < 255) tcb.dupAcks++;
  // RFC 6582 §3.2 step 2: not for duplicates that a time-out's own retransmissions have caused.
  if (tcb.dupAcks == DUPLICATES_FOR_LOSS && !seqBefore(tcb.sndUna - 1, tcb.recover)) {
    count(Counter.TcpFastRetransmits);
    onLoss(tcb);
    resendFirst(tcb);
  }
  scheduleOutput(tcb);
}

// Sends the segment at SND.UNA again, now.
function resendFirst(tcb: Tcb): void {
  stopTiming(tcb);
  const head = tcb.sndHead;
  let sent: bool = false;
  if (head && head.bytes && seqBefore(tcb.sndUna, tcb.sndNxt)) {
    const offset = tcb.sndUna - head.seq;
    const bytes = min<u32>(min<u32>(head.bytes - offset, tcb.sndMss), tcb.sndNxt - tcb.sndUna);
    if (bytes) sent = sendPart(tcb, head, offset, bytes, tcb.sndUna, Flag.ACK | (head.next ? 0 : Flag.PSH));
  }
  if (!sent && tcb.is(Mark.FIN_SENT) && tcb.sndUna == tcb.sndEnd) {
    sent = sendCopy(tcb, 0, 0, tcb.sndUna, Flag.FIN | Flag.ACK);
  }
  if (!sent) return; // no packet: the retransmission timer is running
  count(Counter.TcpRetransSegs);
  tcb.retransmits++;
}
