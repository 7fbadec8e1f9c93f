// The sending half: what may be sent now, what is sent again, what was acknowledged. Only this file writes SND.UNA,
// SND.NXT and the send queue.

import { Counter } from "../../abi/counters";
import { Blocked, State } from "../../abi/status";
import { joinSums, sumBytes } from "../../base/checksum";
import { NEVER, now } from "../../base/clock";
import { BUFFER_BYTES, HEADROOM } from "../../base/config";
import { count } from "../../base/counters";
import { Packet, PacketFlag } from "../../device/packet";
import { awaitPacket, EndpointFlag, scheduleOutput, tellRoom } from "../endpoint";
import { onAcknowledged, onDuplicate, onIdle, onLoss, onRecoveryAck, onTimeout } from "./congestion";
import { Flag } from "./header";
import { sendAck, sendCopy, sendWhole } from "./output";
import { releaseSent, takeForSend } from "./room";
import { backOff, probeInterval, sampleRtt, startTiming, stopTiming } from "./rto";
import { Segment } from "./segment";
import { seqAfter, seqBefore, seqMax, seqUpTo } from "./seq";
import { armTimer, Mark, Tcb } from "./tcb";

const DUPLICATES_FOR_LOSS: u8 = 3;

/** True in the states in which what is in the send queue may be sent. */
function mayTransmit(tcb: Tcb): bool {
  switch (tcb.state) {
    case State.ESTABLISHED:
    case State.CLOSE_WAIT:
    case State.FIN_WAIT_1:
    case State.CLOSING:
    case State.LAST_ACK:
      return true;
    default:
      return false;
  }
}

/** Room in the last packet that was not sent yet, or in a new one. Its address is `roomAt(tcb)`. 0: none now. */
export function sendRoom(tcb: Tcb): u32 {
  const tail = tcb.sndTail;
  const capacity = min<u32>(tcb.sndMss, BUFFER_BYTES - HEADROOM);
  if (tail && isUnsent(tcb, tail) && tail.bytes < capacity) return capacity - tail.bytes;
  const packet = takeForSend(tcb);
  if (!packet) {
    tcb.set(EndpointFlag.WANTS_ROOM);
    if (tcb.txHeld == 0) awaitPacket(tcb); // else an ACK makes room
    return 0;
  }
  packet.data = packet.buffer + HEADROOM;
  packet.seq = tcb.sndEnd;
  packet.next = null;
  if (tail) tail.next = packet;
  else tcb.sndHead = packet;
  tcb.sndTail = packet;
  return capacity;
}

// No byte of it has been sent: it may still grow.
function isUnsent(tcb: Tcb, packet: Packet): bool {
  return seqUpTo(tcb.sndNxt, packet.seq);
}

/** Where the bytes go that `sendRoom` has found room for. */
export function roomAt(tcb: Tcb): usize {
  const tail = tcb.sndTail!;
  return tail.data + tail.length;
}

/** `bytes` bytes, whose sum is `sum`, stand at `roomAt`: they are data to send from now on. */
export function enqueue(tcb: Tcb, bytes: u32, sum: u32): void {
  const tail = tcb.sndTail!;
  tail.sum = joinSums(tail.sum, tail.bytes, sum);
  tail.bytes += bytes;
  tail.length += bytes;
  tcb.sndEnd += bytes;
  if (!tcb.sndNew) tcb.sndNew = tail;
  scheduleOutput(tcb);
}

/** Sends all that may be sent now. What remains waits for an ACK, a window, a packet or a timer. */
export function transmit(tcb: Tcb): void {
  tcb.blocked = <u8>Blocked.NOTHING;
  if (mayTransmit(tcb)) {
    if (tcb.flight == 0 && tcb.sentAt && now() - tcb.sentAt > <u64>tcb.rto) onIdle(tcb);
    while (sendNext(tcb)) {}
    setRetransmission(tcb);
  }
  if (tcb.is(Mark.ACK_NOW)) sendAck(tcb);
  armTimer(tcb);
}

