// The scoreboard (RFC 2018 §5, RFC 6675 §3): what of the data on its way has arrived out of order, and what is taken for
// lost. It is the send queue itself: each packet carries its marks, so that the board has room for whatever the queue
// holds. A packet counts as reported when one block covers all of it; a receiver reports whole stretches, so that
// nothing is missed.
//
// A peer without SACK tells less: each duplicate ACK says that one more segment has arrived, not which. Those are
// counted in `sackedBytes` and stand on no packet.

import { Packet, PacketFlag } from "../../device/packet";
import { deliver, delivery } from "./delivery";
import { Segment } from "./segment";
import { seqAfter, seqBefore, seqMax, seqMin, seqUpTo } from "./seq";
import { Mark, Tcb } from "./tcb";

/** Bytes of a packet that have been sent and not acknowledged. */
export function outstandingOf(tcb: Tcb, packet: Packet): u32 {
  const first = seqMax(packet.seq, tcb.sndUna);
  const end = seqMin(packet.seq + packet.bytes, tcb.sndNxt);
  return seqBefore(first, end) ? end - first : 0;
}

/** Those bytes of the first packet of the queue; 1 when it is empty but for the FIN. */
export function firstOutstanding(tcb: Tcb): u32 {
  const head = tcb.sndHead;
  return head ? outstandingOf(tcb, head) : 1;
}

/** An acknowledged part of a packet, or all of it, leaves the queue: its bytes leave the books. */
export function leaveScoreboard(tcb: Tcb, packet: Packet, bytes: u32): void {
  if (packet.has(PacketFlag.LOST)) tcb.lostBytes -= bytes;
  if (packet.has(PacketFlag.SACKED)) tcb.sackedBytes -= bytes;
}

/** Takes a packet for lost: it goes again when the network has room. */
export function markLost(tcb: Tcb, packet: Packet): void {
  if (packet.has(PacketFlag.LOST) || packet.has(PacketFlag.SACKED)) return;
  packet.set(PacketFlag.LOST);
  tcb.lostBytes += outstandingOf(tcb, packet);
  // Duplicates that a peer without SACK was counted for stand on no packet: no more of them than what is left.
  tcb.sackedBytes = min<u32>(tcb.sackedBytes, tcb.flight - tcb.lostBytes);
}

/** The packet goes again, or was not lost after all. */
export function unmarkLost(tcb: Tcb, packet: Packet): void {
  if (!packet.has(PacketFlag.LOST)) return;
  packet.clear(PacketFlag.LOST);
  tcb.lostBytes -= outstandingOf(tcb, packet);
}

/** Takes everything for lost that is on its way and was not reported, a FIN that went alone included. */
export function markAllLost(tcb: Tcb): void {
  if (!tcb.is(Mark.SACK)) forgetReports(tcb); // which segments they stand for is not known
  let packet = tcb.sndHead;
  while (packet && seqBefore(packet.seq, tcb.sndNxt)) {
    markLost(tcb, packet);
    packet = packet.next;
  }
  markFinLost(tcb);
}

/** Takes the FIN for lost when it is all that is left, or all is. It is no packet of the queue. */
export function markFinLost(tcb: Tcb): void {
  if (!tcb.is(Mark.FIN_SENT) || tcb.is(Mark.FIN_LOST) || seqAfter(tcb.sndUna, tcb.sndEnd)) return;
  tcb.mark(Mark.FIN_LOST);
  tcb.lostBytes++;
}

/** The FIN goes again, or is acknowledged. */
export function unmarkFinLost(tcb: Tcb): void {
  if (!tcb.is(Mark.FIN_LOST)) return;
  tcb.unmark(Mark.FIN_LOST);
  tcb.lostBytes--;
}

/** The packet at SND.UNA, which nothing that was delivered covers. */
export function markHeadLost(tcb: Tcb): void {
  const head = tcb.sndHead;
  if (head && outstandingOf(tcb, head)) markLost(tcb, head);
  else markFinLost(tcb);
}

/** Nothing is lost: what was taken for it has arrived. */
export function forgetLosses(tcb: Tcb): void {
  let packet = tcb.sndHead;
  while (packet && tcb.lostBytes) {
    unmarkLost(tcb, packet);
    packet = packet.next;
  }
  unmarkFinLost(tcb);
}

