// SEGMENT ARRIVES (RFC 9293 §3.10.7) for a connection with a control block. The functions stand in the order of the
// RFC's steps. A check gives a verdict; `input.ts` carries it out.

import { USER_TIMEOUT_OPTION } from "profile";
import { Counter } from "../../abi/counters";
import { Errno } from "../../abi/errno";
import { Event } from "../../abi/sockets";
import { Offer, State } from "../../abi/status";
import { now } from "../../base/clock";
import { SHORTCUTS } from "../../base/config";
import { count } from "../../base/counters";
import { second } from "../../base/lifetimes";
import { EndpointFlag, notify, scheduleOutput } from "../endpoint";
import { acknowledge } from "./acknowledge";
import { beginTimeWait, endConnection, limitFinWait2 } from "./close";
import { takeMarks } from "./ecn";
import { Flag } from "./header";
import { heard } from "./keepalive";
import { agreeOn, established, sendSyn, setRecent, takePeerMss } from "./open";

import { receiveText, trimToWindow } from "./receiver";
import { sampleHandshake } from "./rto";
import { noteDuplicate } from "./sack-report";
import { Segment } from "./segment";
import { seqAfter, seqBefore, seqInWindow, seqUpTo } from "./seq";
import { Mark, Tcb } from "./tcb";
import { takeUrgentPointer } from "./urgent";
import { takeUserTimeout } from "./user-timeout";

/** 24 days, in seconds. */
const PAWS_IDLE: u32 = 24 * 24 * 3600;

/** What the arriving segment asks for. */
export const enum Verdict {
  /** The step is passed; the next one looks. */
  CONTINUE = 0,
  /** Dealt with. The control block may be gone. */
  DONE,
  /** Dropped; whoever found that has counted it. */
  DROP,
  /** An ACK tells the peer where we are. */
  ACK,
  /** An ACK, within limits, that only the real peer can answer (RFC 5961). */
  CHALLENGE_ACK,
  /** A RST for the segment; the connection is not touched. */
  RESET,
  /** A RST, and the connection is over: data came for which there is no reader. */
  ABORT,
}

export function segmentArrives(tcb: Tcb, segment: Segment): Verdict {
  if (!segment.has(Flag.SYN)) segment.window <<= tcb.sndShift; // a SYN's window is never scaled (RFC 7323 §2.2)
  if (tcb.state == State.SYN_SENT) return inSynSent(tcb, segment);
  const verdict = inOtherStates(tcb, segment);
  return verdict == Verdict.CONTINUE ? Verdict.DONE : verdict;
}

// §3.10.7.3
function inSynSent(tcb: Tcb, segment: Segment): Verdict {
  // First: an ACK of anything but our SYN is from another life of these ports.
  if (segment.has(Flag.ACK) && (!seqAfter(segment.ack, tcb.iss) || seqAfter(segment.ack, tcb.sndNxt))) {
    count(Counter.TcpInBadAck);
    return segment.has(Flag.RST) ? Verdict.DROP : Verdict.RESET;
  }
  // Second: a RST counts only with an ACK of our SYN.
  if (segment.has(Flag.RST)) {
    if (!segment.has(Flag.ACK)) return Verdict.DROP;
    endConnection(tcb, Errno.ECONNREFUSED);
    return Verdict.DONE;
  }
  // Fourth (there is no third: no security compartments).
  if (!segment.has(Flag.SYN)) return Verdict.DROP;
  const window = tcb.rcvWnd;
  tcb.irs = segment.seq;
  tcb.rcvNxt = segment.seq + 1;
  tcb.rcvEdge = tcb.rcvNxt + window;
  agreeOn(tcb, segment.offer, segment.shift, segment.timestamp);
  if (USER_TIMEOUT_OPTION) takeUserTimeout(tcb, segment.userTimeout);
  takePeerMss(tcb, segment.mss);
  takeFirstWindow(tcb, segment);
  if (!segment.has(Flag.ACK)) {
    // Both sides open at once (§3.5, figure 8).
    tcb.state = State.SYN_RECEIVED;
    sendSyn(tcb);
    return Verdict.DONE;
  }
  sampleHandshake(tcb, <u32>(now() - tcb.waitingSince));
  tcb.sndUna = segment.ack;
  established(tcb);
  // Text may have come with the SYN,ACK; the steps behind the ACK's take it.
  segment.flags &= ~Flag.SYN;
  segment.seq++;
  tcb.mark(Mark.ACK_NOW);
  if (segment.bytes || segment.has(Flag.FIN)) return textAndFin(tcb, segment);
  return Verdict.DONE;
}

function takeFirstWindow(tcb: Tcb, segment: Segment): void {
  tcb.sndWnd = segment.window;
  tcb.maxSndWnd = segment.window;
  tcb.sndWl1 = segment.seq;
  tcb.sndWl2 = segment.ack;
}

