// IGMP's messages (RFC 3376 §4): their numbers, and the IP header that they travel in.

import { Counter } from "../abi/counters";
import { v4Of } from "../base/address";
import { sumBytes, sumHeader } from "../base/checksum";
import { IP_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { Adapter } from "../device/adapter";
import { Packet } from "../device/packet";
import { sourceFor } from "../ethernet/addresses";
import { FragmentBits, writeIpv4Header } from "./ipv4";
import { sendToGroup } from "./link";
import { Protocol } from "./protocol";

export const enum IgmpType {
  QUERY = 0x11,
  V1_REPORT = 0x12,
  V2_REPORT = 0x16,
  LEAVE = 0x17,
  V3_REPORT = 0x22,
}

/** The header with the option that makes routers look at a packet that is not for them (RFC 2113). */
const ALERT_BYTES: u32 = 4;
export const IGMP_HEADERS: u32 = IP_HEADER_BYTES + ALERT_BYTES;
const ALERT_KIND: u32 = 148;
const ROUTER_ALERT: u32 = 0x0494; // in memory order: kind 148, four bytes, value 0
const VERSION_AND_LENGTH: u8 = 0x46;
const CHECKSUM: usize = 10;

/** Internetwork control, the class of routing protocols (§4), and not beyond this link. */
const CONTROL: u32 = 0xc0;
const ONE_HOP: u32 = 1;

/** Puts type and checksum into the message in view, the header in front of it, and sends. The caller keeps its hold. */
export function sendIgmp(adapter: Adapter, packet: Packet, type: IgmpType, destination: usize): void {
  const message = packet.data;
  store<u32>(message, type);
  store<u16>(message, <u16>~sumBytes(message, packet.length), 2);
  const own = sourceFor(adapter.index, destination);
  const source = own ? v4Of(own.address) : 0; // a host without an address reports all the same (§4.2.13)
  const p = packet.push(IGMP_HEADERS);
  const bytes = packet.length;
  writeIpv4Header(p, bytes, 0, FragmentBits.DF, ONE_HOP, CONTROL, Protocol.IGMP, source, v4Of(destination));
  store<u8>(p, VERSION_AND_LENGTH);
  store<u32>(p, ROUTER_ALERT, IP_HEADER_BYTES);
  store<u16>(p, 0, CHECKSUM);
  store<u16>(p, <u16>~sumHeader(p, IGMP_HEADERS), CHECKSUM);
  count(Counter.IpOutRequests);
  sendToGroup(adapter, destination, packet);
}

/** True when an IPv4 header, whose options are known to be well formed, has the router alert option. */
export function hasRouterAlert(header: usize, headerBytes: u32): bool {
  let at: u32 = IP_HEADER_BYTES;
  while (at < headerBytes) {
    const kind: u32 = load<u8>(header + at);
    if (kind == ALERT_KIND) return true;
    if (kind == 0) return false; // the end of the list
    at += kind == 1 ? 1 : load<u8>(header + at, 1);
  }
  return false;
}