// Sends the next segment: again what a time-out has called for, else new. False when nothing may go now.
function sendNext(tcb: Tcb): bool {
  const again = tcb.sndResend != tcb.sndNxt;
  const seq = again ? tcb.sndResend : tcb.sndNxt;
  const unsent = tcb.sndEnd - seq; // of data; a FIN that was sent makes it -1
  if (<i32>unsent <= 0) return sendFinIfDue(tcb, seq);
  const packet = packetAt(tcb, seq, again);
  const offset = seq - packet.seq;
  const usable = usableWindow(tcb, seq);
  const bytes = min<u32>(min<u32>(packet.bytes - offset, tcb.sndMss), usable);
  if (!isWorthSending(tcb, bytes, seq, unsent, usable)) return false;
  const isLast = bytes == unsent;
  const fin = isLast && tcb.is(Mark.FIN_QUEUED) && usable > bytes;
  let flags: u32 = Flag.ACK;
  if (isLast) flags |= Flag.PSH;
  if (fin) flags |= Flag.FIN;
  if (!sendPart(tcb, packet, offset, bytes, seq, flags)) {
    tcb.blocked = <u8>Blocked.NO_PACKET;
    awaitPacket(tcb);
    return false;
  }
  if (fin) tcb.mark(Mark.FIN_SENT);
  hasSent(tcb, seq, bytes + (fin ? 1 : 0), again);
  return true;
}

// A FIN that could not go with the data goes alone.
function sendFinIfDue(tcb: Tcb, seq: u32): bool {
  if (!tcb.is(Mark.FIN_QUEUED) || seq != tcb.sndEnd) return false;
  const again = tcb.sndResend != tcb.sndNxt;
  if (tcb.is(Mark.FIN_SENT) && !again) return false;
  if (!sendCopy(tcb, 0, 0, seq, Flag.FIN | Flag.ACK)) {
    tcb.blocked = <u8>Blocked.NO_PACKET;
    awaitPacket(tcb);
    return false;
  }
  tcb.mark(Mark.FIN_SENT);
  hasSent(tcb, seq, 1, again);
  return true;
}

// The packet in which `seq` lies.
function packetAt(tcb: Tcb, seq: u32, again: bool): Packet {
  let packet = again ? tcb.sndHead! : tcb.sndNew!;
  while (!seqBefore(seq, packet.seq + packet.bytes)) packet = packet.next!;
  return packet;
}

// What both windows leave for a segment that begins at `seq`. The first two duplicate ACKs each let one new segment
// out beyond the congestion window (limited transmit, RFC 3042).
function usableWindow(tcb: Tcb, seq: u32): u32 {
  const flight = seq - tcb.sndUna;
  let cwnd = tcb.cwnd;
  if (!tcb.is(Mark.RECOVERING) && tcb.dupAcks) cwnd += <u32>tcb.dupAcks * tcb.sndMss;
  const window = min<u32>(tcb.sndWnd, cwnd);
  return window > flight ? window - flight : 0;
}

// Sender's silly window avoidance with Nagle's algorithm (§3.8.6.2.1, §3.7.4).
function isWorthSending(tcb: Tcb, bytes: u32, seq: u32, unsent: u32, usable: u32): bool {
  if (bytes == 0) {
    tcb.blocked = <u8>(tcb.sndWnd <= tcb.cwnd ? Blocked.PEER_WINDOW : Blocked.CONGESTION_WINDOW);
    return false;
  }
  if (bytes >= tcb.sndMss || seq != tcb.sndNxt) return true;
  const isWholeRest = bytes == unsent;
  if (isWholeRest) {
    if (seq == tcb.sndUna || tcb.has(EndpointFlag.NO_DELAY) || tcb.is(Mark.FIN_QUEUED)) return true;
    tcb.blocked = <u8>Blocked.NAGLE;
  } else if (bytes < usable) {
    // The packet ends here because it was sent in part before, or the MSS has changed; there is more behind it.
    return true;
  } else {
    tcb.blocked = <u8>(tcb.sndWnd <= tcb.cwnd ? Blocked.PEER_WINDOW : Blocked.CONGESTION_WINDOW);
  }
  return bytes >= tcb.maxSndWnd / 2;
}

// A packet that goes whole, and is not on its way already, goes as it is; of others a copy of the part goes.
function sendPart(tcb: Tcb, packet: Packet, offset: u32, bytes: u32, seq: u32, flags: u32): bool {
  if (packet.has(PacketFlag.ON_ITS_WAY)) {
    // Sent already and still waiting for the wire: a second copy would not come sooner.
    if (seqBefore(seq, tcb.sndNxt)) return true;
    return sendCopy(tcb, packet.payload + offset, bytes, seq, flags);
  }
  if (offset == 0 && bytes == packet.bytes) return sendWhole(tcb, packet, seq, flags);
  return sendCopy(tcb, packet.payload + offset, bytes, seq, flags);
}

// Keeps the books of a segment that was sent.
function hasSent(tcb: Tcb, seq: u32, length: u32, again: bool): void {
  const end = seq + length;
  if (again) {
    count(Counter.TcpRetransSegs);
    tcb.retransmits++;
    stopTiming(tcb);
    tcb.sndResend = end;
  }
  if (seqAfter(end, tcb.sndNxt)) {
    if (!again) startTiming(tcb, end);
    if (tcb.flight == 0) tcb.waitingSince = now();
    tcb.sndNxt = end;
  }
  if (!again || seqAfter(tcb.sndResend, tcb.sndNxt)) tcb.sndResend = tcb.sndNxt;
  let packet = tcb.sndNew;
  while (packet && seqUpTo(packet.seq + packet.bytes, tcb.sndNxt)) packet = packet.next;
  tcb.sndNew = packet;
}

