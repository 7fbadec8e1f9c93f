// ICMP on the way out: errors about packets that came in, and requests for an echo (RFC 792).

import { FORWARDING } from "profile";
import { Counter } from "../abi/counters";
import { SocketKind } from "../abi/sockets";
import { copyAddress, v4Of } from "../base/address";
import { setBe16, setBe32 } from "../base/bytes";
import { sumBytes } from "../base/checksum";
import { now } from "../base/clock";
import { HEADROOM, ICMP_HEADER_BYTES, MILLISECOND } from "../base/config";
import { count } from "../base/counters";
import { ICMP_STATE, WORK_AREA } from "../base/memory";
import { Packet, release, takeSharedPacket } from "../device/packet";
import { isOwn, sourceTo } from "../ethernet/addresses";
import { Arrival } from "../ip/arrival";
import { pathFor, sendIp } from "../ip/output";
import { Protocol } from "../ip/protocol";
import { ANY_ADAPTER } from "../ip/route";
import { addressOf, Datagram, failDatagram, pathOf, sourceOf, takeOutgoing } from "./datagram";
import { DEFAULT_TTL, descriptorOf } from "./endpoint";

export const enum IcmpType {
  ECHO_REPLY = 0,
  UNREACHABLE = 3,
  SOURCE_QUENCH = 4,
  REDIRECT = 5,
  ECHO = 8,
  TIME_EXCEEDED = 11,
  PARAMETER_PROBLEM = 12,
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
/** An error quotes as much of the packet as keeps the whole within 576 bytes (RFC 1812 §4.3.2.3). */
const MAX_QUOTE: u32 = 576 - 20 - ICMP_HEADER_BYTES;

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
 * §3.2.2 forbids it.
 */
export function sendIcmpError(arrival: Arrival, type: u32, code: u32, rest: u32 = 0): void {
  if (arrival.toMany) return;
  if (!mayError()) {
    count(Counter.IcmpOutRateLimited);
    return;
  }
  const packet = arrival.packet;
  const quoted = min<u32>(packet.length + <u32>(packet.data - arrival.header), MAX_QUOTE);
  const at = arrival.header + 20 + ICMP_HEADER_BYTES;
  memory.copy(at, arrival.header, quoted);
  packet.data = at;
  packet.length = quoted;
  count(FORWARDING && type == IcmpType.TIME_EXCEEDED ? Counter.IcmpOutTimeExcds : Counter.IcmpOutDestUnreachs);
  setBe32(packet.push(ICMP_HEADER_BYTES), rest, 4);
  finish(packet, type, code);
  reply(packet, arrival);
}

/** Tells the sender of the packet that is being passed on that `gateway` is the better next hop (RFC 792). */
export function sendRedirect(arrival: Arrival, gateway: usize): void {
  if (!mayError()) {
    count(Counter.IcmpOutRateLimited);
    return;
  }
  const packet = takeSharedPacket();
  if (!packet) return; // the sender goes on as before
  packet.data = packet.buffer + HEADROOM;
  packet.length = min<u32>(arrival.packet.length, MAX_QUOTE);
  memory.copy(packet.data, arrival.header, packet.length);
  count(Counter.IcmpOutRedirects);
  store<u32>(packet.push(ICMP_HEADER_BYTES), v4Of(gateway), 4);
  finish(packet, IcmpType.REDIRECT, REDIRECT_HOST);
  reply(packet, arrival);
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
  count(Counter.IcmpOutEchoReps);
  finish(arrival.packet, IcmpType.ECHO_REPLY, 0);
  reply(arrival.packet, arrival);
}

// Type, code and checksum; the rest of the header stands.
function finish(packet: Packet, type: u32, code: u32): void {
  const p = packet.data;
  store<u8>(p, <u8>type);
  store<u8>(p, <u8>code, 1);
  store<u16>(p, 0, 2);
  store<u16>(p, <u16>~sumBytes(p, packet.length), 2);
  count(Counter.IcmpOutMsgs);
}

// Back to where the packet came from, with the address that it went to as source.
function reply(packet: Packet, arrival: Arrival): void {
  if (FORWARDING && !isOwn(arrival.destination)) {
    replyAsRouter(packet, arrival);
    return;
  }
  const path = pathFor(arrival.source, arrival.adapter);
  if (!path) return; // no way back: counted as IpOutNoRoutes
  sendIp(packet, path, arrival.destination, arrival.source, Protocol.ICMP, DEFAULT_TTL, 0, false);
}

// About a packet that was for somebody else: from the adapter that leads back to its sender (RFC 1812 §4.3.2.4).
function replyAsRouter(packet: Packet, arrival: Arrival): void {
  const path = pathFor(arrival.source, ANY_ADAPTER);
  if (!path) return;
  const source = sourceTo(path.adapter, arrival.source);
  if (source) sendIp(packet, path, source, arrival.source, Protocol.ICMP, DEFAULT_TTL, 0, false);
}

/** Sends what an echo socket has queued. */
export function flushEcho(socket: Datagram): void {
  for (let packet = takeOutgoing(socket); packet; packet = takeOutgoing(socket)) {
    sendEcho(socket, packet);
    release(packet);
  }
}

function sendEcho(socket: Datagram, packet: Packet): void {
  const destination = WORK_AREA;
  copyAddress(destination, addressOf(packet));
  const path = pathOf(socket, destination);
  if (!path) return;
  const source = sourceOf(socket, path.adapter, destination);
  if (!source) return;
  packet.owner = descriptorOf(socket);
  const p = packet.push(ICMP_HEADER_BYTES);
  setBe16(p, socket.localPort, 4);
  setBe16(p, ++socket.echoSequence, 6);
  count(Counter.IcmpOutEchos);
  socket.sentAt = now();
  finish(packet, IcmpType.ECHO, 0);
  const failed = sendIp(packet, path, source, destination, Protocol.ICMP, socket.ttl, socket.tos, false);
  if (failed) failDatagram(socket, -failed);
}

/** True for sockets that `flushEcho` serves. */
export function isEcho(socket: Datagram): bool {
  return socket.socketKind == SocketKind.ECHO;
}
