// The machine as a router: packets for others are passed on, and their senders hear why one was not (RFC 1812 §4.3.3).

import { FORWARDING, IPV6 } from "profile";
import { adapterAt } from "../device/adapter";
import { Packet } from "../device/packet";
import { isOwn } from "../ethernet/addresses";
import { EtherType, etherTypeOf } from "../ethernet/header";
import { Arrival, arrival } from "../ip/arrival";
import { Fate, judge, passInParts, passOn } from "../ip/forward";
import { FragmentBits, openIpv4 } from "../ip/ipv4";
import { openIpv6 } from "../ip/ipv6";
import { findPath, linkMtu, passing } from "../ip/output";
import { Protocol } from "../ip/protocol";
import { ANY_ADAPTER } from "../ip/route";
import { IcmpType, isIcmpError, sendIcmpError, sendRedirect, Unreachable } from "../transport/icmp-output";

/** Types of ICMPv6 below this are errors (RFC 4443 §2.1). */
const FIRST_ICMP6_INFORMATION: u32 = 128;

/** Handles a packet for somebody else, which `arrival` describes. */
export function routeOn(arrival: Arrival): void {
  const fate = judge(arrival);
  arrival.toMany = 0;
  switch (fate) {
    case Fate.PASS:
      passOn(arrival, passing());
      break;
    case Fate.PASS_AND_REDIRECT:
      passAndRedirect(arrival);
      break;
    case Fate.PASS_IN_PARTS:
      passInParts(arrival, passing());
      break;
    case Fate.EXPIRED:
      tell(arrival, IcmpType.TIME_EXCEEDED, 0, 0);
      break;
    case Fate.NO_ROUTE:
      tell(arrival, IcmpType.UNREACHABLE, Unreachable.NET, 0);
      break;
    case Fate.TOO_BIG:
      tell(arrival, IcmpType.UNREACHABLE, Unreachable.FRAGMENTATION_NEEDED, passableBytes(arrival));
      break;
    default:
  }
}

// What the link carries that the packet was too big for.
function passableBytes(arrival: Arrival): u32 {
  return linkMtu(adapterAt(passing().adapter), arrival.destination);
}

// The quotation is of the packet as it came, so the sender is told first; that takes a path of its own.
function passAndRedirect(arrival: Arrival): void {
  if (mayTell(arrival)) sendRedirect(arrival, passing().neighbor!.address);
  if (findPath(passing(), arrival.destination, ANY_ADAPTER) == 0) passOn(arrival, passing());
}

function tell(arrival: Arrival, type: u32, code: u32, rest: u32): void {
  if (mayTell(arrival)) sendIcmpError(arrival, type, code, rest);
}

// No error about an error, and one only for all the fragments of a packet (RFC 1122 §3.2.2).
function mayTell(arrival: Arrival): bool {
  if (arrival.fragment & FragmentBits.OFFSET) return false;
  const type: u32 = load<u8>(arrival.header + arrival.headerBytes);
  if (IPV6 && arrival.isV6) return arrival.protocol != Protocol.ICMPV6 || type >= FIRST_ICMP6_INFORMATION;
  return arrival.protocol != Protocol.ICMP || !isIcmpError(type);
}

/**
 * A packet has waited for a neighbor that does not answer. When it was one to be passed on its sender is told so; the
 * packet is used up.
 */
export function tellUnreachable(packet: Packet): void {
  if (!FORWARDING || !open(packet) || isOwn(arrival.source)) return;
  arrival.adapter = packet.adapter;
  arrival.toMany = 0;
  tell(arrival, IcmpType.UNREACHABLE, Unreachable.HOST, 0);
}

function open(packet: Packet): bool {
  return etherTypeOf(packet) == EtherType.IPV4 ? openIpv4(packet) : openIpv6(packet);
}
