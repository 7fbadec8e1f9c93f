// Ethernet II: destination, source, type (RFC 894), and the tag of a virtual LAN where there is one (vlan.ts). Addresses are kept as two words in memory order: bytes 0 to 3
// and bytes 4 to 5.

import { IPV6, VLANS } from "profile";
import { Counter } from "../abi/counters";
import { isV4 } from "../base/address";
import { bswap16 } from "../base/bytes";
import { ETHERNET_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { Adapter, isVlan, macOf } from "../device/adapter";
import { sendFrame } from "../device/driver";
import { Packet } from "../device/packet";
import { putTag, TAGGED, takeTag } from "./vlan";

export const enum EtherType {
  IPV4 = 0x0800,
  ARP = 0x0806,
  IPV6 = 0x86dd,
  NONE = 0,
}

export const BROADCAST_LOW: u32 = 0xffffffff;
export const BROADCAST_HIGH: u32 = 0xffff;

const DESTINATION: usize = 0;
const SOURCE: usize = 6;
const TYPE: usize = 12;

/** The Ethernet address of a group of either version (RFC 1112 §6.4, RFC 2464 §7): bytes 0 to 3, and 4 to 5. */
export function groupMacLow(group: usize): u32 {
  if (IPV6 && !isV4(group)) return 0x3333 | (load<u32>(group, 12) << 16);
  return 0x5e0001 | ((load<u32>(group, 12) << 16) & 0x7f000000);
}

export function groupMacHigh(group: usize): u32 {
  return load<u16>(group, 14);
}

/**
 * Takes the header off a received frame and says what is inside; NONE for a frame that is not for us. `packet.adapter`
 * says whose it is: the virtual LAN's when it has a tag.
 */
export function receiveEthernet(adapter: Adapter, packet: Packet): u32 {
  count(Counter.EthInFrames);
  if (packet.length < ETHERNET_HEADER_BYTES) {
    count(Counter.EthInTooShort);
    return EtherType.NONE;
  }
  const frame = packet.data;
  // The MAC's filter may be coarser than ours, or promiscuous; groups are sorted out by IP.
  const isGroup = load<u8>(frame + DESTINATION) & 1;
  const isOwn =
    load<u32>(frame + DESTINATION) == adapter.macLow && load<u16>(frame + DESTINATION, 4) == adapter.macHigh;
  if (!isGroup && !isOwn) {
    count(Counter.EthInNotForUs);
    return EtherType.NONE;
  }
  packet.pull(ETHERNET_HEADER_BYTES);
  const type = bswap16(load<u16>(frame + TYPE));
  return VLANS && type == TAGGED ? takeTag(adapter, packet) : type;
}

/** True when the frame that `packet` lies in came to a group address. Its header must still be in the buffer. */
export function cameToGroup(packet: Packet, headerBytesTaken: u32): bool {
  return (load<u8>(packet.data - headerBytesTaken - ETHERNET_HEADER_BYTES) & 1) != 0;
}

/** The type of a frame that carries the IP packet in view: its version says it. */
export function etherTypeOf(packet: Packet): u32 {
  return IPV6 && load<u8>(packet.data) >> 4 == 6 ? EtherType.IPV6 : EtherType.IPV4;
}

/** Puts the header on, with the tag of a virtual LAN, and sends. */
export function sendEthernet(adapter: Adapter, packet: Packet, macLow: u32, macHigh: u32, type: u32): void {
  if (isVlan(adapter)) {
    putTag(adapter, packet, type);
    adapter = macOf(adapter);
    type = TAGGED;
  }
  const frame = packet.push(ETHERNET_HEADER_BYTES);
  store<u32>(frame + DESTINATION, macLow);
  store<u32>(frame + DESTINATION, (macHigh & 0xffff) | (adapter.macLow << 16), 4);
  store<u32>(frame + SOURCE, (adapter.macLow >> 16) | ((<u32>adapter.macHigh) << 16), 2);
  store<u16>(frame + TYPE, <u16>bswap16(type));
  count(Counter.EthOutFrames);
  sendFrame(adapter, packet);
}
