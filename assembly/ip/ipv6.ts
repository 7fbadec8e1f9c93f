// IPv6 (RFC 8200): the header where it lies in a packet, what is checked of it, and how it is written.

import { Counter } from "../abi/counters";
import { copyAddress, isMulticast, isV4 } from "../base/address";
import { be16, setBe16 } from "../base/bytes";
import { IPV6_HEADER_BYTES } from "../base/config";
import { countIp } from "../base/counters";
import { Packet } from "../device/packet";
import { arrival } from "./arrival";

/** What every link carries (§5), and so the least that a path is taken to carry. */
export const LEAST_MTU: u32 = 1280;

@unmanaged
@final
export class Ipv6Header {
  @inline get version(): u32 {
    return <u32>load<u8>(changetype<usize>(this)) >> 4;
  }
  @inline get trafficClass(): u32 {
    return (be16(changetype<usize>(this)) >> 4) & 0xff;
  }
  /** Bytes behind the fixed header. */
  @inline get payloadBytes(): u32 {
    return be16(changetype<usize>(this), 4);
  }
  @inline get nextHeader(): u32 {
    return load<u8>(changetype<usize>(this), 6);
  }
  @inline get hopLimit(): u32 {
    return load<u8>(changetype<usize>(this), 7);
  }
  @inline get source(): usize {
    return changetype<usize>(this) + 8;
  }
  @inline get destination(): usize {
    return changetype<usize>(this) + 24;
  }
}

/** Where the field lies that names what follows the fixed header. */
export const NEXT_HEADER: usize = 6;

/** Writes the fixed header. `flow` is a flow label (RFC 6437), 0 for none; `bytes` counts what follows the header. */
export function writeIpv6Header(
  p: usize,
  bytes: u32,
  next: u32,
  hopLimit: u32,
  trafficClass: u32,
  flow: u32,
  source: usize,
  destination: usize,
): void {
  store<u32>(p, bswap<u32>(0x60000000 | (trafficClass << 20) | flow));
  setBe16(p, bytes, 4);
  store<u8>(p, <u8>next, 6);
  store<u8>(p, <u8>hopLimit, 7);
  copyAddress(p + 8, source);
  copyAddress(p + 24, destination);
}

/** Takes one off the hop limit, which no checksum covers. */
export function decrementHopLimit(p: usize): void {
  store<u8>(p, load<u8>(p, 7) - 1, 7);
}

/** Checks the header of a received packet and describes it in `arrival`. False: dropped and counted. */
export function openIpv6(packet: Packet): bool {
  const header = changetype<Ipv6Header>(packet.data);
  if (packet.length < IPV6_HEADER_BYTES || header.version != 6) return refuse(Counter.IpInHdrErrors);
  if (IPV6_HEADER_BYTES + header.payloadBytes > packet.length) return refuse(Counter.IpInHdrErrors);
  // An IPv4 address in an IPv6 header would pass for an IPv4 packet's (RFC 4942 §2.2).
  if (isV4(header.source) || isV4(header.destination)) return refuse(Counter.IpInAddrErrors);
  // A group of scope 0 or 1 does not leave a machine (RFC 4291 §2.7).
  if (isMulticast(header.destination) && (load<u8>(header.destination, 1) & 15) < 2) {
    return refuse(Counter.IpInAddrErrors);
  }
  packet.length = IPV6_HEADER_BYTES + header.payloadBytes; // Ethernet's padding goes
  describe(packet, header);
  return true;
}

function refuse(counter: Counter): bool {
  countIp(counter, true);
  return false;
}

function describe(packet: Packet, header: Ipv6Header): void {
  arrival.packet = packet;
  arrival.header = changetype<usize>(header);
  arrival.headerBytes = IPV6_HEADER_BYTES;
  copyAddress(arrival.source, header.source);
  copyAddress(arrival.destination, header.destination);
  arrival.protocol = <u8>header.nextHeader;
  arrival.ttl = <u8>header.hopLimit;
  arrival.tos = <u8>header.trafficClass;
  arrival.fragment = 0;
}
