// How far addresses reach and which go well together: scopes (RFC 6724 §3) and the policy table (§2.1), which is that of the
// RFC and cannot be changed.

import { isLinkLocal, isLoopback, isMulticast, isV4 } from "./address";

const LINK_SCOPE: u32 = 2;
const SITE_SCOPE: u32 = 5;
const GLOBAL_SCOPE: u32 = 14;

/** Scopes as multicast addresses count them (§3.1, §3.2): 2 the link, 5 the site, 14 everywhere. */
export function scopeOf(p: usize): u32 {
  if (isMulticast(p)) return isV4(p) ? GLOBAL_SCOPE : <u32>load<u8>(p, 1) & 15;
  if (isLinkLocal(p) || isLoopback(p)) return LINK_SCOPE;
  return (bswap<u16>(load<u16>(p)) & 0xffc0) == 0xfec0 ? SITE_SCOPE : GLOBAL_SCOPE;
}

/** Addresses with unlike labels are in networks that do not reach each other well. */
export function labelOf(p: usize): u32 {
  return policyOf(p) & 0xff;
}

/** Of several destinations the one with the highest is tried first. */
export function precedenceOf(p: usize): u32 {
  return policyOf(p) >> 8;
}

// The row of the table, precedence above label.
function policyOf(p: usize): u32 {
  if (isV4(p)) return (35 << 8) | 4;
  const first = bswap<u32>(load<u32>(p));
  if (first == 0 && isLoopback(p)) return (50 << 8) | 0;
  if (first == 0 && load<u64>(p, 4) == 0) return (1 << 8) | 3; // IPv4-compatible, gone
  if (first >> 16 == 0x2002) return (30 << 8) | 2; // 6to4
  if (first == 0x20010000) return (5 << 8) | 5; // Teredo
  if (first >> 25 == 0x7e) return (3 << 8) | 13; // unique local
  if (first >> 22 == 0x3fb) return (1 << 8) | 11; // site-local, gone
  if (first >> 16 == 0x3ffe) return (1 << 8) | 12; // 6bone, gone
  return (40 << 8) | 1;
}
