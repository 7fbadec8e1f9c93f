// ARP for IPv4 over Ethernet (RFC 826): requests, replies, and what is learnt from them.

import { CLAIMS } from "profile";
import { AddressState } from "../abi/addresses";
import { Counter } from "../abi/counters";
import { isUnspecified, setV4, v4Of } from "../base/address";
import { be16, setBe16 } from "../base/bytes";
import { ETHERNET_HEADER_BYTES, FRAME_OFFSET } from "../base/config";
import { count } from "../base/counters";
import { WORK_AREA } from "../base/memory";
import { Adapter } from "../device/adapter";
import { Packet, release, takePacket } from "../device/packet";
import { findAddressEntry, findOwnAddress, OwnAddress, sourceFor } from "./addresses";
import { BROADCAST_HIGH, BROADCAST_LOW, EtherType, sendEthernet } from "./header";
import { addNeighbor, confirm, findNeighbor, Neighbor, NeighborState } from "./neighbor";

// The packet is not aligned to words, hence the offsets.
const HARDWARE: usize = 0;
const PROTOCOL: usize = 2;
const LENGTHS: usize = 4;
const OPERATION: usize = 6;
const SENDER_MAC: usize = 8;
const SENDER_IP: usize = 14;
const TARGET_MAC: usize = 18;
const TARGET_IP: usize = 24;
const ARP_BYTES: u32 = 28;

const HARDWARE_ETHERNET: u32 = 1;
const LENGTHS_ETHERNET_IPV4: u32 = 0x0604;
const REQUEST: u32 = 1;
const REPLY: u32 = 2;

/**
 * Handles a received ARP packet. A request for us is answered in the frame that brought it. The answer is the address of
 * ours that somebody else claims, if this shows that one does.
 */
export function receiveArp(adapter: Adapter, packet: Packet): OwnAddress | null {
  const arp = packet.data;
  if (!isWhole(packet)) {
    count(Counter.ArpInMalformed);
    return null;
  }
  const operation = be16(arp, OPERATION);
  count(operation == REQUEST ? Counter.ArpInRequests : Counter.ArpInReplies);
  const sender = WORK_AREA;
  const target = WORK_AREA + 16;
  setV4(sender, load<u32>(arp, SENDER_IP));
  setV4(target, load<u32>(arp, TARGET_IP));
  const macLow = load<u32>(arp, SENDER_MAC);
  const macHigh = <u32>load<u16>(arp, SENDER_MAC + 4);
  // What we have sent ourselves, some networks send back: no conflict (RFC 5227 §1.1, §2.4).
  if (macLow == adapter.macLow && macHigh == adapter.macHigh) return null;
  // Somebody claims an address of ours; believing him would send our own traffic to him.
  const claimed = claimedBy(adapter, sender, target, operation);
  if (claimed) return claimed;
  const isForUs = findOwnAddress(adapter.index, target) !== null;
  learn(adapter, sender, macLow, macHigh, isForUs, operation == REPLY);
  if (isForUs && operation == REQUEST) answer(adapter, packet);
  return null;
}

// A conflict (RFC 5227 §2.1.1, §2.4): the sender has the address, or probes for one that we are probing for.
function claimedBy(adapter: Adapter, sender: usize, target: usize, operation: u32): OwnAddress | null {
  const own = findAddressEntry(adapter.index, sender);
  if (own) return own;
  if (!CLAIMS || operation != REQUEST || !isUnspecified(sender)) return null;
  const wanted = findAddressEntry(adapter.index, target);
  return wanted && wanted.state == AddressState.TENTATIVE ? wanted : null;
}

function isWhole(packet: Packet): bool {
  const arp = packet.data;
  if (packet.length < ARP_BYTES) return false;
  if (be16(arp, HARDWARE) != HARDWARE_ETHERNET || be16(arp, PROTOCOL) != EtherType.IPV4) return false;
  if (be16(arp, LENGTHS) != LENGTHS_ETHERNET_IPV4) return false;
  const operation = be16(arp, OPERATION);
  if (operation != REQUEST && operation != REPLY) return false;
  return (load<u8>(arp, SENDER_MAC) & 1) == 0; // a group address is nobody's
}

