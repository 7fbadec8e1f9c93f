// ICMP on the way out: errors about packets that came in, and requests for an echo (RFC 792; RFC 4443). Those who call
// speak ICMP's language for both versions; what IPv6 calls otherwise is translated here.

import { FORWARDING, IPV6 } from "profile";
import { Counter } from "../abi/counters";
import { isMulticast, isUnspecified, isV4, v4Of } from "../base/address";
import { setBe16, setBe32 } from "../base/bytes";
import { now } from "../base/clock";
import { FRAGMENTS, HEADROOM, ICMP_HEADER_BYTES, IP_HEADER_BYTES, LEAST_V4_MTU, MILLISECOND } from "../base/config";
import { count, countIp } from "../base/counters";
import { ICMP_STATE } from "../base/memory";
import { cutChain, sumChain } from "../device/chain";
import { Packet, release, takeSharedPacket } from "../device/packet";
import { isOwn, sourceTo } from "../ethernet/addresses";
import { Arrival } from "../ip/arrival";
import { isErrorItself, Problem } from "../ip/extensions";
import { finishIcmp6, Icmp6Type } from "../ip/icmpv6";
import { defaultMtu, ipHeaderBytes, pathFor, sendIp } from "../ip/output";
import { Protocol } from "../ip/protocol";
import { ANY_ADAPTER } from "../ip/route";
import { Datagram } from "./datagram";

export const enum IcmpType {
  ECHO_REPLY = 0,
  UNREACHABLE = 3,
  SOURCE_QUENCH = 4,
  REDIRECT = 5,
  ECHO = 8,
  TIME_EXCEEDED = 11,
  PARAMETER_PROBLEM = 12,
}

/** Codes of TIME_EXCEEDED. */
export const enum TimeExceeded {
  TTL = 0,
  REASSEMBLY = 1,
}

export const enum Unreachable {
  NET = 0,
  HOST = 1,
  PROTOCOL = 2,
  PORT = 3,
  FRAGMENTATION_NEEDED = 4,
  SOURCE_ROUTE_FAILED = 5,
}

/** Of a redirect: for this host alone. */
const REDIRECT_HOST: u32 = 1;

/** True of a type of message that no error may be sent about (RFC 1122 §3.2.2). */
export function isIcmpError(type: u32): bool {
  switch (type) {
    case IcmpType.UNREACHABLE:
    case IcmpType.SOURCE_QUENCH:
    case IcmpType.REDIRECT:
    case IcmpType.TIME_EXCEEDED:
    case IcmpType.PARAMETER_PROBLEM:
      return true;
    default:
      return false;
  }
}

// Errors are limited to a hundred in a second, with bursts of up to fifty (RFC 1812 §4.3.2.8).
const ERROR_INTERVAL: u64 = 10 * MILLISECOND;
const ERROR_BURST: u64 = 50;

@unmanaged
@final
class Icmp {
  /** The time up to which errors have been paid for; it may run ahead of `now` by a burst. */
  paidUntil: u64;
}

const icmp: Icmp = changetype<Icmp>(ICMP_STATE);

/**
 * Answers the packet that is being received with an error, in that same packet: its IP header and what follows become
 * the quotation. `rest` is what the type says in its header's second word: an MTU, a pointer. Says nothing where RFC 1122
 * §3.2.2 or RFC 4443 §2.4 (e) forbids it.
 */
export function sendIcmpError(arrival: Arrival, type: u32, code: u32, rest: u32 = 0): void {
  const isV6 = arrival.isV6;
  const isOption = isV6 && type == IcmpType.PARAMETER_PROBLEM && code == Problem.UNKNOWN_OPTION;
  if ((arrival.toMany && !isOption) || isUnspecified(arrival.source)) return;
  if (IPV6 && isV6 && type == IcmpType.PARAMETER_PROBLEM && isErrorItself(arrival)) return;
  if (!mayError()) {
    countIp(Counter.IcmpOutRateLimited, isV6);
    return;
  }
  const packet = arrival.packet;
  if (FRAGMENTS) cutChain(packet); // the first fragment is quoted
  const at = arrival.header + ipHeaderBytes(arrival.source) + ICMP_HEADER_BYTES;
  // It quotes as much as keeps the whole within what every host takes (RFC 1812 §4.3.2.3, RFC 4443 §2.4 (c)).
  const room = defaultMtu(arrival.source) - <u32>(at - arrival.header);
  const quoted = min<u32>(packet.length + <u32>(packet.data - arrival.header), room);
  memory.copy(at, arrival.header, quoted);
  packet.data = at;
  packet.length = quoted;
  const isLate = (FRAGMENTS || FORWARDING) && type == IcmpType.TIME_EXCEEDED;
  countIp(isLate ? Counter.IcmpOutTimeExcds : Counter.IcmpOutDestUnreachs, isV6);
  setBe32(packet.push(ICMP_HEADER_BYTES), rest, 4);
  reply(packet, arrival, type, code);
}

