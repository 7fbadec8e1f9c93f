// Local ports: who is bound to which, who may bind, and ports for those who do not care (RFC 6056).

import { RAW_SOCKETS } from "profile";
import { SocketKind } from "../abi/sockets";
import { State } from "../abi/status";
import { isUnspecified, sameAddress } from "../base/address";
import { PORT_BUCKETS, SEVERAL_ADAPTERS } from "../base/config";
import { PORT_TABLE, PORTS_STATE } from "../base/memory";
import { random32 } from "../base/random";
import { arrival } from "../ip/arrival";
import { ANY_ADAPTER } from "../ip/route";
import { Endpoint, EndpointFlag } from "./endpoint";
import { findFlow } from "./flow";

@unmanaged
@final
class Ports {
  /** Raw sockets that are bound: while there is none, packets are not looked at for them. */
  raw: u32;
}

const ports: Ports = changetype<Ports>(PORTS_STATE);

/** True when some socket hears what IP carries. */
export function hasRawSockets(): bool {
  return RAW_SOCKETS != 0 && ports.raw > 0;
}

/** The dynamic ports (RFC 6335 §6). */
const FIRST_DYNAMIC_PORT: u32 = 49152;
const DYNAMIC_PORTS: u32 = 16384;

function chain(port: u32): usize {
  return PORT_TABLE + (((port * 0x9e3779b1) >> 16) & (PORT_BUCKETS - 1)) * 4;
}

function first(port: u32): Endpoint | null {
  return changetype<Endpoint | null>(load<usize>(chain(port)));
}

/** Enters the endpoint under its local port. */
export function bindPort(endpoint: Endpoint): void {
  const head = chain(endpoint.localPort);
  endpoint.portNext = changetype<Endpoint | null>(load<usize>(head));
  store<usize>(head, changetype<usize>(endpoint));
  endpoint.set(EndpointFlag.BOUND);
  if (RAW_SOCKETS && endpoint.socketKind == SocketKind.RAW) ports.raw++;
}

export function unbindPort(endpoint: Endpoint): void {
  if (!endpoint.has(EndpointFlag.BOUND)) return;
  let at = chain(endpoint.localPort);
  while (load<usize>(at) != changetype<usize>(endpoint)) at = load<usize>(at) + offsetof<Endpoint>("portNext");
  store<usize>(at, changetype<usize>(endpoint.portNext));
  endpoint.clear(EndpointFlag.BOUND);
  if (RAW_SOCKETS && endpoint.socketKind == SocketKind.RAW) ports.raw--;
}

/**
 * True when another socket of that kind already has the port on this address, or on all addresses. Sockets that are
 * bound to different adapters are in no one's way; with `shares`, those that share do not count either.
 */
export function isPortTaken(kind: SocketKind, address: usize, port: u32, adapter: u32, shares: bool = false): bool {
  let other = first(port);
  while (other) {
    const takes = other.localPort == port && other.socketKind == kind && !isConnecting(other);
    const isShared = (shares && other.has(EndpointFlag.REUSE)) || !shareAdapter(other.adapter, adapter);
    if (takes && !isShared && overlaps(other.local, address)) return true;
    other = other.portNext;
  }
  return false;
}

// A connection is known by both its ends, and takes no port from listeners (RFC 9293 §3.9.1.1).
function isConnecting(endpoint: Endpoint): bool {
  return endpoint.socketKind == SocketKind.STREAM && endpoint.state != State.CLOSED && endpoint.state != State.LISTEN;
}

function overlaps(a: usize, b: usize): bool {
  return isUnspecified(a) || isUnspecified(b) || sameAddress(a, b);
}

function shareAdapter(a: u32, b: u32): bool {
  return !SEVERAL_ADAPTERS || a == b || a == ANY_ADAPTER || b == ANY_ADAPTER;
}

/** A port that nobody of that kind has on `address`; 0 when all are taken. */
export function choosePort(kind: SocketKind, address: usize, adapter: u32): u32 {
  const start = random32() % DYNAMIC_PORTS;
  for (let i: u32 = 0; i < DYNAMIC_PORTS; i++) {
    const port = FIRST_DYNAMIC_PORT + ((start + i) % DYNAMIC_PORTS);
    if (!isPortTaken(kind, address, port, adapter)) return port;
  }
  return 0;
}

/** A port for a connection from `local` to that peer: free of listeners and not in use towards the same peer. */
export function chooseConnectionPort(local: usize, remote: usize, remotePort: u32, adapter: u32): u32 {
  const start = random32() % DYNAMIC_PORTS;
  for (let i: u32 = 0; i < DYNAMIC_PORTS; i++) {
    const port = FIRST_DYNAMIC_PORT + ((start + i) % DYNAMIC_PORTS);
    if (isPortTaken(SocketKind.STREAM, local, port, adapter)) continue;
    if (!findFlow(local, port, remote, remotePort)) return port;
  }
  return 0;
}

/**
 * Who receives on this port what `arrival` describes: the socket bound to just this address rather than one bound to
 * all, one that has the sender for its peer rather than one without, and one bound to the adapter that brought it rather
 * than one bound to none. Null when nobody does.
 */
export function findBound(kind: SocketKind, local: usize, port: u32, remote: usize, remotePort: u32): Endpoint | null {
  let best: Endpoint | null = null;
  let bestFit = NO_FIT;
  let endpoint = first(port);
  while (endpoint) {
    if (endpoint.localPort == port && endpoint.socketKind == kind) {
      const fit = fitOf(endpoint, local, remote, remotePort, arrival.adapter);
      if (fit > bestFit) {
        best = endpoint;
        bestFit = fit;
      }
    }
    endpoint = endpoint.portNext;
  }
  return best;
}

/**
 * The next socket behind `last` (null: the first) that receives what comes from there to here through that adapter, when
 * all of them do.
 */
export function nextBound(
  last: Endpoint | null,
  kind: SocketKind,
  local: usize,
  port: u32,
  remote: usize,
  remotePort: u32,
  adapter: u32,
): Endpoint | null {
  let endpoint = last ? last.portNext : first(port);
  while (endpoint) {
    const isRight = endpoint.localPort == port && endpoint.socketKind == kind;
    if (isRight && fitOf(endpoint, local, remote, remotePort, adapter) != NO_FIT) return endpoint;
    endpoint = endpoint.portNext;
  }
  return null;
}

const NO_FIT = -1;

// How closely a socket with the right port fits: 0 any sender to any address, 1 this address, 2 more this sender, 4 more
// this adapter.
function fitOf(endpoint: Endpoint, local: usize, remote: usize, remotePort: u32, adapter: u32): i32 {
  if (endpoint.socketKind == SocketKind.STREAM && endpoint.state != State.LISTEN) return NO_FIT;
  let fit = 0;
  if (!isUnspecified(endpoint.local)) {
    if (!sameAddress(endpoint.local, local)) return NO_FIT;
    fit = 1;
  }
  if (!isUnspecified(endpoint.remote)) {
    if (!sameAddress(endpoint.remote, remote)) return NO_FIT;
    if (endpoint.socketKind != SocketKind.ECHO && endpoint.remotePort != remotePort) return NO_FIT;
    fit += 2;
  }
  if (SEVERAL_ADAPTERS && endpoint.adapter != ANY_ADAPTER) {
    if (endpoint.adapter != adapter) return NO_FIT;
    fit += 4;
  }
  return fit;
}
