// The receiving half: puts text in order, in the packets that brought it. Only this file writes RCV.NXT and the
// queues of received data.

import { Counter } from "../../abi/counters";
import { Event } from "../../abi/sockets";
import { NEVER, now } from "../../base/clock";
import { BUFFER_BYTES, MILLISECOND } from "../../base/config";
import { count } from "../../base/counters";
import { hold, Packet, PacketFlag, release } from "../../device/packet";
import { notify, scheduleOutput } from "../endpoint";
import { Flag } from "./header";
import { sendAck } from "./output";
import { heldForReceive, mayHold, releaseReceived } from "./room";
import { noteDuplicate, reportFirst, touch } from "./sack-report";
import { Segment } from "./segment";
import { seqAfter, seqBefore, seqUpTo } from "./seq";
import { armTimer, Mark, Tcb } from "./tcb";

/** How long an ACK may wait for company: well below the RFC's half second (§3.8.6.3) and below peers' time-outs. */
const DELAYED_ACK: u64 = 40 * MILLISECOND;

/**
 * Cuts what lies outside the window off an acceptable segment (RFC 9293 §3.10.7.4), so that it begins at RCV.NXT or
 * behind it and ends within the window.
 */
export function trimToWindow(tcb: Tcb, segment: Segment): void {
  noteDuplicate(tcb, segment);
  if (seqBefore(segment.seq, tcb.rcvNxt)) {
    const old = min<u32>(tcb.rcvNxt - segment.seq, segment.bytes);
    segment.packet.pull(old);
    segment.bytes -= old;
    segment.seq += old;
  }
  const room = tcb.rcvEdge - segment.seq;
  if (segment.bytes > room) {
    segment.bytes = room;
    segment.packet.length = room;
    segment.flags &= ~(Flag.FIN | Flag.PSH);
  }
}

/** Takes the text and FIN of a segment that `trimToWindow` has cut. True when the FIN, and all before it, is here. */
export function receiveText(tcb: Tcb, segment: Segment): bool {
  const packet = segment.packet;
  packet.length = segment.bytes;
  packet.seq = segment.seq;
  if (segment.seq != tcb.rcvNxt) {
    count(Counter.TcpInOutOfOrder);
    if (segment.bytes || segment.has(Flag.FIN)) keepBehindHole(tcb, packet, segment.has(Flag.FIN));
    oweReport(tcb);
    return false;
  }
  const hadHole = tcb.holeHead !== null;
  const allowed = max<u16>(tcb.rxHeld, tcb.rxGrant);
  let finished = segment.has(Flag.FIN);
  if (segment.bytes) append(tcb, packet);
  if (hadHole && closeHole(tcb)) finished = true;
  if (hadHole) giveBack(tcb, allowed);
  assert(tcb.rxHeld <= allowed, "a promise of room was broken");
  if (segment.bytes) notify(tcb, Event.READABLE);
  dueAck(tcb, hadHole || finished, segment.bytes);
  return finished;
}

/** An ACK without text is due when all segments that have come together are processed (MUST-58, MUST-59). */
export function oweAck(tcb: Tcb): void {
  tcb.acksDue = max<u8>(tcb.acksDue, 1);
  scheduleOutput(tcb);
}

// An ACK is due for text behind a hole, so that the sender learns of it (§3.8.6.3). One with SACK tells all; a sender
// without counts them (RFC 5681 §4.2).
function oweReport(tcb: Tcb): void {
  if (!tcb.is(Mark.SACK) && tcb.acksDue < 255) tcb.acksDue++;
  oweAck(tcb);
}

