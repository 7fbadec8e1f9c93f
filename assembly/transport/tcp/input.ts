// TCP on the way in: a segment is taken apart, finds what it belongs to, and the verdict on it is carried out.

import { Counter } from "../../abi/counters";
import { Errno } from "../../abi/errno";
import { SocketKind } from "../../abi/sockets";
import { Offer } from "../../abi/status";
import { count } from "../../base/counters";
import { second } from "../../base/lifetimes";
import { TCP_STATE } from "../../base/memory";
import { Arrival } from "../../ip/arrival";
import { Flow, FlowKind, findFlow } from "../flow";
import { findBound } from "../ports";
import { segmentArrives, Verdict } from "./arrives";
import { resetConnection } from "./close";
import { beginAfter, handshakeArrives, listenArrives } from "./handshake";
import { WINDOW_SHIFT } from "./options";
import { oweAck } from "./receiver";
import { answerAck, answerReset } from "./reset";
import { readSegment, Segment, segment } from "./segment";
import { Handshake, hasRoom } from "./syn-queue";
import { Tcb } from "./tcb";
import { answerFor, mayReopen, setAside, TimeWait, timeWaitArrives } from "./time-wait";

/** Challenge ACKs in a second, over all connections (RFC 5961 §7). */
const CHALLENGES_PER_SECOND: u32 = 100;

@unmanaged
@final
class Challenges {
  // The first words of TCP_STATE are the TIME-WAIT list's.
  oldest: u32;
  newest: u32;
  /** The second that is being counted, and the challenges in it. */
  second: u32;
  sent: u32;
}

const challenges: Challenges = changetype<Challenges>(TCP_STATE);

/** Handles a segment whose TCP header is in view. */
export function receiveTcp(arrival: Arrival): void {
  count(Counter.TcpInSegs);
  if (arrival.toMany) {
    count(Counter.TcpInNotUnicast); // MUST-57
    return;
  }
  if (!readSegment(arrival)) return;
  let flow = flowOf(segment);
  if (flow && flow.kind == FlowKind.TIME_WAIT) {
    forTimeWait(changetype<TimeWait>(changetype<usize>(flow)), segment);
    return;
  }
  if (!flow) {
    forListener(segment);
    return;
  }
  if (flow.kind == FlowKind.HANDSHAKE) {
    const handshake = changetype<Handshake>(changetype<usize>(flow));
    const verdict = handshakeArrives(handshake, segment);
    if (verdict != Verdict.CONTINUE) {
      forHandshake(verdict, handshake, segment);
      return;
    }
    flow = flowOf(segment)!;
  }
  forConnection(changetype<Tcb>(changetype<usize>(flow)), segment);
}

function flowOf(segment: Segment): Flow | null {
  const arrival = segment.arrival;
  return findFlow(arrival.destination, segment.destinationPort, arrival.source, segment.sourcePort);
}

function listenerOf(segment: Segment): Tcb | null {
  const arrival = segment.arrival;
  const to = segment.destinationPort;
  const bound = findBound(SocketKind.STREAM, arrival.destination, to, arrival.source, segment.sourcePort);
  return changetype<Tcb | null>(changetype<usize>(bound));
}

// A SYN reopens the connection only where somebody listens who has room for it; it may come again.
function forTimeWait(record: TimeWait, segment: Segment): void {
  const listener = mayReopen(record, segment) ? listenerOf(segment) : null;
  if (!listener || !hasRoom(listener)) {
    const verdict = timeWaitArrives(record, segment);
    if (verdict == Verdict.ACK || (verdict == Verdict.CHALLENGE_ACK && mayChallenge())) answerFor(record, segment);
    return;
  }
  count(Counter.TcpTimeWaitReuses);
  setAside(record);
  beginAfter(record, listener, segment);
}

function forListener(segment: Segment): void {
  const listener = listenerOf(segment);
  if (!listener) {
    answerReset(segment); // §3.10.7.1
    return;
  }
  const verdict = listenArrives(listener, segment);
  if (verdict == Verdict.RESET) answerReset(segment);
  if (verdict == Verdict.CONTINUE) forConnection(changetype<Tcb>(changetype<usize>(flowOf(segment))), segment);
}

// A handshake has no control block to send from: what it answers is written into the packet that asked.
function forHandshake(verdict: Verdict, handshake: Handshake, segment: Segment): void {
  if (verdict == Verdict.RESET) answerReset(segment);
  if (verdict != Verdict.ACK && (verdict != Verdict.CHALLENGE_ACK || !mayChallenge())) return;
  const stamped = (handshake.offer & Offer.TIMESTAMPS) != 0;
  const window = <u32>handshake.window >> (handshake.offer & Offer.WINDOW_SCALE ? WINDOW_SHIFT : 0);
  const listener = handshake.listener!;
  const seq = handshake.iss + 1;
  const ack = handshake.irs + 1;
  answerAck(segment, handshake, seq, ack, window, stamped, handshake.tsRecent, listener.ttl, listener.tos);
}

function forConnection(tcb: Tcb, segment: Segment): void {
  switch (segmentArrives(tcb, segment)) {
    case Verdict.ACK:
      oweAck(tcb);
      break;
    case Verdict.CHALLENGE_ACK:
      if (mayChallenge()) oweAck(tcb);
      break;
    case Verdict.RESET:
      answerReset(segment);
      break;
    case Verdict.ABORT:
      resetConnection(tcb, Errno.ECONNRESET);
      break;
    default:
  }
}

function mayChallenge(): bool {
  const time = second();
  if (challenges.second != time) {
    challenges.second = time;
    challenges.sent = 0;
  }
  if (challenges.sent >= CHALLENGES_PER_SECOND) return false;
  challenges.sent++;
  count(Counter.TcpInChallenged);
  return true;
}
