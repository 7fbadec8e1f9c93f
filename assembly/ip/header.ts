// The IPv4 header where it lies in a packet (RFC 791 §3.1).

import { be16, setBe16 } from "../base/bytes";
import { sumHeader } from "../base/checksum";

export const enum Protocol {
  ICMP = 1,
  TCP = 6,
  UDP = 17,
}

export const enum FragmentBits {
  DF = 0x4000,
  MF = 0x2000,
  OFFSET = 0x1fff,
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
  store<u8>(p, 0x45);
  store<u8>(p, <u8>tos, 1);
  setBe16(p, bytes, 2);
  setBe16(p, identification, 4);
  setBe16(p, fragment, 6);
  store<u8>(p, <u8>ttl, 8);
  store<u8>(p, <u8>protocol, 9);
  store<u16>(p, 0, 10);
  store<u32>(p, source, 12);
  store<u32>(p, destination, 16);
  store<u16>(p, <u16>~sumHeader(p, 20), 10);
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
