// Multicast Listener Discovery (RFC 3810 §5): its message numbers, and the headers that its messages travel in. They
// are messages of ICMPv6: who receives those hands them to `receiveMld` (query.ts) once their checksum is known to be
// good.

import { Counter } from "../abi/counters";
import { clearAddress, copyAddress, isLinkLocal } from "../base/address";
import { setBe32 } from "../base/bytes";
import { IPV6_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { Adapter } from "../device/adapter";
import { Packet } from "../device/packet";
import { sourceFor } from "../ethernet/addresses";
import { setAllHosts } from "./group-table";
import { finishIcmp6, Icmp6Type } from "./icmpv6";
import { NEXT_HEADER, writeIpv6Header } from "./ipv6";
import { sendToGroup } from "./link";
import { Protocol } from "./protocol";

/** The fixed header, and hop-by-hop options with the router alert (RFC 2711), filled up to eight bytes. */
const OPTION_BYTES: u32 = 8;
export const MLD_HEADERS: u32 = IPV6_HEADER_BYTES + OPTION_BYTES;
const ALERT_KIND: u32 = 5;
/** In network order: ICMPv6 follows, eight bytes, router alert of two bytes; value 0 (MLD), two bytes of padding. */
const OPTIONS_HIGH: u32 = 0x3a000502;
const OPTIONS_LOW: u32 = 0x00000100;

const ONE_HOP: u32 = 1;
const SOURCE: usize = 8;

/** Puts type and checksum into the message in view, the headers in front of it, and sends. The caller keeps its hold. */
export function sendMld(adapter: Adapter, packet: Packet, type: Icmp6Type, destination: usize): void {
  const bytes = packet.length;
  const p = packet.data - MLD_HEADERS;
  putSource(adapter, p + SOURCE);
  finishIcmp6(packet, type, 0, p + SOURCE, destination);
  packet.push(MLD_HEADERS);
  writeIpv6Header(p, bytes + OPTION_BYTES, Protocol.HOP_BY_HOP, ONE_HOP, 0, 0, p + SOURCE, destination);
  setBe32(p, OPTIONS_HIGH, IPV6_HEADER_BYTES);
  setBe32(p, OPTIONS_LOW, IPV6_HEADER_BYTES + 4);
  count(Counter.Ip6OutRequests);
  count(Counter.Icmp6OutMsgs);
  sendToGroup(adapter, destination, packet);
}

// The link-local address, with which one speaks to the link's groups, or nobody's while there is none (§5.2.13).
function putSource(adapter: Adapter, target: usize): void {
  setAllHosts(target, true);
  const own = sourceFor(adapter.index, target);
  if (own && isLinkLocal(own.address)) copyAddress(target, own.address);
  else clearAddress(target);
}

/** True when hop-by-hop options follow the IPv6 header at `header`, and the router alert is among them. */
export function hasHopByHopAlert(header: usize): bool {
  if (load<u8>(header, NEXT_HEADER) != Protocol.HOP_BY_HOP) return false;
  const options = header + IPV6_HEADER_BYTES;
  const end = options + (<u32>load<u8>(options, 1) + 1) * 8;
  let at = options + 2;
  while (at < end) {
    const kind: u32 = load<u8>(at);
    if (kind == ALERT_KIND) return true;
    at += kind == 0 ? 1 : <u32>load<u8>(at, 1) + 2;
  }
  return false;
}
