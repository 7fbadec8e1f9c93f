// Virtual LANs (IEEE 802.1Q): a tag of four bytes in front of a frame's type says which of the networks on one wire it
// belongs to. Each is an adapter of its own above the MAC; tags are gone once a frame is past this file.
//
//    destination   source        0x8100   control   type   what is carried
//   ├─────────────┼─────────────┼────────┼─────────┼──────┼──────────────…
//    6 bytes       6             2        2         2
//
// The control word has the number of the network in its lower twelve bits, above them a priority that we neither set
// nor heed.

import { Counter } from "../abi/counters";
import { be16, setBe16 } from "../base/bytes";
import { ETHERNET_HEADER_BYTES, TAG_BYTES } from "../base/config";
import { count } from "../base/counters";
import { Adapter, findVlan } from "../device/adapter";
import { Packet } from "../device/packet";

/** The type of a frame with a tag, and of one that a provider has tagged (IEEE 802.1ad). */
export const TAGGED: u32 = 0x8100;
const PROVIDER_TAGGED: u32 = 0x88a8;

/** Numbers that networks may have; 0 is a frame with a priority only, 4095 is reserved. */
export const FIRST_VLAN_ID: u32 = 1;
export const LAST_VLAN_ID: u32 = 4094;

const ID_MASK: u32 = 0xfff;
/** Both Ethernet addresses: what stands in front of the tag. */
const ADDRESS_BYTES: u32 = 12;

/**
 * Takes the tag off a frame, of which the Ethernet header has been taken: what it carries, or 0 when it is dropped and
 * counted. The header without the tag then stands in front of the bytes in view, as if there had never been one.
 */
export function takeTag(adapter: Adapter, packet: Packet): u32 {
  if (packet.length < TAG_BYTES) return drop(Counter.EthInTooShort);
  const tag = packet.data;
  const type = be16(tag, 2);
  // Nobody but a provider puts a tag behind a tag; what lies behind it could be meant to slip past somebody's filter.
  if (type == TAGGED || type == PROVIDER_TAGGED) return drop(Counter.EthInDoubleTagged);
  const id = be16(tag) & ID_MASK;
  if (id) {
    const vlan = findVlan(adapter.index, id);
    if (!vlan) return drop(Counter.EthInUnknownVlan);
    packet.adapter = vlan.index;
  }
  const header = tag - ETHERNET_HEADER_BYTES;
  memory.copy(header + TAG_BYTES, header, ADDRESS_BYTES);
  packet.pull(TAG_BYTES);
  return type;
}

function drop(counter: Counter): u32 {
  count(counter);
  return 0;
}

/** Puts the tag of a virtual LAN in front of what is in view, which is of that type; the Ethernet header comes before it. */
export function putTag(adapter: Adapter, packet: Packet, type: u32): void {
  const tag = packet.push(TAG_BYTES);
  setBe16(tag, adapter.vlan);
  setBe16(tag, type, 2);
}
