// The machine's own addresses: which adapter has which, with the prefix of the network behind it. The addresses of the
// loopback, 127/8 and ::1, are in no table: they are known by what they are.

import { ADDRESSES, LOOPBACK } from "profile";
import { copyAddress, isLimitedBroadcast, isLoopback, isV4, sameAddress, samePrefix, v4Of } from "../base/address";
import { LOOPBACK_ADAPTER } from "../base/config";
import { ADDRESS_BASE, ADDRESS_ENTRY_BYTES } from "../base/memory";

@unmanaged
@final
export class OwnAddress {
  address0: u32;
  address1: u32;
  address2: u32;
  address3: u32;
  /** Bits, counted over all 128: an IPv4 /24 is 120. */
  prefixLength: u8;
  adapter: u8;
  used: u8;
  reserved: u8;

  @inline get address(): usize {
    return changetype<usize>(this);
  }
}

if (offsetof<OwnAddress>() != ADDRESS_ENTRY_BYTES) ERROR("ADDRESS_ENTRY_BYTES does not agree with OwnAddress.");

export function ownAddressAt(index: u32): OwnAddress {
  return changetype<OwnAddress>(ADDRESS_BASE + index * ADDRESS_ENTRY_BYTES);
}

/** Adds an address to an adapter; null when the table is full. One that is there already gets the new prefix. */
export function addOwnAddress(adapter: u32, address: usize, prefixLength: u32): OwnAddress | null {
  let entry = findOwnAddress(adapter, address);
  for (let i: u32 = 0; !entry && i < ADDRESSES; i++) {
    if (!ownAddressAt(i).used) entry = ownAddressAt(i);
  }
  if (!entry) return null;
  copyAddress(entry.address, address);
  entry.prefixLength = <u8>prefixLength;
  entry.adapter = <u8>adapter;
  entry.used = 1;
  return entry;
}

/** Takes an address away from its adapter. */
export function removeOwnAddress(entry: OwnAddress): void {
  entry.used = 0;
}

/** The entry of `address` on `adapter`, or null. */
export function findOwnAddress(adapter: u32, address: usize): OwnAddress | null {
  for (let i: u32 = 0; i < ADDRESSES; i++) {
    const entry = ownAddressAt(i);
    if (entry.used && entry.adapter == adapter && sameAddress(entry.address, address)) return entry;
  }
  return null;
}

/** The entry of `address` on any adapter, or null. */
export function findAnyOwnAddress(address: usize): OwnAddress | null {
  for (let i: u32 = 0; i < ADDRESSES; i++) {
    const entry = ownAddressAt(i);
    if (entry.used && sameAddress(entry.address, address)) return entry;
  }
  return null;
}

/** True of every address by which this machine reaches itself. */
export function isOwn(address: usize): bool {
  return (LOOPBACK && isLoopback(address)) || findAnyOwnAddress(address) !== null;
}

/** The address with which `adapter` speaks to `peer`: one in its network, else its first of that version; or null. */
export function sourceFor(adapter: u32, peer: usize): OwnAddress | null {
  let first: OwnAddress | null = null;
  for (let i: u32 = 0; i < ADDRESSES; i++) {
    const entry = ownAddressAt(i);
    if (!entry.used || entry.adapter != adapter || isV4(entry.address) != isV4(peer)) continue;
    if (samePrefix(entry.address, peer, entry.prefixLength)) return entry;
    if (!first) first = entry;
  }
  return first;
}

/** Where the address lies with which the machine speaks to `peer` through `adapter`; 0: it has none there. */
export function sourceTo(adapter: u32, peer: usize): usize {
  if (LOOPBACK && adapter == LOOPBACK_ADAPTER) return peer; // oneself, under the name that one is called by
  const own = sourceFor(adapter, peer);
  return own ? own.address : 0;
}

/** True of 255.255.255.255 and of the directed broadcast address of a network that `adapter` is in. */
export function isBroadcast(adapter: u32, address: usize): bool {
  if (!isV4(address)) return false;
  if (isLimitedBroadcast(address)) return true;
  for (let i: u32 = 0; i < ADDRESSES; i++) {
    const entry = ownAddressAt(i);
    // A /31 or /32 has no broadcast address (RFC 3021).
    if (!entry.used || entry.adapter != adapter || entry.prefixLength > 126) continue;
    if (!isV4(entry.address) || !samePrefix(entry.address, address, entry.prefixLength)) continue;
    const host: u32 = 0xffffffff >> (<u32>entry.prefixLength - 96);
    if ((bswap<u32>(v4Of(address)) & host) == host) return true;
  }
  return false;
}

/** True of the broadcast address of any network that this machine is in. */
export function isAnyBroadcast(address: usize): bool {
  for (let i: u32 = 0; i < ADDRESSES; i++) {
    const entry = ownAddressAt(i);
    if (entry.used && isBroadcast(entry.adapter, address)) return true;
  }
  return isLimitedBroadcast(address);
}

/** True when `adapter` has an address in whose network both `a` and `b` are. */
export function areNeighbors(adapter: u32, a: usize, b: usize): bool {
  for (let i: u32 = 0; i < ADDRESSES; i++) {
    const entry = ownAddressAt(i);
    if (!entry.used || entry.adapter != adapter || !samePrefix(entry.address, a, entry.prefixLength)) continue;
    if (samePrefix(entry.address, b, entry.prefixLength)) return true;
  }
  return false;
}
