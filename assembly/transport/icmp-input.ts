// ICMP of both versions on the way in (RFC 792, RFC 1122 §3.2.2; RFC 4443): echoes are answered, replies and errors find
// the socket they concern, and what IPv6's neighbors and routers say goes to those who keep their tables.

import { GROUPS, IPV6, RAW_SOCKETS } from "profile";
import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { SocketKind } from "../abi/sockets";
import { isUnspecified, isV4 } from "../base/address";
import { be16, be32 } from "../base/bytes";
import { FRAGMENTS, ICMP_HEADER_BYTES } from "../base/config";
import { countIp } from "../base/counters";
import { sumChain } from "../device/chain";
import { Arrival } from "../ip/arrival";
import { receiveAdvertisement, receiveSolicitation } from "../ip/discovery";
import { Icmp6Type, sumIcmp6 } from "../ip/icmpv6";
import { LEAST_MTU } from "../ip/ipv6";
import { limitPathMtu } from "../ip/path-mtu";
import { Protocol } from "../ip/protocol";
import { receiveMld } from "../ip/query";
import { receiveRedirect, receiveRouterAdvertisement } from "../ip/router";
import { Datagram, failDatagram, isWhole, receiveDatagram } from "./datagram";
import { FlowKind, findFlow } from "./flow";
import { IcmpType, sendEchoReply, Unreachable } from "./icmp-output";
import { findBound } from "./ports";
import { openQuote, Quote, quote } from "./quote";
import { connectionError } from "./tcp/errors";
import { segmentTooBig } from "./tcp/path";
import { Tcb } from "./tcp/tcb";

/** Handles a message whose ICMP header is in view. */
export function receiveIcmp(arrival: Arrival, isV6: bool): void {
  countIp(Counter.IcmpInMsgs, isV6);
  const packet = arrival.packet;
  if (packet.length < ICMP_HEADER_BYTES || sumOf(arrival, isV6) != 0xffff) {
    countIp(Counter.IcmpInErrors, isV6);
    return;
  }
  const type: u32 = load<u8>(packet.data);
  const code: u32 = load<u8>(packet.data, 1);
  if (IPV6 && isV6) receiveIcmp6(arrival, type, code);
  else receiveIcmp4(arrival, type, code);
}

function sumOf(arrival: Arrival, isV6: bool): u32 {
  const packet = arrival.packet;
  return IPV6 && isV6 ? sumIcmp6(packet, arrival.source, arrival.destination) : sumChain(packet);
}

function receiveIcmp4(arrival: Arrival, type: u32, code: u32): void {
  switch (type) {
    case IcmpType.ECHO:
      echoed(arrival);
      break;
    case IcmpType.ECHO_REPLY:
      forEchoSocket(arrival);
      break;
    case IcmpType.UNREACHABLE:
      countIp(Counter.IcmpInDestUnreachs, false);
      // Of a router that found the packet too big, the MTU of its next link stands in the header (RFC 1191 §4).
      passError(arrival, errorOf(code), be16(arrival.packet.data, 6));
      break;
    case IcmpType.TIME_EXCEEDED:
      countIp(Counter.IcmpInTimeExcds, false);
      passError(arrival, Errno.EHOSTUNREACH, 0);
      break;
    case IcmpType.PARAMETER_PROBLEM:
      countIp(Counter.IcmpInParmProbs, false);
      passError(arrival, Errno.EPROTONOSUPPORT, 0);
      break;
    default:
      countIp(Counter.IcmpInUnmatched, false); // source quench, and what a host need not know (MUST-55)
  }
}

function receiveIcmp6(arrival: Arrival, type: u32, code: u32): void {
  switch (type) {
    case Icmp6Type.ECHO:
      echoed(arrival);
      break;
    case Icmp6Type.ECHO_REPLY:
      forEchoSocket(arrival);
      break;
    case Icmp6Type.UNREACHABLE:
      countIp(Counter.IcmpInDestUnreachs, true);
      passError(arrival, errorOf6(code), 0);
      break;
    case Icmp6Type.TOO_BIG:
      countIp(Counter.IcmpInDestUnreachs, true);
      receiveTooBig(arrival, be32(arrival.packet.data, 4));
      break;
    case Icmp6Type.TIME_EXCEEDED:
      countIp(Counter.IcmpInTimeExcds, true);
      passError(arrival, Errno.EHOSTUNREACH, 0);
      break;
    case Icmp6Type.PARAMETER_PROBLEM:
      countIp(Counter.IcmpInParmProbs, true);
      passError(arrival, Errno.EPROTONOSUPPORT, 0);
      break;
    case Icmp6Type.MLD_QUERY:
    case Icmp6Type.MLD_V1_REPORT:
    case Icmp6Type.MLD_DONE:
    case Icmp6Type.MLD_V2_REPORT:
      if (GROUPS) receiveMld(arrival);
      break;
    case Icmp6Type.NEIGHBOR_SOLICITATION:
      receiveSolicitation(arrival);
      break;
    case Icmp6Type.NEIGHBOR_ADVERTISEMENT:
      receiveAdvertisement(arrival);
      break;
    case Icmp6Type.ROUTER_ADVERTISEMENT:
      receiveRouterAdvertisement(arrival);
      break;
    case Icmp6Type.REDIRECT:
      receiveRedirect(arrival);
      break;
    default:
      countIp(Counter.IcmpInUnmatched, true);
  }
}

