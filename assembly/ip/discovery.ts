// What neighbors say (RFC 4861 §7): their questions are answered, their answers go into the table of neighbors. A message
// that is not quite as it must be is dropped and counted; what it could do is worth more to a stranger than to us.

import { AddressState } from "../abi/addresses";
import { Counter } from "../abi/counters";
import { isMulticast, isUnspecified, sameAddress, setSolicitedNode } from "../base/address";
import { be32 } from "../base/bytes";
import { count } from "../base/counters";
import { DISCOVERY_SCRATCH } from "../base/memory";
import { Adapter, adapterAt } from "../device/adapter";
import { Packet } from "../device/packet";
import { findAddressEntry, OwnAddress } from "../ethernet/addresses";
import { addNeighbor, confirm, findNeighbor, Neighbor, NeighborState, suppose } from "../ethernet/neighbor";
import { Arrival } from "./arrival";
import { addressConflict } from "./autoconfig";
import { setAllHosts } from "./group-table";
import { forgetRouter } from "./route";
import { Advert, LINK_HOPS, NdOption, sendAdvertisement } from "./solicit";

/** Where the target lies in a message, and where options begin. */
const TARGET: u32 = 8;
const OPTIONS: u32 = 24;
/** Bytes from an IP header back to its frame's source address. */
const FRAME_SOURCE: usize = 8;

/**
 * What every message of a link must be (§6.1, §7.1, §8.1): unforwarded, of code 0, with whole options behind `options`, and
 * in no fragment (RFC 6980 §5).
 */
export function isSoundMessage(arrival: Arrival, options: u32): bool {
  const packet = arrival.packet;
  const isSound =
    arrival.ttl == LINK_HOPS &&
    arrival.fragment == 0 &&
    load<u8>(packet.data, 1) == 0 &&
    packet.length >= options &&
    hasWholeOptions(packet, options);
  if (!isSound) count(Counter.NdInInvalid);
  return isSound;
}

function hasWholeOptions(packet: Packet, from: u32): bool {
  while (from < packet.length) {
    if (from + 8 > packet.length) return false;
    const bytes = <u32>load<u8>(packet.data + from, 1) * 8;
    if (bytes == 0 || from + bytes > packet.length) return false;
    from += bytes;
  }
  return true;
}

/** Where the first option of a type lies that is at `from` or behind it; 0: none. All are known to be whole. */
export function findOption(packet: Packet, from: u32, type: NdOption): usize {
  while (from < packet.length) {
    const p = packet.data + from;
    if (<u32>load<u8>(p) == <u32>type) return p;
    from += <u32>load<u8>(p, 1) * 8;
  }
  return 0;
}

/** The option that brings an Ethernet address that one machine can have; 0: none. */
export function findMac(packet: Packet, from: u32, type: NdOption): usize {
  const option = findOption(packet, from, type);
  return option && !(load<u8>(option, 2) & 1) ? option : 0;
}

/** Somebody asks for the Ethernet address of one of ours, or claims one that we are claiming (§7.2.3). */
export function receiveSolicitation(arrival: Arrival): void {
  count(Counter.NdInSolicits);
  if (!isSoundMessage(arrival, OPTIONS)) return;
  const packet = arrival.packet;
  const target = packet.data + TARGET;
  const isProbe = isUnspecified(arrival.source);
  if (isMulticast(target) || (isProbe && !isSoundProbe(arrival, target))) {
    count(Counter.NdInInvalid);
    return;
  }
  const entry = findAddressEntry(arrival.adapter, target);
  if (!entry) return;
  if (!entry.isUsable) {
    if (isProbe && entry.state == AddressState.TENTATIVE && !isEcho(arrival)) addressConflict(entry);
    return;
  }
  if (isProbe) defend(adapterAt(arrival.adapter), entry);
  else answer(arrival, entry, findMac(packet, OPTIONS, NdOption.SOURCE_MAC));
}

// Who has no address yet asks in the group of the one that it wants, and does not say who it is (§7.1.1).
function isSoundProbe(arrival: Arrival, target: usize): bool {
  setSolicitedNode(DISCOVERY_SCRATCH, target);
  return (
    sameAddress(DISCOVERY_SCRATCH, arrival.destination) && !findOption(arrival.packet, OPTIONS, NdOption.SOURCE_MAC)
  );
}

