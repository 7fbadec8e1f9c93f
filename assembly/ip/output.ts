// IP on the way out: a path to the destination is found once and kept, a header is put on, the link takes over.

import { DHCP_CLIENT, IPV6, LOOPBACK } from "profile";
import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { addressHash, isMulticast, isNowhere, isUnspecified, isV4, v4Of } from "../base/address";
import {
  FRAGMENT_HEADER_BYTES,
  FRAGMENTS,
  IP_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  LEAST_V4_MTU,
  LOOPBACK_ADAPTER,
} from "../base/config";
import { countIp } from "../base/counters";
import { IP_STATE, SECRET_WORD } from "../base/memory";
import { Adapter, adapterAt, hasLink } from "../device/adapter";
import { releaseChain } from "../device/chain";
import { loop } from "../device/loopback";
import { Packet, PacketFlag } from "../device/packet";
import { isBroadcast, isOwn } from "../ethernet/addresses";
import { interfaceAt } from "../ethernet/interface";
import { Neighbor, pathGeneration } from "../ethernet/neighbor";
import { cutToFit, fragmentRoom, writeFragmentHeader } from "./fragment";
import { FragmentBits, writeIpv4Header } from "./ipv4";
import { LEAST_MTU, writeIpv6Header } from "./ipv6";
import { neighborFor, sendToGroup, sendToNeighbor, suspect } from "./link";
import { LEAST_PATH_MTU, pathMtu } from "./path-mtu";
import { Protocol } from "./protocol";
import { ANY_ADAPTER, findRoute, NO_ADAPTER, nextHop } from "./route";

/** The way to one destination. Kept in sockets; good while its generation is the table's. */
@unmanaged
@final
export class Path {
  /** The next hop; null for a broadcast, a group, or the machine itself. */
  neighbor: Neighbor | null;
  /** 0: not looked up yet. */
  generation: u32;
  adapter: u32;
}

@unmanaged
@final
class Ip {
  /** For packets that may be fragmented on their way (RFC 6864); the others need none. */
  identification: u32;
  /** The path of a packet that nobody keeps one for. */
  neighbor: u32;
  generation: u32;
  adapter: u32;
}

/** Time to live of what we send unless a socket, or a router, says otherwise (RFC 1700's recommendation). */
export const DEFAULT_TTL: u32 = 64;

const ip: Ip = changetype<Ip>(IP_STATE);
const passingPath: Path = changetype<Path>(IP_STATE + offsetof<Ip>("neighbor"));

export function startIp(identification: u32): void {
  ip.identification = identification;
}

/** Finds the way to `destination`, through `adapter` alone unless that is ANY_ADAPTER. 0, or a negative errno. */
export function findPath(path: Path, destination: usize, adapter: u32): i32 {
  path.generation = 0;
  path.neighbor = null;
  if (LOOPBACK && isOwn(destination)) return findOwnPath(path, adapter);
  if (isUnspecified(destination) || isNowhere(destination)) return -Errno.ENETUNREACH;
  if (adapter == NO_ADAPTER) return -Errno.EADDRNOTAVAIL;
  let via = adapter;
  let gateway = destination;
  if (!needsNoRoute(destination) || adapter == ANY_ADAPTER) {
    const route = findRoute(destination, adapter);
    if (!route) {
      countIp(Counter.IpOutNoRoutes, !isV4(destination));
      return -Errno.ENETUNREACH;
    }
    via = route.adapter;
    gateway = nextHop(route, destination);
  }
  if (!hasLink(adapterAt(via))) return -Errno.ENETDOWN;
  if (!isMulticast(destination) && !isBroadcast(via, destination)) {
    path.neighbor = neighborFor(adapterAt(via), gateway);
    if (!path.neighbor) return -Errno.ENOBUFS;
  }
  return complete(path, via);
}

// To the machine itself, which no wire leads to.
function findOwnPath(path: Path, adapter: u32): i32 {
  if (adapter != ANY_ADAPTER && adapter != LOOPBACK_ADAPTER) return -Errno.ENETUNREACH;
  return complete(path, LOOPBACK_ADAPTER);
}

function complete(path: Path, adapter: u32): i32 {
  path.adapter = adapter;
  path.generation = pathGeneration();
  return 0;
}

