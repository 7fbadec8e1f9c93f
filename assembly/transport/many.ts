// UDP datagrams for many: each socket that is bound to the port and wants it gets one (RFC 1112 §7.2, RFC 1122 §4.1.3.5).
// The packet itself goes to one of them, copies to the others.

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
import { hears } from "./membership";
import { nextBound } from "./ports";

/** True of a packet to a group or to everybody on a network: not of one for us that merely came in such a frame. */
export function isForMany(arrival: Arrival): bool {
  return isMulticast(arrival.destination) || isBroadcast(arrival.adapter, arrival.destination);
}

/** Delivers the datagram in view, whose header has been taken off, to every socket on the port that wants it. */
export function deliverToMany(arrival: Arrival, port: u32, remotePort: u32): void {
  const packet = arrival.packet;
  let last: Datagram | null = null;
  let isBound = false;
  let bound = nextBound(
    null,
    SocketKind.DATAGRAM,
    arrival.destination,
    port,
    arrival.source,
    remotePort,
    arrival.adapter,
  );
  while (bound) {
    isBound = true;
    const socket = changetype<Datagram>(changetype<usize>(bound));
    if (wants(socket, arrival.adapter, arrival.destination, arrival.source)) {
      if (last) giveCopy(last, packet, 0, arrival.adapter, arrival.source, remotePort);
      last = socket;
    }
    bound = nextBound(
      bound,
      SocketKind.DATAGRAM,
      arrival.destination,
      port,
      arrival.source,
      remotePort,
      arrival.adapter,
    );
  }
  if (last) tally(receiveDatagram(last, packet, arrival.source, remotePort));
  else count(isBound ? Counter.UdpInNotJoined : Counter.UdpNoPorts);
}

/** Gives what is being sent to a group, the UDP header in view, to the members on this machine. */
export function loopToMembers(packet: Packet, adapter: u32, source: usize, group: usize): void {
  const udp = packet.data;
  const port = be16(udp);
  let bound = nextBound(null, SocketKind.DATAGRAM, group, be16(udp, 2), source, port, adapter);
  while (bound) {
    const socket = changetype<Datagram>(changetype<usize>(bound));
    if (wants(socket, adapter, group, source)) {
      giveCopy(socket, packet, UDP_HEADER_BYTES, adapter, source, port);
    }
    bound = nextBound(bound, SocketKind.DATAGRAM, group, be16(udp, 2), source, port, adapter);
  }
}

// Groups are for those who have joined them, broadcasts for all.
function wants(socket: Datagram, adapter: u32, destination: usize, source: usize): bool {
  return !isMulticast(destination) || hears(memberOf(socket), adapter, destination, source);
}

// A copy of what is in view behind the first `skipped` bytes.
function giveCopy(socket: Datagram, packet: Packet, skipped: u32, adapter: u32, source: usize, port: u32): void {
  const copy = copyInPieces(packet, BUFFER_BYTES - FRAGMENT_HEADROOM);
  if (!copy) {
    tally(false);
    return;
  }
  copy.pull(skipped);
  copy.adapter = <u8>adapter;
  tally(receiveDatagram(socket, copy, source, port));
  releaseChain(copy);
}

function tally(received: bool): void {
  count(received ? Counter.UdpInDatagrams : Counter.UdpInQueueFull);
}
