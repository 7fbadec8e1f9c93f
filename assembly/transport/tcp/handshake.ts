// The SYN queue: handshakes that a listener has answered and that the peer has yet to complete. An entry is small; the
// control block comes when the handshake is complete, so that half-open connections cannot use those up.

import { SYN_QUEUE } from "profile";
import { Counter } from "../../abi/counters";
import { Event, SocketKind } from "../../abi/sockets";
import { Offer, State } from "../../abi/status";
import { copyAddress } from "../../base/address";
import { NEVER, now } from "../../base/clock";
import {
  DEFAULT_SEND_MSS,
  HANDSHAKE_TIMERS,
  HEADROOM,
  IP_HEADER_BYTES,
  SECOND,
  TCP_HEADER_BYTES,
  TCP_OPTION_ROOM,
} from "../../base/config";
import { count } from "../../base/counters";
import { HANDSHAKE_BASE, HANDSHAKE_BYTES, PASSING_HANDSHAKE } from "../../base/memory";
import { handshakePool } from "../../base/pool";
import { setTimer } from "../../base/timers";
import { Packet, release, takePacket } from "../../device/packet";
import { pathFor } from "../../ip/output";
import { EndpointFlag, notify } from "../endpoint";
import { addFlow, copyEnds, Flow, FlowKind, removeFlow } from "../flow";
import { judgeTimestamp, Verdict } from "./arrives";
import { makeCookie, offerIn, openCookie, shiftIn, stampWithOptions } from "./cookie";
import { Flag, writeTcpHeader } from "./header";
import { initialSequence } from "./isn";
import { agreeOn, established, takePeerMss } from "./open";
import { MAX_WINDOW_SHIFT, synOptionBytes, timestamp, timestampOffset, writeSynOptions } from "./options";
import { sendSegment } from "./output";
import { firstGrant, promiseGrant, returnGrant, textPerPacket } from "./room";
import { MAX_RTO, sampleHandshake, startRto } from "./rto";
import { Segment } from "./segment";
import { startSending } from "./send-queue";
import { seqAfter, seqInWindow } from "./seq";
import { copyChoices, Mark, openTcb, Tcb } from "./tcb";
import { forgetTimeWait, resumeTimeWait, TimeWait } from "./time-wait";

/** SYN,ACKs sent again before the peer is given up: with their backoff, a minute and a half. */
const MAX_RETRIES: u8 = 5;

@unmanaged
@final
export class Handshake extends Flow {
  iss: u32;
  irs: u32;
  /** The window that our SYN,ACK advertises. */
  window: u32;
  listener: Tcb | null;
  /** Lower half of the time at which the SYN,ACK first went out; 0: not known. */
  began: u32;
  mss: u16;
  retries: u8;
  reserved: u8;
  /** Packets promised to it: what the window asks for. */
  grant: u16;
  /** Options that the peer's SYN offered, and so does our answer (options.ts, Offer); its window shift. */
  offer: u8;
  shift: u8;
  /** The timestamp of the peer's last segment, to be echoed. */
  tsRecent: u32;
  /** The earlier connection between the same ends, whose wait goes on if this comes to nothing. */
  former: TimeWait | null;
}

if (offsetof<Handshake>() != HANDSHAKE_BYTES) ERROR("HANDSHAKE_BYTES does not agree with Handshake.");

/** The handshake of the segment that is being processed, while it stands in no queue. */
const passing: Handshake = changetype<Handshake>(PASSING_HANDSHAKE);

export function startHandshakes(): void {
  handshakePool.start(HANDSHAKE_BASE, SYN_QUEUE, HANDSHAKE_BYTES);
}

/** A segment for a listener (RFC 9293 §3.10.7.2). */
export function listenArrives(listener: Tcb, segment: Segment): Verdict {
  if (segment.has(Flag.RST)) return Verdict.DROP;
  if (segment.has(Flag.ACK)) return cookieArrives(listener, segment);
  if (!segment.has(Flag.SYN)) return Verdict.DROP;
  if (listener.accepted >= listener.backlog) {
    count(Counter.TcpAcceptQueueFull);
    return Verdict.DROP; // the peer asks again
  }
  const block = handshakePool.take();
  if (!block) {
    count(Counter.TcpSynQueueFull);
    answerWithCookie(listener, segment);
    return Verdict.DONE;
  }
  const handshake = changetype<Handshake>(block);
  begin(handshake, listener, segment);
  answer(handshake, segment.packet, segment.arrival.header + IP_HEADER_BYTES, timestampOf(handshake));
  return Verdict.DONE;
}