function needsNoRoute(destination: usize): bool {
  return isMulticast(destination) || (isV4(destination) && v4Of(destination) == 0xffffffff);
}

/** True when a route leads to `destination`, through `adapter` alone unless that is ANY_ADAPTER. */
export function isReachable(destination: usize, adapter: u32): bool {
  if (LOOPBACK && isOwn(destination)) return adapter == ANY_ADAPTER || adapter == LOOPBACK_ADAPTER;
  if (DHCP_CLIENT && adapter < NO_ADAPTER && needsNoRoute(destination)) return true;
  return findRoute(destination, adapter) !== null;
}

/** True while a kept path may be used as it is. */
export function isPathGood(path: Path): bool {
  return path.generation != 0 && path.generation == pathGeneration();
}

/** What is sent on this path is not answered: the next hop may have gone (RFC 1122 §3.3.1.4, §4.2.3.5 (a)). */
export function suspectPath(path: Path): void {
  const neighbor = path.neighbor;
  if (neighbor && isPathGood(path)) suspect(neighbor);
}

/** The path of the last packet that nobody keeps one for: room for `findPath`, good until the next one is looked up. */
export function passing(): Path {
  return passingPath;
}

/** The path for one packet, looked up anew. Good until the next call; null when there is no way. */
export function pathFor(destination: usize, adapter: u32): Path | null {
  return findPath(passingPath, destination, adapter) == 0 ? passingPath : null;
}

/** Bytes of the header that a packet for `destination` gets. */
export function ipHeaderBytes(destination: usize): u32 {
  return isV4(destination) ? IP_HEADER_BYTES : IPV6_HEADER_BYTES;
}

/** Bytes of a packet that every host takes, of the version of `destination` (RFC 791 §3.1; RFC 8200 §5). */
export function defaultMtu(destination: usize): u32 {
  return isV4(destination) ? LEAST_V4_MTU : LEAST_MTU;
}

/** The largest packet that an adapter's link carries whole, of the version of `destination`. */
export function linkMtu(adapter: Adapter, destination: usize): u32 {
  return isV4(destination) ? adapter.mtu : min<u16>(adapter.mtu, interfaceAt(adapter.index).mtu);
}

/**
 * Puts an IP header in front of the bytes in view and sends; what is larger than the path takes goes in fragments. `ttl`
 * 0: the usual. `dontFragment`: it goes whole or not at all, and a router that cannot pass it shall say so, as routers of
 * IPv6 always do. 0, or a negative errno: EMSGSIZE, or ENOBUFS when there are not enough packets for all fragments. The
 * caller keeps its hold on the packet, or the chain.
 */
export function sendIp(
  packet: Packet,
  path: Path,
  source: usize,
  destination: usize,
  protocol: u32,
  ttl: u32,
  tos: u32,
  dontFragment: bool,
): i32 {
  const adapter = adapterAt(path.adapter);
  if (FRAGMENTS && !dontFragment && isTooLong(packet, adapter, destination)) {
    return sendFragments(packet, path, source, destination, protocol, ttl, tos);
  }
  const isV6 = !isV4(destination);
  const hops = ttl ? ttl : usualHops(adapter, isV6);
  const bytes = packet.length + (IPV6 && isV6 ? IPV6_HEADER_BYTES : IP_HEADER_BYTES);
  if (bytes > (IPV6 && isV6 ? linkMtu(adapter, destination) : <u32>adapter.mtu)) {
    countIp(Counter.IpOutTooBig, isV6);
    return -Errno.EMSGSIZE;
  }
  if (IPV6 && isV6) {
    const flow = flowLabel(packet, source, destination, protocol);
    const at = packet.push(IPV6_HEADER_BYTES);
    writeIpv6Header(at, bytes - IPV6_HEADER_BYTES, protocol, hops, tos, flow, source, destination);
  } else {
    // An atomic packet needs no identification (RFC 6864 §4.1).
    const identification = dontFragment ? 0 : nextIdentification(destination);
    const fragment: u32 = dontFragment ? FragmentBits.DF : 0;
    const at = packet.push(IP_HEADER_BYTES);
    writeIpv4Header(at, bytes, identification, fragment, hops, tos, protocol, v4Of(source), v4Of(destination));
  }
  countIp(Counter.IpOutRequests, isV6);
  toLink(packet, adapter, path, destination);
  return 0;
}

