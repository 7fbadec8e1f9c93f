// What must be true whenever a turn ends. A debug build checks it after every poll; a release build has none of it.

import { SYN_QUEUE, TCBS } from "profile";
import { State } from "../abi/status";
import { NEVER } from "../base/clock";
import { handshakePool, packetPool, tcbPool } from "../base/pool";
import { timerDue } from "../base/timers";
import { PacketFlag, promised } from "../device/packet";
import { EndpointFlag } from "../transport/endpoint";
import { outstandingOf } from "../transport/tcp/scoreboard";
import { seqUpTo } from "../transport/tcp/seq";
import { Handshake } from "../transport/tcp/syn-queue";
import { Mark, Tcb, timerOf } from "../transport/tcp/tcb";

export function checkInvariants(): void {
  let granted: u32 = 0;
  for (let i: u32 = 0; i < TCBS; i++) {
    const tcb = changetype<Tcb>(tcbPool.at(i));
    if (!tcb.kind) {
      granted++; // the packet that comes with every block
      continue;
    }
    if (tcb.rxGrant > tcb.rxHeld) granted += tcb.rxGrant - tcb.rxHeld;
    checkConnection(tcb);
  }
  for (let i: u32 = 0; i < SYN_QUEUE; i++) {
    const handshake = changetype<Handshake>(handshakePool.at(i));
    if (handshake.kind) granted += handshake.grant - 1;
  }
  assert(granted == promised(), "the promises do not add up");
  assert(packetPool.used <= packetPool.count, "more packets than there are");
}

function checkConnection(tcb: Tcb): void {
  if (tcb.state == State.CLOSED || tcb.state == State.LISTEN) return;
  assert(seqUpTo(tcb.sndUna, tcb.sndNxt), "SND.UNA is beyond SND.NXT");
  assert(seqUpTo(tcb.rcvNxt, tcb.rcvEdge), "RCV.NXT is beyond the window");
  checkTimer(tcb);
  checkSendQueue(tcb);
  checkReceiveQueue(tcb);
}

// Unacknowledged data has a timer armed, or the connection could stand still for ever.
function checkTimer(tcb: Tcb): void {
  if (tcb.flight == 0 || tcb.has(EndpointFlag.OUTPUT_DUE) || tcb.has(EndpointFlag.WAITS_FOR_PACKET)) return;
  assert(tcb.rtxAt != NEVER, "unacknowledged data without a timer");
  assert(timerDue(timerOf(tcb)) <= tcb.rtxAt, "the timer that is armed comes later than the deadline");
}

function checkSendQueue(tcb: Tcb): void {
  let packets: u32 = 0;
  let sacked: u32 = 0;
  let lost: u32 = tcb.is(Mark.FIN_LOST) ? 1 : 0;
  let end = tcb.sndHead ? tcb.sndHead!.seq : tcb.sndEnd;
  let packet = tcb.sndHead;
  while (packet) {
    if (packet.has(PacketFlag.SACKED)) sacked += outstandingOf(tcb, packet);
    if (packet.has(PacketFlag.LOST)) lost += outstandingOf(tcb, packet);
    assert(packet.seq == end, "a gap in the send queue");
    assert(packet.holders > 0, "a free packet in the send queue");
    assert(<i32>packet.tailRoom >= 0, "a packet reaches beyond its buffer");
    end += packet.bytes;
    packets++;
    packet = packet.next;
  }
  assert(end == tcb.sndEnd, "the send queue does not end where it should");
  assert(packets == tcb.txHeld, "packets of the send queue are miscounted");
  assert(lost == tcb.lostBytes, "lost bytes are miscounted");
  assert(sacked == tcb.sackedBytes || !tcb.is(Mark.SACK), "reported bytes are miscounted");
  assert(tcb.sackedBytes + tcb.lostBytes <= tcb.flight, "more reported and lost than is on its way");
}

function checkReceiveQueue(tcb: Tcb): void {
  let packets: u32 = 0;
  let bytes: u32 = 0;
  let packet = tcb.rcvHead;
  while (packet) {
    bytes += packet.length;
    packets++;
    packet = packet.next;
  }
  assert(bytes == tcb.rcvBytes || tcb.is(Mark.READ_SHUT), "unread bytes are miscounted");
  bytes = 0;
  let last = tcb.rcvNxt;
  packet = tcb.holeHead;
  while (packet) {
    assert(seqUpTo(last, packet.seq), "data behind a hole is out of order");
    last = packet.seq + packet.length;
    bytes += packet.length;
    packets++;
    packet = packet.next;
  }
  assert(bytes == tcb.holeBytes, "bytes behind holes are miscounted");
  assert(packets == tcb.rxHeld, "packets of received data are miscounted");
}
