// What a DHCP server has to lend, and to whom it has lent it: a range of addresses of one adapter's network, and a table of
// guests, of fixed size.

import { DHCP_POOL } from "profile";
import { setV4 } from "../base/address";
import { FOREVER, second } from "../base/lifetimes";
import { GUEST_BASE, GUEST_BYTES, NAMES_AREA, POOL_STATE } from "../base/memory";
import { findAnyOwnAddress } from "../ethernet/addresses";

/** Room for a guest's own name: one label, its length in front. */
const NAME_ROOM: u32 = 32;
/** Seconds that an offer is kept for whoever got it, and that an address is left alone which somebody else turned out to have. */
const OFFER_SECONDS: u32 = 60;
const DECLINED_SECONDS: u32 = 3600;

@unmanaged
@final
export class AddressPool {
  /** Descriptor of the server's socket; -1: it does not serve. */
  socket: i32;
  adapter: u32;
  /** First and last address, as numbers. */
  first: u32;
  last: u32;
  prefixLength: u32;
  leaseSeconds: u32;
  /** Addresses in memory order, 0 for none: what guests are told. */
  router: u32;
  nameServer: u32;
}

export const addressPool: AddressPool = changetype<AddressPool>(POOL_STATE);

export const enum GuestState {
  FREE = 0,
  OFFERED = 1,
  LENT = 2,
  /** Somebody else has it. */
  DECLINED = 3,
}

@unmanaged
@final
export class Guest {
  /** What the client is known by: a hash of its identifier, or its Ethernet address. */
  key: u64;
  /** In memory order. */
  address: u32;
  /** Second of the machine's clock at which it is over. */
  endsAt: u32;
  private stateByte: u8;
  reserved0: u8;
  reserved1: u16;
  reserved2: u32;
  name0: u64;
  name1: u64;
  name2: u64;
  name3: u64;

  @inline get state(): GuestState {
    return this.stateByte;
  }
  set state(state: GuestState) {
    this.stateByte = <u8>state;
  }
  @inline get name(): usize {
    return changetype<usize>(this) + offsetof<Guest>("name0");
  }
  /** True while the address is nobody else's. */
  @inline get isTaken(): bool {
    return this.stateByte != GuestState.FREE && this.endsAt > second();
  }
}

if (DHCP_POOL && offsetof<Guest>() != GUEST_BYTES) ERROR("GUEST_BYTES does not agree with Guest.");

export function guestAt(index: u32): Guest {
  return changetype<Guest>(GUEST_BASE + index * GUEST_BYTES);
}

export function startPool(): void {
  addressPool.socket = -1;
  memory.fill(GUEST_BASE, 0, DHCP_POOL * GUEST_BYTES);
}

/** The guest with this key, whether its time is over or not; null: nobody knows it. */
export function findGuest(key: u64): Guest | null {
  for (let i: u32 = 0; i < DHCP_POOL; i++) {
    const guest = guestAt(i);
    if (guest.state != GuestState.FREE && guest.state != GuestState.DECLINED && guest.key == key) return guest;
  }
  return null;
}

function guestWith(address: u32): Guest | null {
  for (let i: u32 = 0; i < DHCP_POOL; i++) {
    const guest = guestAt(i);
    if (guest.state != GuestState.FREE && guest.address == address) return guest;
  }
  return null;
}

/** True of an address, in memory order, that is in the range. */
export function isInPool(address: u32): bool {
  const number = bswap<u32>(address);
  return number >= addressPool.first && number <= addressPool.last;
}

/**
 * The guest with this key at an address: the one that it had, `wanted` if that is free, or any that is free; 0 for `wanted`
 * is none in particular. Null when there is no address, or no room in the table.
 */
export function takeGuest(key: u64, wanted: u32): Guest | null {
  const known = findGuest(key);
  if (known && isInPool(known.address)) return known;
  const address = wanted && isFree(wanted) ? wanted : freeAddress();
  if (!address) return null;
  const guest = known || guestWith(address) || freePlace();
  if (!guest) return null;
  guest.key = key;
  guest.address = address;
  guest.state = GuestState.OFFERED;
  guest.endsAt = second() + OFFER_SECONDS;
  store<u8>(guest.name, 0);
  return guest;
}

/** True of an address of the range that nobody has, as far as is known here. */
export function isFree(address: u32): bool {
  if (!isInPool(address)) return false;
  const guest = guestWith(address);
  if (guest && guest.isTaken) return false;
  setV4(NAMES_AREA, address);
  return findAnyOwnAddress(NAMES_AREA) === null;
}

// An address that nobody had before rather than one whose time is over.
function freeAddress(): u32 {
  let over: u32 = 0;
  const last = min<u32>(addressPool.last, addressPool.first + 2 * DHCP_POOL);
  for (let number = addressPool.first; number <= last && number; number++) {
    const address = bswap<u32>(number);
    if (!isFree(address)) continue;
    if (!guestWith(address)) return address;
    if (!over) over = address;
  }
  return over;
}

function freePlace(): Guest | null {
  let over: Guest | null = null;
  for (let i: u32 = 0; i < DHCP_POOL; i++) {
    const guest = guestAt(i);
    if (guest.state == GuestState.FREE) return guest;
    if (!guest.isTaken) over = guest;
  }
  return over;
}

/** The address is the guest's from now on, for as long as the server lends. */
export function lend(guest: Guest): void {
  guest.state = GuestState.LENT;
  const ends = <u64>second() + addressPool.leaseSeconds;
  guest.endsAt = ends >= FOREVER ? FOREVER : <u32>ends;
}

/** Somebody else has the guest's address: it is left alone for an hour. */
export function leaveAlone(guest: Guest): void {
  guest.state = GuestState.DECLINED;
  guest.key = 0;
  guest.endsAt = second() + DECLINED_SECONDS;
}

/** Keeps the name, one label of `bytes` bytes, by which a guest calls itself. */
export function nameGuest(guest: Guest, label: usize, bytes: u32): void {
  if (!bytes || bytes >= NAME_ROOM) return;
  store<u8>(guest.name, <u8>bytes);
  memory.copy(guest.name + 1, label, bytes);
}

/** The address, in memory order, of the guest whose name is the first label of a whole name; 0: there is none. */
export function addressOfGuest(name: usize): u32 {
  const bytes: u32 = load<u8>(name);
  for (let i: u32 = 0; i < DHCP_POOL; i++) {
    const guest = guestAt(i);
    if (guest.state != GuestState.LENT || !guest.isTaken || load<u8>(guest.name) != <u8>bytes || !bytes) continue;
    if (isSameLabel(guest.name + 1, name + 1, bytes)) return guest.address;
  }
  return 0;
}

function isSameLabel(a: usize, b: usize, bytes: u32): bool {
  for (let i: u32 = 0; i < bytes; i++) {
    // Letters are the same in either case; other bytes that this makes equal are in no host's name (RFC 952).
    if ((load<u8>(a + i) | 0x20) != (load<u8>(b + i) | 0x20)) return false;
  }
  return true;
}