function begin(handshake: Handshake, listener: Tcb, segment: Segment): void {
  describe(handshake, listener, segment);
  handshake.iss = initialSequence(handshake);
  handshake.irs = segment.seq;
  grantWindow(handshake, firstGrant(listener.rxLimit));
  promiseGrant(handshake.grant);
  handshake.began = max<u32>(<u32>now(), 1);
  listener.handshakes++;
  addFlow(handshake);
  setTimer(timerOf(handshake), now() + SECOND);
}

/** True while a SYN for the listener can be remembered. */
export function hasRoom(listener: Tcb): bool {
  return listener.accepted < listener.backlog && handshakePool.free > 0;
}

/** A SYN opens a new connection where the one that `record` remembers was (MAY-2). There is room for it. */
export function beginAfter(record: TimeWait, listener: Tcb, segment: Segment): void {
  const handshake = changetype<Handshake>(handshakePool.take());
  begin(handshake, listener, segment);
  handshake.former = record;
  // Larger than any number of the earlier connection (condition 1).
  if (!seqAfter(handshake.iss, record.sndNxt)) handshake.iss = record.sndNxt + 1;
  answer(handshake, segment.packet, segment.arrival.header + IP_HEADER_BYTES, timestampOf(handshake));
}

// What the segment says of the handshake.
function describe(handshake: Handshake, listener: Tcb, segment: Segment): void {
  const arrival = segment.arrival;
  copyAddress(handshake.local, arrival.destination);
  copyAddress(handshake.remote, arrival.source);
  handshake.localPort = <u16>segment.destinationPort;
  handshake.remotePort = <u16>segment.sourcePort;
  handshake.kind = <u8>FlowKind.HANDSHAKE;
  handshake.socketKind = <u8>SocketKind.STREAM;
  handshake.state = State.SYN_RECEIVED;
  handshake.adapter = arrival.adapter;
  handshake.listener = listener;
  handshake.mss = <u16>(segment.mss ? min<u32>(segment.mss, 0xffff) : DEFAULT_SEND_MSS);
  handshake.offer = segment.offer;
  handshake.shift = segment.shift;
  handshake.tsRecent = segment.timestamp;
  handshake.retries = 0;
}

function grantWindow(handshake: Handshake, packets: u32): void {
  const stamped = (handshake.offer & Offer.TIMESTAMPS) != 0;
  handshake.grant = <u16>packets;
  handshake.window = packets * textPerPacket(stamped); // at most 64 KB: that of a SYN is not scaled
}

// A handshake that is kept nowhere: what it would promise is the packet that every control block has from the start.
function answerWithCookie(listener: Tcb, segment: Segment): void {
  count(Counter.TcpCookiesSent);
  describe(passing, listener, segment);
  if (!(passing.offer & Offer.TIMESTAMPS)) passing.offer = 0; // nothing would bring the options back
  passing.irs = segment.seq;
  passing.iss = makeCookie(passing, segment.seq, passing.mss);
  grantWindow(passing, 1);
  const value = stampWithOptions(timestampOf(passing), passing.offer, passing.shift);
  answer(passing, segment.packet, segment.arrival.header + IP_HEADER_BYTES, value);
}

// An ACK for a listener is bad (§3.10.7.2), unless it brings a cookie back.
function cookieArrives(listener: Tcb, segment: Segment): Verdict {
  if (segment.has(Flag.SYN)) return Verdict.RESET;
  describe(passing, listener, segment);
  const mss = openCookie(passing, segment.seq - 1, segment.ack - 1);
  if (!mss) return Verdict.RESET;
  passing.mss = <u16>mss;
  passing.irs = segment.seq - 1;
  passing.iss = segment.ack - 1;
  passing.offer = <u8>(segment.offer & Offer.TIMESTAMPS ? offerIn(segment.echo) : 0);
  passing.shift = <u8>min<u32>(shiftIn(segment.echo), MAX_WINDOW_SHIFT);
  grantWindow(passing, 1);
  if (!complete(passing, segment)) return Verdict.DROP;
  count(Counter.TcpCookiesAccepted);
  return Verdict.CONTINUE;
}

function timestampOf(handshake: Handshake): u32 {
  return timestamp(timestampOffset(handshake));
}

