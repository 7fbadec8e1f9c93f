// UDP (RFC 768): to the socket that is bound to the port, or back with port unreachable.

import { GROUPS } from "profile";
import { Counter } from "../abi/counters";
import { SocketKind } from "../abi/sockets";
import { be16, bswap16, setBe16 } from "../base/bytes";
import { fold32, sumPseudoHeader } from "../base/checksum";
import { UDP_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { chainBytes, sumChain, trimChain } from "../device/chain";
import { Packet } from "../device/packet";
import { Arrival } from "../ip/arrival";
import { Protocol } from "../ip/protocol";
import { Datagram, receiveDatagram } from "./datagram";
import { IcmpType, sendIcmpError, Unreachable } from "./icmp-output";
import { deliverToMany, isForMany } from "./many";
import { findBound } from "./ports";

const SOURCE_PORT: usize = 0;
const DESTINATION_PORT: usize = 2;
const LENGTH: usize = 4;
const CHECKSUM: usize = 6;

/** Handles a datagram whose UDP header is in view. */
export function receiveUdp(arrival: Arrival): void {
  const packet = arrival.packet;
  const udp = packet.data;
  if (!isSound(arrival)) {
    count(Counter.UdpInErrors);
    return;
  }
  const port = be16(udp, SOURCE_PORT);
  const local = be16(udp, DESTINATION_PORT);
  if (GROUPS && arrival.toMany && isForMany(arrival)) {
    packet.pull(UDP_HEADER_BYTES);
    deliverToMany(arrival, local, port);
    return;
  }
  const socket = changetype<Datagram | null>(
    changetype<usize>(findBound(SocketKind.DATAGRAM, arrival.destination, local, arrival.source, port)),
  );
  if (!socket) {
    count(Counter.UdpNoPorts);
    sendIcmpError(arrival, IcmpType.UNREACHABLE, Unreachable.PORT);
    return;
  }
  packet.pull(UDP_HEADER_BYTES);
  count(
    receiveDatagram(socket, packet, arrival.source, port, arrival.ttl)
      ? Counter.UdpInDatagrams
      : Counter.UdpInQueueFull,
  );
}

// Length and checksum; bytes behind the datagram's own length are cut off.
function isSound(arrival: Arrival): bool {
  const packet = arrival.packet;
  const udp = packet.data;
  if (packet.length < UDP_HEADER_BYTES) return false;
  const bytes = be16(udp, LENGTH);
  if (bytes < UDP_HEADER_BYTES || bytes > chainBytes(packet)) return false;
  trimChain(packet, bytes);
  if (load<u16>(udp, CHECKSUM) == 0) return !arrival.isV6; // the sender made none, which IPv6 forbids (RFC 8200 §8.1)
  return fold32(arrival.pseudoSum + bswap16(bytes) + sumChain(packet)) == 0xffff;
}

/** Puts the UDP header in front of what `socket` sends to `port` at `destination`. */
export function finishUdp(socket: Datagram, packet: Packet, source: usize, destination: usize, port: u32): void {
  const udp = packet.push(UDP_HEADER_BYTES);
  const bytes = chainBytes(packet);
  setBe16(udp, socket.localPort, SOURCE_PORT);
  setBe16(udp, port, DESTINATION_PORT);
  setBe16(udp, bytes, LENGTH);
  store<u16>(udp, 0, CHECKSUM);
  const pseudo = sumPseudoHeader(source, destination, Protocol.UDP) + bswap16(bytes);
  const sum = <u16>~fold32(pseudo + sumChain(packet));
  store<u16>(udp, sum ? sum : 0xffff, CHECKSUM); // 0 would say that there is none
  count(Counter.UdpOutDatagrams);
}
