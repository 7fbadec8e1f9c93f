// The sender: what may be sent now. First what is lost, then what is new.

import { Counter } from "../../abi/counters";
import { Blocked, Phase, State } from "../../abi/status";
import { NEVER, now } from "../../base/clock";
import { count } from "../../base/counters";
import { Packet, PacketFlag } from "../../device/packet";
import { awaitPacket, EndpointFlag } from "../endpoint";
import { onIdle } from "./congestion";
import { forgetDeliveries } from "./delivery";
import { Flag } from "./header";
import { sendAck, sendCopy, sendEmpty, sendWhole } from "./output";
import { setSendMss } from "./path";
import { preferProbe } from "./probe";
import { unmarkFinLost, unmarkLost, unmarkReported } from "./scoreboard";
import { hasUnsent } from "./send-queue";
import { seqAfter, seqBefore, seqMax, seqMin, seqUpTo } from "./seq";
import { Alarm, armTimer, Mark, setAlarm, Tcb } from "./tcb";

/** The states in which what is in the send queue may be sent: all that are open but FIN-WAIT-2, one bit each. */
const SENDING: u32 =
  (1 << State.ESTABLISHED) |
  (1 << State.CLOSE_WAIT) |
  (1 << State.FIN_WAIT_1) |
  (1 << State.CLOSING) |
  (1 << State.LAST_ACK);

function mayTransmit(tcb: Tcb): bool {
  return ((SENDING >> tcb.state) & 1) != 0;
}

/** Sends all that may be sent now. What remains waits for an ACK, a window, a packet or a timer. */
export function transmit(tcb: Tcb): void {
  tcb.blocked = <u8>Blocked.NOTHING;
  if (mayTransmit(tcb)) {
    if (tcb.flight == 0 && now() - tcb.sentAt > <u64>tcb.rto) {
      if (tcb.sentAt) onIdle(tcb);
      setSendMss(tcb); // the path may have become wider (RFC 1191 §6.3)
    }
    const before = tcb.sndNxt;
    if (sendLost(tcb)) while (sendNew(tcb)) {}
    if (tcb.sndNxt != before) restartProbe(tcb);
    setRetransmission(tcb);
  }
  sendAcks(tcb);
  armTimer(tcb);
}

/** Sends the ACKs that are due. Text has carried one; those that are owed for what is out of order go without. */
export function sendAcks(tcb: Tcb): void {
  let acks: u32 = tcb.acksDue;
  tcb.acksDue = 0;
  if (!acks && tcb.is(Mark.ACK_NOW)) acks = 1;
  for (; acks; acks--) sendAck(tcb);
}

// Sends again what is lost, in order. True when nothing of it is left.
function sendLost(tcb: Tcb): bool {
  let packet = tcb.sndHead;
  while (packet && tcb.lostBytes) {
    if (packet.has(PacketFlag.LOST) && !sendPacketAgain(tcb, packet)) return false;
    packet = packet.next;
  }
  return !tcb.is(Mark.FIN_LOST) || sendFinAgain(tcb);
}

// The first packet of all may go whatever the windows say, unless the peer's is shut: nothing moves before it has
// arrived. Other retransmissions wait for the congestion window alone (RFC 9293 SHLD-15, MAY-7).
function sendPacketAgain(tcb: Tcb, packet: Packet): bool {
  if (tcb.sndWnd == 0) {
    tcb.blocked = <u8>Blocked.PEER_WINDOW;
    return false;
  }
  const isFirst = packet === tcb.sndHead;
  if (!isFirst && tcb.pipe + min<u32>(packet.bytes, tcb.sndMss) > tcb.cwnd) {
    tcb.blocked = <u8>Blocked.CONGESTION_WINDOW;
    return false;
  }
  return resend(tcb, packet) || lackPacket(tcb);
}

// There is no packet to send in, or no way to the peer: the connection's turn comes again when there is. Never true.
function lackPacket(tcb: Tcb): bool {
  tcb.blocked = <u8>Blocked.NO_PACKET;
  awaitPacket(tcb);
  return false;
}

/**
 * Sends a packet again, now: what of it was sent before, and what is behind that and fits the peer's window; a FIN
 * that belongs to it too. In several segments when the MSS has become smaller. False when there is no packet for it.
 */
