// Urgent data (RFC 9293 §3.8.5, RFC 6093): it stays in the stream, at its place; the application is told that there is
// some ahead, and where it ends.

import { Event } from "../../abi/sockets";
import { setBe16 } from "../../base/bytes";
import { notify, scheduleOutput } from "../endpoint";
import { Flag, URGENT_POINTER } from "./header";
import { Segment } from "./segment";
import { seqAfter, seqBefore, seqUpTo } from "./seq";
import { Mark, Tcb } from "./tcb";

// The first byte that the application has not read.
function unread(tcb: Tcb): u32 {
  return tcb.rcvNxt - tcb.rcvBytes - (tcb.is(Mark.FIN_RECEIVED) ? 1 : 0);
}

/** Sixth step of SEGMENT ARRIVES (§3.10.7.4): the pointer moves on, never back. */
export function takeUrgentPointer(tcb: Tcb, segment: Segment): void {
  if (!segment.has(Flag.URG) || tcb.is(Mark.READ_SHUT)) return;
  const pointer = segment.seq + segment.urgent;
  if (!seqAfter(pointer, tcb.is(Mark.URGENT_IN) ? tcb.rcvUp : unread(tcb))) return;
  tcb.rcvUp = pointer;
  tcb.mark(Mark.URGENT_IN);
  notify(tcb, Event.URGENT);
}

/** Bytes ahead of the application up to the end of urgent data; 0 when there is none (MUST-33). */
export function urgentAhead(tcb: Tcb): u32 {
  return tcb.is(Mark.URGENT_IN) ? tcb.rcvUp - unread(tcb) : 0;
}

/** The application has read on. */
export function passUrgent(tcb: Tcb): void {
  if (tcb.is(Mark.URGENT_IN) && seqUpTo(tcb.rcvUp, unread(tcb))) tcb.unmark(Mark.URGENT_IN);
}

/** All that is written is urgent. False when nothing of it waits for the peer. */
export function callUrgent(tcb: Tcb): bool {
  if (!seqBefore(tcb.sndUna, tcb.sndEnd)) return false;
  tcb.sndUp = tcb.sndEnd;
  tcb.mark(Mark.URGENT_OUT | Mark.ACK_NOW); // the peer learns of it even while its window is shut
  scheduleOutput(tcb);
  return true;
}

/** Puts the urgent pointer into the header at `p` of a segment that begins with `seq`; the flag that goes with it. */
export function writeUrgentPointer(tcb: Tcb, p: usize, seq: u32): u32 {
  if (!tcb.is(Mark.URGENT_OUT)) return 0;
  if (seqUpTo(tcb.sndUp, tcb.sndUna)) tcb.unmark(Mark.URGENT_OUT);
  if (seqUpTo(tcb.sndUp, seq)) return 0;
  setBe16(p, min<u32>(tcb.sndUp - seq, 0xffff), URGENT_POINTER);
  return Flag.URG;
}