// Whatever is unacknowledged has the retransmission timer running (RFC 6298 (5.1)); what only waits for a window has
// it running to probe that window (§3.8.6.1).
function setRetransmission(tcb: Tcb): void {
  const stuck = tcb.flight == 0 && hasUnsent(tcb);
  if (tcb.flight == 0 && !stuck) {
    tcb.rtxAt = NEVER;
    tcb.unmark(Mark.PERSISTING);
    return;
  }
  const persist = stuck || tcb.sndWnd == 0;
  if (persist && !tcb.is(Mark.PERSISTING)) {
    tcb.mark(Mark.PERSISTING);
    tcb.waitingSince = now();
    tcb.backoff = 0;
    tcb.rtxAt = now() + tcb.rto;
  } else if (!persist && tcb.is(Mark.PERSISTING)) {
    tcb.unmark(Mark.PERSISTING);
    tcb.backoff = 0;
    tcb.rtxAt = now() + tcb.rto;
  } else if (tcb.rtxAt == NEVER) {
    tcb.rtxAt = now() + tcb.rto;
  }
}

/** An acceptable ACK: SND.UNA < SEG.ACK =< SND.NXT, or a duplicate (§3.10.7.4, fifth; RFC 5681 §3.2). */
export function acknowledge(tcb: Tcb, segment: Segment): void {
  const before = tcb.sndWnd;
  const news = seqAfter(segment.ack, tcb.sndUna);
  updateWindow(tcb, segment);
  if (news) {
    takeAck(tcb, segment.ack);
  } else if (isDuplicate(tcb, segment, before)) {
    duplicateAck(tcb);
  } else if (before == 0 && tcb.sndWnd > 0 && tcb.flight) {
    tcb.sndResend = tcb.sndUna; // the probe was not taken: it goes again with all that now fits
  }
  if (tcb.is(Mark.PERSISTING)) {
    tcb.waitingSince = now(); // a peer that answers probes is alive (MUST-37)
    if (tcb.sndWnd != before) tcb.backoff = 0;
  }
  if (hasUnsent(tcb) || tcb.sndResend != tcb.sndNxt || tcb.is(Mark.PERSISTING)) scheduleOutput(tcb);
}

// Data or a FIN that has not been sent once.
function hasUnsent(tcb: Tcb): bool {
  return seqBefore(tcb.sndNxt, tcb.sndEnd) || (tcb.is(Mark.FIN_QUEUED) && !tcb.is(Mark.FIN_SENT));
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
  if (segment.ack != tcb.sndUna || tcb.flight == 0 || segment.length != 0) return false;
  return segment.window == windowBefore && !tcb.is(Mark.PERSISTING);
}

function takeAck(tcb: Tcb, ack: u32): void {
  const bytes = ack - tcb.sndUna;
  sampleRtt(tcb, ack);
  tcb.sndUna = ack;
  tcb.sndResend = seqMax(tcb.sndResend, ack);
  tcb.dupAcks = 0;
  tcb.backoff = 0;
  tcb.waitingSince = now();
  dropAcknowledged(tcb);
  tcb.rtxAt = tcb.flight ? now() + tcb.rto : NEVER; // RFC 6298 (5.2), (5.3)
  if (tcb.is(Mark.RECOVERING)) {
    if (onRecoveryAck(tcb, ack, bytes)) resendFirst(tcb);
  } else {
    onAcknowledged(tcb, bytes);
  }
  tellRoom(tcb);
}

// Lets go of what is acknowledged; a packet that is so in part is cut.
function dropAcknowledged(tcb: Tcb): void {
  for (let packet = tcb.sndHead; packet; packet = tcb.sndHead) {
    const end = packet.seq + packet.bytes;
    if (seqAfter(end, tcb.sndUna) || (packet.bytes == 0 && packet === tcb.sndTail)) break;
    tcb.sndHead = packet.next;
    if (!tcb.sndHead) tcb.sndTail = null;
    if (tcb.sndNew === packet) tcb.sndNew = packet.next;
    releaseSent(tcb, packet);
  }
  const head = tcb.sndHead;
  if (!head || !seqBefore(head.seq, tcb.sndUna) || head.has(PacketFlag.ON_ITS_WAY)) return;
  head.bytes -= tcb.sndUna - head.seq;
  head.seq = tcb.sndUna;
  head.sum = sumBytes(head.payload, head.bytes);
}

