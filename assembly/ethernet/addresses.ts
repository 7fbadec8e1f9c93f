// The machine's own addresses: which adapter has which, with the prefix of the network behind it, and how far each may
// be used. Who gives them out and takes them back: ip/claim.ts and ip/autoconfig.ts. The addresses of the loopback, 127/8
// and ::1, are in no table: they are known by what they are.

import { ADDRESSES, CLAIMS, IPV6, LOOPBACK } from "profile";
import { AddressOrigin, AddressState } from "../abi/addresses";
import {
  commonPrefix,
  copyAddress,
  isLimitedBroadcast,
  isLinkLocal,
  isLoopback,
  isV4,
  sameAddress,
  samePrefix,
  v4Of,
} from "../base/address";
import { labelOf, scopeOf } from "../base/address-policy";
import { LOOPBACK_ADAPTER } from "../base/config";
import { FOREVER } from "../base/lifetimes";
import { ADDRESS_BASE, ADDRESS_ENTRY_BYTES, ADDRESS_STATE, COUNTED_ADDRESSES } from "../base/memory";

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
  private stateByte: u8;
  private originByte: u8;
  /** Probes and announcements that are still to be sent. */
  probes: u8;
  /** Addresses of its kind that others turned out to have: how many were tried before (RFC 7217 §5). */
  collisions: u8;
  /**
   * Second, as far as 16 bits count, in which it was last defended (RFC 5227 §2.4); 0: never. Of a temporary address, which
   * nobody defends, the minute at which it stops being preferred at the latest (RFC 8981 §3.4).
   */
  defendedAt: u16;
  /** Seconds of the machine's clock until which new connections may use it, and until which it is ours. */
  preferredUntil: u32;
  validUntil: u32;

  @inline get address(): usize {
    return changetype<usize>(this);
  }
  @inline get state(): AddressState {
    return this.stateByte;
  }
  set state(state: AddressState) {
    this.stateByte = <u8>state;
  }
  @inline get origin(): AddressOrigin {
    return this.originByte;
  }
  set origin(origin: AddressOrigin) {
    this.originByte = <u8>origin;
  }
  /**
   * Of a temporary address, which nobody defends: the minute, as far as 16 bits count, from which no router keeps it
   * preferred (RFC 8981 §3.4).
   */
  @inline get renewAt(): u16 {
    return this.defendedAt;
  }
  set renewAt(minute: u16) {
    this.defendedAt = minute;
  }
  /** True while packets may come to it and go from it. */
  @inline get isUsable(): bool {
    return this.stateByte == AddressState.PREFERRED || this.stateByte == AddressState.DEPRECATED;
  }
}

if (offsetof<OwnAddress>() != ADDRESS_ENTRY_BYTES) ERROR("ADDRESS_ENTRY_BYTES does not agree with OwnAddress.");

export function ownAddressAt(index: u32): OwnAddress {
  return changetype<OwnAddress>(ADDRESS_BASE + index * ADDRESS_ENTRY_BYTES);
}

// Every packet asks for addresses, most machines have few: behind these entries none was ever used.
function addressesUsed(): u32 {
  return COUNTED_ADDRESSES ? load<u32>(ADDRESS_STATE) : ADDRESSES;
}

export function indexOfAddress(entry: OwnAddress): u32 {
  return <u32>(changetype<usize>(entry) - ADDRESS_BASE) / ADDRESS_ENTRY_BYTES;
}

/** A free entry for an address of an adapter, or the one that it has already; null when the table is full. */
export function takeAddressEntry(adapter: u32, address: usize): OwnAddress | null {
  let entry = findAddressEntry(adapter, address);
  for (let i: u32 = 0; !entry && i < ADDRESSES; i++) {
    if (ownAddressAt(i).state == AddressState.FREE) entry = ownAddressAt(i);
  }
  return entry;
}

/** Makes an address of an adapter usable at once; null when the table is full. One that is there gets the new prefix. */
export function addOwnAddress(adapter: u32, address: usize, prefixLength: u32): OwnAddress | null {
  const entry = takeAddressEntry(adapter, address);
  if (!entry) return null;
  fillAddressEntry(entry, adapter, address, prefixLength, AddressOrigin.MANUAL);
  entry.state = AddressState.PREFERRED;
  return entry;
}

export function fillAddressEntry(
  entry: OwnAddress,
  adapter: u32,
  address: usize,
  prefixLength: u32,
  origin: AddressOrigin,
): void {
  if (COUNTED_ADDRESSES) store<u32>(ADDRESS_STATE, max<u32>(addressesUsed(), indexOfAddress(entry) + 1));
  copyAddress(entry.address, address);
  entry.prefixLength = <u8>prefixLength;
  entry.adapter = <u8>adapter;
  entry.origin = origin;
  entry.probes = 0;
  entry.collisions = 0;
  entry.defendedAt = 0;
  entry.preferredUntil = FOREVER;
  entry.validUntil = FOREVER;
}

/** The entry of `address` on `adapter` whatever its state, or null. */
export function findAddressEntry(adapter: u32, address: usize): OwnAddress | null {
  for (let i: u32 = 0, end = addressesUsed(); i < end; i++) {
    const entry = ownAddressAt(i);
    if (entry.state != AddressState.FREE && entry.adapter == adapter && sameAddress(entry.address, address)) {
      return entry;
    }
  }
  return null;
}

