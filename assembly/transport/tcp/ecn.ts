// Explicit congestion notification (RFC 3168 §6.1): routers mark packets where they would else drop them, the receiver
// echoes the mark, the sender reduces its window as for a loss and says that it has.

import { Counter } from "../../abi/counters";
import { Phase } from "../../abi/status";
import { count } from "../../base/counters";
import { delivery } from "./delivery";
import { Flag } from "./header";
import { obeyEcho } from "./recovery";
import { Segment } from "./segment";
import { seqUpTo } from "./seq";
import { Alarm, Mark, setAlarm, Tcb } from "./tcb";

/** The codepoints of the IP header's two bits: what we send can be marked, what has come is. */
const ECT_0: u32 = 2;
const CE: u32 = 3;

/** An acceptable segment has come: the marks in its headers. */
export function takeMarks(tcb: Tcb, segment: Segment): void {
  if (!tcb.is(Mark.ECN)) return;
  if (segment.has(Flag.CWR)) tcb.unmark(Mark.ECN_ECHO);
  if ((segment.arrival.tos & CE) == CE && segment.bytes) {
    count(Counter.TcpInMarked);
    tcb.mark(Mark.ECN_ECHO);
  }
}

/** An ACK has come: an echo in it is obeyed once for each window, and not while a loss is (§6.1.2). */
export function takeEcho(tcb: Tcb, segment: Segment): void {
  if (!delivery.echoes || tcb.phase != Phase.OPEN || seqUpTo(segment.ack, tcb.reducedUntil)) return;
  count(Counter.TcpEchoesObeyed);
  tcb.reducedUntil = tcb.sndNxt;
  obeyEcho(tcb);
}

/** An ACK with an echo is dealt with: where the window is one segment already, the next one waits for the timer (§6.1.2). */
export function waitAfterEcho(tcb: Tcb): void {
  if (tcb.flight == 0 && tcb.cwnd <= <u32>tcb.sndMss) setAlarm(tcb, Alarm.ECHO, tcb.rto);
}

/** Flags for a segment with text: the echo that is due, and on new data our answer to the peer's. */
export function marksToSend(tcb: Tcb, isNew: bool): u32 {
  let flags: u32 = tcb.is(Mark.ECN_ECHO) ? Flag.ECE : 0;
  if (isNew && tcb.is(Mark.CWR_DUE)) {
    flags |= Flag.CWR;
    tcb.unmark(Mark.CWR_DUE);
  }
  return flags;
}

/** True for text that routers may mark: what is sent again, and probes of a window, are not (§6.1.5, §6.1.6). */
export function isNewText(tcb: Tcb, seq: u32): bool {
  return seq == tcb.sndNxt && tcb.alarm != Alarm.PERSIST;
}

/** The type of service of text: routers may mark it where both sides know what that means. */
export function tosOf(tcb: Tcb, isNew: bool): u32 {
  return isNew && (tcb.marks & (Mark.ECN | Mark.UNMARKABLE)) == Mark.ECN ? tcb.tos | ECT_0 : tcb.tos;
}