// §3.10.7.4
function inOtherStates(tcb: Tcb, segment: Segment): Verdict {
  if (segment.has(Flag.RST)) return checkReset(tcb, segment); // first and second
  let verdict = checkSequence(tcb, segment); // first
  if (verdict == Verdict.CONTINUE) verdict = checkSyn(segment); // fourth; there is no third
  if (verdict == Verdict.CONTINUE) verdict = checkAck(tcb, segment); // fifth
  if (verdict == Verdict.CONTINUE) {
    if (USER_TIMEOUT_OPTION) takeUserTimeout(tcb, segment.userTimeout);
    verdict = textAndFin(tcb, segment); // sixth to eighth
  }
  return verdict;
}

// First: some of the segment must lie in the window. What does not is answered with an ACK.
function checkSequence(tcb: Tcb, segment: Segment): Verdict {
  if (tcb.is(Mark.TIMESTAMPS)) {
    const verdict = checkTimestamp(tcb, segment);
    if (verdict != Verdict.CONTINUE) return verdict;
  }
  heard(tcb);
  // In a simultaneous open the peer's SYN comes twice, the second time with its ACK (figure 7, line 6).
  const isAnswer = segment.has(Flag.SYN) && segment.has(Flag.ACK) && segment.seq == tcb.irs;
  if (tcb.state == State.SYN_RECEIVED && isAnswer) {
    segment.flags &= ~Flag.SYN;
    segment.seq++;
  }
  if (isAcceptable(segment, tcb.rcvNxt, tcb.rcvWnd)) {
    takeTimestamp(tcb, segment);
    takeMarks(tcb, segment);
    return Verdict.CONTINUE;
  }
  const isOld = seqBefore(segment.seq, tcb.rcvNxt);
  count(isOld ? Counter.TcpInOldDuplicates : Counter.TcpInOutOfWindow);
  noteDuplicate(tcb, segment);
  // A window that is shut still lets ACKs take effect (MUST-66).
  if (segment.has(Flag.ACK) && tcb.rcvWnd == 0 && segment.seq == tcb.rcvNxt && !segment.has(Flag.SYN)) {
    const verdict = checkAck(tcb, segment);
    if (verdict != Verdict.CONTINUE) return verdict;
    takeMarks(tcb, segment); // of a probe of the window (RFC 3168 §6.1.6)
    takeUrgentPointer(tcb, segment);
  }
  return Verdict.ACK;
}

// After 24 days of silence the comparison means nothing (RFC 7323 §5.5).
function checkTimestamp(tcb: Tcb, segment: Segment): Verdict {
  const isStale = seqBefore(segment.timestamp, tcb.tsRecent) && second() - tcb.tsRecentAt > PAWS_IDLE;
  return judgeTimestamp(segment, isStale ? segment.timestamp : tcb.tsRecent);
}

/**
 * Protection against wrapped sequence numbers, where timestamps were agreed on (RFC 7323 §5.3 R1): what is older than the
 * newest that was in order, `recent`, is an old duplicate.
 */
export function judgeTimestamp(segment: Segment, recent: u32): Verdict {
  if (!(segment.offer & Offer.TIMESTAMPS)) {
    if (segment.has(Flag.SYN)) return Verdict.CONTINUE; // of a peer that begins anew: it is to be challenged
    count(Counter.TcpInNoTimestamp); // §3.2: whoever leaves it out is not the peer
    return Verdict.DROP;
  }
  if (!seqBefore(segment.timestamp, recent)) return Verdict.CONTINUE;
  count(Counter.TcpInPaws);
  return Verdict.ACK;
}

// RFC 7323 §4.3 (2): the timestamp of the segment that the next ACK answers.
function takeTimestamp(tcb: Tcb, segment: Segment): void {
  if (!tcb.is(Mark.TIMESTAMPS) || !(segment.offer & Offer.TIMESTAMPS)) return;
  if (seqBefore(segment.timestamp, tcb.tsRecent) || seqAfter(segment.seq, tcb.lastAckSent)) return;
  setRecent(tcb, segment.timestamp);
}

/**
 * The four cases of the table in §3.10.7.4. A segment without text counts at the right edge, too, as it does when the
 * window is shut: a peer that has filled the window behind a hole can send its ACKs from nowhere else, and two such
 * peers would answer each other's without end.
 */
export function isAcceptable(segment: Segment, rcvNxt: u32, window: u32): bool {
  const length = segment.length;
  if (length == 0) return segment.seq - rcvNxt <= window;
  return seqInWindow(segment.seq, rcvNxt, window) || seqInWindow(segment.seq + length - 1, rcvNxt, window);
}

// First and second: only a RST exactly at RCV.NXT resets, whatever the window (MUST-66) and whatever text explains it
// (SHLD-2); elsewhere in the window it is challenged (RFC 5961 §3.2), the rest is dropped.
function checkReset(tcb: Tcb, segment: Segment): Verdict {
  if (segment.seq != tcb.rcvNxt) {
    if (seqInWindow(segment.seq, tcb.rcvNxt, tcb.rcvWnd)) return Verdict.CHALLENGE_ACK;
    count(Counter.TcpInOutOfWindow);
    return Verdict.DROP;
  }
  endConnection(tcb, tcb.state == State.SYN_RECEIVED ? Errno.ECONNREFUSED : Errno.ECONNRESET);
  return Verdict.DONE;
}

