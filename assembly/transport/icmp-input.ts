// ICMP on the way in (RFC 792; RFC 1122 §3.2.2): echoes are answered, replies and errors find the socket they concern.

import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { SocketKind } from "../abi/sockets";
import { setV4 } from "../base/address";
import { be16, be32 } from "../base/bytes";
import { ICMP_HEADER_BYTES, IP_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { WORK_AREA } from "../base/memory";
import { sumChain } from "../device/chain";
import { Arrival } from "../ip/arrival";
import { Ipv4Header } from "../ip/ipv4";
import { limitPathMtu } from "../ip/path-mtu";
import { Protocol } from "../ip/protocol";
import { Datagram, failDatagram, isWhole, receiveDatagram } from "./datagram";
import { FlowKind, findFlow } from "./flow";
import { IcmpType, sendEchoReply, Unreachable } from "./icmp-output";
import { findBound } from "./ports";
import { connectionError } from "./tcp/errors";
import { segmentTooBig } from "./tcp/path";
import { Tcb } from "./tcp/tcb";

/** Bytes of the original datagram behind its IP header that an error is sure to quote. */
const QUOTED: u32 = 8;

/** Handles a message whose ICMP header is in view. */
export function receiveIcmp(arrival: Arrival): void {
  count(Counter.IcmpInMsgs);
  const packet = arrival.packet;
  if (packet.length < ICMP_HEADER_BYTES || sumChain(packet) != 0xffff) {
    count(Counter.IcmpInErrors);
    return;
  }
  switch (<u32>load<u8>(packet.data)) {
    case IcmpType.ECHO:
      count(Counter.IcmpInEchos);
      // One sent to everybody would make all of us answer at once (RFC 1122 §3.2.2.6 lets us be silent).
      if (!arrival.toMany) sendEchoReply(arrival);
      break;
    case IcmpType.ECHO_REPLY:
      count(Counter.IcmpInEchoReps);
      forEchoSocket(arrival);
      break;
    case IcmpType.UNREACHABLE:
      count(Counter.IcmpInDestUnreachs);
      passError(arrival, errorOf(load<u8>(packet.data, 1)));
      break;
    case IcmpType.TIME_EXCEEDED:
      count(Counter.IcmpInTimeExcds);
      passError(arrival, Errno.EHOSTUNREACH);
      break;
    case IcmpType.PARAMETER_PROBLEM:
      count(Counter.IcmpInParmProbs);
      passError(arrival, Errno.EPROTONOSUPPORT);
      break;
    default:
      count(Counter.IcmpInUnmatched); // source quench, and what a host need not know (MUST-55)
  }
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

function forEchoSocket(arrival: Arrival): void {
  const packet = arrival.packet;
  const identifier = be16(packet.data, 4);
  const bound = findBound(SocketKind.ECHO, arrival.destination, identifier, arrival.source, 0);
  if (!bound) {
    count(Counter.IcmpInUnmatched);
    return;
  }
  packet.pull(ICMP_HEADER_BYTES);
  receiveDatagram(changetype<Datagram>(changetype<usize>(bound)), packet, arrival.source, arrival.ttl);
}

// The datagram that an error quotes, seen from here: we sent it, so its source is our end.
function passError(arrival: Arrival, error: Errno): void {
  const packet = arrival.packet;
  const nextMtu = be16(packet.data, 6); // of a router that found the packet too big (RFC 1191 §4)
  packet.pull(ICMP_HEADER_BYTES);
  const quoted = changetype<Ipv4Header>(packet.data);
  if (packet.length < IP_HEADER_BYTES || packet.length < quoted.headerBytes + QUOTED) {
    count(Counter.IcmpInErrors);
    return;
  }
  const local = WORK_AREA;
  const remote = WORK_AREA + 16;
  setV4(local, quoted.source);
  setV4(remote, quoted.destination);
  const transport = packet.data + quoted.headerBytes;
  const matched =
    quoted.protocol == Protocol.TCP
      ? forTcp(local, remote, transport, error, quoted.totalLength, nextMtu)
      : quoted.protocol == Protocol.UDP
        ? forDatagram(SocketKind.DATAGRAM, local, be16(transport), remote, be16(transport, 2), error, nextMtu)
        : quoted.protocol == Protocol.ICMP
          ? forDatagram(SocketKind.ECHO, local, be16(transport, 4), remote, 0, error, nextMtu)
          : false;
  if (!matched) count(Counter.IcmpInUnmatched);
}

function forTcp(local: usize, remote: usize, tcp: usize, error: Errno, quotedBytes: u32, mtu: u32): bool {
  const flow = findFlow(local, be16(tcp), remote, be16(tcp, 2));
  if (!flow || flow.kind != FlowKind.TCB) return false;
  const tcb = changetype<Tcb>(changetype<usize>(flow));
  const seq = be32(tcp, 4);
  if (error == Errno.EMSGSIZE) segmentTooBig(tcb, seq, quotedBytes, mtu);
  else connectionError(tcb, seq, error);
  return true;
}

function forDatagram(
  kind: SocketKind,
  local: usize,
  port: u32,
  remote: usize,
  remotePort: u32,
  error: Errno,
  mtu: u32,
): bool {
  const bound = findBound(kind, local, port, remote, remotePort);
  if (!bound) return false;
  const socket = changetype<Datagram>(changetype<usize>(bound));
  // What may go in fragments is never too big: only who forbids them has asked for that answer (RFC 1191 §3).
  if (isWhole(socket) && error == Errno.EMSGSIZE && mtu) limitPathMtu(remote, mtu);
  failDatagram(socket, error);
  return true;
}
