// Packets of a connection: what it is promised, what it holds, and how large a window that allows.
//
// The pool is shared. Each control block has one packet for received data promised from the start, so that a
// connection can always open and take a segment; beyond that, received data may grow into what is free, up to as much
// as would be left free, so that no connection takes all and many find their share. A window that was advertised is a
// promise of packets, and the sum of promises never exceeds the pool: what a peer was allowed to send is never dropped
// for want of a packet. Data to send takes from what is not promised, and waits in line when there is none.

import { PACKETS, RX_PACKETS_PER_TCB, TCBS } from "profile";
import { MSS } from "../../base/config";
import { available, Packet, promise, release, takeSharedPacket } from "../../device/packet";
import { textPerPacket } from "./mss";
import { Mark, Tcb } from "./tcb";

/** Makes the promise that comes with every control block. */
export function startRoom(): void {
  promise(TCBS);
}

/** Packets that a connection's first window is good for: the initial window of a sender (RFC 6928). */
const FIRST_PACKETS: u32 = 10;

/** Packets that a window without scaling, as that of a SYN, can speak of. */
export const UNSCALED_PACKETS: u32 = 65535 / MSS;

/**
 * Packets that a handshake may be granted now for received data: at least the one that its connection is sure of. A
 * quarter of the pool is none of theirs, so that a flood of SYNs cannot hold what connections send from.
 */
export function firstGrant(rxLimit: u32): u32 {
  const spare = available() - <i32>PACKETS / 4;
  return min<u32>(<u32>max<i32>(1, (spare + 1) / 2), min<u32>(rxLimit, FIRST_PACKETS));
}

// How many the connection may be granted by now. It begins with what a sender may begin with, and grows twice as fast as
// text arrives, which keeps ahead of slow start; one that stays idle holds no more than the beginning.
function growthLimit(tcb: Tcb, text: u32): u32 {
  if (RX_PACKETS_PER_TCB <= FIRST_PACKETS || tcb.is(Mark.WINDOW_GROWN)) return tcb.rxLimit;
  const packets = FIRST_PACKETS + 2 * ((tcb.rcvNxt - tcb.irs) / text);
  if (packets < tcb.rxLimit) return packets;
  tcb.mark(Mark.WINDOW_GROWN);
  return tcb.rxLimit;
}

/** Promises a handshake what its SYN,ACK will advertise, or (returned) takes that back. */
export function promiseGrant(packets: u32): void {
  promise(packets - 1);
}
export function returnGrant(packets: u32): void {
  promise(1 - <i32>packets);
}

/** Packets that received data may still take. */
function outstanding(tcb: Tcb): i32 {
  return tcb.rxGrant > tcb.rxHeld ? <i32>tcb.rxGrant - <i32>tcb.rxHeld : 0;
}

/** Changes what is granted to received data, and the promise with it. */
function setGrant(tcb: Tcb, packets: u32): void {
  const before = outstanding(tcb);
  tcb.rxGrant = <u16>packets;
  promise(outstanding(tcb) - before);
}

/** The connection is over, or listens: it keeps what it holds and the one packet that comes with the block. */
export function shrinkGrant(tcb: Tcb): void {
  setGrant(tcb, max<u32>(1, tcb.rxHeld));
}

/** True when received data may take one more packet. */
export function mayHold(tcb: Tcb): bool {
  return tcb.rxHeld < tcb.rxGrant;
}

/** Received data has taken a packet, or (-1) let one go. */
export function heldForReceive(tcb: Tcb, packets: i32): void {
  const before = outstanding(tcb);
  tcb.rxHeld = <u16>(<i32>tcb.rxHeld + packets);
  promise(outstanding(tcb) - before);
}

/** Lets go of a packet of received data. */
export function releaseReceived(tcb: Tcb, packet: Packet): void {
  release(packet);
  heldForReceive(tcb, -1);
}

/**
 * Adjusts what is granted to received data to what is free, and gives the window that it allows: never less than was
 * advertised, and a larger one only when that is worth a segment (RFC 9293 §3.8.6.2.2).
 */
export function chooseWindow(tcb: Tcb): u32 {
  const advertised = tcb.rcvWnd;
  const text = textPerPacket(tcb, tcb.is(Mark.TIMESTAMPS));
  const free = available();
  const fair = max<i32>(0, (free + <i32>tcb.rxGrant) / 2);
  const most = growthLimit(tcb, text);
  const fits = RX_PACKETS_PER_TCB <= UNSCALED_PACKETS || tcb.is(Mark.SCALED);
  const limit = fits ? most : min<u32>(most, UNSCALED_PACKETS);
  let packets = max<u32>(1, min<u32>(<u32>fair, limit));
  // What is unread, and what the peer may still send, stays granted, with every packet full.
  const taken = tcb.rcvBytes + advertised;
  if (packets * text < taken) packets = (taken + text - 1) / text;
  if (packets != <u32>tcb.rxGrant) setGrant(tcb, packets);

  const room = <u32>tcb.rxGrant * text;
  const window = room > tcb.rcvBytes ? room - tcb.rcvBytes : 0;
  if (window <= advertised) return advertised;
  // Before the first text the window follows the options that were agreed on.
  const isFirst = tcb.rcvNxt == tcb.irs + 1;
  return isFirst || window - advertised >= min<u32>(text, room / 2) ? window : advertised;
}

/** A packet for data to send, counted as the connection's; null when it has its share, or none is free. */
export function takeForSend(tcb: Tcb): Packet | null {
  if (tcb.txHeld >= tcb.txLimit || (tcb.txHeld > 0 && <i32>tcb.txHeld >= available())) return null;
  const packet = takeSharedPacket();
  if (packet) tcb.txHeld++;
  return packet;
}

/** Lets go of a packet of data that was sent and acknowledged, or will never be. */
export function releaseSent(tcb: Tcb, packet: Packet): void {
  release(packet);
  tcb.txHeld--;
}
