// Bytes in and out of sockets. `sendRoom` and `recvPeek` lend the caller a piece of a packet, so that a host copies
// once, straight into or out of it; `write` and `read` copy for applications inside the module. What was lent is good
// until the next call or poll. A datagram that is larger than a packet is lent in pieces.

import { DATAGRAM_QUEUE, GROUPS, IPV6 } from "profile";
import { Errno } from "../abi/errno";
import { Result } from "../abi/sockets";
import { clearAddress, copyAddress, isMulticast, isUnspecified, isV4 } from "../base/address";
import { copyAndSum, sumBytes } from "../base/checksum";
import {
  FRAGMENT_HEADROOM,
  FRAGMENTS,
  IP_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  MTU_BYTES,
  UDP_HEADER_BYTES,
} from "../base/config";
import { RESULT } from "../base/memory";
import { chainBytes } from "../device/chain";
import { Packet, takeSharedPacket } from "../device/packet";
import { fragmentRoom, MOST_PIECES, takeChain } from "../ip/fragment";
import { isPathGood, isReachable } from "../ip/output";
import { pathMtu } from "../ip/path-mtu";
import { ANY_ADAPTER } from "../ip/route";
import {
  adapterFor,
  addressOf,
  Datagram,
  dropDraft,
  dropReceived,
  isWhole,
  portOf,
  queueDatagram,
  ttlOf,
} from "../transport/datagram";
import { awaitPacket, EndpointFlag, endpointOf } from "../transport/endpoint";
import { consumeStream, receivedStream, sendRoomStream, whyNotFresh } from "../transport/tcp/calls";
import { enqueue, roomAt } from "../transport/tcp/send-queue";
import { Mark, Tcb } from "../transport/tcp/tcb";
import { isReadable } from "./pointers";
import { asDatagram, asStream, bindForSending, isStream, mayBroadcast } from "./socket";

/** UDP's header has the size of that of an ICMP echo. */
const DATAGRAM_HEADROOM = FRAGMENT_HEADROOM + UDP_HEADER_BYTES;
const HEADER_BYTES: u32 = IP_HEADER_BYTES + UDP_HEADER_BYTES;
/** What the length field of IP can say at most. */
const MOST_LENGTH: u32 = 65535;
/** The largest datagram that goes in one packet. */
const MAX_WHOLE: u32 = MTU_BYTES - HEADER_BYTES;

// The largest datagram there is: IPv4 counts its own header (RFC 791 §3.1), IPv6 does not (RFC 8200 §3).
function maxDatagram(isV6: bool): u32 {
  if (!FRAGMENTS) return MAX_WHOLE;
  return IPV6 && isV6 ? MOST_LENGTH - UDP_HEADER_BYTES : MOST_LENGTH - HEADER_BYTES;
}

function setResult(word: Result, value: u32): void {
  store<u32>(RESULT + <usize>word * 4, value);
}

/**
 * Lends room to write into: its address in RESULT, its bytes as answer; EAGAIN when there is none now. `bytes` is that of
 * a datagram, or 0 for any that goes in one packet. Of one that does not, `piece` says which piece is lent: 0 makes room
 * for all of them, the others follow.
 */
export function lendRoom(descriptor: i32, bytes: u32, piece: u32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (!isStream(endpoint)) return lendDatagram(asDatagram(endpoint), bytes, piece);
  const tcb = asStream(endpoint);
  const room = sendRoomStream(tcb);
  if (room > 0) setResult(Result.POINTER, <u32>roomAt(tcb));
  return room;
}

function lendDatagram(socket: Datagram, bytes: u32, piece: u32): i32 {
  if (FRAGMENTS && bytes > MAX_WHOLE) return piece ? lendPiece(socket.draft, piece) : lendChain(socket, bytes);
  if (FRAGMENTS && socket.draft && socket.draft!.more) dropDraft(socket);
  if (!socket.draft) {
    const packet: Packet | null = isFull(socket) ? null : takeSharedPacket();
    if (!packet) return refuseRoom(socket);
    packet.data = packet.buffer + DATAGRAM_HEADROOM;
    socket.draft = packet;
  }
  setResult(Result.POINTER, <u32>socket.draft!.data);
  return MAX_WHOLE;
}

// Sending makes room.
function isFull(socket: Datagram): bool {
  return socket.outgoing >= DATAGRAM_QUEUE;
}

function refuseRoom(socket: Datagram): i32 {
  socket.set(EndpointFlag.WANTS_ROOM);
  if (!isFull(socket)) awaitPacket(socket);
  return -Errno.EAGAIN;
}

