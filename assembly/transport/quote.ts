// The packet that an ICMP error quotes (RFC 792; RFC 4443 §2.4 (c)), taken apart as far as it takes to know whose it was.

import { IPV6 } from "profile";
import { copyAddress, setV4 } from "../base/address";
import { be16 } from "../base/bytes";
import { IP_HEADER_BYTES, IPV6_HEADER_BYTES } from "../base/config";
import { WORK_AREA } from "../base/memory";
import { Packet } from "../device/packet";
import { FragmentBits, Ipv4Header } from "../ip/ipv4";
import { Ipv6Header } from "../ip/ipv6";
import { Protocol } from "../ip/protocol";

/** Bytes behind the IP headers that an error is sure to quote. */
const QUOTED: u32 = 8;

@unmanaged
@final
export class Quote {
  local0: u32;
  local1: u32;
  local2: u32;
  local3: u32;
  remote0: u32;
  remote1: u32;
  remote2: u32;
  remote3: u32;
  /** Where the transport's header lies, of which eight bytes are there. */
  transport: usize;
  protocol: u32;
  /** Bytes of the whole packet when it was sent. */
  bytes: u32;

  /** We sent it: its source is our end. */
  @inline get local(): usize {
    return changetype<usize>(this);
  }
  @inline get remote(): usize {
    return changetype<usize>(this) + offsetof<Quote>("remote0");
  }
}

if (offsetof<Quote>() > 48) ERROR("WORK_AREA is too small for Quote.");

/** The quotation of the error that is being received. */
export const quote: Quote = changetype<Quote>(WORK_AREA);

/** Reads the packet in view into `quote`; false when too little of it is there. */
export function openQuote(packet: Packet, isV6: bool): bool {
  return IPV6 && isV6 ? openQuote6(packet) : openQuote4(packet);
}

function openQuote4(packet: Packet): bool {
  const header = changetype<Ipv4Header>(packet.data);
  if (packet.length < IP_HEADER_BYTES || packet.length < header.headerBytes + QUOTED) return false;
  if (header.fragment & FragmentBits.OFFSET) return false; // the transport's header was in another fragment
  setV4(quote.local, header.source);
  setV4(quote.remote, header.destination);
  quote.transport = packet.data + header.headerBytes;
  quote.protocol = header.protocol;
  quote.bytes = header.totalLength;
  return true;
}

function openQuote6(packet: Packet): bool {
  if (packet.length < IPV6_HEADER_BYTES) return false;
  const header = changetype<Ipv6Header>(packet.data);
  copyAddress(quote.local, header.source);
  copyAddress(quote.remote, header.destination);
  quote.bytes = header.payloadBytes + IPV6_HEADER_BYTES;
  let protocol = header.nextHeader;
  let at: u32 = IPV6_HEADER_BYTES;
  // Of our own packets only fragments have a header between.
  if (protocol == Protocol.FRAGMENT && at + QUOTED <= packet.length) {
    protocol = load<u8>(packet.data + at);
    if (be16(packet.data + at, 2) >> 3) return false;
    at += 8;
  }
  quote.transport = packet.data + at;
  quote.protocol = protocol;
  return at + QUOTED <= packet.length;
}