// No link carries less than 1280 bytes: who says so is not believed at all (RFC 8201 §4).
function receiveTooBig(arrival: Arrival, mtu: u32): void {
  if (mtu < LEAST_MTU) countIp(Counter.IcmpInErrors, true);
  else passError(arrival, Errno.EMSGSIZE, mtu);
}

function errorOf(code: u32): Errno {
  switch (code) {
    case Unreachable.NET:
      return Errno.ENETUNREACH;
    case Unreachable.PROTOCOL:
    case Unreachable.PORT:
      return Errno.ECONNREFUSED;
    case Unreachable.FRAGMENTATION_NEEDED:
      return Errno.EMSGSIZE;
    default:
      return Errno.EHOSTUNREACH;
  }
}

// RFC 4443 §3.1: 0 no route, 1 prohibited, 3 no such host, 4 no such port.
function errorOf6(code: u32): Errno {
  if (code == 0) return Errno.ENETUNREACH;
  return code == 4 ? Errno.ECONNREFUSED : Errno.EHOSTUNREACH;
}

function echoed(arrival: Arrival): void {
  countIp(Counter.IcmpInEchos, arrival.isV6);
  // One sent to everybody would make all of us answer at once: RFC 1122 §3.2.2.6 lets us be silent, RFC 4443 §4.2 wants to
  // have it answered.
  if ((arrival.isV6 || !arrival.toMany) && !isUnspecified(arrival.source)) sendEchoReply(arrival);
}

function forEchoSocket(arrival: Arrival): void {
  countIp(Counter.IcmpInEchoReps, arrival.isV6);
  const packet = arrival.packet;
  const identifier = be16(packet.data, 4);
  const bound = findBound(SocketKind.ECHO, arrival.destination, identifier, arrival.source, 0);
  if (!bound) {
    countIp(Counter.IcmpInUnmatched, arrival.isV6);
    return;
  }
  packet.pull(ICMP_HEADER_BYTES);
  receiveDatagram(changetype<Datagram>(changetype<usize>(bound)), packet, arrival.source, 0, arrival.ttl);
}

// The datagram that an error quotes, seen from here: we sent it, so its source is our end.
function passError(arrival: Arrival, error: Errno, nextMtu: u32): void {
  const packet = arrival.packet;
  const isV6 = arrival.isV6;
  packet.pull(ICMP_HEADER_BYTES);
  if (!openQuote(packet, isV6)) {
    countIp(Counter.IcmpInErrors, isV6);
    return;
  }
  if (!passTo(quote, error, nextMtu)) countIp(Counter.IcmpInUnmatched, isV6);
}

function passTo(quote: Quote, error: Errno, nextMtu: u32): bool {
  const transport = quote.transport;
  switch (quote.protocol) {
    case Protocol.TCP:
      return forTcp(quote, error, nextMtu);
    case Protocol.UDP:
      return forDatagram(quote, SocketKind.DATAGRAM, be16(transport), be16(transport, 2), error, nextMtu);
    case Protocol.ICMP:
    case Protocol.ICMPV6:
      return forDatagram(quote, SocketKind.ECHO, be16(transport, 4), 0, error, nextMtu);
    default:
      return RAW_SOCKETS != 0 && forDatagram(quote, SocketKind.RAW, quote.protocol, quote.protocol, error, nextMtu);
  }
}

function forTcp(quote: Quote, error: Errno, mtu: u32): bool {
  const tcp = quote.transport;
  const flow = findFlow(quote.local, be16(tcp), quote.remote, be16(tcp, 2));
  if (!flow || flow.kind != FlowKind.TCB) return false;
  const tcb = changetype<Tcb>(changetype<usize>(flow));
  const seq = be32(tcp, 4);
  if (error == Errno.EMSGSIZE) segmentTooBig(tcb, seq, quote.bytes, mtu);
  else connectionError(tcb, seq, error);
  return true;
}

function forDatagram(quote: Quote, kind: SocketKind, port: u32, remotePort: u32, error: Errno, mtu: u32): bool {
  const bound = findBound(kind, quote.local, port, quote.remote, remotePort);
  if (!bound) return false;
  const socket = changetype<Datagram>(changetype<usize>(bound));
  if (FRAGMENTS && error == Errno.EMSGSIZE) tooBig(socket, quote, mtu);
  else failDatagram(socket, error);
  return true;
}

// Routers of IPv6 never cut a packet, so that the next datagram goes in smaller fragments (RFC 8201 §4). In IPv4 only who
// forbids fragments has asked for that answer (RFC 1191 §3).
function tooBig(socket: Datagram, quote: Quote, mtu: u32): void {
  const isAsked = isWhole(socket);
  if ((isAsked || !isV4(quote.remote)) && mtu && mtu < quote.bytes) limitPathMtu(quote.remote, mtu);
  if (isAsked) failDatagram(socket, Errno.EMSGSIZE);
}