// All pieces are taken at once, so that no two sockets wait for each other's. They are those in which the datagram is
// sent as fragments over a link of MTU bytes.
function lendChain(socket: Datagram, bytes: u32): i32 {
  // The destination, and with it the version, need not be known yet: `commitDatagram` looks again.
  if (bytes > maxDatagram(IPV6 != 0) || isWhole(socket)) return -Errno.EMSGSIZE;
  const room = fragmentRoom(MTU_BYTES, IPV6 && speaksV6(socket));
  if ((bytes + UDP_HEADER_BYTES + room - 1) / room > MOST_PIECES) return -Errno.ENOBUFS;
  dropDraft(socket);
  const chain: Packet | null = isFull(socket) ? null : takeChain(bytes + UDP_HEADER_BYTES, room);
  if (!chain) return refuseRoom(socket);
  chain.pull(UDP_HEADER_BYTES);
  socket.draft = chain;
  return lendPiece(chain, 0);
}

// As far as is known before the datagram's destination is.
function speaksV6(socket: Datagram): bool {
  const known = isUnspecified(socket.remote) ? socket.local : socket.remote;
  return !isUnspecified(known) && !isV4(known);
}

function lendPiece(packet: Packet | null, piece: u32): i32 {
  while (packet && piece--) packet = packet.more;
  if (!packet) return -Errno.EINVAL; // the datagram has no such piece
  setResult(Result.POINTER, <u32>packet.data);
  return packet.length;
}

/** The caller has written `bytes` bytes into the room that was lent: they are to be sent. The bytes, or an errno. */
export function commit(descriptor: i32, bytes: u32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (!isStream(endpoint)) return commitDatagram(asDatagram(endpoint), bytes, endpoint.remote, endpoint.remotePort);
  const tcb = asStream(endpoint);
  const room = sendRoomStream(tcb);
  if (room < 0) return room;
  if (bytes > <u32>room) return -Errno.EINVAL;
  if (bytes) enqueue(tcb, bytes, sumBytes(roomAt(tcb), bytes));
  return bytes;
}

/** The same for a datagram to an address of its own. */
export function commitTo(descriptor: i32, bytes: u32, address: usize, port: u32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (isStream(endpoint)) return whyNotFresh(asStream(endpoint)) == -Errno.EISCONN ? -Errno.EISCONN : -Errno.ENOTCONN;
  if (!isReadable(address, 16)) return -Errno.EFAULT;
  if (isUnspecified(address) || port > 0xffff) return -Errno.EINVAL;
  return commitDatagram(asDatagram(endpoint), bytes, address, port);
}

function commitDatagram(socket: Datagram, bytes: u32, address: usize, port: u32): i32 {
  if (socket.error) return takeDatagramError(socket);
  if (isUnspecified(address)) return -Errno.ENOTCONN;
  if (bytes > maxDatagram(!isV4(address))) return -Errno.EMSGSIZE;
  if (isWhole(socket) && isTooLong(address, bytes)) return -Errno.EMSGSIZE;
  const isOnPath = address == socket.remote && isPathGood(socket.path);
  const refused = isOnPath ? 0 : whyNotTo(socket, address);
  if (refused) return refused;
  const unbound = bindForSending(socket, port);
  if (unbound) return unbound;
  const packet = socket.draft;
  if (!packet) return -Errno.EAGAIN; // nothing was lent
  if (FRAGMENTS) {
    const isChain = packet.more !== null;
    if (isChain ? bytes != chainBytes(packet) : bytes > MAX_WHOLE) return -Errno.EINVAL; // not what room was made for
    if (!isChain) packet.length = bytes;
  } else {
    packet.length = bytes;
  }
  socket.draft = null;
  queueDatagram(socket, packet, address, port);
  return bytes;
}

function isTooLong(address: usize, bytes: u32): bool {
  const headers = (isV4(address) ? IP_HEADER_BYTES : IPV6_HEADER_BYTES) + UDP_HEADER_BYTES;
  return bytes + headers > pathMtu(address, MTU_BYTES);
}

// A group is reached through an adapter, everybody else along a route.
function whyNotTo(socket: Datagram, address: usize): i32 {
  if (GROUPS && isMulticast(address)) return adapterFor(socket, address) == ANY_ADAPTER ? -Errno.ENETUNREACH : 0;
  const adapter = adapterFor(socket, address);
  if (!isReachable(address, adapter)) return -Errno.ENETUNREACH;
  return mayBroadcast(socket, adapter, address) ? 0 : -Errno.EACCES;
}

function takeDatagramError(socket: Datagram): i32 {
  const error: i32 = socket.error;
  socket.error = 0;
  return -error;
}

/** Copies up to `bytes` bytes at `source` into a stream's send queue, or a whole datagram to the socket's peer. */
export function writeFrom(descriptor: i32, source: usize, bytes: u32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (!isReadable(source, bytes)) return -Errno.EFAULT;
  return isStream(endpoint) ? writeStream(asStream(endpoint), source, bytes) : writeDatagram(descriptor, source, bytes);
}

