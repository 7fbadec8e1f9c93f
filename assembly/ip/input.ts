// IP on the way in: what both versions have in common once a header is checked and described in `arrival`.

import { DHCP_POOL, FORWARDING, GROUPS, IPV6, LOOPBACK } from "profile";
import { Counter } from "../abi/counters";
import { isLimitedBroadcast, isMulticast, isNowhere, isUnspecified, isV4 } from "../base/address";
import { sumPseudoHeader } from "../base/checksum";
import { FRAGMENTS, LOOPBACK_ADAPTER, SEVERAL_ADAPTERS } from "../base/config";
import { count, countIp } from "../base/counters";
import { Adapter, isForwarding } from "../device/adapter";
import { Packet } from "../device/packet";
import { findAnyOwnAddress, findOwnAddress, isBroadcast, isOwn } from "../ethernet/addresses";
import { cameToGroup } from "../ethernet/header";
import { arrival } from "./arrival";
import { openExtensions, Walk } from "./extensions";
import { isMember } from "./groups";
import { FragmentBits, openIpv4 } from "./ipv4";
import { openIpv6 } from "./ipv6";
import { Protocol } from "./protocol";
import { reassemble } from "./reassembly";

/** The packet, whose header is in view, is for somebody else, and this machine is a router. */
export const TO_FORWARD: i32 = -16;

/**
 * Takes the headers of IP off. The answer is the protocol inside, or one of Walk: dropped and counted, or kept until other
 * fragments come, or the sender is to be told of a problem; or TO_FORWARD. What is inside is in view in `arrival.packet`.
 */
export function receiveIp(adapter: Adapter, packet: Packet, isV6: bool): i32 {
  countIp(Counter.IpInReceives, isV6);
  arrival.adapter = adapter.index;
  if (IPV6 && isV6 ? !openIpv6(packet) : !openIpv4(packet)) return Walk.DROPPED;
  if (!isFromOne(adapter)) {
    countIp(Counter.IpInAddrErrors, isV6);
    return Walk.DROPPED;
  }
  if (!isForUs(adapter)) {
    if (FORWARDING && isForwarding()) return TO_FORWARD;
    if (SEVERAL_ADAPTERS && findAnyOwnAddress(arrival.destination)) count(Counter.IpInOtherAdapter);
    else countIp(Counter.IpInAddrErrors, isV6);
    return Walk.DROPPED;
  }
  packet.pull(arrival.headerBytes);
  let found: i32 = IPV6 && isV6 ? openExtensions(arrival, packet, true) : fragmentOr(arrival.protocol);
  if (found == Walk.FRAGMENT) found = openFragmented(packet, isV6);
  return found < 0 ? found : deliver(found, isV6);
}

function deliver(protocol: i32, isV6: bool): i32 {
  countIp(Counter.IpInDelivers, isV6);
  arrival.protocol = <u8>protocol;
  arrival.pseudoSum = sumPseudoHeader(arrival.source, arrival.destination, protocol);
  return protocol;
}

function fragmentOr(protocol: i32): i32 {
  return isPart() ? Walk.FRAGMENT : protocol;
}

function isPart(): bool {
  return (arrival.fragment & (FragmentBits.MF | FragmentBits.OFFSET)) != 0;
}

// A fragment, but one that is the whole packet (RFC 6946), has to wait for the others.
function openFragmented(packet: Packet, isV6: bool): i32 {
  if (isPart()) {
    const missing = takePart(packet, isV6);
    if (missing) return missing;
  }
  return IPV6 && isV6 ? openExtensions(arrival, arrival.packet, false) : <i32>arrival.protocol;
}

function takePart(packet: Packet, isV6: bool): i32 {
  if (FRAGMENTS) return reassemble(packet);
  countIp(Counter.IpReasmReqds, isV6);
  countIp(Counter.IpReasmFails, isV6);
  return Walk.DROPPED;
}

// A source must be one host, and on a wire another one: not a group, a broadcast, nobody (RFC 1122 §3.2.1.3) or us. In
// IPv6 nobody may ask who has an address, and somebody who has one of ours is heard, so that this is found out; what else
// they send is refused where it is understood.
function isFromOne(adapter: Adapter): bool {
  const source = arrival.source;
  // A bridge that asks for groups may have no address (RFC 4541 §2.1.1).
  if (GROUPS && arrival.protocol == Protocol.IGMP && isUnspecified(source)) return true;
  if (isMulticast(source) || isBroadcast(adapter.index, source)) return false;
  if (isUnspecified(source)) return !isV4(source) || (DHCP_POOL && asksForAddress());
  return isLoopbackAdapter(adapter) || (!isNowhere(source) && !(isV4(source) && findAnyOwnAddress(source)));
}

// Who has no address yet asks everybody for one, from 0.0.0.0 (RFC 1122 §3.2.1.3 (a)).
function asksForAddress(): bool {
  return arrival.protocol == Protocol.UDP && isLimitedBroadcast(arrival.destination);
}

// Strong host (RFC 1122 §3.3.4.2; see STRONG-HOST.md): only the adapter that has an address takes packets for it. A
// router takes what is for any of its addresses wherever it comes in (RFC 1812 §5.2.3).
function isForUs(adapter: Adapter): bool {
  const destination = arrival.destination;
  if (isLoopbackAdapter(adapter)) {
    arrival.toMany = 0;
    return isOwn(destination);
  }
  const anywhere = FORWARDING && isForwarding();
  if (anywhere ? findAnyOwnAddress(destination) : findOwnAddress(adapter.index, destination)) {
    arrival.toMany = cameToGroup(arrival.packet, 0) ? 1 : 0;
    return true;
  }
  arrival.toMany = 1;
  if (!isMulticast(destination)) return isBroadcast(adapter.index, destination);
  return GROUPS != 0 && isMember(adapter.index, destination);
}

function isLoopbackAdapter(adapter: Adapter): bool {
  return LOOPBACK != 0 && adapter.index == LOOPBACK_ADAPTER;
}
