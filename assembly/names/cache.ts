// What is known of names without asking: addresses that servers have told of, for as long as they said; that there is no
// such name, or nothing of that type (RFC 2308); and the hosts that people have named, which stay. A table of fixed size, in
// which what would end first gives way.

import { NAME_CACHE } from "profile";
import { Lookup } from "../abi/names";
import { copyAddress, isV4, sameAddress } from "../base/address";
import { endOf, FOREVER, second } from "../base/lifetimes";
import { CACHE_BASE, CACHE_BYTES } from "../base/memory";
import { RecordType } from "./dns-message";
import { nameBytes, sameName } from "./dns-name";

/** Room for a name; longer ones are asked for each time. */
const ROOM: u32 = 64;
/** Addresses that are kept of one name. */
const MOST_ADDRESSES: u32 = 4;
/** The longest that an answer, and that a "no", is believed, in seconds (RFC 2181 §8, RFC 2308 §5). */
const LONGEST: u32 = 86400;
const LONGEST_NO: u32 = 900;

@unmanaged
@final
export class Known {
  /** Second of the machine's clock at which it is forgotten; FOREVER: named by people; 0: the entry is free. */
  endsAt: u32;
  type: u16;
  private outcomeByte: u8;
  count: u8;
  name0: u64;
  name1: u64;
  name2: u64;
  name3: u64;
  name4: u64;
  name5: u64;
  name6: u64;
  name7: u64;
  address0: u64;
  address1: u64;
  address2: u64;
  address3: u64;
  address4: u64;
  address5: u64;
  address6: u64;
  address7: u64;

  @inline get outcome(): Lookup {
    return this.outcomeByte;
  }
  set outcome(outcome: Lookup) {
    this.outcomeByte = <u8>outcome;
  }
  @inline get name(): usize {
    return changetype<usize>(this) + offsetof<Known>("name0");
  }
  @inline get addresses(): usize {
    return changetype<usize>(this) + offsetof<Known>("address0");
  }
}

if (NAME_CACHE && offsetof<Known>() != CACHE_BYTES) ERROR("CACHE_BYTES does not agree with Known.");

function knownAt(index: u32): Known {
  return changetype<Known>(CACHE_BASE + index * CACHE_BYTES);
}

export function startCache(): void {
  memory.fill(CACHE_BASE, 0, NAME_CACHE * CACHE_BYTES);
}

/** What is known of a name in a type, or null. */
export function findKnown(name: usize, type: u32): Known | null {
  const time = second();
  for (let i: u32 = 0; i < NAME_CACHE; i++) {
    const known = knownAt(i);
    if (known.endsAt <= time || known.type != <u16>type) continue;
    if (sameName(known.name, name)) return known;
  }
  return null;
}

/** Keeps what a server has said for `seconds`: `count` addresses, or that there are none. */
export function keepAnswer(name: usize, type: u32, outcome: Lookup, seconds: u32, addresses: usize, count: u32): void {
  const most = outcome == Lookup.FOUND ? LONGEST : LONGEST_NO;
  if (!NAME_CACHE || !seconds || nameBytes(name) > ROOM) return;
  const known = findKnown(name, type) || placeFor();
  if (!known || known.endsAt == FOREVER) return;
  fill(known, name, type, outcome, endOf(min<u32>(seconds, most)));
  known.count = <u8>min<u32>(count, MOST_ADDRESSES);
  memory.copy(known.addresses, addresses, known.count * 16);
}

function fill(known: Known, name: usize, type: u32, outcome: Lookup, endsAt: u32): void {
  memory.copy(known.name, name, nameBytes(name));
  known.type = <u16>type;
  known.outcome = outcome;
  known.endsAt = endsAt;
  known.count = 0;
}

// A free entry, one whose time is over, or the one that would end first; null when people have named them all.
function placeFor(): Known | null {
  let first: Known | null = null;
  for (let i: u32 = 0; i < NAME_CACHE; i++) {
    const known = knownAt(i);
    if (known.endsAt != FOREVER && (!first || known.endsAt < first.endsAt)) first = known;
  }
  return first;
}

/** Names a host for good, or gives it one more address. False: its name is too long, or there is no room. */
export function keepHost(name: usize, address: usize): bool {
  if (!NAME_CACHE || nameBytes(name) > ROOM) return false;
  const type: u32 = isV4(address) ? RecordType.A : RecordType.AAAA;
  let known = findKnown(name, type);
  if (!known || known.endsAt != FOREVER) {
    if (!known) known = placeFor();
    if (!known) return false;
    fill(known, name, type, Lookup.FOUND, FOREVER);
  }
  for (let i: u32 = 0; i < known.count; i++) if (sameAddress(known.addresses + i * 16, address)) return true;
  if (known.count == <u8>MOST_ADDRESSES) return false;
  copyAddress(known.addresses + known.count++ * 16, address);
  return true;
}

/** Forgets a host that people have named. False: there is none of that name. */
export function forgetHost(name: usize): bool {
  let found = false;
  for (let i: u32 = 0; i < NAME_CACHE; i++) {
    const known = knownAt(i);
    if (known.endsAt != FOREVER || !sameName(known.name, name)) continue;
    known.endsAt = 0;
    found = true;
  }
  return found;
}

/** A host that people have named, whatever its addresses; null when there is none. */
export function findHost(name: usize): Known | null {
  for (let i: u32 = 0; i < NAME_CACHE; i++) {
    const known = knownAt(i);
    if (known.endsAt == FOREVER && sameName(known.name, name)) return known;
  }
  return null;
}

/** The host that people have given this address; null when there is none. */
export function findHostWith(address: usize): Known | null {
  for (let i: u32 = 0; i < NAME_CACHE; i++) {
    const known = knownAt(i);
    if (known.endsAt != FOREVER) continue;
    for (let j: u32 = 0; j < known.count; j++) if (sameAddress(known.addresses + j * 16, address)) return known;
  }
  return null;
}
