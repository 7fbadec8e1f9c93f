// IP on the way out: a path to the destination is found once and kept, a header is put on, the link takes over.

import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { addressHash, isMulticast, isNowhere, isV4, v4Of } from "../base/address";
import { FRAGMENTS, IP_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { IP_STATE, SECRET_WORD } from "../base/memory";
import { adapterAt } from "../device/adapter";
import { releaseChain } from "../device/chain";
import { Packet, PacketFlag } from "../device/packet";
import { isBroadcast } from "../ethernet/addresses";
import { neighborFor, sendToGroup, sendToNeighbor, suspect } from "../ethernet/link";
import { Neighbor, pathGeneration } from "../ethernet/neighbor";
import { cutToFit, fragmentRoom } from "./fragment";
import { FragmentBits, writeIpv4Header } from "./ipv4";
import { LEAST_PATH_MTU, pathMtu } from "./path-mtu";
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

const ip: Ip = changetype<Ip>(IP_STATE);
const passingPath: Path = changetype<Path>(IP_STATE + offsetof<Ip>("neighbor"));

export function startIp(identification: u32): void {
  ip.identification = identification;
}

/** Finds the way to `destination`, through `adapter` alone unless that is ANY_ADAPTER. 0, or a negative errno. */
export function findPath(path: Path, destination: usize, adapter: u32): i32 {
  path.generation = 0;
  path.neighbor = null;
  if (isNowhere(destination)) return -Errno.ENETUNREACH;
  let via = adapter;
  if (!needsNoRoute(destination) || adapter == ANY_ADAPTER) {
    const route = findRoute(destination, adapter);
    if (!route) {
      count(Counter.IpOutNoRoutes);
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

/**
 * Puts an IPv4 header in front of the bytes in view and sends; what is larger than the path takes goes in fragments.
 * `dontFragment` as in the header: it goes whole or not at all, and a router that cannot pass it shall say so. 0, or a
 * negative errno: EMSGSIZE, or ENOBUFS when there are not enough packets for all fragments. The caller keeps its hold on
 * the packet, or the chain.
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
  let first = packet;
  if (FRAGMENTS && !dontFragment && isTooLong(packet, destination, adapter.mtu)) {
    const cut = cutForPath(packet, destination, adapter.mtu);
    if (!cut) return -Errno.ENOBUFS;
    first = cut;
  } else if (packet.length + IP_HEADER_BYTES > adapter.mtu) {
    count(Counter.IpOutTooBig);
    return -Errno.EMSGSIZE;
  }
  count(Counter.IpOutRequests);
  // An atomic packet needs no identification (RFC 6864 §4.1).
  const identification = dontFragment ? 0 : nextIdentification(destination);
  const neighbor = path.neighbor;
  let fragment: u32 = dontFragment ? FragmentBits.DF : 0;
  let part: Packet | null = first;
  while (part) {
    const bytes = part.length + IP_HEADER_BYTES;
    let more: Packet | null = null;
    if (FRAGMENTS) more = part.more;
    const bits = more ? fragment | FragmentBits.MF : fragment;
    const at = part.push(IP_HEADER_BYTES);
    writeIpv4Header(at, bytes, identification, bits, ttl, tos, protocol, v4Of(source), v4Of(destination));
    if (neighbor) sendToNeighbor(adapter, neighbor, part);
    else sendToGroup(adapter, destination, part);
    if (FRAGMENTS && more) {
      count(Counter.IpFragCreates);
      more.set(PacketFlag.FOLLOWS);
      fragment += (bytes - IP_HEADER_BYTES) >> 3;
    }
    part = more;
  }
  if (FRAGMENTS && fragment && !dontFragment) endFragments(first, packet);
  return 0;
}

// Small packets fit every path that is known.
function isTooLong(packet: Packet, destination: usize, mtu: u32): bool {
  const bytes = packet.length + IP_HEADER_BYTES;
  return packet.more !== null || bytes > mtu || (bytes > LEAST_PATH_MTU && bytes > pathMtu(destination, mtu));
}

// All fragments of a datagram go, or none.
function cutForPath(packet: Packet, destination: usize, mtu: u32): Packet | null {
  const cut = cutToFit(packet, fragmentRoom(pathMtu(destination, mtu), !isV4(destination)));
  if (!cut) count(Counter.IpFragFails);
  return cut;
}

function endFragments(first: Packet, packet: Packet): void {
  count(Counter.IpFragCreates); // the last
  count(Counter.IpFragOKs);
  if (first !== packet) releaseChain(first);
}

// Counts all that is sent, so that no number comes again to a destination before 65,535 others went (RFC 6864 §4.3), and
// begins elsewhere for each destination, so that one cannot tell what another gets (RFC 7739 §5.2).
function nextIdentification(destination: usize): u32 {
  if (!FRAGMENTS) return ++ip.identification;
  return ++ip.identification + (((addressHash(destination) ^ load<u32>(SECRET_WORD)) * 0x9e3779b1) >> 16);
}
