// ICMP on the way out: errors about packets that came in, and requests for an echo (RFC 792).

import { Counter } from "../abi/counters";
import { SocketKind } from "../abi/sockets";
import { copyAddress } from "../base/address";
import { setBe16 } from "../base/bytes";
import { sumBytes } from "../base/checksum";
import { now } from "../base/clock";
import { ICMP_HEADER_BYTES, MILLISECOND } from "../base/config";
import { count } from "../base/counters";
import { ICMP_STATE, WORK_AREA } from "../base/memory";
import { Packet, release } from "../device/packet";
import { Arrival } from "../ip/arrival";
import { pathFor, sendIp } from "../ip/output";
import { Protocol } from "../ip/protocol";
import { addressOf, Datagram, failDatagram, pathOf, sourceOf, takeOutgoing } from "./datagram";
import { DEFAULT_TTL, descriptorOf } from "./endpoint";

export const enum IcmpType {
  ECHO_REPLY = 0,
  UNREACHABLE = 3,
  SOURCE_QUENCH = 4,
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
 * the quotation. Says nothing where RFC 1122 §3.2.2 forbids it.
 */
export function sendIcmpError(arrival: Arrival, type: u32, code: u32): void {
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
  count(Counter.IcmpOutDestUnreachs);
  store<u32>(packet.push(ICMP_HEADER_BYTES), 0, 4);
  finish(packet, type, code);
  reply(packet, arrival);
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
  const path = pathFor(arrival.source, arrival.adapter);
  if (!path) return; // no way back: counted as IpOutNoRoutes
  sendIp(packet, path, arrival.destination, arrival.source, Protocol.ICMP, DEFAULT_TTL, 0, false);
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
