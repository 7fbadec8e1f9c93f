// IP addresses, both versions in one form: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).
// Code above IP never asks which version an address has. Addresses are named by where they lie.

import { IPV6 } from "profile";

/** The prefix of 96 bits that makes an address an IPv4 one; a prefix length counts from behind it. */
const V4_MARK: u32 = 0xffff0000;

export function sameAddress(a: usize, b: usize): bool {
  return load<u64>(a, 8) == load<u64>(b, 8) && load<u64>(a) == load<u64>(b);
}

export function copyAddress(target: usize, source: usize): void {
  store<u64>(target, load<u64>(source));
  store<u64>(target, load<u64>(source, 8), 8);
}

/** True of :: and of 0.0.0.0: no address in particular. */
export function isUnspecified(p: usize): bool {
  const middle = load<u32>(p, 8);
  return load<u64>(p) == 0 && (middle == 0 || middle == V4_MARK) && load<u32>(p, 12) == 0;
}

export function isV4(p: usize): bool {
  return !IPV6 || isV4Form(p);
}

/** True of an IPv4 address, also in a machine that has no others: what a host passes may be anything. */
export function isV4Form(p: usize): bool {
  return load<u64>(p) == 0 && load<u32>(p, 8) == V4_MARK;
}

/** The four bytes of an IPv4 address, in memory order. */
export function v4Of(p: usize): u32 {
  return load<u32>(p, 12);
}

export function setV4(p: usize, v4: u32): void {
  store<u64>(p, 0);
  store<u64>(p, ((<u64>v4) << 32) | V4_MARK, 8); // in one piece, since it is loaded in one
}

export function clearAddress(p: usize): void {
  store<u64>(p, 0);
  store<u64>(p, 0, 8);
}

/** 127/8 (RFC 1122 §3.2.1.3 (g)) and ::1 (RFC 4291 §2.5.3): the machine itself. */
export function isLoopback(p: usize): bool {
  if (isV4(p)) return load<u8>(p, 12) == 127;
  return load<u64>(p) == 0 && load<u64>(p, 8) == LOOPBACK_V6;
}

/** The lower half of ::1, in memory order. */
const LOOPBACK_V6: u64 = 0x0100000000000000;

/**
 * True for what no packet on a wire may carry: this host (0/8) and loopback (127/8, ::1), RFC 1122 §3.2.1.3 (a), (b),
 * (g), RFC 4291 §2.5.3.
 */
export function isNowhere(address: usize): bool {
  if (!isV4(address)) {
    return (load<u64>(address) | load<u32>(address, 8)) == 0 && bswap<u32>(load<u32>(address, 12)) <= 1;
  }
  const first: u32 = load<u8>(address, 12);
  return first == 0 || first == 127;
}

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticast(p: usize): bool {
  return isV4(p) ? (load<u8>(p, 12) & 0xf0) == 0xe0 : load<u8>(p) == 0xff;
}

/** 255.255.255.255. */
export function isLimitedBroadcast(p: usize): bool {
  return isV4(p) && v4Of(p) == 0xffffffff;
}

/** True when the first `bits` of 128 agree. */
export function samePrefix(a: usize, b: usize, bits: u32): bool {
  let offset: usize = 0;
  while (bits >= 32) {
    if (load<u32>(a + offset) != load<u32>(b + offset)) return false;
    offset += 4;
    bits -= 32;
  }
  if (!bits) return true;
  const mask: u32 = ~(0xffffffff >> bits);
  return !((bswap<u32>(load<u32>(a + offset)) ^ bswap<u32>(load<u32>(b + offset))) & mask);
}

/** Clears the bits behind the first `bits` of 128: what is left is the prefix. */
export function clearHost(p: usize, bits: u32): void {
  for (let offset: u32 = 0; offset < 16; offset += 4) {
    const kept = bits > offset * 8 ? bits - offset * 8 : 0;
    if (kept >= 32) continue;
    const mask: u32 = kept ? ~(0xffffffff >> kept) : 0;
    store<u32>(p + offset, load<u32>(p + offset) & bswap<u32>(mask));
  }
}

/** A hash of no strength; the tables that use it mix in the machine's secret. */
export function addressHash(p: usize): u32 {
  return load<u32>(p) ^ rotl<u32>(load<u32>(p, 4), 9) ^ rotl<u32>(load<u32>(p, 8), 18) ^ load<u32>(p, 12);
}

/** fe80::/10 or 169.254.0.0/16: good on one link only (RFC 4291 §2.5.6, RFC 3927). */
export function isLinkLocal(p: usize): bool {
  if (isV4(p)) return load<u16>(p, 12) == 0xfea9;
  return (bswap<u16>(load<u16>(p)) & 0xffc0) == 0xfe80;
}

/** The group that everybody joins who has this address, so that looking for it disturbs few (RFC 4291 §2.7.1). */
export function setSolicitedNode(group: usize, address: usize): void {
  store<u64>(group, 0x02ff);
  store<u32>(group, 0x01000000, 8);
  store<u32>(group, load<u32>(address, 12) | 0xff, 12);
}

/** Leading bits that two addresses have in common, 0 to 128. */
export function commonPrefix(a: usize, b: usize): u32 {
  for (let offset: u32 = 0; offset < 16; offset += 4) {
    const difference = bswap<u32>(load<u32>(a + offset) ^ load<u32>(b + offset));
    if (difference) return offset * 8 + <u32>clz<u32>(difference);
  }
  return 128;
}
