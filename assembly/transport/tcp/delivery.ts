// What one ACK says has arrived, packet by packet: round trips, and the state of RACK (RFC 8985 §6.2, steps 1 to 3).

import { Offer } from "../../abi/status";
import { now } from "../../base/clock";
import { MILLISECOND } from "../../base/config";
import { DELIVERY_STATE } from "../../base/memory";
import { Packet } from "../../device/packet";

import { Flag } from "./header";
import { segment } from "./segment";
import { seqAfter, seqBefore, seqMax, seqMin } from "./seq";
import { Mark, Tcb } from "./tcb";

/** There is one, since one ACK is processed at a time. */
@unmanaged
@final
class Delivery {
  /** Round trip of the first packet that arrived and was sent only once, in microseconds; 0 for none. */
  rtt: u32;
  /** Where the duplicate ends that a D-SACK reports. */
  duplicateEnd: u32;
  /** The highest number delivered before this ACK. */
  highestBefore: u32;
  reportsDuplicate: bool;
  /** The ACK echoes congestion: it lets no window grow (RFC 3168 §6.1.2). */
  echoes: bool;
}

export const delivery: Delivery = changetype<Delivery>(DELIVERY_STATE);

/** A new ACK is looked at. */
export function beginDelivery(tcb: Tcb): void {
  delivery.highestBefore = tcb.rackHighest;
  delivery.rtt = 0;
  delivery.reportsDuplicate = false;
  delivery.echoes = tcb.is(Mark.ECN) && segment.has(Flag.ECE);
}

/** One was sent after the other; of two sent at the same moment, the one with the higher number (RACK_sent_after). */
export function sentAfter(time: u32, end: u32, otherTime: u32, otherEnd: u32): bool {
  return <i32>(time - otherTime) > 0 || (time == otherTime && seqAfter(end, otherEnd));
}

/** The segment that is being processed says that the packet has arrived: acknowledged, or reported for the first time. */
export function deliver(tcb: Tcb, packet: Packet): void {
  const rtt = max<u32>(<u32>now() - packet.sentAt, 1);
  const end = seqMin(packet.seq + packet.bytes, tcb.sndNxt); // of the last one only a part may have been sent
  const once = packet.transmissions == 1;
  if (once) takeRoundTrip(tcb, rtt);
  tcb.rackHighest = seqMax(tcb.rackHighest, end);
  if (once && seqBefore(end, delivery.highestBefore)) tcb.mark(Mark.REORDERED);
  if (!once && isForEarlierOne(tcb, packet, rtt)) return;
  tcb.rackRtt = rtt;
  if (!sentAfter(packet.sentAt, end, tcb.rackSentAt, tcb.rackEnd)) return;
  tcb.rackSentAt = packet.sentAt;
  tcb.rackEnd = end;
}

/** A part of the packet has arrived; it is not delivered before the rest has. */
export function deliverPart(tcb: Tcb, packet: Packet): void {
  if (packet.transmissions == 1) takeRoundTrip(tcb, max<u32>(<u32>now() - packet.sentAt, 1));
}

function takeRoundTrip(tcb: Tcb, rtt: u32): void {
  if (!delivery.rtt) delivery.rtt = rtt;
  if (rtt < tcb.minRtt) tcb.minRtt = rtt;
}

// What was sent more than once may have arrived the first time.
function isForEarlierOne(tcb: Tcb, packet: Packet, rtt: u32): bool {
  if (rtt < tcb.minRtt) return true;
  if (!tcb.is(Mark.TIMESTAMPS) || !(segment.offer & Offer.TIMESTAMPS)) return false;
  const sentAt = now() - (<u32>now() - packet.sentAt);
  return seqBefore(segment.echo, <u32>(sentAt / MILLISECOND) + tcb.tsOffset);
}

/** Data goes out and nothing is on its way: what RACK knew is of another time. */
export function forgetDeliveries(tcb: Tcb): void {
  tcb.rackSentAt = <u32>now();
  tcb.rackEnd = tcb.sndUna;
}

/** The connection is established. */
export function startDeliveries(tcb: Tcb): void {
  tcb.rackHighest = tcb.sndUna;
  tcb.rackRound = tcb.sndUna;
  tcb.reoMultiplier = 1;
  tcb.minRtt = tcb.srtt ? tcb.srtt : 0xffffffff;
  forgetDeliveries(tcb);
}