// An ACK for every second full segment and around holes, else a delayed one. It goes out when all segments that have
// come together are processed, so that one ACK serves them all (MUST-58, MUST-59).
function dueAck(tcb: Tcb, atOnce: bool, bytes: u32): void {
  tcb.unacked += bytes;
  if (tcb.acksDue && !tcb.holeHead) {
    tcb.acksDue = 0; // there is no hole to tell of any more
    atOnce = true;
  }
  if (atOnce || tcb.unacked >= 2 * <u32>tcb.sndMss) {
    tcb.mark(Mark.ACK_NOW);
    scheduleOutput(tcb);
    return;
  }
  if (bytes && tcb.ackAt > now() + DELAYED_ACK) {
    tcb.ackAt = now() + DELAYED_ACK;
    scheduleOutput(tcb); // what is sent in answer within this poll carries the ACK
  }
}

// Text at RCV.NXT. Its room was promised, so it always finds some; in front of a hole for the moment beyond that.
function append(tcb: Tcb, packet: Packet): void {
  tcb.rcvNxt += packet.length;
  if (tcb.is(Mark.READ_SHUT)) return; // acknowledged and thrown away: nobody will read it
  tcb.rcvBytes += packet.length;
  const tail = tcb.rcvTail;
  if (tail && mergeInto(tail, packet)) return;
  if (!mayHold(tcb)) compact(tcb);
  if (!mayHold(tcb) && tcb.rcvTail && mergeInto(tcb.rcvTail!, packet)) return;
  hold(packet);
  heldForReceive(tcb, 1);
  link(tcb, packet);
}

function link(tcb: Tcb, packet: Packet): void {
  packet.next = null;
  const tail = tcb.rcvTail;
  if (tail) tail.next = packet;
  else tcb.rcvHead = packet;
  tcb.rcvTail = packet;
}

// Text that closed a hole may need no more room than what lay behind it had; else the rest behind gives way.
function giveBack(tcb: Tcb, allowed: u16): void {
  if (tcb.rxHeld > allowed) compact(tcb);
  while (tcb.rxHeld > allowed && tcb.holeHead) dropLastBehindHole(tcb);
}

// Small pieces share a packet, so that segments of one byte cannot hold all the buffers there are.
function mergeInto(target: Packet, packet: Packet): bool {
  if (target.tailRoom < packet.length) return false;
  memory.copy(target.data + target.length, packet.data, packet.length);
  target.length += packet.length;
  count(Counter.TcpInMerged);
  return true;
}

// Moves unread data together until every packet but the last is full: then it takes no more packets than its bytes
// need, which is what was promised.
function compact(tcb: Tcb): void {
  let target = tcb.rcvHead;
  while (target) {
    if (target.data != target.buffer) {
      memory.copy(target.buffer, target.data, target.length);
      target.data = target.buffer;
    }
    let source = target.next;
    while (source && target.length < <u32>BUFFER_BYTES) {
      const bytes = min<u32>(BUFFER_BYTES - target.length, source.length);
      memory.copy(target.data + target.length, source.data, bytes);
      target.length += bytes;
      source.pull(bytes);
      if (source.length) break;
      target.next = source.next;
      if (tcb.rcvTail === source) tcb.rcvTail = target;
      releaseReceived(tcb, source);
      source = target.next;
    }
    target = target.next;
  }
}

// Keeps text that lies behind a hole, in order and without overlaps. It was not acknowledged: when packets run short
// it may go again, and the peer sends it once more.
function keepBehindHole(tcb: Tcb, packet: Packet, fin: bool): void {
  let before: Packet | null = null;
  let after = tcb.holeHead;
  while (after && !seqAfter(after.seq, packet.seq)) {
    before = after;
    after = after.next;
  }
  if (before) {
    const covered = before.seq + before.length;
    if (!seqAfter(packet.seq + packet.length, covered) && !(fin && packet.seq + packet.length == covered)) {
      touch(before);
      return;
    }
    if (before.has(PacketFlag.FIN)) return; // nothing follows a FIN
    if (seqBefore(packet.seq, covered)) {
      const old = covered - packet.seq;
      packet.pull(min<u32>(old, packet.length));
      packet.seq = covered;
    }
  }
  while (after && seqUpTo(after.seq + after.length, packet.seq + packet.length)) {
    if (after.has(PacketFlag.FIN) && after.seq + after.length == packet.seq + packet.length) fin = true;
    const covered = after;
    after = after.next;
    tcb.holeBytes -= covered.length;
    releaseReceived(tcb, covered);
  }
  if (before) before.next = after;
  else tcb.holeHead = after;
  if (after && seqAfter(packet.seq + packet.length, after.seq)) {
    packet.length = after.seq - packet.seq;
    fin = false;
  }
  insertBehindHole(tcb, before, packet, after, fin);
}

