// Datagram sockets, UDP's, ICMP echo's and raw ones: their blocks and their queues. A datagram waits in the packet, or the
// chain of packets, that it came in; the address it came from, or is to go to, lies at the start of the first packet's
// buffer, where the Ethernet header was or will be, and the port in that packet's `seq`, above it the time to live that it
// came in with.

import { DATAGRAM_QUEUE, DATAGRAM_SOCKETS, DHCP_CLIENT, GROUPS, RAW_SOCKETS } from "profile";
import { Errno } from "../abi/errno";
import { Event, SocketKind } from "../abi/sockets";
import { copyAddress, isMulticast, isUnspecified, sameAddress } from "../base/address";
import { FRAGMENTS } from "../base/config";
import { DATAGRAM_BASE, DATAGRAM_BYTES } from "../base/memory";
import { datagramIndex, datagramPool } from "../base/pool";
import { chainBytes, chainPackets, holdChain, releaseAll, releaseChain } from "../device/chain";
import { available, Packet, release } from "../device/packet";
import { findAnyOwnAddress, sourceTo } from "../ethernet/addresses";
import { adapterForGroup } from "../ip/groups";
import { findPath, isPathGood, Path, passing } from "../ip/output";
import { ANY_ADAPTER } from "../ip/route";
import {
  closeDescriptor,
  Endpoint,
  EndpointFlag,
  forget,
  initialiseEndpoint,
  notify,
  scheduleOutput,
  wayOut,
} from "./endpoint";
import { FlowKind } from "./flow";
import { leaveAll } from "./membership";
import { unbindPort } from "./ports";

@unmanaged
@final
export class Datagram extends Endpoint {
  receivedHead: Packet | null;
  receivedTail: Packet | null;
  outgoingHead: Packet | null;
  outgoingTail: Packet | null;
  /** A packet, or a chain, lent to the application to write into. */
  draft: Packet | null;
  /** Bytes in the queue of received datagrams. */
  receivedBytes: u32;
  /** Packets in both queues. */
  received: u16;
  outgoing: u16;
  /** ICMP sequence number of an echo socket's last request. */
  echoSequence: u16;
  /** Time to live of what it sends to groups, and the adapter that this leaves through; ANY_ADAPTER: none is named. */
  groupTtl: u8;
  groupAdapter: u8;

  /** Where the checksum lies in what a raw socket sends, plus one; 0: nowhere. Such a socket has no requests to number. */
  @inline get checksumPlace(): u16 {
    return this.echoSequence;
  }
  set checksumPlace(place: u16) {
    this.echoSequence = place;
  }
}

if (offsetof<Datagram>() != DATAGRAM_BYTES) ERROR("DATAGRAM_BYTES does not agree with Datagram.");

export function startDatagrams(): void {
  datagramPool.start(DATAGRAM_BASE, DATAGRAM_SOCKETS, DATAGRAM_BYTES);
}

/** A new socket; null when the profile has no more. */
export function openDatagram(kind: SocketKind, owner: u32): Datagram | null {
  const block = datagramPool.take();
  if (!block) return null;
  const socket = changetype<Datagram>(block);
  initialiseEndpoint(socket, FlowKind.DATAGRAM, kind, owner);
  if (GROUPS) {
    socket.groupTtl = 1; // not beyond this link (RFC 1112 §6.1)
    socket.groupAdapter = <u8>ANY_ADAPTER;
  }
  return socket;
}

export function closeDatagram(socket: Datagram): void {
  if (GROUPS) leaveAll(memberOf(socket));
  closeDescriptor(socket);
  unbindPort(socket);
  forget(socket);
  releaseAll(socket.receivedHead);
  releaseAll(socket.outgoingHead);
  dropDraft(socket);
  socket.kind = 0; // so that a walk over all blocks knows it for a free one
  datagramPool.give(changetype<usize>(socket));
}

/** Takes back what was lent to write into. */
export function dropDraft(socket: Datagram): void {
  const draft = socket.draft;
  if (draft) releaseChain(draft);
  socket.draft = null;
}

/** What the table of memberships knows a socket by. */
export function memberOf(socket: Datagram): u32 {
  return datagramIndex(changetype<usize>(socket));
}

/** Address that a queued datagram came from or goes to. */
export function addressOf(packet: Packet): usize {
  return packet.buffer;
}

/** Port that a queued datagram came from or goes to; of a raw socket's its protocol. */
export function portOf(packet: Packet): u32 {
  return packet.seq & 0xffff;
}

/** Time to live that a received datagram came in with. */
export function ttlOf(packet: Packet): u32 {
  return packet.seq >> 16;
}

