// The send queue: what the application has written and the peer has not acknowledged, in the packets that serve every
// transmission. Sequence numbers run on from packet to packet; SND.NXT parts what was sent from what was not.

import { joinSums, sumBytes } from "../../base/checksum";
import { BUFFER_BYTES, HEADROOM } from "../../base/config";
import { Packet, PacketFlag } from "../../device/packet";
import { awaitPacket, EndpointFlag, scheduleOutput } from "../endpoint";
import { deliver, deliverPart } from "./delivery";
import { releaseSent, takeForSend } from "./room";
import { leaveScoreboard, outstandingOf, unmarkFinLost } from "./scoreboard";
import { seqAfter, seqBefore, seqMax, seqUpTo } from "./seq";
import { Mark, Tcb } from "./tcb";

/** Starts the send sequence space at ISS, with nothing in it. */
export function startSending(tcb: Tcb, iss: u32): void {
  tcb.iss = iss;
  tcb.sndUna = iss;
  tcb.sndNxt = iss;
  tcb.sndEnd = iss + 1;
}

/** Room in the last packet that was not sent yet, or in a new one. Its address is `roomAt(tcb)`. 0: none now. */
export function sendRoom(tcb: Tcb): u32 {
  const tail = tcb.sndTail;
  const capacity = min<u32>(tcb.sndMss, BUFFER_BYTES - HEADROOM);
  if (tail && isUnsent(tcb, tail)) {
    // The front of it may have gone and been cut off, which makes no room behind it.
    const room = min<i32>(<i32>capacity - <i32>tail.bytes, tail.tailRoom);
    if (room > 0) return room;
  }
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
  assert(bytes <= tail.tailRoom, "written beyond the buffer");
  tail.sum = joinSums(tail.sum, tail.bytes, sum);
  tail.bytes += bytes;
  tail.length += bytes;
  tcb.sndEnd += bytes;
  if (!tcb.sndNew) tcb.sndNew = tail;
  scheduleOutput(tcb);
}

/** True while data, or a FIN, has not been sent once. */
export function hasUnsent(tcb: Tcb): bool {
  return seqBefore(tcb.sndNxt, tcb.sndEnd) || (tcb.is(Mark.FIN_QUEUED) && !tcb.is(Mark.FIN_SENT));
}

/** SND.UNA moves up to `ack`: lets go of what is acknowledged; a packet that is so in part is cut. */
export function dropAcknowledged(tcb: Tcb, ack: u32): void {
  for (let packet = tcb.sndHead; packet; packet = tcb.sndHead) {
    const end = packet.seq + packet.bytes;
    if (seqAfter(end, ack) || (packet.bytes == 0 && packet === tcb.sndTail)) break;
    leaveScoreboard(tcb, packet, end - seqMax(packet.seq, tcb.sndUna));
    if (!packet.has(PacketFlag.SACKED)) deliver(tcb, packet);
    tcb.sndHead = packet.next;
    if (!tcb.sndHead) tcb.sndTail = null;
    if (tcb.sndNew === packet) tcb.sndNew = packet.next;
    releaseSent(tcb, packet);
  }
  const head = tcb.sndHead;
  if (head && seqBefore(head.seq, ack)) {
    leaveScoreboard(tcb, head, ack - seqMax(head.seq, tcb.sndUna));
    if (!head.has(PacketFlag.SACKED)) deliverPart(tcb, head);
    if (!head.has(PacketFlag.ON_ITS_WAY)) cutFront(head, ack - head.seq);
  }
  tcb.sndUna = ack;
  if (head && !outstandingOf(tcb, head)) head.clear(PacketFlag.LOST | PacketFlag.SACKED); // what is left was never sent
  if (seqAfter(ack, tcb.sndEnd)) unmarkFinLost(tcb);
}

function cutFront(packet: Packet, bytes: u32): void {
  packet.bytes -= bytes;
  packet.seq += bytes;
  packet.sum = sumBytes(packet.payload, packet.bytes);
}

/** Lets go of everything in the send queue. */
export function dropUnsent(tcb: Tcb): void {
  for (let packet = tcb.sndHead; packet; packet = tcb.sndHead) {
    tcb.sndHead = packet.next;
    releaseSent(tcb, packet);
  }
  tcb.sndTail = null;
  tcb.sndNew = null;
  tcb.sackedBytes = 0;
  tcb.lostBytes = 0;
}