function insertBehindHole(tcb: Tcb, before: Packet | null, packet: Packet, after: Packet | null, fin: bool): void {
  tcb.holeBytes += packet.length;
  if (before && before.seq + before.length == packet.seq && mergeInto(before, packet)) {
    touch(before);
    if (fin) before.set(PacketFlag.FIN);
    return;
  }
  if (!mayHold(tcb)) compact(tcb);
  if (!mayHold(tcb)) {
    tcb.holeBytes -= packet.length;
    reportFirst(tcb, packet.seq, packet.seq + packet.length); // the newest, even so (RFC 2018 §8)
    count(Counter.TcpInOutOfOrderDrops);
    return;
  }
  hold(packet);
  heldForReceive(tcb, 1);
  touch(packet);
  if (fin) packet.set(PacketFlag.FIN);
  packet.next = after;
  if (before) before.next = packet;
  else tcb.holeHead = packet;
}

function dropLastBehindHole(tcb: Tcb): void {
  let before: Packet | null = null;
  let last = tcb.holeHead!;
  for (let next = last.next; next; next = last.next) {
    before = last;
    last = next;
  }
  if (before) before.next = null;
  else tcb.holeHead = null;
  tcb.holeBytes -= last.length;
  releaseReceived(tcb, last);
  count(Counter.TcpInOutOfOrderDrops);
}

// RCV.NXT has moved up to, or into, what was kept. True when that brought the FIN.
function closeHole(tcb: Tcb): bool {
  let finished = false;
  for (let packet = tcb.holeHead; packet && !seqAfter(packet.seq, tcb.rcvNxt); packet = tcb.holeHead) {
    tcb.holeHead = packet.next;
    tcb.holeBytes -= packet.length;
    const old = tcb.rcvNxt - packet.seq;
    if (packet.has(PacketFlag.FIN) && old <= packet.length) finished = true;
    packet.pull(min<u32>(old, packet.length));
    heldForReceive(tcb, -1); // `append` counts it again where it stays
    if (packet.length) append(tcb, packet);
    release(packet);
  }
  return finished;
}

/** The application has taken `bytes` bytes, at most what is there. Opens the window again when that is worth it. */
export function consume(tcb: Tcb, bytes: u32): void {
  tcb.rcvBytes -= bytes;
  while (bytes) {
    const head = tcb.rcvHead!;
    const taken = min<u32>(bytes, head.length);
    head.pull(taken);
    bytes -= taken;
    if (head.length) break;
    tcb.rcvHead = head.next;
    if (!tcb.rcvHead) tcb.rcvTail = null;
    releaseReceived(tcb, head);
  }
}

/** Throws away everything received and not read. */
export function dropReceived(tcb: Tcb): void {
  releaseQueue(tcb, tcb.rcvHead);
  tcb.rcvHead = null;
  tcb.rcvTail = null;
  tcb.rcvBytes = 0;
  dropHoles(tcb);
}

/** Throws away what lies behind holes: it will never be in order. */
export function dropHoles(tcb: Tcb): void {
  releaseQueue(tcb, tcb.holeHead);
  tcb.holeHead = null;
  tcb.holeBytes = 0;
}

function releaseQueue(tcb: Tcb, packet: Packet | null): void {
  while (packet) {
    const next = packet.next;
    releaseReceived(tcb, packet);
    packet = next;
  }
}

/** The delayed ACK's time has come. */
export function ackTimeout(tcb: Tcb): void {
  count(Counter.TcpDelayedAcks);
  tcb.ackAt = NEVER;
  sendAck(tcb);
  armTimer(tcb);
}