/** Queues a received datagram, whose bytes are in view. False: no room, the caller counts and drops. */
export function receiveDatagram(socket: Datagram, packet: Packet, source: usize, port: u32, ttl: u32): bool {
  if (socket.received >= DATAGRAM_QUEUE || available() < 1) return false;
  if (FRAGMENTS) {
    const more = packet.more;
    if (more && !packet.length) packet = more; // the first fragment had the header alone
  }
  holdChain(packet);
  copyAddress(addressOf(packet), source);
  packet.seq = port | (ttl << 16);
  packet.next = null;
  const tail = socket.receivedTail;
  if (tail) tail.next = packet;
  else socket.receivedHead = packet;
  socket.receivedTail = packet;
  socket.received += <u16>chainPackets(packet);
  socket.receivedBytes += chainBytes(packet);
  notify(socket, Event.READABLE);
  return true;
}

/** Takes the first packet of the oldest received datagram away, which ends with its last. */
export function dropReceived(socket: Datagram): void {
  const packet = socket.receivedHead;
  if (!packet) return;
  let head = packet.next;
  if (FRAGMENTS) {
    const more = packet.more;
    if (more) {
      succeed(more, packet);
      head = more;
    }
  }
  socket.receivedHead = head;
  if (!head || !head.next) socket.receivedTail = head;
  socket.received--;
  socket.receivedBytes -= packet.length;
  release(packet);
}

// What is left of a datagram is the head of the queue, and knows where it came from.
function succeed(packet: Packet, head: Packet): void {
  copyAddress(addressOf(packet), addressOf(head));
  packet.seq = head.seq;
  packet.next = head.next;
}

/** Queues a datagram to be sent by the poll that follows. The socket takes over the hold on the packet. */
export function queueDatagram(socket: Datagram, packet: Packet, destination: usize, port: u32): void {
  copyAddress(addressOf(packet), destination);
  packet.seq = port;
  packet.next = null;
  const tail = socket.outgoingTail;
  if (tail) tail.next = packet;
  else socket.outgoingHead = packet;
  socket.outgoingTail = packet;
  socket.outgoing += <u16>chainPackets(packet);
  scheduleOutput(socket);
}

/** The oldest datagram to be sent, out of the queue, with the hold on it; or null. */
export function takeOutgoing(socket: Datagram): Packet | null {
  const packet = socket.outgoingHead;
  if (!packet) return null;
  socket.outgoingHead = packet.next;
  if (!socket.outgoingHead) socket.outgoingTail = null;
  socket.outgoing -= <u16>chainPackets(packet);
  return packet;
}

/** True when what the socket sends goes whole or not at all. */
export function isWhole(socket: Datagram): bool {
  return FRAGMENTS && socket.has(EndpointFlag.DONT_FRAGMENT);
}

/** The address that a datagram leaves with: the socket's, or the adapter's own; 0 when it has none, and the socket knows. */
export function sourceOf(socket: Datagram, adapter: u32, destination: usize): usize {
  if (DHCP_CLIENT && socket.has(EndpointFlag.NAMELESS)) return socket.local;
  if (!isUnspecified(socket.local) && !(GROUPS && isMulticast(socket.local))) return socket.local;
  const source = sourceTo(adapter, destination);
  if (source) return source;
  failDatagram(socket, Errno.EADDRNOTAVAIL);
  return 0;
}

/** The adapter that the socket's datagrams to this destination leave through; ANY_ADAPTER: the one of the route. */
export function adapterFor(socket: Datagram, destination: usize): u32 {
  if (!GROUPS || !isMulticast(destination)) return wayOut(socket, destination);
  if (socket.groupAdapter != <u8>ANY_ADAPTER) return socket.groupAdapter;
  if (socket.adapter != <u8>ANY_ADAPTER) return socket.adapter;
  const own = findAnyOwnAddress(socket.local);
  return own ? own.adapter : adapterForGroup(destination);
}

/** True of a group that the socket sends to with a time to live of 0: nothing leaves the machine. */
export function staysHere(socket: Datagram, destination: usize): bool {
  return GROUPS != 0 && isMulticast(destination) && !socket.groupTtl;
}

/** The time to live that the socket's datagrams to this destination start with; 0: the usual. */
export function ttlFor(socket: Datagram, destination: usize): u32 {
  return GROUPS && isMulticast(destination) ? socket.groupTtl : socket.ttl;
}

/** The path for a datagram to `destination`; null when there is none, and the socket knows why. */
export function pathOf(socket: Datagram, destination: usize): Path | null {
  // A connected socket keeps its path; others look it up for each datagram.
  const isKept = sameAddress(destination, socket.remote);
  const path = isKept ? socket.path : passing();
  if (isKept && isPathGood(path)) return path;
  const failed = findPath(path, destination, adapterFor(socket, destination));
  if (!failed) return path;
  failDatagram(socket, -failed);
  return null;
}

/** True of a socket of ICMP echo. */
export function isEcho(socket: Datagram): bool {
  return socket.socketKind == SocketKind.ECHO;
}

/** True of a socket whose protocol stands where others have a port. */
export function isRaw(socket: Datagram): bool {
  return RAW_SOCKETS != 0 && socket.socketKind == SocketKind.RAW;
}

/** An error that concerns the socket (RFC 1122 §4.1.3.3); it stays open. */
export function failDatagram(socket: Datagram, error: u32): void {
  socket.error = <u8>error;
  notify(socket, Event.ERROR);
}
