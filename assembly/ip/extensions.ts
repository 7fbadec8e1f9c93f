// Extension headers of IPv6 (RFC 8200 §4): gone through in their order, up to what the packet carries. A header costs a
// stranger little to send and us time to read, so that their number, and that of their options, is limited (RFC 8504
// §5.3).

import { Counter } from "../abi/counters";
import { be16, be32 } from "../base/bytes";
import { IPV6_HEADER_BYTES, TCP_HEADER_BYTES, UDP_HEADER_BYTES } from "../base/config";
import { countIp } from "../base/counters";
import { Packet } from "../device/packet";
import { Arrival } from "./arrival";
import { Icmp6Type } from "./icmpv6";
import { FragmentBits } from "./ipv4";
import { NEXT_HEADER } from "./ipv6";
import { Protocol } from "./protocol";

/** What the way through the headers has come to, beside the protocol that was found. */
export const enum Walk {
  /** The packet is dropped; whoever found that has counted it. */
  DROPPED = -1,
  /** A fragment: `arrival.fragment` and `arrival.identification` say which. */
  FRAGMENT = -2,
  /** The sender is to be told: `arrival.problem` and `arrival.pointer` say of what (RFC 4443 §3.4). */
  PROBLEM = -3,
}

/** Codes of a parameter problem. */
export const enum Problem {
  ERRONEOUS_FIELD = 0,
  UNKNOWN_HEADER = 1,
  UNKNOWN_OPTION = 2,
  /** The first fragment lacks headers (RFC 7112 §5). */
  INCOMPLETE_CHAIN = 3,
}

const MOST_HEADERS: u32 = 8;
const MOST_OPTIONS: u32 = 16;

const PAD1: u32 = 0;
const PADN: u32 = 1;
const ROUTER_ALERT: u32 = 5;

const FRAGMENT_BYTES: u32 = 8;

/**
 * Takes the extension headers off that begin with the bytes in view, of protocol `arrival.protocol`. The answer is the
 * protocol behind them, or one of Walk. `first` is true of a packet's beginning, where hop-by-hop options may stand.
 */
export function openExtensions(arrival: Arrival, packet: Packet, first: bool): i32 {
  let nextField = first ? arrival.header + NEXT_HEADER : arrival.nextField;
  for (let headers: u32 = 0; headers < MOST_HEADERS; headers++) {
    arrival.nextField = nextField;
    const protocol: u32 = arrival.protocol;
    switch (protocol) {
      case Protocol.HOP_BY_HOP:
        if (!first || headers) return problem(arrival, Problem.UNKNOWN_HEADER, nextField);
        break;
      case Protocol.DESTINATION_OPTIONS:
      case Protocol.ROUTING:
        break;
      case Protocol.FRAGMENT:
        return openFragment(arrival, packet);
      case Protocol.NONE:
        return Walk.DROPPED; // nothing was sent (§4.7)
      default:
        return protocol;
    }
    const bytes = packet.length >= 8 ? (<u32>load<u8>(packet.data, 1) + 1) * 8 : 8;
    if (bytes > packet.length) return drop();
    const verdict = protocol == Protocol.ROUTING ? checkRouting(arrival, packet) : checkOptions(arrival, packet, bytes);
    if (verdict < 0) return verdict;
    nextField = packet.data;
    arrival.protocol = load<u8>(packet.data);
    packet.pull(bytes);
  }
  return drop();
}

function drop(): i32 {
  countIp(Counter.IpInHdrErrors, true);
  return Walk.DROPPED;
}

function problem(arrival: Arrival, code: Problem, at: usize): i32 {
  countIp(counterOf(code), true);
  arrival.problem = <u8>code;
  arrival.pointer = <u32>(at - arrival.header);
  return Walk.PROBLEM;
}

function counterOf(code: Problem): Counter {
  if (code == Problem.ERRONEOUS_FIELD) return Counter.IpInSourceRoutes; // no other field is looked at
  return code == Problem.UNKNOWN_HEADER ? Counter.IpInUnknownProtos : Counter.IpInHdrErrors;
}

/** The sender is to be told that nobody here knows the header that the walk stopped at. */
export function unknownHeader(arrival: Arrival): void {
  problem(arrival, Problem.UNKNOWN_HEADER, arrival.nextField);
}

