// Datagrams for many: each socket that is bound to the port and wants it gets one (RFC 1112 §7.2, RFC 1122 §4.1.3.5). The
// packet itself goes to one of them, copies to the others.

import { GROUPS } from "profile";
import { Counter } from "../abi/counters";
import { SocketKind } from "../abi/sockets";
import { isMulticast } from "../base/address";
import { be16 } from "../base/bytes";
import { BUFFER_BYTES, FRAGMENT_HEADROOM, UDP_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { releaseChain } from "../device/chain";
import { Packet } from "../device/packet";
import { isBroadcast } from "../ethernet/addresses";
import { Arrival } from "../ip/arrival";
import { copyInPieces } from "../ip/fragment";
import { Datagram, memberOf, receiveDatagram } from "./datagram";
import { Endpoint } from "./endpoint";
import { hears } from "./membership";
import { nextBound } from "./ports";

/** True of a packet to a group or to everybody on a network: not of one for us that merely came in such a frame. */
export function isForMany(arrival: Arrival): bool {
  return isMulticast(arrival.destination) || isBroadcast(arrival.adapter, arrival.destination);
}

/** Delivers the datagram in view, whose header has been taken off, to every socket on the port that wants it. */
export function deliverToMany(arrival: Arrival, port: u32, remotePort: u32): void {
  const packet = arrival.packet;
  const adapter = arrival.adapter;
  const source = arrival.source;
  const destination = arrival.destination;
  let taker = nextTaker(null, SocketKind.DATAGRAM, adapter, source, remotePort, destination, port);
  if (!taker) {
    const bound = nextBound(null, SocketKind.DATAGRAM, destination, port, source, remotePort, adapter);
    count(bound ? Counter.UdpInNotJoined : Counter.UdpNoPorts);
    return;
  }
  let next = nextTaker(taker, SocketKind.DATAGRAM, adapter, source, remotePort, destination, port);
  while (next) {
    tally(giveCopy(taker, packet, 0, adapter, source, remotePort, arrival.ttl));
    taker = next;
    next = nextTaker(taker, SocketKind.DATAGRAM, adapter, source, remotePort, destination, port);
  }
  tally(receiveDatagram(taker, packet, source, remotePort, arrival.ttl));
}

/** Gives what is being sent to a group, the UDP header in view, to the members on this machine. */
export function loopToMembers(packet: Packet, adapter: u32, source: usize, group: usize, ttl: u32): void {
  const port = be16(packet.data);
  const groupPort = be16(packet.data, 2);
  let taker = nextTaker(null, SocketKind.DATAGRAM, adapter, source, port, group, groupPort);
  while (taker) {
    tally(giveCopy(taker, packet, UDP_HEADER_BYTES, adapter, source, port, ttl));
    taker = nextTaker(taker, SocketKind.DATAGRAM, adapter, source, port, group, groupPort);
  }
}

/**
 * The next socket of a kind behind `last` (null: the first) that wants what comes through the adapter from `source` to
 * `destination`.
 */
export function nextTaker(
  last: Datagram | null,
  kind: SocketKind,
  adapter: u32,
  source: usize,
  remotePort: u32,
  destination: usize,
  port: u32,
): Datagram | null {
  let bound: Endpoint | null = last;
  do {
    bound = nextBound(bound, kind, destination, port, source, remotePort, adapter);
    if (!bound) return null;
  } while (!wants(changetype<Datagram>(changetype<usize>(bound)), adapter, destination, source));
  return changetype<Datagram>(changetype<usize>(bound));
}

// Groups are for those who have joined them, broadcasts for all.
function wants(socket: Datagram, adapter: u32, destination: usize, source: usize): bool {
  return !GROUPS || !isMulticast(destination) || hears(memberOf(socket), adapter, destination, source);
}

/** Gives a socket a copy of what is in view behind the first `skipped` bytes. False: no room for it. */
export function giveCopy(
  socket: Datagram,
  packet: Packet,
  skipped: u32,
  adapter: u32,
  source: usize,
  port: u32,
  ttl: u32,
): bool {
  const copy = copyInPieces(packet, BUFFER_BYTES - FRAGMENT_HEADROOM);
  if (!copy) return false;
  copy.pull(skipped);
  copy.adapter = <u8>adapter;
  const isReceived = receiveDatagram(socket, copy, source, port, ttl);
  releaseChain(copy);
  return isReceived;
}

function tally(received: bool): void {
  count(received ? Counter.UdpInDatagrams : Counter.UdpInQueueFull);
}
