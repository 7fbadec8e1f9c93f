// Connections that peers have opened: a control block takes the place of a handshake that is complete, and waits in its
// listener's queue to be accepted.

import { USER_TIMEOUT_OPTION } from "profile";
import { Counter } from "../../abi/counters";
import { Event } from "../../abi/sockets";
import { Offer } from "../../abi/status";
import { now } from "../../base/clock";
import { count } from "../../base/counters";
import { EndpointFlag, notify } from "../endpoint";
import { addFlow, copyEnds } from "../flow";
import { agreeOn, established, takePeerMss } from "./open";
import { timestampOffset } from "./options";
import { sampleHandshake, startRto } from "./rto";
import { Segment } from "./segment";
import { startSending } from "./send-queue";
import { Handshake, leaveQueue, passing } from "./syn-queue";
import { copyChoices, Mark, openTcb, Tcb } from "./tcb";
import { forgetTimeWait } from "./time-wait";
import { takeUserTimeout } from "./user-timeout";

/**
 * The segment completes the handshake: a connection takes its place. False when there is no control block, or no room in
 * the accept queue; the entry stays, and the peer's next segment tries again.
 */
export function complete(handshake: Handshake, segment: Segment): bool {
  const listener = handshake.listener!;
  if (listener.accepted >= listener.backlog) {
    count(Counter.TcpAcceptQueueFull);
    return false;
  }
  const tcb = openTcb(listener.owner);
  if (!tcb) {
    count(Counter.TcpNoControlBlock);
    return false;
  }
  inherit(tcb, listener);
  takeOver(tcb, handshake, segment);
  enqueue(listener, tcb);
  return true;
}

// A connection has the options that were set on its listener.
function inherit(tcb: Tcb, listener: Tcb): void {
  copyChoices(tcb, listener);
  tcb.ttl = listener.ttl;
  tcb.tos = listener.tos;
  tcb.flags |= listener.flags & <u16>EndpointFlag.NO_DELAY;
  tcb.marks |= listener.marks & (Mark.RENO | Mark.KEEPALIVE | Mark.QUIET);
}

function takeOver(tcb: Tcb, handshake: Handshake, segment: Segment): void {
  copyEnds(tcb, handshake);
  tcb.adapter = handshake.adapter;
  startRto(tcb);
  startSending(tcb, handshake.iss);
  tcb.sndUna = handshake.iss + 1;
  tcb.sndNxt = tcb.sndUna;
  tcb.irs = handshake.irs;
  tcb.rcvNxt = handshake.irs + 1;
  tcb.rcvEdge = tcb.rcvNxt + handshake.window;
  if (handshake.offer & Offer.WINDOW_SCALE) tcb.mark(Mark.SCALED);
  if (handshake.offer & Offer.TIMESTAMPS) tcb.mark(Mark.TIMESTAMPS);
  if (handshake.offer & Offer.SACK) tcb.mark(Mark.SACK);
  if (handshake.offer & Offer.ECN) tcb.mark(Mark.ECN);
  agreeOn(tcb, handshake.offer, handshake.shift, handshake.tsRecent);
  if (USER_TIMEOUT_OPTION) takeUserTimeout(tcb, handshake.userTimeout);
  tcb.tsOffset = timestampOffset(tcb);
  tcb.lastAckSent = tcb.rcvNxt;
  tcb.sndWnd = segment.window << tcb.sndShift;
  tcb.maxSndWnd = tcb.sndWnd;
  tcb.sndWl1 = segment.seq;
  tcb.sndWl2 = segment.ack;
  takePeerMss(tcb, handshake.mss);
  tcb.backoff = handshake.retries;
  if (handshake.began) sampleHandshake(tcb, <u32>now() - handshake.began);
  tcb.rxGrant = handshake.grant; // and the promise with it
  if (handshake !== passing) {
    if (handshake.former) forgetTimeWait(handshake.former!);
    leaveQueue(handshake);
  }
  addFlow(tcb);
  tcb.mark(Mark.IN_FLOWS | Mark.USED);
  count(Counter.TcpPassiveOpens);
}

function enqueue(listener: Tcb, tcb: Tcb): void {
  tcb.listener = listener;
  tcb.acceptNext = null;
  tcb.mark(Mark.IN_ACCEPT_QUEUE);
  const tail = listener.acceptTail;
  if (tail) tail.acceptNext = tcb;
  else listener.acceptHead = tcb;
  listener.acceptTail = tcb;
  listener.accepted++;
  established(tcb);
  notify(listener, Event.READABLE);
}

/** The connection that has waited longest to be accepted, out of the queue; or null. */
export function takeAccepted(listener: Tcb): Tcb | null {
  const tcb = listener.acceptHead;
  if (!tcb) return null;
  listener.acceptHead = tcb.acceptNext;
  if (!listener.acceptHead) listener.acceptTail = null;
  listener.accepted--;
  tcb.unmark(Mark.IN_ACCEPT_QUEUE);
  tcb.listener = null;
  return tcb;
}
