// What neighbor discovery sends (RFC 4861 §4): questions for a neighbor's or a router's Ethernet address, and answers to
// such. As with ARP, these are frames of their own: they need no route and wait for nobody.

import { Counter } from "../abi/counters";
import { copyAddress, isMulticast, setSolicitedNode } from "../base/address";
import { setBe32 } from "../base/bytes";
import { ETHERNET_HEADER_BYTES, FRAME_OFFSET, IPV6_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { DISCOVERY_STATE } from "../base/memory";
import { Adapter } from "../device/adapter";
import { Packet, release, takePacket } from "../device/packet";
import { findOwnAddress, OwnAddress, sourceFor } from "../ethernet/addresses";
import { EtherType, groupMacHigh, groupMacLow, sendEthernet } from "../ethernet/header";
import { Neighbor, NeighborState } from "../ethernet/neighbor";
import { finishIcmp6, Icmp6Type } from "./icmpv6";
import { Ipv6Header, writeIpv6Header } from "./ipv6";
import { Protocol } from "./protocol";

/** Bits of a neighbor advertisement's first word. */
export const enum Advert {
  ROUTER = 1 << 31,
  SOLICITED = 1 << 30,
  OVERRIDE = 1 << 29,
}

/** Options (RFC 4861 §4.6, RFC 8106 §5.1). */
export const enum NdOption {
  SOURCE_MAC = 1,
  TARGET_MAC = 2,
  PREFIX = 3,
  MTU = 5,
  NAME_SERVERS = 25,
}

/** A message of a link counts only with the hop limit that no router leaves (§3.1). */
export const LINK_HOPS: u32 = 255;

/** Where the body begins in a message: behind type, code and checksum. */
const BODY: usize = 4;
/** Bytes of a solicitation or advertisement up to its options, and of an option with an Ethernet address. */
const NEIGHBOR_BYTES: u32 = 24;
const MAC_OPTION_BYTES: u32 = 8;

// Room for two addresses that are made here: nobody else writes there between making and sending.
const GROUP: usize = DISCOVERY_STATE;
const NOBODY: usize = DISCOVERY_STATE + 16; // always ::

/** ff02::2, all routers of the link. */
function setAllRouters(group: usize): void {
  store<u64>(group, 0x02ff);
  store<u64>(group, 0x0200000000000000, 8);
}

/** Asks for a neighbor's Ethernet address: its group, or the neighbor alone when the address is only to be confirmed. */
export function sendSolicitation(adapter: Adapter, neighbor: Neighbor): void {
  const own = sourceOf(adapter, neighbor);
  if (!own) return; // no address to ask from; the timer that brought us here gives up
  const packet = newMessage(NEIGHBOR_BYTES + MAC_OPTION_BYTES);
  if (!packet) return; // the timer asks again
  copyAddress(packet.data + 8, neighbor.address);
  writeMacOption(packet.data + NEIGHBOR_BYTES, NdOption.SOURCE_MAC, adapter);
  count(Counter.NdOutSolicits);
  if (neighbor.state == NeighborState.PROBE) {
    const low = neighbor.macLow;
    const high: u32 = neighbor.macHigh;
    send(adapter, packet, Icmp6Type.NEIGHBOR_SOLICITATION, own.address, neighbor.address, low, high);
  } else {
    setSolicitedNode(GROUP, neighbor.address);
    sendToGroup(adapter, packet, Icmp6Type.NEIGHBOR_SOLICITATION, own.address, GROUP);
  }
}

// The address of the packet that waits, when it is ours, so that the neighbor learns whom to answer (§7.2.2).
function sourceOf(adapter: Adapter, neighbor: Neighbor): OwnAddress | null {
  const waiting = neighbor.waitingTail;
  const own = waiting ? findOwnAddress(adapter.index, changetype<Ipv6Header>(waiting.data).source) : null;
  return own ? own : sourceFor(adapter.index, neighbor.address);
}

/** Asks whether somebody has an address that is to be ours (RFC 4862 §5.4.2). */
export function sendDuplicateProbe(adapter: Adapter, address: usize): void {
  const packet = newMessage(NEIGHBOR_BYTES);
  if (!packet) return;
  copyAddress(packet.data + 8, address);
  count(Counter.NdOutSolicits);
  setSolicitedNode(GROUP, address);
  sendToGroup(adapter, packet, Icmp6Type.NEIGHBOR_SOLICITATION, NOBODY, GROUP);
}

/**
 * Says which Ethernet address `target`, one of ours, has: to `destination` at that Ethernet address, or to a group.
 * `bits` of Advert.
 */
export function sendAdvertisement(
  adapter: Adapter,
  target: usize,
  destination: usize,
  macLow: u32,
  macHigh: u32,
  bits: u32,
): void {
  const packet = newMessage(NEIGHBOR_BYTES + MAC_OPTION_BYTES);
  if (!packet) return; // whoever asked asks again
  setBe32(packet.data, bits, BODY);
  copyAddress(packet.data + 8, target);
  writeMacOption(packet.data + NEIGHBOR_BYTES, NdOption.TARGET_MAC, adapter);
  count(Counter.NdOutAdverts);
  if (isMulticast(destination)) {
    sendToGroup(adapter, packet, Icmp6Type.NEIGHBOR_ADVERTISEMENT, target, destination);
  } else {
    send(adapter, packet, Icmp6Type.NEIGHBOR_ADVERTISEMENT, target, destination, macLow, macHigh);
  }
}

/** Asks the routers of the link to say what they know (RFC 4861 §6.3.7). */
export function sendRouterSolicitation(adapter: Adapter): void {
  setAllRouters(GROUP);
  const own = sourceFor(adapter.index, GROUP);
  const packet = newMessage(own ? 8 + MAC_OPTION_BYTES : 8);
  if (!packet) return; // the timer asks again
  if (own) writeMacOption(packet.data + 8, NdOption.SOURCE_MAC, adapter);
  count(Counter.NdOutRouterSolicits);
  sendToGroup(adapter, packet, Icmp6Type.ROUTER_SOLICITATION, own ? own.address : NOBODY, GROUP);
}

// A packet with a zeroed message of `bytes` bytes in view.
function newMessage(bytes: u32): Packet | null {
  const packet = takePacket();
  if (!packet) return null;
  packet.data = packet.buffer + FRAME_OFFSET + ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES;
  packet.length = bytes;
  memory.fill(packet.data, 0, bytes);
  return packet;
}

function writeMacOption(p: usize, type: NdOption, adapter: Adapter): void {
  store<u16>(p, <u16>(type | (1 << 8)));
  store<u32>(p, adapter.macLow, 2);
  store<u16>(p, adapter.macHigh, 6);
}

function sendToGroup(adapter: Adapter, packet: Packet, type: Icmp6Type, source: usize, group: usize): void {
  send(adapter, packet, type, source, group, groupMacLow(group), groupMacHigh(group));
}

// Sends a message and lets go of its packet.
function send(
  adapter: Adapter,
  packet: Packet,
  type: Icmp6Type,
  source: usize,
  destination: usize,
  macLow: u32,
  macHigh: u32,
): void {
  finishIcmp6(packet, type, 0, source, destination);
  const bytes = packet.length;
  const at = packet.push(IPV6_HEADER_BYTES);
  writeIpv6Header(at, bytes, Protocol.ICMPV6, LINK_HOPS, 0, 0, source, destination);
  count(Counter.Icmp6OutMsgs);
  sendEthernet(adapter, packet, macLow, macHigh, EtherType.IPV6);
  release(packet);
}