// Our own question, which some networks send back to us (RFC 4862 §5.4.3, appendix A).
function isEcho(arrival: Arrival): bool {
  const adapter = adapterAt(arrival.adapter);
  const from = arrival.header - FRAME_SOURCE;
  return load<u32>(from) == adapter.macLow && load<u16>(from, 4) == adapter.macHigh;
}

// Whoever asks whether the address is free is told, with all who might have believed so (§7.2.4).
function defend(adapter: Adapter, entry: OwnAddress): void {
  setAllHosts(DISCOVERY_SCRATCH, true);
  sendAdvertisement(adapter, entry.address, DISCOVERY_SCRATCH, 0, 0, Advert.OVERRIDE);
}

// The answer goes where the question came from; the asker's own address is learnt on the way.
function answer(arrival: Arrival, entry: OwnAddress, option: usize): void {
  const from = option ? option + 2 : arrival.header - FRAME_SOURCE;
  const macLow = load<u32>(from);
  const macHigh = <u32>load<u16>(from, 4);
  if (option) learnNeighbor(arrival.adapter, arrival.source, macLow, macHigh);
  const bits: u32 = Advert.SOLICITED | Advert.OVERRIDE;
  sendAdvertisement(adapterAt(arrival.adapter), entry.address, arrival.source, macLow, macHigh, bits);
}

/** A neighbor has told its Ethernet address in passing; what was known already and agrees stays. Its entry, or null. */
export function learnNeighbor(adapter: u32, address: usize, macLow: u32, macHigh: u32): Neighbor | null {
  let neighbor = findNeighbor(adapter, address);
  if (!neighbor) neighbor = addNeighbor(adapter, address, false);
  else if (neighbor.state != NeighborState.INCOMPLETE && hasMac(neighbor, macLow, macHigh)) return neighbor;
  if (neighbor) suppose(neighbor, macLow, macHigh);
  return neighbor;
}

function hasMac(neighbor: Neighbor, macLow: u32, macHigh: u32): bool {
  return neighbor.macLow == macLow && neighbor.macHigh == macHigh;
}

/** A neighbor says which Ethernet address it has (§7.2.5), or that it has one of ours. */
export function receiveAdvertisement(arrival: Arrival): void {
  count(Counter.NdInAdverts);
  if (!isSoundMessage(arrival, OPTIONS)) return;
  const packet = arrival.packet;
  const target = packet.data + TARGET;
  const bits = be32(packet.data, 4);
  if (isMulticast(target) || (isMulticast(arrival.destination) && bits & Advert.SOLICITED)) {
    count(Counter.NdInInvalid);
    return;
  }
  const own = findAddressEntry(arrival.adapter, target);
  if (own) {
    addressConflict(own);
    return;
  }
  const neighbor = findNeighbor(arrival.adapter, target);
  if (neighbor) takeAdvertisement(neighbor, bits, findMac(packet, OPTIONS, NdOption.TARGET_MAC));
}

function takeAdvertisement(neighbor: Neighbor, bits: u32, option: usize): void {
  const isKnown = neighbor.state != NeighborState.INCOMPLETE;
  if (!isKnown && !option) return;
  const macLow = option ? load<u32>(option, 2) : neighbor.macLow;
  const macHigh = option ? <u32>load<u16>(option, 6) : <u32>neighbor.macHigh;
  const isSame = isKnown && hasMac(neighbor, macLow, macHigh);
  if (isKnown && !isSame && !(bits & Advert.OVERRIDE)) {
    // Another address than we know, which it would not insist on: ours is doubted, no more.
    if (neighbor.state == NeighborState.REACHABLE) suppose(neighbor, neighbor.macLow, neighbor.macHigh);
    return;
  }
  if (bits & Advert.SOLICITED) confirm(neighbor, macLow, macHigh);
  else if (!isSame) suppose(neighbor, macLow, macHigh);
  const isRouter: u8 = bits & Advert.ROUTER ? 1 : 0;
  if (neighbor.isRouter && !isRouter) forgetRouter(neighbor.address, neighbor.adapter);
  neighbor.isRouter = isRouter;
}
