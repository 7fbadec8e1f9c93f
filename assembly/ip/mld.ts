// Multicast Listener Discovery (RFC 3810 §5): its message numbers, and the headers that its messages travel in. They
// are messages of ICMPv6: who receives those hands the four types below to `receiveMld` (query.ts), once their checksum
// is known to be good.

import { Counter } from "../abi/counters";
import { clearAddress, copyAddress } from "../base/address";
import { bswap16, setBe16, setBe32 } from "../base/bytes";
import { fold32, sumBytes } from "../base/checksum";
import { IPV6_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { Adapter } from "../device/adapter";
import { Packet } from "../device/packet";
import { sourceFor } from "../ethernet/addresses";
import { sendToGroup } from "../ethernet/link";

export const enum MldType {
  QUERY = 130,
  V1_REPORT = 131,
  DONE = 132,
  V2_REPORT = 143,
}

const ICMPV6: u32 = 58;
const HOP_BY_HOP: u32 = 0;

/** The fixed header, and hop-by-hop options with the router alert (RFC 2711), filled up to eight bytes. */
const OPTION_BYTES: u32 = 8;
export const MLD_HEADERS: u32 = IPV6_HEADER_BYTES + OPTION_BYTES;
const ALERT_KIND: u32 = 5;
/** In network order: ICMPv6 follows, eight bytes, router alert of two bytes; value 0 (MLD), two bytes of padding. */
const OPTIONS_HIGH: u32 = 0x3a000502;
const OPTIONS_LOW: u32 = 0x00000100;

const VERSION: u32 = 0x60000000;
const ONE_HOP: u32 = 1;
const NEXT_HEADER: usize = 6;
const SOURCE: usize = 8;
const DESTINATION: usize = 24;

/** Makes the checksum of the message in view, puts the headers in front, and sends. The caller keeps its hold. */
export function sendMld(adapter: Adapter, packet: Packet, destination: usize): void {
  const bytes = packet.length;
  const message = packet.data;
  const p = packet.push(MLD_HEADERS);
  setBe32(p, VERSION);
  setBe16(p, bytes + OPTION_BYTES, 4);
  store<u8>(p, <u8>HOP_BY_HOP, NEXT_HEADER);
  store<u8>(p, <u8>ONE_HOP, 7);
  putSource(adapter, p + SOURCE, destination);
  copyAddress(p + DESTINATION, destination);
  setBe32(p, OPTIONS_HIGH, IPV6_HEADER_BYTES);
  setBe32(p, OPTIONS_LOW, IPV6_HEADER_BYTES + 4);
  store<u16>(message, 0, 2);
  const pseudo = sumBytes(p + SOURCE, 32) + bswap16(bytes) + bswap16(ICMPV6);
  store<u16>(message, <u16>~fold32(pseudo + sumBytes(message, bytes)), 2);
  count(Counter.IpOutRequests);
  sendToGroup(adapter, destination, packet);
}

// The link-local address, or nobody's while there is none (§5.2.13).
function putSource(adapter: Adapter, target: usize, destination: usize): void {
  const own = sourceFor(adapter.index, destination);
  if (own && isLinkLocalV6(own.address)) copyAddress(target, own.address);
  else clearAddress(target);
}

/** fe80::/10. */
export function isLinkLocalV6(address: usize): bool {
  return load<u8>(address) == 0xfe && (load<u8>(address, 1) & 0xc0) == 0x80;
}

/** True when hop-by-hop options follow the IPv6 header at `header`, and the router alert is among them. */
export function hasHopByHopAlert(header: usize): bool {
  if (load<u8>(header, NEXT_HEADER) != HOP_BY_HOP) return false;
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