/** Tells the sender of the packet that is being passed on that `gateway` is the better next hop (RFC 792). */
export function sendRedirect(arrival: Arrival, gateway: usize): void {
  if (!mayError()) {
    countIp(Counter.IcmpOutRateLimited, false);
    return;
  }
  const packet = takeSharedPacket();
  if (!packet) return; // the sender goes on as before
  packet.data = packet.buffer + HEADROOM;
  packet.length = min<u32>(arrival.packet.length, LEAST_V4_MTU - IP_HEADER_BYTES - ICMP_HEADER_BYTES);
  memory.copy(packet.data, arrival.header, packet.length);
  count(Counter.IcmpOutRedirects);
  store<u32>(packet.push(ICMP_HEADER_BYTES), v4Of(gateway), 4);
  reply(packet, arrival, IcmpType.REDIRECT, REDIRECT_HOST);
  release(packet);
}

function mayError(): bool {
  const time = now();
  if (icmp.paidUntil < time) icmp.paidUntil = time;
  if (icmp.paidUntil + ERROR_INTERVAL > time + ERROR_BURST * ERROR_INTERVAL) return false;
  icmp.paidUntil += ERROR_INTERVAL;
  return true;
}

/** Turns a request for an echo, whose ICMP header is in view, into the reply, in the packet that brought it. */
export function sendEchoReply(arrival: Arrival): void {
  countIp(Counter.IcmpOutEchoReps, arrival.isV6);
  reply(arrival.packet, arrival, IcmpType.ECHO_REPLY, 0);
}

// Type, code and checksum; the rest of the header stands.
function finish(packet: Packet, type: u32, code: u32, source: usize, destination: usize): void {
  const isV6 = !isV4(destination);
  countIp(Counter.IcmpOutMsgs, isV6);
  if (IPV6 && isV6) {
    finishIcmp6(packet, type6Of(type, code), code6Of(type, code), source, destination);
    return;
  }
  const p = packet.data;
  store<u32>(p, type | (code << 8));
  store<u16>(p, <u16>~sumChain(packet), 2);
}

function type6Of(type: u32, code: u32): u32 {
  switch (type) {
    case IcmpType.ECHO:
      return Icmp6Type.ECHO;
    case IcmpType.ECHO_REPLY:
      return Icmp6Type.ECHO_REPLY;
    case IcmpType.TIME_EXCEEDED:
      return Icmp6Type.TIME_EXCEEDED;
    case IcmpType.PARAMETER_PROBLEM:
      return Icmp6Type.PARAMETER_PROBLEM;
    default:
      return code == Unreachable.FRAGMENTATION_NEEDED ? Icmp6Type.TOO_BIG : Icmp6Type.UNREACHABLE;
  }
}

function code6Of(type: u32, code: u32): u32 {
  if (type != IcmpType.UNREACHABLE) return code;
  switch (code) {
    case Unreachable.PORT:
      return 4;
    case Unreachable.HOST:
      return 3;
    default:
      return 0;
  }
}

// Back to where the packet came from, with the address that it went to as source. When that is none of ours, as that of a
// group, or of somebody to whom we were to pass it on, the adapter's that leads back (RFC 1812 §4.3.2.4).
function reply(packet: Packet, arrival: Arrival, type: u32, code: u32): void {
  let source = arrival.destination;
  const isOurs = !isMulticast(source) && (!FORWARDING || isOwn(source));
  const isForUs = isOurs || isMulticast(source);
  const path = pathFor(arrival.source, isForUs ? arrival.adapter : ANY_ADAPTER);
  if (!path) return; // no way back: counted as IpOutNoRoutes
  if (!isOurs) source = sourceTo(path.adapter, arrival.source);
  if (!source) return;
  finish(packet, type, code, source, arrival.source);
  sendIp(packet, path, source, arrival.source, icmpFor(source), 0, 0, false);
}

/** ICMP, of the version of an address. */
export function icmpFor(address: usize): u32 {
  return isV4(address) ? Protocol.ICMP : Protocol.ICMPV6;
}

/** Makes an echo request of what `socket` sends to `destination`. */
export function finishEcho(socket: Datagram, packet: Packet, source: usize, destination: usize): void {
  const p = packet.push(ICMP_HEADER_BYTES);
  setBe16(p, socket.localPort, 4);
  setBe16(p, ++socket.echoSequence, 6);
  countIp(Counter.IcmpOutEchos, !isV4(destination));
  finish(packet, IcmpType.ECHO, 0, source, destination);
}