// A route that was gone to its end is of no interest; one that goes on would make a router of us (RFC 5095).
function checkRouting(arrival: Arrival, packet: Packet): i32 {
  if (load<u8>(packet.data, 3) == 0) return 0;
  return problem(arrival, Problem.ERRONEOUS_FIELD, packet.data + 2);
}

// §4.2: what an option that we do not know wants is in its two upper bits.
function checkOptions(arrival: Arrival, packet: Packet, bytes: u32): i32 {
  const end = packet.data + bytes;
  let at = packet.data + 2;
  for (let options: u32 = 0; at < end; options++) {
    if (options == MOST_OPTIONS) return drop();
    const type: u32 = load<u8>(at);
    if (type == PAD1) {
      at++;
      continue;
    }
    if (at + 2 > end) return drop();
    const next = at + 2 + <usize>load<u8>(at, 1);
    if (next > end) return drop();
    if (type != PADN && type != ROUTER_ALERT && type >> 6) {
      if (type >> 6 == 1 || (type >> 6 == 3 && arrival.toMany)) return drop();
      return problem(arrival, Problem.UNKNOWN_OPTION, at);
    }
    at = next;
  }
  return 0;
}

/**
 * True of an error and of a redirect, about which nothing may be sent (RFC 4443 §2.4 (e)), also behind headers with which
 * something is wrong.
 */
export function isErrorItself(arrival: Arrival): bool {
  const packet = arrival.packet;
  const end = packet.data + packet.length;
  let protocol: u32 = load<u8>(arrival.header, NEXT_HEADER);
  let at = arrival.header + IPV6_HEADER_BYTES;
  while (at + 8 <= end) {
    const type: u32 = load<u8>(at);
    if (protocol == Protocol.ICMPV6) return type < <u32>Icmp6Type.ECHO || type == <u32>Icmp6Type.REDIRECT;
    if (!isExtension(protocol)) return false;
    if (protocol == Protocol.FRAGMENT && be16(at, 2) >= 8) return false; // what follows is the middle of something
    at += protocol == Protocol.FRAGMENT ? FRAGMENT_BYTES : (<u32>load<u8>(at, 1) + 1) * 8;
    protocol = type; // where a message has its type, a header names the next one
  }
  return false;
}

/**
 * True when the first fragment in view, which begins with a header of `protocol`, has every header of its packet, as it
 * must (RFC 7112 §5): the extension headers, and the beginning of what they lead to.
 */
export function hasAllHeaders(packet: Packet, protocol: u32): bool {
  const end = packet.data + packet.length;
  let at = packet.data;
  while (isExtension(protocol)) {
    if (at + 8 > end) return false;
    protocol = load<u8>(at);
    at += (<u32>load<u8>(at, 1) + 1) * 8;
  }
  return at + leastHeader(protocol) <= end;
}

// Bytes of the smallest header of a protocol; of one that we do not know, none.
function leastHeader(protocol: u32): u32 {
  switch (protocol) {
    case Protocol.TCP:
      return TCP_HEADER_BYTES;
    case Protocol.UDP:
      return UDP_HEADER_BYTES;
    case Protocol.ICMPV6:
      return 4; // type, code and checksum (RFC 4443 §2.1)
    default:
      return 0;
  }
}

function isExtension(protocol: u32): bool {
  switch (protocol) {
    case Protocol.HOP_BY_HOP:
    case Protocol.DESTINATION_OPTIONS:
    case Protocol.ROUTING:
    case Protocol.FRAGMENT:
      return true;
    default:
      return false;
  }
}

// §4.5. What follows is a part of a packet, unless it is the whole of it (RFC 6946).
function openFragment(arrival: Arrival, packet: Packet): i32 {
  if (packet.length < FRAGMENT_BYTES) return drop();
  const p = packet.data;
  const field = be16(p, 2);
  arrival.protocol = load<u8>(p);
  arrival.fragment = <u16>(FragmentBits.HEADER_6 | (field >> 3) | ((field & 1) << 13)); // as in an IPv4 header
  arrival.identification = be32(p, 4);
  arrival.nextField = p;
  packet.pull(FRAGMENT_BYTES);
  return Walk.FRAGMENT;
}