/** The entry of `address` on `adapter` while it may be used, or null. */
export function findOwnAddress(adapter: u32, address: usize): OwnAddress | null {
  const entry = findAddressEntry(adapter, address);
  return entry && entry.isUsable ? entry : null;
}

/** The entry of `address` on any adapter while it may be used, or null. */
export function findAnyOwnAddress(address: usize): OwnAddress | null {
  for (let i: u32 = 0, end = addressesUsed(); i < end; i++) {
    const entry = ownAddressAt(i);
    if (entry.isUsable && sameAddress(entry.address, address)) return entry;
  }
  return null;
}

/** True of every address by which this machine reaches itself. */
export function isOwn(address: usize): bool {
  return (LOOPBACK && isLoopback(address)) || findAnyOwnAddress(address) !== null;
}

/** The address with which `adapter` speaks to `peer`: of that version, the one that fits best; or null. */
export function sourceFor(adapter: u32, peer: usize): OwnAddress | null {
  let best: OwnAddress | null = null;
  for (let i: u32 = 0, end = addressesUsed(); i < end; i++) {
    const entry = ownAddressAt(i);
    if (!entry.isUsable || entry.adapter != adapter || isV4(entry.address) != isV4(peer)) continue;
    if (!best || isBetterSource(entry, best, peer)) best = entry;
  }
  return best;
}

// The rules of RFC 6724 §5 that tell addresses of one adapter apart, in their order. For IPv4: the one in the peer's
// network, else the first that is not only for the link.
function isBetterSource(one: OwnAddress, other: OwnAddress, peer: usize): bool {
  if (!IPV6 || isV4(peer)) {
    const isNear = samePrefix(one.address, peer, one.prefixLength);
    if (isNear != samePrefix(other.address, peer, other.prefixLength)) return isNear;
    return CLAIMS != 0 && isLinkLocal(other.address) && !isLinkLocal(one.address);
  }
  if (sameAddress(one.address, peer) || sameAddress(other.address, peer)) return sameAddress(one.address, peer);
  const oneScope = scopeOf(one.address);
  const otherScope = scopeOf(other.address);
  if (oneScope != otherScope) {
    // The narrower one when it is wide enough, else the wider one (rule 2).
    const scope = scopeOf(peer);
    return oneScope < otherScope ? oneScope >= scope : otherScope < scope;
  }
  if (one.state != other.state) return one.state == AddressState.PREFERRED;
  const label = labelOf(peer);
  const fits = labelOf(one.address) == label;
  if (fits != (labelOf(other.address) == label)) return fits;
  if (one.origin != other.origin) {
    if (one.origin == AddressOrigin.TEMPORARY) return true;
    if (other.origin == AddressOrigin.TEMPORARY) return false;
  }
  return matchOf(one, peer) > matchOf(other, peer);
}

function matchOf(entry: OwnAddress, peer: usize): u32 {
  return min<u32>(commonPrefix(entry.address, peer), entry.prefixLength);
}

/** Where the address lies with which the machine speaks to `peer` through `adapter`; 0: it has none there. */
export function sourceTo(adapter: u32, peer: usize): usize {
  if (LOOPBACK && adapter == LOOPBACK_ADAPTER) return peer; // oneself, under the name that one is called by
  const own = sourceFor(adapter, peer);
  return own ? own.address : 0;
}

/** True of 255.255.255.255 and of the directed broadcast address of a network that `adapter` is in. */
export function isBroadcast(adapter: u32, address: usize): bool {
  // A network has at least two bits for hosts, all of which are set: with nearly every address that settles it.
  if (!isV4(address) || (load<u8>(address, 15) & 3) != 3) return false;
  if (isLimitedBroadcast(address)) return true;
  for (let i: u32 = 0, end = addressesUsed(); i < end; i++) {
    const entry = ownAddressAt(i);
    if (!entry.isUsable) continue;
    // A /31 or /32 has no broadcast address (RFC 3021).
    if (entry.adapter != adapter || entry.prefixLength > 126) continue;
    if (!isV4(entry.address) || !samePrefix(entry.address, address, entry.prefixLength)) continue;
    const host: u32 = 0xffffffff >> (<u32>entry.prefixLength - 96);
    if ((bswap<u32>(v4Of(address)) & host) == host) return true;
  }
  return false;
}

/** True of the broadcast address of any network that this machine is in. */
export function isAnyBroadcast(address: usize): bool {
  for (let i: u32 = 0, end = addressesUsed(); i < end; i++) {
    const entry = ownAddressAt(i);
    if (entry.isUsable && isBroadcast(entry.adapter, address)) return true;
  }
  return isLimitedBroadcast(address);
}

/** True when `adapter` has an address in whose network both `a` and `b` are. */
export function areNeighbors(adapter: u32, a: usize, b: usize): bool {
  for (let i: u32 = 0, end = addressesUsed(); i < end; i++) {
    const entry = ownAddressAt(i);
    if (!entry.isUsable || entry.adapter != adapter || !samePrefix(entry.address, a, entry.prefixLength)) continue;
    if (samePrefix(entry.address, b, entry.prefixLength)) return true;
  }
  return false;
}
