// The sizes of segments that follow from a version's headers (RFC 9293 §3.7.1): the only thing in which TCP meets the
// difference, and it asks IP for it.

import { IP_HEADER_BYTES, MSS, SEVERAL_ADAPTERS, TCP_HEADER_BYTES } from "../../base/config";
import { adapterAt } from "../../device/adapter";
import { defaultMtu, ipHeaderBytes, linkMtu } from "../../ip/output";
import { Flow } from "../flow";
import { TIMESTAMP_ROOM } from "./options";

/** Bytes of the fixed headers in front of a segment to that peer. */
export function headersTo(remote: usize): u32 {
  return ipHeaderBytes(remote) + TCP_HEADER_BYTES;
}

/** What we tell the peer in the MSS option: what the link carries through which its segments come (RFC 6691 §2). */
export function offeredMss(flow: Flow): u32 {
  const most = ownMss(flow.remote);
  if (!SEVERAL_ADAPTERS) return most;
  return min<u32>(most, linkMtu(adapterAt(flow.adapter), flow.remote) - headersTo(flow.remote));
}

/** The largest segment of a peer that a packet has room for. */
export function ownMss(remote: usize): u32 {
  return MSS + IP_HEADER_BYTES - ipHeaderBytes(remote);
}

/** What a peer accepts that told us nothing: 536 bytes, and 1,220 over IPv6 (MUST-15). */
export function defaultSendMss(remote: usize): u32 {
  return defaultMtu(remote) - headersTo(remote);
}

/**
 * Bytes of text for which a packet is reckoned: those of a full segment, so that a window is a whole number of them and
 * leaves no rest that would need a packet of its own.
 */
export function textPerPacket(flow: Flow, stamped: bool): u32 {
  const text = ownMss(flow.remote);
  return stamped ? text - TIMESTAMP_ROOM : text;
}
