// The life of a socket: create, bind, connect, listen, accept, shut down, close. Calls that come in a wrong order get
// the Berkeley error.

import { GROUPS, LOOPBACK, RAW_SOCKETS } from "profile";
import { Errno } from "../abi/errno";
import { SocketKind } from "../abi/sockets";
import { State } from "../abi/status";
import { clearAddress, copyAddress, isMulticast, isUnspecified } from "../base/address";
import { LOOPBACK_ADAPTER, SEVERAL_ADAPTERS } from "../base/config";
import { findOwnAddress, isAnyBroadcast, isBroadcast, isOwn, sourceTo } from "../ethernet/addresses";
import { findPath } from "../ip/output";
import { ANY_ADAPTER } from "../ip/route";
import { adapterFor, closeDatagram, Datagram, isRaw, openDatagram } from "../transport/datagram";
import { Endpoint, EndpointFlag, endpointOf, openDescriptor, wayOut } from "../transport/endpoint";
import { FlowKind, findFlow } from "../transport/flow";
import { bindPort, chooseConnectionPort, choosePort, isPortTaken } from "../transport/ports";
import {
  abortStream,
  acceptStream,
  closeStream,
  listenStream,
  shutdownStream,
  whyNotFresh,
} from "../transport/tcp/calls";
import { openActively } from "../transport/tcp/open";
import { openTcb, Tcb } from "../transport/tcp/tcb";
import { isReadable } from "./pointers";

/** The stream behind an endpoint. */
export function asStream(endpoint: Endpoint): Tcb {
  assert(endpoint.kind == FlowKind.TCB, "not a stream");
  return changetype<Tcb>(changetype<usize>(endpoint));
}

export function isStream(endpoint: Endpoint): bool {
  return endpoint.kind == FlowKind.TCB;
}

/** The datagram socket behind an endpoint. */
export function asDatagram(endpoint: Endpoint): Datagram {
  assert(endpoint.kind == FlowKind.DATAGRAM, "not a datagram socket");
  return changetype<Datagram>(changetype<usize>(endpoint));
}

/** Creates a socket: takes a block and writes its first state. Its descriptor, or ENFILE when all are in use. */
export function createSocket(kind: u32, owner: u32): i32 {
  let endpoint: Endpoint | null = null;
  if (kind == SocketKind.STREAM) endpoint = openTcb(owner);
  else if (kind == SocketKind.DATAGRAM || kind == SocketKind.ECHO) endpoint = openDatagram(kind, owner);
  else if (RAW_SOCKETS && kind == SocketKind.RAW) endpoint = openDatagram(kind, owner);
  else return -Errno.EPROTONOSUPPORT;
  return endpoint ? openDescriptor(endpoint) : -Errno.ENFILE;
}

/**
 * Gives a socket its local address and port; unspecified is any, port 0 one of the stack's choice. Of a raw socket the port
 * is the protocol that it receives, 1 to 255.
 */
export function bindSocket(descriptor: i32, address: usize, port: u32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (!isReadable(address, 16)) return -Errno.EFAULT;
  if (port > 0xffff || endpoint.has(EndpointFlag.BOUND)) return -Errno.EINVAL;
  if (isStream(endpoint) && whyNotFresh(asStream(endpoint)) != 0) return -Errno.EINVAL;
  return bindTo(endpoint, address, port);
}

function bindTo(endpoint: Endpoint, address: usize, port: u32): i32 {
  const any = isUnspecified(address);
  // A datagram socket may be bound to a group: then it receives nothing else.
  const speaksIp = RAW_SOCKETS && endpoint.socketKind == SocketKind.RAW;
  const isGroup = GROUPS && isMulticast(address) && (speaksIp || endpoint.socketKind == SocketKind.DATAGRAM);
  if (!any && !isGroup && !mayBind(endpoint, address)) return -Errno.EADDRNOTAVAIL;
  if (speaksIp && !isProtocol(port)) return -Errno.EINVAL;
  const shares = GROUPS != 0 && endpoint.has(EndpointFlag.REUSE);
  if (port == 0) port = choosePort(endpoint.socketKind, address, endpoint.adapter);
  else if (!speaksIp && isPortTaken(endpoint.socketKind, address, port, endpoint.adapter, shares)) port = 0;
  if (port == 0) return -Errno.EADDRINUSE;
  if (!any) copyAddress(endpoint.local, address);
  endpoint.localPort = <u16>port;
  bindPort(endpoint);
  return 0;
}

function isProtocol(number: u32): bool {
  return number > 0 && number < 256;
}

// A socket that is bound to an adapter has none but that one's addresses.
function mayBind(endpoint: Endpoint, address: usize): bool {
  const adapter = endpoint.adapter;
  if (adapter == ANY_ADAPTER || (LOOPBACK && adapter == LOOPBACK_ADAPTER)) return isOwn(address);
  return findOwnAddress(adapter, address) !== null;
}