/** What the peer has reported does not hold: it may have thrown it away (RFC 2018 §8). */
export function forgetReports(tcb: Tcb): void {
  let packet = tcb.sndHead;
  while (packet && tcb.sackedBytes) {
    packet.clear(PacketFlag.SACKED);
    packet = packet.next;
  }
  tcb.sackedBytes = 0;
}

/** Three segments are reported, however small: DupThresh (RFC 8985 §6.2). */
export function areThreeReported(tcb: Tcb): bool {
  let reported: u32 = 0;
  let packet = tcb.sndHead;
  while (packet && reported < 3 && seqBefore(packet.seq, tcb.sndNxt)) {
    if (packet.has(PacketFlag.SACKED)) reported++;
    packet = packet.next;
  }
  return reported == 3;
}

/** A peer without SACK has received one more segment behind a hole. */
export function countDuplicate(tcb: Tcb): void {
  tcb.sackedBytes = min<u32>(tcb.sackedBytes + tcb.sndMss, mostReported(tcb));
}

/** A peer without SACK has acknowledged `bytes`: the segment at the hole, and behind it some of those counted. */
export function uncountDuplicates(tcb: Tcb, bytes: u32): void {
  const behind = bytes > <u32>tcb.sndMss ? bytes - tcb.sndMss : 0;
  tcb.sackedBytes = min<u32>(tcb.sackedBytes > behind ? tcb.sackedBytes - behind : 0, mostReported(tcb));
}

// The segment at the hole has not arrived, whatever the number of duplicates.
function mostReported(tcb: Tcb): u32 {
  const head = tcb.sndHead;
  const isCounted = head ? head.has(PacketFlag.LOST) : tcb.is(Mark.FIN_LOST);
  const absent = tcb.lostBytes + (isCounted ? 0 : firstOutstanding(tcb));
  return tcb.flight > absent ? tcb.flight - absent : 0;
}

/** Takes the blocks of the segment's SACK option. What they report for the first time is delivered. */
export function takeReports(tcb: Tcb, segment: Segment): void {
  let block: u32 = 0;
  if (isDuplicateReport(segment)) {
    delivery.reportsDuplicate = true;
    delivery.duplicateEnd = segment.sackEnd(0);
    block = 1;
  }
  for (; block < segment.sackBlocks; block++) takeReport(tcb, segment, block);
}

// RFC 2883 §4: the first block reports a duplicate when it lies below the ACK, or within the second block.
function isDuplicateReport(segment: Segment): bool {
  const end = segment.sackEnd(0);
  if (!seqBefore(segment.sackFirst(0), end)) return false;
  if (seqUpTo(end, segment.ack)) return true;
  if (segment.sackBlocks < 2) return false;
  return seqUpTo(segment.sackFirst(1), segment.sackFirst(0)) && seqUpTo(end, segment.sackEnd(1));
}

// A block that lies outside of what is on its way is not the peer's, or old (RFC 2018 §5; RFC 6675 §2).
function takeReport(tcb: Tcb, segment: Segment, block: u32): void {
  const first = segment.sackFirst(block);
  const end = segment.sackEnd(block);
  if (!seqBefore(first, end) || seqBefore(first, tcb.sndUna) || seqAfter(end, tcb.sndNxt)) return;
  let packet = tcb.sndHead;
  while (packet && seqBefore(packet.seq, end)) {
    // Of the last packet only a part may have been sent.
    const sentUpTo = seqMin(packet.seq + packet.bytes, tcb.sndNxt);
    if (packet.bytes && seqUpTo(first, packet.seq) && seqUpTo(sentUpTo, end)) report(tcb, packet);
    packet = packet.next;
  }
}

function report(tcb: Tcb, packet: Packet): void {
  if (packet.has(PacketFlag.SACKED)) return;
  unmarkLost(tcb, packet);
  packet.set(PacketFlag.SACKED);
  tcb.sackedBytes += outstandingOf(tcb, packet);
  deliver(tcb, packet);
}

/** More of a packet is about to be sent: what was reported of it does not stand for all of it. */
export function unmarkReported(tcb: Tcb, packet: Packet): void {
  if (!packet.has(PacketFlag.SACKED)) return;
  packet.clear(PacketFlag.SACKED);
  tcb.sackedBytes -= outstandingOf(tcb, packet);
}
