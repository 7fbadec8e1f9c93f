// Makes the checksums of a damaged frame good again, so that the damage gets past them.

import { checksum, pseudoHeaderSum, viewOf } from "../segment/frames/bytes.ts";
import {
  PROTOCOL_DESTINATION,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_IGMP,
  PROTOCOL_ROUTING,
} from "../segment/frames/ip.ts";
import { ETHER_IPV4, ETHER_IPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "../segment/frames.ts";

const ETHERNET_HEADER = 14;
const IPV6_HEADER = 40;
const EXTENSIONS: readonly number[] = [PROTOCOL_HOP_BY_HOP, PROTOCOL_ROUTING, PROTOCOL_FRAGMENT, PROTOCOL_DESTINATION];
/** Where the checksum stands in what is carried. */
const CHECKSUM_AT: Readonly<Record<number, number>> = {
  [PROTOCOL_TCP]: 16,
  [PROTOCOL_UDP]: 6,
  [PROTOCOL_ICMP]: 2,
  [PROTOCOL_IGMP]: 2,
  [PROTOCOL_ICMPV6]: 2,
};

/** Mends an IP frame of either version in place, as far as its lengths allow to find its checksums. */
export function repair(frame: Uint8Array): void {
  const type = viewOf(frame).getUint16(12);
  if (type === ETHER_IPV4) repairIpv4(frame.subarray(ETHERNET_HEADER));
  if (type === ETHER_IPV6) repairIpv6(frame.subarray(ETHERNET_HEADER));
}

function repairIpv4(packet: Uint8Array): void {
  if (packet.length < 20) return;
  const view = viewOf(packet);
  const headerBytes = (packet[0] & 0x0f) * 4;
  const end = view.getUint16(2);
  if (headerBytes < 20 || headerBytes > end || end > packet.length) return;
  view.setUint16(10, 0);
  view.setUint16(10, checksum(packet.subarray(0, headerBytes)));
  repairCarried(packet.subarray(headerBytes, end), packet[9], packet.subarray(12, 16), packet.subarray(16, 20));
}

function repairIpv6(packet: Uint8Array): void {
  if (packet.length < IPV6_HEADER) return;
  const end = IPV6_HEADER + viewOf(packet).getUint16(4);
  if (end > packet.length) return;
  let protocol = packet[6];
  let at = IPV6_HEADER;
  while (EXTENSIONS.includes(protocol) && at + 8 <= end) {
    const bytes = protocol === PROTOCOL_FRAGMENT ? 8 : (packet[at + 1] + 1) * 8;
    protocol = packet[at];
    at += bytes;
  }
  if (at <= end) repairCarried(packet.subarray(at, end), protocol, packet.subarray(8, 24), packet.subarray(24, 40));
}

function repairCarried(payload: Uint8Array, protocol: number, source: Uint8Array, destination: Uint8Array): void {
  const place = CHECKSUM_AT[protocol];
  if (place === undefined || payload.length < place + 2) return;
  const field = viewOf(payload);
  field.setUint16(place, 0);
  const hasNone = protocol === PROTOCOL_ICMP || protocol === PROTOCOL_IGMP;
  const pseudo = hasNone ? 0 : pseudoHeaderSum(source, destination, protocol, payload.length);
  field.setUint16(place, checksum(payload, pseudo));
}