export function resend(tcb: Tcb, packet: Packet): bool {
  const first = seqMax(packet.seq, tcb.sndUna);
  const all = packet.seq + packet.bytes;
  const end = seqMin(all, seqMax(tcb.sndNxt, tcb.sndUna + tcb.sndWnd));
  const fin = end == all && packet === tcb.sndTail && tcb.is(Mark.FIN_SENT);
  for (let seq = first; seqBefore(seq, end); ) {
    const bytes = min<u32>(end - seq, tcb.sndMss);
    const isLast = seq + bytes == end;
    let flags: u32 = Flag.ACK;
    if (isLast && !packet.next) flags |= Flag.PSH;
    if (isLast && fin) flags |= Flag.FIN;
    if (!sendPart(tcb, packet, bytes, seq, flags)) return false;
    seq += bytes;
    countAgain(tcb, bytes);
  }
  unmarkLost(tcb, packet);
  if (fin) unmarkFinLost(tcb);
  noteSent(packet);
  if (seqAfter(end, tcb.sndNxt)) advance(tcb, end);
  return true;
}

/** Sends a FIN again that went without data. */
export function sendFinAgain(tcb: Tcb): bool {
  if (tcb.sndWnd == 0 && tcb.flight > 1) return false;
  if (!sendEmpty(tcb, tcb.sndEnd, Flag.FIN | Flag.ACK)) return lackPacket(tcb);
  unmarkFinLost(tcb);
  countAgain(tcb, 0);
  return true;
}

function countAgain(tcb: Tcb, bytes: u32): void {
  count(Counter.TcpRetransSegs);
  tcb.retransmits++;
  if (tcb.phase == Phase.RECOVERY) tcb.prrOut += bytes;
}

// Sends the next new segment. False when nothing may go now.
function sendNew(tcb: Tcb): bool {
  const unsent = tcb.sndEnd - tcb.sndNxt; // of data; a FIN that was sent makes it -1
  if (<i32>unsent <= 0) return sendFinIfDue(tcb);
  const usable = usableWindow(tcb);
  const bytes = nextBytes(tcb, usable);
  return isWorthSending(tcb, bytes, unsent, usable) && sendNext(tcb, bytes, usable);
}

/**
 * Sends one new segment although the congestion window, or good sense, would have it wait. True when it went; not before
 * what is lost, of which it may be the rest.
 */
export function sendNewNow(tcb: Tcb): bool {
  const usable = peerRoom(tcb);
  if (!tcb.sndNew || usable == 0 || tcb.lostBytes) return false;
  if (!sendNext(tcb, nextBytes(tcb, usable), usable)) return false;
  restartProbe(tcb);
  return true;
}

// Bytes of the next segment, of which there are some: within one packet, the MSS and the window.
function nextBytes(tcb: Tcb, usable: u32): u32 {
  const packet = tcb.sndNew!;
  return min<u32>(min<u32>(packet.seq + packet.bytes - tcb.sndNxt, tcb.sndMss), usable);
}

function sendNext(tcb: Tcb, bytes: u32, usable: u32): bool {
  const packet = tcb.sndNew!;
  const seq = tcb.sndNxt;
  const isLast = seq + bytes == tcb.sndEnd;
  const fin = isLast && tcb.is(Mark.FIN_QUEUED) && usable > bytes;
  let flags: u32 = Flag.ACK;
  if (isLast) flags |= Flag.PSH;
  if (fin) flags |= Flag.FIN;
  if (!sendPart(tcb, packet, bytes, seq, flags)) return lackPacket(tcb);
  if (fin) tcb.mark(Mark.FIN_SENT);
  sentNew(tcb, packet, bytes, fin);
  return true;
}

// A FIN that could not go with the data goes alone.
function sendFinIfDue(tcb: Tcb): bool {
  if (!tcb.is(Mark.FIN_QUEUED) || tcb.is(Mark.FIN_SENT)) return false;
  if (peerRoom(tcb) == 0) {
    tcb.blocked = <u8>Blocked.PEER_WINDOW; // a FIN takes its number like a byte
    return false;
  }
  if (!sendEmpty(tcb, tcb.sndNxt, Flag.FIN | Flag.ACK)) return lackPacket(tcb);
  tcb.mark(Mark.FIN_SENT);
  sentNew(tcb, null, 0, true);
  return true;
}

// What both windows leave. Whatever has left the network makes room in the congestion window: the segments that
// duplicate ACKs report let new ones out (limited transmit, RFC 3042).
function usableWindow(tcb: Tcb): u32 {
  return min<u32>(peerRoom(tcb), networkRoom(tcb));
}

function peerRoom(tcb: Tcb): u32 {
  return tcb.sndWnd > tcb.flight ? tcb.sndWnd - tcb.flight : 0;
}

function networkRoom(tcb: Tcb): u32 {
  return tcb.cwnd > tcb.pipe && tcb.alarm != Alarm.ECHO ? tcb.cwnd - tcb.pipe : 0;
}

