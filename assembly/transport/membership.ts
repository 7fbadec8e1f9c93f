// Which sockets are in which groups: pairs of a socket and a row of the table of groups, in a table of their own. A
// socket, named by its index, is in a group with every source, or with those that it has joined one by one; never both.

import { MEMBERSHIPS } from "profile";
import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { isUnspecified, sameAddress } from "../base/address";
import { count } from "../base/counters";
import { MEMBERSHIP_BASE, MEMBERSHIP_BYTES } from "../base/memory";
import { Group, groupAt, isAbout } from "../ip/group-table";
import { hasSpareRow, isJoined, joinGroup, leaveRow } from "../ip/groups";

@unmanaged
@final
class Membership {
  /** The socket's index plus one; 0: the place is free. */
  member: u16;
  /** Which row of the table of groups. */
  row: u16;

  @inline get group(): Group {
    return groupAt(this.row);
  }
}

if (offsetof<Membership>() != MEMBERSHIP_BYTES) ERROR("MEMBERSHIP_BYTES does not agree with Membership.");

function membershipAt(index: u32): Membership {
  return changetype<Membership>(MEMBERSHIP_BASE + index * MEMBERSHIP_BYTES);
}

/** Memberships in use. */
export function membershipsInUse(): u32 {
  let used: u32 = 0;
  for (let i: u32 = 0; i < MEMBERSHIPS; i++) if (membershipAt(i).member) used++;
  return used;
}

/**
 * Lets a socket join a group on an adapter, with every source (unspecified) or with one more. 0; EADDRINUSE when it is
 * in the group, EINVAL when it is there with every source and asks for one, EADDRNOTAVAIL when it has that source,
 * ENOBUFS when a table is full (RFC 3678 §3, §5.1; the errors are those of BSD and Linux).
 */
export function joinAs(socket: u32, adapter: u32, group: usize, source: usize): i32 {
  const refused = whyNot(socket, adapter, group, source);
  if (refused) return refused;
  const free = freePlace();
  if (!free || !(hasSpareRow() || isJoined(adapter, group, source))) {
    count(Counter.IgmpTableFull);
    return -Errno.ENOBUFS;
  }
  const row = joinGroup(adapter, group, source);
  if (row < 0) return row;
  free.member = <u16>(socket + 1);
  free.row = <u16>row;
  return 0;
}

function whyNot(socket: u32, adapter: u32, group: usize, source: usize): i32 {
  for (let i: u32 = 0; i < MEMBERSHIPS; i++) {
    const membership = membershipAt(i);
    if (!isIn(membership, socket, adapter, group)) continue;
    if (isUnspecified(source)) return -Errno.EADDRINUSE;
    if (membership.group.isForAll) return -Errno.EINVAL;
    if (sameAddress(membership.group.source, source)) return -Errno.EADDRNOTAVAIL;
  }
  return 0;
}

function freePlace(): Membership | null {
  for (let i: u32 = 0; i < MEMBERSHIPS; i++) {
    const membership = membershipAt(i);
    if (!membership.member) return membership;
  }
  return null;
}

function isIn(membership: Membership, socket: u32, adapter: u32, group: usize): bool {
  return <u32>membership.member == socket + 1 && isAbout(membership.group, adapter, group);
}

/** Undoes joins: of one source, or (unspecified) of the group with whatever sources. EADDRNOTAVAIL when there was none. */
export function leaveAs(socket: u32, adapter: u32, group: usize, source: usize): i32 {
  let left = false;
  for (let i: u32 = 0; i < MEMBERSHIPS; i++) {
    const membership = membershipAt(i);
    if (!isIn(membership, socket, adapter, group)) continue;
    if (!isUnspecified(source) && !sameAddress(membership.group.source, source)) continue;
    end(membership);
    left = true;
  }
  return left ? 0 : -Errno.EADDRNOTAVAIL;
}

/** The socket is no more: it leaves whatever it was in. */
export function leaveAll(socket: u32): void {
  for (let i: u32 = 0; i < MEMBERSHIPS; i++) {
    const membership = membershipAt(i);
    if (<u32>membership.member == socket + 1) end(membership);
  }
}

function end(membership: Membership): void {
  membership.member = 0;
  leaveRow(membership.group);
}

/** True when the socket takes what this source sends to this group on this adapter. */
export function hears(socket: u32, adapter: u32, group: usize, source: usize): bool {
  for (let i: u32 = 0; i < MEMBERSHIPS; i++) {
    const membership = membershipAt(i);
    if (!isIn(membership, socket, adapter, group)) continue;
    if (membership.group.isForAll || sameAddress(membership.group.source, source)) return true;
  }
  return false;
}
