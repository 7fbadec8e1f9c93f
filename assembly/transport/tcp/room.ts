// Packets of a connection: what it is promised, what it holds, and how large a window that allows.
//
// The pool is shared. A connection is promised one packet for each direction when it begins; beyond that, received
// data may grow into what is free, up to as much as would be left free, so that no connection takes all and many find
// their share. A window that was advertised is a promise of packets, and the sum of promises never exceeds the pool:
// what a peer was allowed to send is never dropped for want of a packet.

import { MSS } from "../../base/config";
import { Counter } from "../../abi/counters";
import { count } from "../../base/counters";
import { available, Packet, promise, release, takePacket, takeSharedPacket } from "../../device/packet";
import { Mark, Tcb } from "./tcb";

/** Packets promised to every connection: one for each direction. */
const MINIMUM = 2;

/** Promises the connection its minimum, and as much for received data as `window` bytes ask. False: no packets. */
export function reserve(tcb: Tcb, window: u32): bool {
  const wanted = max<u32>(packetsFor(window), 1);
  if (available() < <i32>wanted + MINIMUM - 1) {
    count(Counter.TcpNoBuffers);
    return false;
  }
  tcb.rxGrant = <u16>wanted;
  tcb.mark(Mark.RESERVED);
  promise(wanted + 1);
  return true;
}

/** True when a connection could begin now. */
export function canReserve(): bool {
  return available() >= MINIMUM;
}

/** Takes the promises back; the connection's queues are empty. */
export function unreserve(tcb: Tcb): void {
  if (!tcb.is(Mark.RESERVED)) return;
  tcb.unmark(Mark.RESERVED);
  promise(-<i32>outstanding(tcb) - (tcb.txHeld ? 0 : 1));
  tcb.rxGrant = 0;
}

function packetsFor(bytes: u32): u32 {
  return (bytes + MSS - 1) / MSS;
}

/** Packets that received data may still take. */
function outstanding(tcb: Tcb): u32 {
  return tcb.rxGrant > tcb.rxHeld ? tcb.rxGrant - tcb.rxHeld : 0;
}

/** True when received data may take one more packet. */
export function mayHold(tcb: Tcb): bool {
  return tcb.rxHeld < tcb.rxGrant;
}

/** Received data has taken a packet, or (-1) let one go. */
export function heldForReceive(tcb: Tcb, packets: i32): void {
  const before = outstanding(tcb);
  tcb.rxHeld = <u16>(<i32>tcb.rxHeld + packets);
  if (tcb.is(Mark.RESERVED)) promise(<i32>outstanding(tcb) - <i32>before);
}

/** Lets go of a packet of received data. */
export function releaseReceived(tcb: Tcb, packet: Packet): void {
  release(packet);
  heldForReceive(tcb, -1);
}

/** The window that a new connection may be offered now, in bytes, before anything is reserved. */
export function firstWindow(rxLimit: u32): u32 {
  const fair = max<i32>(1, (available() - MINIMUM) / 2);
  return min<u32>(<u32>fair, rxLimit) * MSS;
}

/**
 * Adjusts what is granted to received data to what is free, and gives the window that it allows: never less than was
 * advertised, and a larger one only when that is worth a segment (RFC 9293 §3.8.6.2.2).
 */
export function chooseWindow(tcb: Tcb): u32 {
  const advertised = tcb.rcvWnd;
  if (!tcb.is(Mark.RESERVED)) return advertised;
  const least = max<u32>(1, packetsFor(tcb.rcvBytes + advertised));
  const before = outstanding(tcb);
  const fair = (available() + <i32>tcb.rxGrant) / 2;
  let grant = min<u32>(<u32>max<i32>(fair, 0), tcb.rxLimit);
  if (grant < least) grant = least;
  // What was promised already may stay; more needs packets that are free.
  if (grant > tcb.rxGrant && <i32>(grant - tcb.rxGrant) > available()) {
    grant = max<u32>(least, <u32>max<i32>(<i32>tcb.rxGrant + available(), 1));
  }
  tcb.rxGrant = <u16>grant;
  promise(<i32>outstanding(tcb) - <i32>before);

  const room = grant * MSS;
  const window = room > tcb.rcvBytes ? room - tcb.rcvBytes : 0;
  if (window <= advertised) return advertised;
  const worth = min<u32>(MSS, room / 2);
  return window - advertised >= worth ? window : advertised;
}

/** A packet for data to send, counted as the connection's; null when it has its share. */
export function takeForSend(tcb: Tcb): Packet | null {
  if (tcb.txHeld == 0) {
    const packet = takePacket();
    if (!packet) return null;
    promise(-1);
    tcb.txHeld = 1;
    return packet;
  }
  if (tcb.txHeld >= tcb.txLimit || <i32>tcb.txHeld >= available()) return null;
  const packet = takeSharedPacket();
  if (packet) tcb.txHeld++;
  return packet;
}

/** Lets go of a packet of data that was sent and acknowledged, or will never be. */
export function releaseSent(tcb: Tcb, packet: Packet): void {
  release(packet);
  if (--tcb.txHeld == 0 && tcb.is(Mark.RESERVED)) promise(1);
}
