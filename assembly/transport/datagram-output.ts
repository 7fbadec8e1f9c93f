// What datagram sockets have queued, on its way out: the path, the source, the header of the protocol, and IP.

import { GROUPS } from "profile";
import { copyAddress, isMulticast } from "../base/address";
import { now } from "../base/clock";
import { WORK_AREA } from "../base/memory";
import { releaseChain } from "../device/chain";
import { Packet } from "../device/packet";
import { sendIp } from "../ip/output";
import { Protocol } from "../ip/protocol";
import {
  addressOf,
  Datagram,
  failDatagram,
  isEcho,
  isRaw,
  isWhole,
  pathOf,
  portOf,
  sourceOf,
  staysHere,
  takeOutgoing,
  ttlFor,
} from "./datagram";
import { descriptorOf, EndpointFlag } from "./endpoint";
import { finishEcho, icmpFor } from "./icmp-output";
import { loopToMembers } from "./many";
import { finishRaw } from "./raw";
import { finishUdp } from "./udp";

/** Sends what a socket has queued. */
export function flushDatagrams(socket: Datagram): void {
  for (let packet = takeOutgoing(socket); packet; packet = takeOutgoing(socket)) {
    send(socket, packet);
    releaseChain(packet);
  }
}

function send(socket: Datagram, packet: Packet): void {
  const destination = WORK_AREA;
  copyAddress(destination, addressOf(packet));
  const path = pathOf(socket, destination);
  if (!path) return;
  const source = sourceOf(socket, path.adapter, destination);
  if (!source) return;
  packet.owner = descriptorOf(socket);
  socket.sentAt = now();
  const ttl = ttlFor(socket, destination);
  const protocol = finish(socket, packet, source, destination);
  if (GROUPS && protocol == Protocol.UDP && isMulticast(destination) && !socket.has(EndpointFlag.NO_LOOP)) {
    loopToMembers(packet, path.adapter, source, destination, ttl);
  }
  if (staysHere(socket, destination)) return;
  const failed = sendIp(packet, path, source, destination, protocol, ttl, socket.tos, isWhole(socket));
  if (failed) failDatagram(socket, -failed);
}

// The protocol, whose header is there afterwards.
function finish(socket: Datagram, packet: Packet, source: usize, destination: usize): u32 {
  const port = portOf(packet);
  if (isEcho(socket)) {
    finishEcho(socket, packet, source, destination);
    return icmpFor(destination);
  }
  if (isRaw(socket)) {
    finishRaw(socket, packet, source, destination, port);
    return port;
  }
  finishUdp(socket, packet, source, destination, port);
  return Protocol.UDP;
}
