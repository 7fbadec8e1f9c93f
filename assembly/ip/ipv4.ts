// IPv4 (RFC 791): the header where it lies in a packet, what a host checks of it (RFC 1122 §3.2.1), and how it is written.

import { Counter } from "../abi/counters";
import { setV4 } from "../base/address";
import { be16, bswap16 } from "../base/bytes";
import { fold32, sumHeader, sumWord } from "../base/checksum";
import { IP_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { Packet } from "../device/packet";
import { arrival } from "./arrival";

export const enum FragmentBits {
  DF = 0x4000,
  MF = 0x2000,
  OFFSET = 0x1fff,
  /** In `arrival` alone: an IPv6 packet that came with a fragment header, in one part or several. */
  HEADER_6 = 0x8000,
}

/** Options a host must know of (RFC 791 §3.1). */
const OPTION_END: u32 = 0;
const OPTION_NOP: u32 = 1;
const OPTION_LOOSE_ROUTE: u32 = 131;
const OPTION_STRICT_ROUTE: u32 = 137;

export const enum Options {
  FINE = 0,
  MALFORMED = 1,
  SOURCE_ROUTE = 2,
}

@unmanaged
@final
export class Ipv4Header {
  @inline get version(): u32 {
    return <u32>load<u8>(changetype<usize>(this)) >> 4;
  }
  /** Bytes of the header, options counted. */
  @inline get headerBytes(): u32 {
    return (<u32>load<u8>(changetype<usize>(this)) & 15) << 2;
  }
  @inline get tos(): u32 {
    return load<u8>(changetype<usize>(this), 1);
  }
  @inline get totalLength(): u32 {
    return be16(changetype<usize>(this), 2);
  }
  @inline get fragment(): u32 {
    return be16(changetype<usize>(this), 6);
  }
  @inline get ttl(): u32 {
    return load<u8>(changetype<usize>(this), 8);
  }
  @inline get protocol(): u32 {
    return load<u8>(changetype<usize>(this), 9);
  }
  /** Source and destination in memory order. */
  @inline get source(): u32 {
    return load<u32>(changetype<usize>(this), 12);
  }
  @inline get destination(): u32 {
    return load<u32>(changetype<usize>(this), 16);
  }
  /** A correct header sums to all ones. */
  hasGoodChecksum(): bool {
    return sumHeader(changetype<usize>(this), this.headerBytes) == 0xffff;
  }
}

/** Writes a header without options. Addresses in memory order; `bytes` counts the header too. */
export function writeIpv4Header(
  p: usize,
  bytes: u32,
  identification: u32,
  fragment: u32,
  ttl: u32,
  tos: u32,
  protocol: u32,
  source: u32,
  destination: u32,
): void {
  const service = 0x45 | (tos << 8);
  const length = bswap16(bytes);
  const part = bswap16(fragment);
  const name = bswap16(identification);
  const life = ttl | (protocol << 8);
  // Summed before it is written: what was stored in halves is slow to load as wholes.
  const sum = service + length + name + part + life + sumWord(source) + sumWord(destination);
  store<u32>(p, service | (length << 16));
  store<u32>(p, name | (part << 16), 4);
  store<u32>(p, life | (~fold32(sum) << 16), 8);
  store<u32>(p, source, 12);
  store<u32>(p, destination, 16);
}

/** Takes one off the time to live, and what that changes off the checksum (RFC 1624 §3, eqn. 3). */
export function decrementTtl(p: usize): void {
  // The word of the header that the time to live is in; as elsewhere, sums do not care for the order of bytes.
  const before: u32 = load<u16>(p, 8);
  const after = before - 1;
  const sum = (~(<u32>load<u16>(p, 10)) & 0xffff) + (~before & 0xffff) + after;
  store<u16>(p, <u16>after, 8);
  store<u16>(p, <u16>~fold32(sum), 10);
}

/** Looks through the options between the fixed header and `headerBytes`. */
export function checkOptions(p: usize, headerBytes: u32): Options {
  let at: u32 = 20;
  while (at < headerBytes) {
    const kind: u32 = load<u8>(p + at);
    if (kind == OPTION_END) return Options.FINE;
    if (kind == OPTION_NOP) {
      at++;
      continue;
    }
    if (at + 1 >= headerBytes) return Options.MALFORMED;
    const bytes: u32 = load<u8>(p + at, 1);
    if (bytes < 2 || at + bytes > headerBytes) return Options.MALFORMED;
    if (kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE) return Options.SOURCE_ROUTE;
    at += bytes;
  }
  return Options.FINE;
}

/** Checks the header of a received packet and describes it in `arrival`. False: dropped and counted. */
export function openIpv4(packet: Packet): bool {
  const header = changetype<Ipv4Header>(packet.data);
  if (!isSound(header, packet)) return false;
  packet.length = header.totalLength; // Ethernet's padding goes
  describe(packet, header);
  return true;
}

function isSound(header: Ipv4Header, packet: Packet): bool {
  if (packet.length < IP_HEADER_BYTES || header.version != 4) {
    count(Counter.IpInHdrErrors);
    return false;
  }
  const headerBytes = header.headerBytes;
  if (headerBytes < IP_HEADER_BYTES || headerBytes > header.totalLength || header.totalLength > packet.length) {
    count(Counter.IpInHdrErrors);
    return false;
  }
  if (!header.hasGoodChecksum()) {
    count(Counter.IpInChecksumErrors);
    return false;
  }
  if (headerBytes == IP_HEADER_BYTES) return true;
  const options = checkOptions(changetype<usize>(header), headerBytes);
  if (options == Options.FINE) return true;
  // A source-routed packet is a way around filters and back; a host refuses it (RFC 1122 §3.2.1.8 permits that).
  count(options == Options.SOURCE_ROUTE ? Counter.IpInSourceRoutes : Counter.IpInHdrErrors);
  return false;
}

function describe(packet: Packet, header: Ipv4Header): void {
  const p = changetype<usize>(header);
  arrival.packet = packet;
  arrival.header = p;
  arrival.headerBytes = header.headerBytes;
  setV4(arrival.source, header.source);
  setV4(arrival.destination, header.destination);
  arrival.protocol = <u8>header.protocol;
  arrival.ttl = <u8>header.ttl;
  arrival.tos = <u8>header.tos;
  arrival.fragment = <u16>header.fragment;
  arrival.identification = be16(p, 4);
}
