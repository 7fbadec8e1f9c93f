// Bytes in and out of sockets. `sendRoom` and `recvPeek` lend the caller a piece of a packet, so that a host copies
// once, straight into or out of it; `write` and `read` copy for applications inside the module. What was lent is good
// until the next call or poll.

import { DATAGRAM_QUEUE, MTU } from "profile";
import { Errno } from "../abi/errno";
import { Result } from "../abi/sockets";
import { clearAddress, copyAddress, isUnspecified } from "../base/address";
import { copyAndSum, sumBytes } from "../base/checksum";
import { ETHERNET_HEADER_BYTES, FRAME_OFFSET, IP_HEADER_BYTES, IP_HEADER_ROOM, UDP_HEADER_BYTES } from "../base/config";
import { RESULT } from "../base/memory";
import { Packet, takeSharedPacket } from "../device/packet";
import { isPathGood } from "../ip/output";
import { findRoute } from "../ip/route";
import { addressOf, Datagram, dropReceived, queueDatagram } from "../transport/datagram";
import { awaitPacket, EndpointFlag, endpointOf } from "../transport/endpoint";
import { consumeStream, receivedStream, sendRoomStream, whyNotFresh } from "../transport/tcp/calls";
import { enqueue, roomAt } from "../transport/tcp/send-queue";
import { Mark, Tcb } from "../transport/tcp/tcb";
import { isReadable } from "./pointers";
import { asDatagram, asStream, bindForSending, isStream } from "./socket";

const DATAGRAM_HEADROOM = FRAME_OFFSET + ETHERNET_HEADER_BYTES + IP_HEADER_ROOM + UDP_HEADER_BYTES;
const MAX_DATAGRAM: u32 = MTU - IP_HEADER_BYTES - UDP_HEADER_BYTES;

function setResult(word: Result, value: u32): void {
  store<u32>(RESULT + <usize>word * 4, value);
}

/** Lends room to write into: its address in RESULT, its bytes as answer; EAGAIN when there is none now. */
export function lendRoom(descriptor: i32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (!isStream(endpoint)) return lendDatagram(asDatagram(endpoint));
  const tcb = asStream(endpoint);
  const room = sendRoomStream(tcb);
  if (room > 0) setResult(Result.POINTER, <u32>roomAt(tcb));
  return room;
}

function lendDatagram(socket: Datagram): i32 {
  if (!socket.draft) {
    const isFull = socket.outgoing >= DATAGRAM_QUEUE; // then sending makes room
    const packet: Packet | null = isFull ? null : takeSharedPacket();
    if (!packet) {
      socket.set(EndpointFlag.WANTS_ROOM);
      if (!isFull) awaitPacket(socket);
      return -Errno.EAGAIN;
    }
    packet.data = packet.buffer + DATAGRAM_HEADROOM;
    socket.draft = packet;
  }
  setResult(Result.POINTER, <u32>socket.draft!.data);
  return MAX_DATAGRAM;
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
  if (bytes > MAX_DATAGRAM) return -Errno.EMSGSIZE;
  const isOnPath = address == socket.remote && isPathGood(socket.path);
  if (!isOnPath && !findRoute(address, socket.adapter)) return -Errno.ENETUNREACH;
  const unbound = bindForSending(socket);
  if (unbound) return unbound;
  const packet = socket.draft;
  if (!packet) return -Errno.EAGAIN; // nothing was lent
  socket.draft = null;
  packet.length = bytes;
  queueDatagram(socket, packet, address, port);
  return bytes;
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
  if (bytes > MAX_DATAGRAM) return -Errno.EMSGSIZE;
  const room = lendRoom(descriptor);
  if (room < 0) return room;
  memory.copy(load<u32>(RESULT + Result.POINTER * 4), source, bytes);
  return commit(descriptor, bytes);
}

/**
 * What can be read in one piece: its address in RESULT, its bytes as answer. Of a stream 0 is the end. Of a datagram
 * socket it is the oldest datagram, which may be empty, with the sender's address and port in RESULT.
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
  setResult(Result.PORT, packet.seq);
  setResult(Result.ADAPTER, packet.adapter);
  setResult(Result.TTL, packet.seq);
  copyAddress(RESULT + Result.ADDRESS * 4, addressOf(packet));
  return packet.length;
}

/** Takes `bytes` bytes of what was peeked away; of a datagram socket the whole datagram. */
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
  do {
    const ready = peek(descriptor);
    if (ready < 0 || (ready == 0 && copied)) return copied ? copied : ready;
    const piece = min<u32>(ready, bytes - copied);
    memory.copy(target + copied, load<u32>(RESULT + Result.POINTER * 4), piece);
    take(descriptor, piece);
    copied += piece;
    const endpoint = endpointOf(descriptor);
    if (ready == 0 || !endpoint || !isStream(endpoint)) break;
  } while (copied < bytes);
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