// Writes the SYN,ACK into a packet, from `p` on, and sends it.
function answer(handshake: Handshake, packet: Packet, p: usize, stamp: u32): void {
  const path = pathFor(handshake.remote, handshake.adapter);
  if (!path) return; // no way back; the timer tries again
  const headerBytes = TCP_HEADER_BYTES + synOptionBytes(handshake.offer);
  packet.data = p;
  packet.length = headerBytes;
  const flags: u32 = Flag.SYN | Flag.ACK | (handshake.offer & Offer.ECN ? Flag.ECE : 0);
  const ack = handshake.irs + 1;
  const window = handshake.window;
  writeTcpHeader(p, handshake.localPort, handshake.remotePort, handshake.iss, ack, headerBytes, flags, window);
  writeSynOptions(p, handshake.offer, stamp, handshake.tsRecent);
  const listener = handshake.listener!;
  sendSegment(packet, handshake, path, headerBytes, 0, listener.ttl, listener.tos);
}

function timerOf(handshake: Handshake): u32 {
  return HANDSHAKE_TIMERS + handshakePool.indexOf(changetype<usize>(handshake));
}

/** Takes an entry out of the queue; nothing comes of it. */
function endHandshake(handshake: Handshake): void {
  const former = handshake.former;
  returnGrant(handshake.grant);
  remove(handshake);
  if (former) resumeTimeWait(former);
}

function remove(handshake: Handshake): void {
  const listener = handshake.listener;
  if (listener) listener.handshakes--;
  removeFlow(handshake);
  setTimer(timerOf(handshake), NEVER);
  handshake.kind = 0; // so that a walk over all blocks knows it for a free one
  handshakePool.give(changetype<usize>(handshake));
}

/** The listener is being closed: nobody will accept what its queue holds. */
export function dropHandshakes(listener: Tcb): void {
  for (let i: u32 = 0; listener.handshakes && i < handshakePool.count; i++) {
    const handshake = changetype<Handshake>(handshakePool.at(i));
    if (handshake.kind == FlowKind.HANDSHAKE && handshake.listener === listener) endHandshake(handshake);
  }
}

/** The SYN,ACK's timer has run out. */
export function handshakeTimeout(timer: u32): void {
  const handshake = changetype<Handshake>(handshakePool.at(timer - HANDSHAKE_TIMERS));
  if (handshake.retries >= MAX_RETRIES) {
    count(Counter.TcpAttemptFails);
    endHandshake(handshake);
    return;
  }
  handshake.retries++;
  const wait = min<u64>((<u64>SECOND) << handshake.retries, MAX_RTO);
  setTimer(timerOf(handshake), now() + wait);
  resend(handshake);
}

function resend(handshake: Handshake): void {
  const packet = takePacket();
  if (!packet) return; // the timer tries again
  count(Counter.TcpRetransSegs);
  answer(handshake, packet, packet.buffer + HEADROOM - TCP_HEADER_BYTES - TCP_OPTION_ROOM, timestampOf(handshake));
  release(packet);
}

/**
 * A segment for a handshake (§3.10.7.4 in SYN-RECEIVED, opened passively). When it completes the handshake the answer
 * is CONTINUE, and the new connection, which `findFlow` finds from now on, takes the segment.
 */
export function handshakeArrives(handshake: Handshake, segment: Segment): Verdict {
  const rcvNxt = handshake.irs + 1;
  const inWindow = seqInWindow(segment.seq, rcvNxt, max<u32>(handshake.window, 1));
  if (segment.has(Flag.RST)) {
    if (segment.seq == rcvNxt) {
      count(Counter.TcpAttemptFails);
      endHandshake(handshake); // back to LISTEN, without a word to the application
      return Verdict.DONE;
    }
    return inWindow ? Verdict.CHALLENGE_ACK : Verdict.DROP;
  }
  if (segment.has(Flag.SYN) && !segment.has(Flag.ACK) && segment.seq == handshake.irs) {
    resend(handshake); // our SYN,ACK was lost
    handshake.began = 0; // and which one the peer answers will not be known (Karn's algorithm)
    return Verdict.DONE;
  }
  if (handshake.offer & Offer.TIMESTAMPS) {
    const verdict = judgeTimestamp(segment, handshake.tsRecent);
    if (verdict != Verdict.CONTINUE) return verdict;
  }
  if (!inWindow) {
    count(Counter.TcpInOutOfWindow);
    return Verdict.ACK;
  }
  if (segment.has(Flag.SYN)) return Verdict.CHALLENGE_ACK;
  if (!segment.has(Flag.ACK)) return Verdict.DROP;
  if (segment.ack != handshake.iss + 1) {
    count(Counter.TcpInBadAck);
    return Verdict.RESET;
  }
  return complete(handshake, segment) ? Verdict.CONTINUE : Verdict.DROP;
}

// The handshake is complete: a control block takes the place of the entry. False when there is none, or no room in the
// accept queue; the entry stays, and the peer's next segment tries again.
function complete(handshake: Handshake, segment: Segment): bool {
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
    remove(handshake);
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