// Sender's silly window avoidance with Nagle's algorithm (§3.8.6.2.1, §3.7.4).
function isWorthSending(tcb: Tcb, bytes: u32, unsent: u32, usable: u32): bool {
  if (bytes == 0) {
    tcb.blocked = <u8>narrower(tcb);
    return false;
  }
  if (bytes >= tcb.sndMss) return true;
  const mayBeSmall = tcb.flight == 0 || tcb.has(EndpointFlag.NO_DELAY) || tcb.is(Mark.TIMEOUT_TESTED);
  if (bytes == unsent) {
    if (mayBeSmall || tcb.is(Mark.FIN_QUEUED)) return true;
    tcb.blocked = <u8>Blocked.NAGLE;
    return false;
  }
  // The packet ends here because it was sent in part before, or the MSS has changed; there is more behind it.
  if (bytes < usable) return true;
  tcb.blocked = <u8>narrower(tcb);
  return mayBeSmall && bytes >= tcb.maxSndWnd / 2;
}

function narrower(tcb: Tcb): Blocked {
  return peerRoom(tcb) <= networkRoom(tcb) ? Blocked.PEER_WINDOW : Blocked.CONGESTION_WINDOW;
}

// Sends a part of a packet. One that goes whole, and is not on its way already, goes as it is; of others a copy goes.
function sendPart(tcb: Tcb, packet: Packet, bytes: u32, seq: u32, flags: u32): bool {
  const waits = packet.has(PacketFlag.ON_ITS_WAY);
  // Sent already and still waiting for the wire: a second copy would not come sooner.
  if (waits && seqBefore(seq, tcb.sndNxt)) return true;
  if (!waits && bytes == packet.bytes) return sendWhole(tcb, packet, seq, flags);
  return sendCopy(tcb, packet.payload + (seq - packet.seq), bytes, seq, flags);
}

function noteSent(packet: Packet): void {
  packet.sentAt = <u32>now();
  if (packet.transmissions < 255) packet.transmissions++;
}

// Keeps the books of what was sent for the first time.
function sentNew(tcb: Tcb, packet: Packet | null, bytes: u32, fin: bool): void {
  if (tcb.flight == 0) {
    tcb.waitingSince = now();
    forgetDeliveries(tcb);
  }
  if (packet) {
    packet.sentAt = <u32>now();
    packet.transmissions = max<u8>(packet.transmissions, 1);
  }
  if (tcb.phase == Phase.RECOVERY) tcb.prrOut += bytes;
  advance(tcb, tcb.sndNxt + bytes + (fin ? 1 : 0));
}

/** A probe of the peer's window has gone out; the first one takes the byte, or the FIN, that it carries. */
export function tookWindowProbe(tcb: Tcb, packet: Packet | null): void {
  if (tcb.flight == 0) sentNew(tcb, packet, packet ? 1 : 0, packet === null);
  if (packet) packet.transmissions = 2; // its round trip says nothing
}

function advance(tcb: Tcb, sndNxt: u32): void {
  let packet = tcb.sndNew;
  if (packet) unmarkReported(tcb, packet);
  tcb.sndNxt = sndNxt;
  while (packet && seqUpTo(packet.seq + packet.bytes, sndNxt)) packet = packet.next;
  tcb.sndNew = packet;
}

// Whatever is unacknowledged has the retransmission timer running (RFC 6298 (5.1)); what only waits for a window has
// it running to probe that window (§3.8.6.1).
function setRetransmission(tcb: Tcb): void {
  if (tcb.alarm == Alarm.ECHO) return;
  const stuck = tcb.flight == 0 && hasUnsent(tcb);
  if (tcb.flight == 0 && !stuck) {
    tcb.rtxAt = NEVER;
    tcb.alarm = Alarm.RETRANSMIT;
    return;
  }
  const persist = stuck || tcb.sndWnd == 0;
  if (persist && tcb.alarm != Alarm.PERSIST) {
    tcb.waitingSince = NEVER; // until a probe waits for its answer
    tcb.backoff = 0;
    setAlarm(tcb, Alarm.PERSIST, tcb.rto);
  } else if (!persist && tcb.alarm == Alarm.PERSIST) {
    tcb.backoff = 0;
    tcb.waitingSince = now();
    restartRetransmission(tcb);
  } else if (tcb.rtxAt == NEVER) {
    restartRetransmission(tcb);
  }
}

/** Starts the retransmission timer anew while something is on its way (RFC 6298 (5.2), (5.3)), or stops it. */
export function restartRetransmission(tcb: Tcb): void {
  if (tcb.alarm == Alarm.PERSIST && tcb.sndWnd == 0) return;
  setAlarm(tcb, Alarm.RETRANSMIT, tcb.rto);
  if (tcb.flight == 0) tcb.rtxAt = NEVER;
  else preferProbe(tcb);
}

// A probe is due some time after the last new segment (RFC 8985 §7.2), a retransmission after the first.
function restartProbe(tcb: Tcb): void {
  if (tcb.alarm == Alarm.PROBE || tcb.alarm == Alarm.RETRANSMIT) preferProbe(tcb);
}