// RFC 826: an entry that exists is brought up to date; a new one is made only for a sender who asked for us. A reply
// that nobody asked for thus makes no entry, and one for an entry that needs no answer does not change it.
function learn(adapter: Adapter, sender: usize, macLow: u32, macHigh: u32, isForUs: bool, isReply: bool): void {
  if (isUnspecified(sender)) return; // a probe of RFC 5227 has no sender yet
  let neighbor = findNeighbor(adapter.index, sender);
  if (!neighbor) {
    if (!isForUs || isReply) return;
    neighbor = addNeighbor(adapter.index, sender);
    if (!neighbor) return;
  } else if (isReply && !isForUs && neighbor.state != NeighborState.INCOMPLETE) {
    return;
  }
  confirm(neighbor, macLow, macHigh);
}

function answer(adapter: Adapter, packet: Packet): void {
  const arp = packet.data;
  const askedFor = load<u32>(arp, TARGET_IP);
  const macLow = load<u32>(arp, SENDER_MAC);
  const macHigh = <u32>load<u16>(arp, SENDER_MAC + 4);
  memory.copy(arp + TARGET_MAC, arp + SENDER_MAC, 10);
  setBe16(arp, REPLY, OPERATION);
  storeOwnMac(adapter, arp + SENDER_MAC);
  store<u32>(arp, askedFor, SENDER_IP);
  packet.length = ARP_BYTES; // without the padding, which the MAC makes anew
  count(Counter.ArpOutReplies);
  sendEthernet(adapter, packet, macLow, macHigh, EtherType.ARP);
}

/** Asks for a neighbor's Ethernet address: everybody, or the neighbor alone when its address is only to be confirmed. */
export function sendArpRequest(adapter: Adapter, neighbor: Neighbor): void {
  const source = sourceFor(adapter.index, neighbor.address);
  const isProbe = neighbor.state == NeighborState.PROBE;
  const low = isProbe ? neighbor.macLow : BROADCAST_LOW;
  const high = isProbe ? <u32>neighbor.macHigh : BROADCAST_HIGH;
  sendRequest(adapter, source ? v4Of(source.address) : 0, neighbor.address, low, high);
}

/** Asks everybody for an address that is to be ours, without a sender's address that they would remember (RFC 5227 §2.1). */
export function sendArpProbe(adapter: Adapter, address: usize): void {
  sendRequest(adapter, 0, address, BROADCAST_LOW, BROADCAST_HIGH);
}

/** Tells everybody that an address is ours (RFC 5227 §2.3). */
export function sendArpAnnouncement(adapter: Adapter, address: usize): void {
  sendRequest(adapter, v4Of(address), address, BROADCAST_LOW, BROADCAST_HIGH);
}

// A request from `source`, in memory order, for `target`, to the Ethernet address given.
function sendRequest(adapter: Adapter, source: u32, target: usize, macLow: u32, macHigh: u32): void {
  const packet = takePacket();
  if (!packet) return; // the timer that brought us here asks again
  packet.data = packet.buffer + FRAME_OFFSET + ETHERNET_HEADER_BYTES;
  packet.length = ARP_BYTES;
  const arp = packet.data;
  setBe16(arp, HARDWARE_ETHERNET, HARDWARE);
  setBe16(arp, EtherType.IPV4, PROTOCOL);
  setBe16(arp, LENGTHS_ETHERNET_IPV4, LENGTHS);
  setBe16(arp, REQUEST, OPERATION);
  storeOwnMac(adapter, arp + SENDER_MAC);
  store<u32>(arp, source, SENDER_IP);
  memory.fill(arp + TARGET_MAC, 0, 6);
  store<u32>(arp, v4Of(target), TARGET_IP);
  count(Counter.ArpOutRequests);
  sendEthernet(adapter, packet, macLow, macHigh, EtherType.ARP);
  release(packet);
}

function storeOwnMac(adapter: Adapter, p: usize): void {
  store<u32>(p, adapter.macLow);
  store<u16>(p, adapter.macHigh, 4);
}
