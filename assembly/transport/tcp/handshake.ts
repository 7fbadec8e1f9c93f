// Opening from the peer's side (RFC 9293 §3.10.7.2): the SYN and its answer, with or without an entry in the SYN queue, the
// answer again, and the segment that completes the handshake.

import { USER_TIMEOUT_OPTION } from "profile";
import { Counter } from "../../abi/counters";
import { SocketKind } from "../../abi/sockets";
import { Offer, State } from "../../abi/status";
import { copyAddress } from "../../base/address";
import { now } from "../../base/clock";
import { HANDSHAKE_TIMERS, HEADROOM, SECOND, TCP_HEADER_BYTES, TCP_OPTION_ROOM } from "../../base/config";
import { count } from "../../base/counters";
import { handshakePool } from "../../base/pool";
import { setTimer } from "../../base/timers";
import { Packet, release, takePacket } from "../../device/packet";
import { pathFor } from "../../ip/output";
import { addFlow, FlowKind } from "../flow";
import { complete } from "./accept";
import { judgeTimestamp, Verdict } from "./arrives";
import { makeCookie, offerIn, openCookie, shiftIn, stampWithOptions } from "./cookie";
import { sendSegment } from "./emit";
import { Flag, writeTcpHeader } from "./header";
import { initialSequence } from "./isn";
import { defaultSendMss, offeredMss, textPerPacket } from "./mss";
import {
  MAX_WINDOW_SHIFT,
  synOptionBytes,
  timestamp,
  timestampOffset,
  USER_TIMEOUT_BYTES,
  writeSynOptions,
} from "./options";
import { answerAt } from "./reset";
import { firstGrant, promiseGrant } from "./room";
import { MAX_RTO } from "./rto";
import { Segment } from "./segment";
import { seqAfter, seqInWindow } from "./seq";
import { endHandshake, Handshake, passing, timerOf } from "./syn-queue";
import { Tcb } from "./tcb";
import { TimeWait } from "./time-wait";
import { talksOfTimeout, writeUserTimeout } from "./user-timeout";

/** SYN,ACKs sent again before the peer is given up: with their backoff, a minute and a half. */
const MAX_RETRIES: u8 = 5;

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
  begin(handshake, listener, segment, null);
  return Verdict.DONE;
}

/** A SYN opens a new connection where the one that `record` remembers was (MAY-2). There is room for it. */
export function beginAfter(record: TimeWait, listener: Tcb, segment: Segment): void {
  begin(changetype<Handshake>(handshakePool.take()), listener, segment, record);
}

function begin(handshake: Handshake, listener: Tcb, segment: Segment, former: TimeWait | null): void {
  describe(handshake, listener, segment);
  handshake.former = former;
  handshake.iss = initialSequence(handshake);
  // Larger than any number of the earlier connection (MAY-2, condition 1).
  if (former && !seqAfter(handshake.iss, former.sndNxt)) handshake.iss = former.sndNxt + 1;
  grantWindow(handshake, firstGrant(listener.rxLimit));
  promiseGrant(handshake.grant);
  handshake.began = max<u32>(<u32>now(), 1);
  listener.handshakes++;
  addFlow(handshake);
  setTimer(timerOf(handshake), now() + SECOND);
  answerIn(segment, handshake, timestampOf(handshake));
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
  handshake.irs = segment.seq;
  handshake.mss = <u16>(segment.mss ? segment.mss : defaultSendMss(handshake.remote));
  handshake.offer = segment.offer;
  handshake.shift = segment.shift;
  handshake.tsRecent = segment.timestamp;
  if (USER_TIMEOUT_OPTION) handshake.userTimeout = <u16>segment.userTimeout;
  handshake.retries = 0;
}

function grantWindow(handshake: Handshake, packets: u32): void {
  const stamped = (handshake.offer & Offer.TIMESTAMPS) != 0;
  handshake.grant = <u16>packets;
  handshake.window = <u16>(packets * textPerPacket(handshake, stamped)); // at most 64 KB: that of a SYN is not scaled
}

// A handshake that is kept nowhere: what it would promise is the packet that every control block has from the start.
function answerWithCookie(listener: Tcb, segment: Segment): void {
  count(Counter.TcpCookiesSent);
  describe(passing, listener, segment);
  if (!(passing.offer & Offer.TIMESTAMPS)) passing.offer = 0; // nothing would bring the options back
  passing.iss = makeCookie(passing, segment.seq, passing.mss);
  grantWindow(passing, 1);
  answerIn(segment, passing, stampWithOptions(timestampOf(passing), passing.offer, passing.shift));
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

// Answers in the packet that brought the SYN.
function answerIn(segment: Segment, handshake: Handshake, stamp: u32): void {
  answer(handshake, segment.packet, answerAt(segment), stamp);
}

// Writes the SYN,ACK into a packet, from `p` on, and sends it.
function answer(handshake: Handshake, packet: Packet, p: usize, stamp: u32): void {
  const path = pathFor(handshake.remote, handshake.adapter);
  if (!path) return; // no way back; the timer tries again
  const listener = handshake.listener!;
  let headerBytes = TCP_HEADER_BYTES + synOptionBytes(handshake.offer);
  if (USER_TIMEOUT_OPTION && talksOfTimeout(listener)) {
    writeUserTimeout(listener, p + headerBytes);
    headerBytes += USER_TIMEOUT_BYTES;
  }
  packet.data = p;
  packet.length = headerBytes;
  const flags: u32 = Flag.SYN | Flag.ACK | (handshake.offer & Offer.ECN ? Flag.ECE : 0);
  const ack = handshake.irs + 1;
  const window = handshake.window;
  writeTcpHeader(p, handshake.localPort, handshake.remotePort, handshake.iss, ack, headerBytes, flags, window);
  writeSynOptions(p, offeredMss(handshake), handshake.offer, stamp, handshake.tsRecent);
  sendSegment(packet, path, handshake.local, handshake.remote, headerBytes, 0, listener.ttl, listener.tos);
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
    // A path that drops SYNs with ECN's flags gets none back (RFC 3168 §6.1.1.1).
    handshake.offer &= segment.offer | ~(<u8>Offer.ECN);
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