// Routers say what it is in their network (RFC 4861 §6.3.4).
function usualHops(adapter: Adapter, isV6: bool): u32 {
  return IPV6 && isV6 ? <u32>interfaceAt(adapter.index).hopLimit : DEFAULT_TTL;
}

function toLink(packet: Packet, adapter: Adapter, path: Path, destination: usize): void {
  const neighbor = path.neighbor;
  if (LOOPBACK && path.adapter == LOOPBACK_ADAPTER) loop(packet);
  else if (neighbor) sendToNeighbor(adapter, neighbor, packet);
  else sendToGroup(adapter, destination, packet);
}

// Small packets fit every path that is known.
function isTooLong(packet: Packet, adapter: Adapter, destination: usize): bool {
  if (packet.more) return true;
  const bytes = packet.length + ipHeaderBytes(destination);
  return bytes > LEAST_PATH_MTU && bytes > pathMtu(destination, linkMtu(adapter, destination));
}

// All fragments of a datagram go, or none.
function sendFragments(
  packet: Packet,
  path: Path,
  source: usize,
  destination: usize,
  protocol: u32,
  ttl: u32,
  tos: u32,
): i32 {
  const adapter = adapterAt(path.adapter);
  const isV6 = !isV4(destination);
  const first = cutToFit(packet, fragmentRoom(pathMtu(destination, linkMtu(adapter, destination)), isV6));
  if (!first) {
    countIp(Counter.IpFragFails, isV6);
    return -Errno.ENOBUFS;
  }
  countIp(Counter.IpOutRequests, isV6);
  const identification = nextIdentification(destination);
  const flow = IPV6 && isV6 ? flowLabel(packet, source, destination, protocol) : 0;
  const hops = ttl ? ttl : usualHops(adapter, isV6);
  let place: u32 = 0;
  let part: Packet | null = first;
  while (part) {
    const bytes = part.length;
    const more: Packet | null = part.more;
    if (place) part.set(PacketFlag.FOLLOWS);
    if (IPV6 && isV6) {
      const behind = part.push(FRAGMENT_HEADER_BYTES);
      writeFragmentHeader(behind, protocol, place, more !== null, identification);
      const at = part.push(IPV6_HEADER_BYTES);
      const payload = bytes + FRAGMENT_HEADER_BYTES;
      writeIpv6Header(at, payload, Protocol.FRAGMENT, hops, tos, flow, source, destination);
    } else {
      const bits = (place >> 3) | (more ? FragmentBits.MF : 0);
      const at = part.push(IP_HEADER_BYTES);
      const total = bytes + IP_HEADER_BYTES;
      writeIpv4Header(at, total, identification, bits, hops, tos, protocol, v4Of(source), v4Of(destination));
    }
    toLink(part, adapter, path, destination);
    countIp(Counter.IpFragCreates, isV6);
    place += bytes;
    part = more;
  }
  countIp(Counter.IpFragOKs, isV6);
  if (first !== packet) releaseChain(first);
  return 0;
}

// The same for all packets of a flow, and for strangers not to be foretold, so that routers with several ways keep a flow
// on one of them: a hash of the addresses, the protocol and the ports in view, keyed (RFC 6437 §3). Never 0, which is none.
function flowLabel(packet: Packet, source: usize, destination: usize, protocol: u32): u32 {
  const hasPorts = protocol == Protocol.TCP || protocol == Protocol.UDP;
  const ports = hasPorts && packet.length >= 4 ? load<u32>(packet.data) : 0;
  const ends = addressHash(source) * 31 + addressHash(destination);
  const mixed = (ends ^ load<u32>(SECRET_WORD) ^ (ports * 0x85ebca6b) ^ protocol) * 0x9e3779b1;
  return max<u32>(mixed >> 12, 1);
}

// Counts all that is sent, so that no number comes again to a destination before 65,535 others went (RFC 6864 §4.3), and
// begins elsewhere for each destination, so that one cannot tell what another gets (RFC 7739 §5.2).
function nextIdentification(destination: usize): u32 {
  if (!FRAGMENTS) return ++ip.identification;
  return ++ip.identification + (((addressHash(destination) ^ load<u32>(SECRET_WORD)) * 0x9e3779b1) >> 16);
}