function duplicateAck(tcb: Tcb): void {
  count(Counter.TcpDuplicateAcks);
  if (tcb.is(Mark.RECOVERING)) {
    onDuplicate(tcb);
    scheduleOutput(tcb);
    return;
  }
  if (tcb.dupAcks < 255) tcb.dupAcks++;
  // RFC 6582 §3.2 step 2: not for duplicates that a time-out's own retransmissions have caused.
  if (tcb.dupAcks == DUPLICATES_FOR_LOSS && !seqBefore(tcb.sndUna - 1, tcb.recover)) {
    count(Counter.TcpFastRetransmits);
    onLoss(tcb);
    resendFirst(tcb);
  }
  scheduleOutput(tcb);
}

// Sends the segment at SND.UNA again, now.
function resendFirst(tcb: Tcb): void {
  stopTiming(tcb);
  const head = tcb.sndHead;
  let sent: bool = false;
  if (head && head.bytes && seqBefore(tcb.sndUna, tcb.sndNxt)) {
    const offset = tcb.sndUna - head.seq;
    const bytes = min<u32>(min<u32>(head.bytes - offset, tcb.sndMss), tcb.sndNxt - tcb.sndUna);
    if (bytes) sent = sendPart(tcb, head, offset, bytes, tcb.sndUna, Flag.ACK | (head.next ? 0 : Flag.PSH));
  }
  if (!sent && tcb.is(Mark.FIN_SENT) && tcb.sndUna == tcb.sndEnd) {
    sent = sendCopy(tcb, 0, 0, tcb.sndUna, Flag.FIN | Flag.ACK);
  }
  if (!sent) return; // no packet: the retransmission timer is running
  count(Counter.TcpRetransSegs);
  tcb.retransmits++;
}

/** The retransmission timer has run out while data is outstanding. */
export function retransmit(tcb: Tcb): void {
  count(Counter.TcpTimeouts);
  onTimeout(tcb);
  backOff(tcb);
  stopTiming(tcb);
  tcb.dupAcks = 0;
  tcb.sndResend = tcb.sndUna;
  tcb.rtxAt = now() + tcb.rto;
  scheduleOutput(tcb);
}

/** The persist timer has run out: one byte asks the peer whether its window is still shut (§3.8.6.1). */
export function probeWindow(tcb: Tcb): void {
  if (tcb.backoff < 255) tcb.backoff++;
  tcb.rtxAt = now() + probeInterval(tcb);
  armTimer(tcb);
  if (tcb.sndWnd > tcb.flight) {
    forceOut(tcb);
    return;
  }
  const head = tcb.sndHead;
  count(Counter.TcpWindowProbes);
  stopTiming(tcb);
  if (head && head.bytes) {
    const offset = tcb.sndUna - head.seq;
    if (sendCopy(tcb, head.payload + offset, 1, tcb.sndUna, Flag.ACK | Flag.PSH)) tookProbe(tcb);
  } else if (tcb.is(Mark.FIN_QUEUED)) {
    if (sendCopy(tcb, 0, 0, tcb.sndUna, Flag.FIN | Flag.ACK)) {
      tcb.mark(Mark.FIN_SENT);
      tookProbe(tcb);
    }
  }
}

function tookProbe(tcb: Tcb): void {
  if (tcb.flight == 0) hasSent(tcb, tcb.sndNxt, 1, false);
  stopTiming(tcb);
}

// A window that is open but too small for a good segment: it gets what fits, after waiting long enough.
function forceOut(tcb: Tcb): void {
  const packet = tcb.sndNew;
  if (!packet) return;
  const offset = tcb.sndNxt - packet.seq;
  const bytes = min<u32>(min<u32>(packet.bytes - offset, tcb.sndMss), tcb.sndWnd - tcb.flight);
  const seq = tcb.sndNxt;
  if (bytes && sendPart(tcb, packet, offset, bytes, seq, Flag.ACK | Flag.PSH)) hasSent(tcb, seq, bytes, false);
}

/** Lets go of everything in the send queue. */
export function dropUnsent(tcb: Tcb): void {
  for (let packet = tcb.sndHead; packet; packet = tcb.sndHead) {
    tcb.sndHead = packet.next;
    releaseSent(tcb, packet);
  }
  tcb.sndTail = null;
  tcb.sndNew = null;
}

/** Starts the send sequence space at ISS, with nothing in it. */
export function startSending(tcb: Tcb, iss: u32): void {
  tcb.iss = iss;
  tcb.sndUna = iss;
  tcb.sndNxt = iss;
  tcb.sndResend = iss;
  tcb.sndEnd = iss + 1;
}
