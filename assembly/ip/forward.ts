// Forwarding (RFC 1812 §5): a packet that is for somebody else goes on in the buffer that it came in. Here it is judged
// and sent; what its sender is told is said in stack/route-on.ts, since ICMP lies above IP.

import { IPV6 } from "profile";
import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { isLinkLocal, isMulticast, isNowhere, isUnspecified, isV4 } from "../base/address";
import { be16 } from "../base/bytes";
import { FRAGMENTS, IP_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { adapterAt } from "../device/adapter";
import { available, Packet, PacketFlag, release } from "../device/packet";
import { areNeighbors, isAnyBroadcast } from "../ethernet/addresses";
import { cameToGroup } from "../ethernet/header";
import { Arrival } from "./arrival";
import { cutToFit, fragmentRoom } from "./fragment";
import { decrementTtl, FragmentBits, Ipv4Header, writeIpv4Header } from "./ipv4";
import { decrementHopLimit } from "./ipv6";
import { sendToNeighbor } from "./link";
import { findPath, linkMtu, Path, passing } from "./output";
import { ANY_ADAPTER } from "./route";

/** What is to become of a packet for somebody else. */
export const enum Fate {
  /** It goes on, on the path `passing()`. */
  PASS = 0,
  /** So it does, and its sender could have sent it straight to the next hop. */
  PASS_AND_REDIRECT = 1,
  /** Dropped and counted; the sender is told nothing, */
  DROPPED = 2,
  /** that it was under way too long, */
  EXPIRED = 3,
  /** that no route leads there, */
  NO_ROUTE = 4,
  /** or that it is too big for the link it was to go on. */
  TOO_BIG = 5,
  /** It goes on in fragments, on the path `passing()`. */
  PASS_IN_PARTS = 6,
}

/** Judges the packet that `arrival` describes, whose IP header is in view. It is not changed. */
export function judge(arrival: Arrival): Fate {
  count(Counter.IpInForwDatagrams);
  if (!mayPass(arrival)) return drop(Counter.IpForwRefused);
  if (arrival.ttl <= 1) {
    count(Counter.IpForwExpired);
    return Fate.EXPIRED;
  }
  // What waits for a slow link must not take what the machine's own sockets need.
  if (available() < 1) return drop(Counter.IpForwNoPacket);
  const path = passing();
  const failed = findPath(path, arrival.destination, ANY_ADAPTER);
  if (failed == -Errno.ENOBUFS) return drop(Counter.IpForwNoPacket);
  if (failed) return Fate.NO_ROUTE;
  if (arrival.packet.length > linkMtu(adapterAt(path.adapter), arrival.destination)) {
    if (mayCut(arrival)) return Fate.PASS_IN_PARTS;
    count(Counter.IpForwTooBig);
    return Fate.TOO_BIG;
  }
  return isDetour(arrival, path) ? Fate.PASS_AND_REDIRECT : Fate.PASS;
}

function drop(counter: Counter): Fate {
  count(counter);
  return Fate.DROPPED;
}

// Nothing goes on that is good on one link only, that is for many, or that came in a frame for many (RFC 1812 §4.2.2.11,
// §5.3.4, §5.3.5, §5.3.7; RFC 3927 §7).
function mayPass(arrival: Arrival): bool {
  const source = arrival.source;
  const destination = arrival.destination;
  if (cameToGroup(arrival.packet, 0) || isMulticast(destination) || isAnyBroadcast(destination)) return false;
  if (isNowhere(destination) || isLinkLocal(destination) || isReserved(destination)) return false;
  return !isUnspecified(source) && !isLinkLocal(source) && !isReserved(source);
}

// Class E, 240.0.0.0/4 (RFC 1812 §5.3.7).
function isReserved(address: usize): bool {
  return isV4(address) && load<u8>(address, 12) >= 240;
}

// Not in IPv6 (RFC 8200 §4.5). Options would have to be sorted into those that every part repeats and the others; nobody
// who sends them needs large packets.
function mayCut(arrival: Arrival): bool {
  if (!FRAGMENTS || arrival.isV6) return false;
  return !(arrival.fragment & FragmentBits.DF) && arrival.headerBytes == IP_HEADER_BYTES;
}

// It leaves the way it came, and both the sender and the next hop are in one network there (RFC 1812 §5.2.7.2). IPv6's
// redirects are neighbor discovery's (RFC 4861 §8.2), which speaks for routers that advertise themselves.
function isDetour(arrival: Arrival, path: Path): bool {
  const neighbor = path.neighbor;
  if (!neighbor || path.adapter != arrival.adapter || arrival.isV6) return false;
  return areNeighbors(arrival.adapter, arrival.source, neighbor.address);
}

/** Sends the packet on, one hop older. */
export function passOn(arrival: Arrival, path: Path): void {
  const neighbor = path.neighbor;
  if (!neighbor) return; // to many, which `judge` does not let pass
  if (IPV6 && arrival.isV6) decrementHopLimit(arrival.header);
  else decrementTtl(arrival.header);
  count(Counter.IpOutForwDatagrams);
  sendToNeighbor(adapterAt(path.adapter), neighbor, arrival.packet);
}

/** Sends the packet on in fragments that the link carries (RFC 791 §3.2); all of them, or none. */
export function passInParts(arrival: Arrival, path: Path): void {
  const neighbor = path.neighbor;
  if (!neighbor) return;
  const adapter = adapterAt(path.adapter);
  const packet = arrival.packet;
  packet.pull(IP_HEADER_BYTES);
  const first = cutToFit(packet, fragmentRoom(adapter.mtu, false));
  if (!first) {
    count(Counter.IpFragFails);
    return;
  }
  const header = changetype<Ipv4Header>(arrival.header);
  const identification = be16(arrival.header, 4);
  let place = header.fragment & FragmentBits.OFFSET;
  let part: Packet | null = first;
  while (part) {
    const more: Packet | null = part.more;
    part.more = null; // each goes, waits and falls by itself
    if (part !== first) part.set(PacketFlag.FOLLOWS);
    const bytes = part.length;
    const bits = place | (more || header.fragment & FragmentBits.MF ? <u32>FragmentBits.MF : 0);
    const at = part.push(IP_HEADER_BYTES);
    const total = bytes + IP_HEADER_BYTES;
    const ttl = header.ttl - 1;
    writeIpv4Header(
      at,
      total,
      identification,
      bits,
      ttl,
      header.tos,
      header.protocol,
      header.source,
      header.destination,
    );
    sendToNeighbor(adapter, neighbor, part);
    release(part);
    count(Counter.IpFragCreates);
    place += bytes >> 3;
    part = more;
  }
  count(Counter.IpFragOKs);
  count(Counter.IpOutForwDatagrams);
}