/** Opens a connection (EINPROGRESS: an event tells how it went), or fixes the peer of a datagram socket. */
export function connectSocket(descriptor: i32, address: usize, port: u32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (!isReadable(address, 16)) return -Errno.EFAULT;
  if (port > 0xffff) return -Errno.EINVAL;
  if (!isStream(endpoint)) return connectDatagram(asDatagram(endpoint), address, port);
  if (isUnspecified(address)) return -Errno.EINVAL;
  const tcb = asStream(endpoint);
  const state = whyNotFresh(tcb);
  if (state != 0) return state;
  if (port == 0) return -Errno.EINVAL;
  return connectTo(tcb, address, port);
}

function connectTo(tcb: Tcb, address: usize, port: u32): i32 {
  const failed = findPath(tcb.path, address, wayOut(tcb, address));
  if (failed) return failed;
  const adapter = tcb.path.adapter;
  if (isMulticast(address) || isBroadcast(adapter, address)) return -Errno.ENETUNREACH; // MUST-46
  if (isUnspecified(tcb.local)) {
    const source = sourceTo(adapter, address);
    if (!source) return -Errno.EADDRNOTAVAIL;
    copyAddress(tcb.local, source);
  }
  if (!tcb.has(EndpointFlag.BOUND)) {
    const chosen = chooseConnectionPort(tcb.local, address, port, tcb.adapter);
    if (chosen == 0) return -Errno.EADDRNOTAVAIL;
    tcb.localPort = <u16>chosen;
  } else if (findFlow(tcb.local, tcb.localPort, address, port)) {
    return -Errno.EADDRINUSE;
  }
  if (SEVERAL_ADAPTERS) tcb.adapter = <u8>adapter; // the one that has the address we speak with, for good
  copyAddress(tcb.remote, address);
  tcb.remotePort = <u16>port;
  openActively(tcb);
  return -Errno.EINPROGRESS;
}

// Towards no address in particular: it has no peer any more (as with Berkeley's AF_UNSPEC).
function connectDatagram(socket: Datagram, address: usize, port: u32): i32 {
  if (isUnspecified(address)) {
    clearAddress(socket.remote);
    socket.remotePort = 0;
    return 0;
  }
  const failed = findPath(socket.path, address, adapterFor(socket, address));
  if (failed) return failed;
  if (!mayBroadcast(socket, socket.path.adapter, address)) return -Errno.EACCES;
  if (isRaw(socket) && !isProtocol(port)) return -Errno.EINVAL;
  if (!socket.has(EndpointFlag.BOUND)) {
    const unbound = bindTo(socket, socket.local, isRaw(socket) ? port : 0);
    if (unbound) return unbound;
  }
  copyAddress(socket.remote, address);
  socket.remotePort = <u16>port;
  return 0;
}

/** False of a broadcast address when the socket has not said that it means everybody. */
export function mayBroadcast(socket: Datagram, adapter: u32, address: usize): bool {
  const toAll = adapter == ANY_ADAPTER ? isAnyBroadcast(address) : isBroadcast(adapter, address);
  return socket.has(EndpointFlag.BROADCAST) || !toAll;
}

/** Makes sure that a datagram socket has a port to send from to `port`, or that this is a protocol. */
export function bindForSending(socket: Datagram, port: u32): i32 {
  if (isRaw(socket)) return isProtocol(port) ? 0 : -Errno.EINVAL;
  return socket.has(EndpointFlag.BOUND) ? 0 : bindTo(socket, socket.local, 0);
}

/** Lets a bound stream socket wait for connections, at most `backlog` of them not yet accepted. */
export function listenOn(descriptor: i32, backlog: u32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (!isStream(endpoint)) return -Errno.EOPNOTSUPP;
  const tcb = asStream(endpoint);
  if (tcb.state != State.LISTEN && whyNotFresh(tcb) != 0) return -Errno.EINVAL;
  if (!tcb.has(EndpointFlag.BOUND)) {
    const unbound = bindTo(tcb, tcb.local, 0);
    if (unbound) return unbound;
  }
  listenStream(tcb, backlog);
  return 0;
}

/** The next connection that waits at a listener: its descriptor, or EAGAIN. */
export function acceptFrom(descriptor: i32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (!isStream(endpoint)) return -Errno.EOPNOTSUPP;
  const tcb = asStream(endpoint);
  return tcb.state == State.LISTEN ? acceptStream(tcb) : -Errno.EINVAL;
}

/** Ends one direction of a connection, or both. */
export function shutdownSocket(descriptor: i32, how: u32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (how > 2) return -Errno.EINVAL;
  return isStream(endpoint) ? shutdownStream(asStream(endpoint), how) : -Errno.EOPNOTSUPP;
}

/** Lets go of a socket. Data that was written is still sent. */
export function closeSocket(descriptor: i32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (isStream(endpoint)) closeStream(asStream(endpoint));
  else closeDatagram(asDatagram(endpoint));
  return 0;
}

/** Lets go of a socket and of everything in it; a connection's peer is told by a RST. */
export function abortSocket(descriptor: i32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  if (isStream(endpoint)) abortStream(asStream(endpoint));
  else closeDatagram(asDatagram(endpoint));
  return 0;
}
