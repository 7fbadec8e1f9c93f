// An ACK has come: what it acknowledges, what it reports, what it says of the window. What it says of losses is judged
// in recovery.ts.

import { Counter } from "../../abi/counters";
import { Phase } from "../../abi/status";
import { NEVER, now } from "../../base/clock";
import { SHORTCUTS } from "../../base/config";
import { count } from "../../base/counters";
import { scheduleOutput, tellRoom } from "../endpoint";
import { beginDelivery, delivery } from "./delivery";
import { takeEcho, waitAfterEcho } from "./ecn";
import { Flag } from "./header";
import { takeProbeAnswer } from "./probe";
import { judge } from "./recovery";
import { sampleEcho, takeSample } from "./rto";
import { countDuplicate, markAllLost, takeReports, uncountDuplicates } from "./scoreboard";
import { Segment } from "./segment";
import { dropAcknowledged, hasUnsent } from "./send-queue";
import { restartRetransmission } from "./sender";
import { seqBefore, seqUpTo } from "./seq";
import { Alarm, armTimer, Mark, Tcb } from "./tcb";

/** An acceptable ACK: SND.UNA < SEG.ACK =< SND.NXT, or a duplicate (§3.10.7.4, fifth; RFC 5681 §3.2). */
export function acknowledge(tcb: Tcb, segment: Segment): void {
  const windowBefore = tcb.sndWnd;
  const acked = segment.ack - tcb.sndUna;
  if (SHORTCUTS && !acked && saysNothing(tcb, segment)) {
    updateWindow(tcb, segment);
    if (hasUnsent(tcb)) scheduleOutput(tcb);
    return;
  }
  const absentBefore = tcb.flight - tcb.sackedBytes;
  updateWindow(tcb, segment);
  beginDelivery(tcb);
  takeEcho(tcb, segment); // while the window is what the echo is about
  const duplicate = !acked && isDuplicate(tcb, segment, windowBefore);
  if (acked) takeAck(tcb, segment, acked);
  if (segment.sackBlocks && tcb.is(Mark.SACK)) takeReports(tcb, segment);
  const refused = !acked && windowBefore == 0 && tcb.sndWnd > 0 && tcb.flight > 0;
  if (duplicate) countIt(tcb);
  else if (refused) markAllLost(tcb); // probes of the window that was shut: no loss of the network's
  const absent = tcb.flight - tcb.sackedBytes;
  if (tcb.is(Mark.PROBE_OUT)) takeProbeAnswer(tcb, segment, acked == 0 && segment.length == 0);
  if (!refused) judge(tcb, acked, absentBefore > absent ? absentBefore - absent : 0, duplicate);
  if (tcb.rtxAt == NEVER) restartRetransmission(tcb);
  if (delivery.echoes) waitAfterEcho(tcb);
  if (tcb.alarm == Alarm.PERSIST) {
    tcb.waitingSince = NEVER; // a peer that answers probes is alive (MUST-37)
    if (tcb.sndWnd != windowBefore) tcb.backoff = 0;
  }
  if (hasWork(tcb))
    scheduleOutput(tcb); // its turn to send ends with the timer
  else armTimer(tcb);
}

// Who only receives gets this with every segment of text: nothing is on its way of which an ACK could tell.
function saysNothing(tcb: Tcb, segment: Segment): bool {
  if (tcb.flight || tcb.phase != Phase.OPEN || tcb.alarm == Alarm.PERSIST) return false;
  return segment.sackBlocks == 0 && !tcb.is(Mark.PROBE_OUT) && !segment.has(Flag.ECE);
}

function hasWork(tcb: Tcb): bool {
  const isShut = tcb.sndWnd == 0 && tcb.flight > 0;
  return hasUnsent(tcb) || tcb.lostBytes > 0 || isShut || tcb.alarm == Alarm.PERSIST;
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
  if (tcb.flight == 0 || segment.length != 0 || tcb.alarm == Alarm.PERSIST) return false;
  return segment.window == windowBefore || (segment.sackBlocks > 0 && tcb.is(Mark.SACK));
}

function countIt(tcb: Tcb): void {
  count(Counter.TcpDuplicateAcks);
  if (tcb.dupAcks < 255) tcb.dupAcks++;
  if (!tcb.is(Mark.SACK) && tcb.phase != Phase.LOSS) countDuplicate(tcb);
}

function takeAck(tcb: Tcb, segment: Segment, acked: u32): void {
  dropAcknowledged(tcb, segment.ack);
  if (!tcb.is(Mark.SACK)) uncountDuplicates(tcb, acked);
  if (!takeSample(tcb)) sampleEcho(tcb, segment);
  tcb.dupAcks = 0;
  tcb.backoff = 0;
  tcb.waitingSince = now();
  if (tcb.alarm != Alarm.PERSIST || tcb.sndWnd) {
    tcb.alarm = Alarm.RETRANSMIT;
    tcb.rtxAt = NEVER; // until all that the ACK says is known
  }
  tellRoom(tcb);
}