// Fourth: a SYN in a synchronized state is challenged, wherever it lies (RFC 5961 §4.2).
function checkSyn(segment: Segment): Verdict {
  return segment.has(Flag.SYN) ? Verdict.CHALLENGE_ACK : Verdict.CONTINUE;
}

// Fifth: the ACK.
function checkAck(tcb: Tcb, segment: Segment): Verdict {
  if (!segment.has(Flag.ACK)) return Verdict.DROP;
  if (tcb.state == State.SYN_RECEIVED) {
    if (!seqAfter(segment.ack, tcb.sndUna) || seqAfter(segment.ack, tcb.sndNxt)) {
      count(Counter.TcpInBadAck);
      return Verdict.RESET;
    }
    takeFirstWindow(tcb, segment);
    tcb.sndUna = tcb.iss + 1; // no round trip is measured: the SYN went twice
    const closing = tcb.is(Mark.FIN_QUEUED);
    established(tcb);
    if (closing) tcb.state = State.FIN_WAIT_1;
  }
  // RFC 5961 §5.2: an ACK of what was never sent, or of what lies further back than any window, is not the peer's.
  if (seqAfter(segment.ack, tcb.sndNxt) || seqBefore(segment.ack, tcb.sndUna - tcb.maxSndWnd)) {
    count(Counter.TcpInBadAck);
    return Verdict.CHALLENGE_ACK;
  }
  if (seqBefore(segment.ack, tcb.sndUna)) return Verdict.CONTINUE; // old: its text may be new
  acknowledge(tcb, segment);
  return isFinAcknowledged(tcb) ? afterOurFin(tcb) : Verdict.CONTINUE;
}

function isFinAcknowledged(tcb: Tcb): bool {
  return tcb.is(Mark.FIN_SENT) && tcb.sndUna == tcb.sndEnd + 1;
}

function afterOurFin(tcb: Tcb): Verdict {
  switch (tcb.state) {
    case State.FIN_WAIT_1:
      tcb.state = State.FIN_WAIT_2;
      limitFinWait2(tcb);
      return Verdict.CONTINUE;
    case State.CLOSING:
      beginTimeWait(tcb);
      return Verdict.DONE;
    case State.LAST_ACK:
      endConnection(tcb, 0);
      return Verdict.DONE;
    default:
      return Verdict.CONTINUE;
  }
}

// Sixth, seventh and eighth.
function textAndFin(tcb: Tcb, segment: Segment): Verdict {
  switch (tcb.state) {
    case State.ESTABLISHED:
    case State.FIN_WAIT_1:
    case State.FIN_WAIT_2:
      break;
    case State.CLOSING:
      return Verdict.DONE; // what does not acknowledge our FIN is ignored (fifth)
    default:
      // The peer has sent its FIN: nothing can follow, and another FIN is not that one again.
      return segment.has(Flag.FIN) ? Verdict.CHALLENGE_ACK : Verdict.DONE;
  }
  if (SHORTCUTS && segment.bytes == 0 && !segment.has(Flag.FIN | Flag.URG)) return Verdict.DONE;
  takeUrgentPointer(tcb, segment);
  trimToWindow(tcb, segment);
  if (segment.bytes == 0 && !segment.has(Flag.FIN)) return Verdict.DONE;
  if (segment.bytes && hasNoReader(tcb)) {
    count(Counter.TcpInAfterClose);
    return Verdict.ABORT; // RFC 9293 §3.6.1, RFC 2525 §2.17: what was sent is lost, and the peer must know
  }
  if (receiveText(tcb, segment)) finArrived(tcb);
  return Verdict.DONE;
}

function hasNoReader(tcb: Tcb): bool {
  return !tcb.has(EndpointFlag.OPEN) && !tcb.is(Mark.IN_ACCEPT_QUEUE);
}

// Eighth: the peer will send no more.
function finArrived(tcb: Tcb): void {
  tcb.rcvNxt++;
  if (seqUpTo(tcb.rcvEdge, tcb.rcvNxt)) tcb.rcvEdge = tcb.rcvNxt;
  tcb.mark(Mark.FIN_RECEIVED | Mark.ACK_NOW);
  scheduleOutput(tcb);
  notify(tcb, Event.READABLE);
  switch (tcb.state) {
    case State.ESTABLISHED:
      tcb.state = State.CLOSE_WAIT;
      break;
    case State.FIN_WAIT_1:
      tcb.state = State.CLOSING; // our FIN is not acknowledged yet, or it would be FIN-WAIT-2
      break;
    case State.FIN_WAIT_2:
      beginTimeWait(tcb);
      break;
    default:
  }
}
