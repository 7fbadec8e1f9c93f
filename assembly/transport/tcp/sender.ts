// The sender: what may be sent now, and what is sent again when a timer says so.

import { Counter } from "../../abi/counters";
import { Blocked, State } from "../../abi/status";
import { NEVER, now } from "../../base/clock";
import { count } from "../../base/counters";
import { Packet, PacketFlag } from "../../device/packet";
import { awaitPacket, EndpointFlag, scheduleOutput } from "../endpoint";
import { onIdle, onTimeout } from "./congestion";
import { Flag } from "./header";
import { sendAck, sendCopy, sendWhole } from "./output";
import { backOff, probeInterval, startTiming, stopTiming } from "./rto";
import { hasUnsent } from "./send-queue";
import { seqAfter, seqBefore, seqUpTo } from "./seq";
import { armTimer, Mark, Tcb } from "./tcb";

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

/** Sends a part of a packet. One that goes whole, and is not on its way already, goes as it is; of others a copy goes. */
export function sendPart(tcb: Tcb, packet: Packet, offset: u32, bytes: u32, seq: u32, flags: u32): bool {
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
    if (!again) startTiming(tcb, seq);
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
