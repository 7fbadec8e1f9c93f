// IP on the way out: a path to the destination is found once and kept, a header is put on, the link takes over.

import { IPV6 } from "profile";
import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { isMulticast, isNowhere, isUnspecified, isV4, v4Of } from "../base/address";
import { IP_HEADER_BYTES, IPV6_HEADER_BYTES } from "../base/config";
import { countIp } from "../base/counters";
import { IP_STATE } from "../base/memory";
import { Adapter, adapterAt } from "../device/adapter";
import { Packet } from "../device/packet";
import { isBroadcast } from "../ethernet/addresses";
import { interfaceAt } from "../ethernet/interface";
import { Neighbor, pathGeneration } from "../ethernet/neighbor";
import { FragmentBits, writeIpv4Header } from "./ipv4";
import { LEAST_MTU, writeIpv6Header } from "./ipv6";
import { neighborFor, sendToGroup, sendToNeighbor, suspect } from "./link";
import { ANY_ADAPTER, findRoute, nextHop } from "./route";

/** The way to one destination. Kept in sockets; good while its generation is the table's. */
@unmanaged
@final
export class Path {
  /** The next hop; null for a broadcast or a group. */
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
  if (isUnspecified(destination) || isNowhere(destination)) return -Errno.ENETUNREACH;
  let via = adapter;
  if (!needsNoRoute(destination) || adapter == ANY_ADAPTER) {
    const route = findRoute(destination, adapter);
    if (!route) {
      countIp(Counter.IpOutNoRoutes, !isV4(destination));
      return -Errno.ENETUNREACH;
    }
    via = route.adapter;
    if (!isMulticast(destination) && !isBroadcast(via, destination)) {
      path.neighbor = neighborFor(adapterAt(via), nextHop(route, destination));
      if (!path.neighbor) return -Errno.ENOBUFS;
    }
  }
  path.adapter = via;
  path.generation = pathGeneration();
  return 0;
}

function needsNoRoute(destination: usize): bool {
  return isMulticast(destination) || (isV4(destination) && v4Of(destination) == 0xffffffff);
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
  return isV4(destination) ? 576 : LEAST_MTU;
}

/** The largest packet that an adapter's link carries whole, of the version of `destination`. */
export function linkMtu(adapter: Adapter, destination: usize): u32 {
  return isV4(destination) ? adapter.mtu : interfaceAt(adapter.index).mtu;
}

/**
 * Puts an IP header in front of the bytes in view and sends. `ttl` 0: the usual. `dontFragment` as in IPv4's header: a
 * router that cannot pass the packet whole shall say so; in IPv6 none ever cuts it. 0, or a negative errno. The caller
 * keeps its hold on the packet.
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
  const isV6 = !isV4(destination);
  const bytes = packet.length + ipHeaderBytes(destination);
  if (bytes > linkMtu(adapter, destination)) {
    countIp(Counter.IpOutTooBig, isV6);
    return -Errno.EMSGSIZE;
  }
  if (IPV6 && isV6) {
    const at = packet.push(IPV6_HEADER_BYTES);
    const hops = ttl ? ttl : <u32>interfaceAt(adapter.index).hopLimit;
    writeIpv6Header(at, bytes - IPV6_HEADER_BYTES, protocol, hops, tos, 0, source, destination);
  } else {
    // An atomic packet needs no identification (RFC 6864 §4.1).
    const identification = dontFragment ? 0 : nextIdentification();
    const fragment: u32 = dontFragment ? FragmentBits.DF : 0;
    const at = packet.push(IP_HEADER_BYTES);
    const hops = ttl ? ttl : DEFAULT_TTL;
    writeIpv4Header(at, bytes, identification, fragment, hops, tos, protocol, v4Of(source), v4Of(destination));
  }
  countIp(Counter.IpOutRequests, isV6);
  const neighbor = path.neighbor;
  if (neighbor) sendToNeighbor(adapter, neighbor, packet);
  else sendToGroup(adapter, destination, packet);
  return 0;
}

function nextIdentification(): u32 {
  ip.identification = (ip.identification + 1) & 0xffff;
  return ip.identification;
}