function writeStream(tcb: Tcb, source: usize, bytes: u32): i32 {
  let written: u32 = 0;
  do {
    const room = sendRoomStream(tcb);
    if (room < 0) return written ? written : room;
    const piece = min<u32>(room, bytes - written);
    if (piece) enqueue(tcb, piece, copyAndSum(roomAt(tcb), source + written, piece));
    written += piece;
  } while (written < bytes);
  return written;
}

function writeDatagram(descriptor: i32, source: usize, bytes: u32): i32 {
  const room = lendRoom(descriptor, bytes, 0);
  if (room < 0) return room;
  if (FRAGMENTS && bytes > MAX_WHOLE) writePieces(descriptor, source, bytes, room);
  else memory.copy(load<u32>(RESULT + Result.POINTER * 4), source, bytes);
  return commit(descriptor, bytes);
}

function writePieces(descriptor: i32, source: usize, bytes: u32, room: i32): void {
  for (let piece: u32 = 1; room > 0; piece++) {
    memory.copy(load<u32>(RESULT + Result.POINTER * 4), source, room);
    source += room;
    room = lendRoom(descriptor, bytes, piece);
  }
}

/**
 * What can be read in one piece: its address in RESULT, its bytes as answer. Of a stream 0 is the end. Of a datagram
 * socket it is the oldest datagram, which may be empty, or its first piece; in RESULT are also the sender's address and
 * port, and the bytes of the whole datagram that are not taken yet.
 */
export function peek(descriptor: i32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (!isStream(endpoint)) return peekDatagram(asDatagram(endpoint));
  const tcb = asStream(endpoint);
  const bytes = receivedStream(tcb);
  if (bytes > 0) setResult(Result.POINTER, <u32>tcb.rcvHead!.data);
  return bytes;
}

function peekDatagram(socket: Datagram): i32 {
  const packet = socket.receivedHead;
  if (!packet) return socket.error ? takeDatagramError(socket) : -Errno.EAGAIN;
  setResult(Result.POINTER, <u32>packet.data);
  setResult(Result.PORT, portOf(packet));
  setResult(Result.ADAPTER, packet.adapter);
  setResult(Result.TTL, ttlOf(packet));
  if (FRAGMENTS) setResult(Result.LENGTH, chainBytes(packet));
  copyAddress(RESULT + Result.ADDRESS * 4, addressOf(packet));
  return packet.length;
}

/** Takes `bytes` bytes of what was peeked away; of a datagram the whole piece, and with its last piece the datagram. */
export function take(descriptor: i32, bytes: u32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (!isStream(endpoint)) {
    const socket = asDatagram(endpoint);
    if (!socket.receivedHead) return -Errno.EAGAIN;
    dropReceived(socket);
    return 0;
  }
  const tcb = asStream(endpoint);
  if (bytes > tcb.rcvBytes) return -Errno.EINVAL;
  consumeStream(tcb, bytes);
  return 0;
}

/** Copies up to `bytes` received bytes to `target`. Of a datagram, what does not fit is lost. */
export function readInto(descriptor: i32, target: usize, bytes: u32): i32 {
  if (!isReadable(target, bytes)) return -Errno.EFAULT;
  let copied: u32 = 0;
  let goesOn = false;
  do {
    const ready = peek(descriptor);
    if (ready < 0 || (ready == 0 && copied)) return copied ? copied : ready;
    const piece = min<u32>(ready, bytes - copied);
    memory.copy(target + copied, load<u32>(RESULT + Result.POINTER * 4), piece);
    const endpoint = endpointOf(descriptor);
    const isDatagram = !endpoint || !isStream(endpoint);
    if (FRAGMENTS) goesOn = isDatagram && load<u32>(RESULT + Result.LENGTH * 4) > <u32>ready;
    take(descriptor, piece);
    copied += piece;
    if (!goesOn && (ready == 0 || isDatagram)) break;
  } while (copied < bytes || goesOn);
  return copied;
}

/** Where a socket is bound, in RESULT: address and port, zeros while it is not. */
export function localNameOf(descriptor: i32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  copyAddress(RESULT + Result.ADDRESS * 4, endpoint.local);
  setResult(Result.PORT, endpoint.localPort);
  return 0;
}

/** A socket's peer, in RESULT; ENOTCONN when it has none. */
export function peerNameOf(descriptor: i32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  const isOpening = isStream(endpoint) && !asStream(endpoint).is(Mark.OPENED);
  if (isOpening || isUnspecified(endpoint.remote)) {
    clearAddress(RESULT + Result.ADDRESS * 4);
    return -Errno.ENOTCONN;
  }
  copyAddress(RESULT + Result.ADDRESS * 4, endpoint.remote);
  setResult(Result.PORT, endpoint.remotePort);
  return 0;
}
