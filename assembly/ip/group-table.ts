// The groups that this machine is in, both versions: a fixed table with a row for each adapter, group and source that
// somebody wants. A row without a source stands for all of them.
//
// From the rows follows what an adapter takes of a group (RFC 3376 §3.2, in the reduced form of RFC 5790): everything
// when there is a row without a source, EXCLUDE {}; otherwise what the sources of the others send, INCLUDE {S...}.
// A row that nobody wants any more stays until the routers have been told so.

import { GROUPS, IPV6 } from "profile";
import { copyAddress, isUnspecified, isV4, sameAddress, setV4, v4Of } from "../base/address";
import { NEVER } from "../base/clock";
import { GROUP_BASE, GROUP_BYTES } from "../base/memory";

@unmanaged
@final
export class Group {
  group0: u32;
  group1: u32;
  group2: u32;
  group3: u32;
  source0: u32;
  source1: u32;
  source2: u32;
  source3: u32;
  /** When a router's question about it is to be answered; NEVER: there is none. */
  answerAt: u64;
  /** Sockets, and parts of the stack, that want it. */
  users: u16;
  adapter: u8;
  /** Reports of a change that are still to tell of it. */
  changes: u8;
  /** 1 when nobody has reported the group since we did: who leaves says so (RFC 2236 §3). */
  reportedLast: u8;
  reserved0: u8;
  reserved1: u16;

  @inline get group(): usize {
    return changetype<usize>(this);
  }
  /** Unspecified: every source. */
  @inline get source(): usize {
    return changetype<usize>(this) + offsetof<Group>("source0");
  }
  @inline get isUsed(): bool {
    return (this.users | this.changes) != 0;
  }
  @inline get isForAll(): bool {
    return isUnspecified(this.source);
  }
}

if (offsetof<Group>() != GROUP_BYTES) ERROR("GROUP_BYTES does not agree with Group.");

/** 224.0.0.1, in memory order, and ff02::1: every host is in these, and nobody reports it. */
const ALL_HOSTS: u32 = 0x010000e0;
const ALL_NODES_HEAD: u64 = 0x02ff;
const ALL_NODES_TAIL: u64 = 0x0100000000000000;

export function groupAt(index: u32): Group {
  return changetype<Group>(GROUP_BASE + index * GROUP_BYTES);
}

export function indexOfGroup(row: Group): u32 {
  return <u32>(changetype<usize>(row) - GROUP_BASE) / GROUP_BYTES;
}

/** Rows that are wanted, or of which routers are still to be told. */
export function groupsInUse(): u32 {
  let used: u32 = 0;
  for (let i: u32 = 0; i < GROUPS; i++) if (groupAt(i).isUsed) used++;
  return used;
}

/** True of a row of this adapter and this group. */
export function isAbout(row: Group, adapter: u32, group: usize): bool {
  return row.isUsed && row.adapter == adapter && sameAddress(row.group, group);
}

/** The row of a group and a source, or null. */
export function findGroup(adapter: u32, group: usize, source: usize): Group | null {
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (isAbout(row, adapter, group) && sameAddress(row.source, source)) return row;
  }
  return null;
}

/** A new row, which nobody wants yet; one that is only left over from a leave gives way. Null when there is no room. */
export function addGroup(adapter: u32, group: usize, source: usize): Group | null {
  let chosen: Group | null = null;
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (row.users) continue;
    if (!chosen || !row.isUsed) chosen = row;
    if (!row.isUsed) break;
  }
  if (!chosen) return null;
  memory.fill(changetype<usize>(chosen), 0, GROUP_BYTES);
  copyAddress(chosen.group, group);
  copyAddress(chosen.source, source);
  chosen.adapter = <u8>adapter;
  chosen.answerAt = NEVER;
  return chosen;
}

/** True when somebody wants this group from every source: the filter is EXCLUDE {}. */
export function isExclude(adapter: u32, group: usize): bool {
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (row.users && isAbout(row, adapter, group) && row.isForAll) return true;
  }
  return false;
}

/** True when somebody wants this group from any source at all. */
export function isWanted(adapter: u32, group: usize): bool {
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (row.users && isAbout(row, adapter, group)) return true;
  }
  return false;
}

/** True of the first row of its group on its adapter: who walks the table meets each group once. */
export function isFirst(row: Group): bool {
  for (let i: u32 = 0; groupAt(i) !== row; i++) {
    if (isAbout(groupAt(i), row.adapter, row.group)) return false;
  }
  return true;
}

/** Writes the group of all hosts of one version of IP. */
export function setAllHosts(p: usize, isV6: bool): void {
  if (!isV6) {
    setV4(p, ALL_HOSTS);
    return;
  }
  store<u64>(p, ALL_NODES_HEAD);
  store<u64>(p, ALL_NODES_TAIL, 8);
}

/** True of the groups that every host is in without asking. */
export function isAllHosts(group: usize): bool {
  if (isV4(group)) return v4Of(group) == ALL_HOSTS;
  return load<u64>(group) == ALL_NODES_HEAD && load<u64>(group, 8) == ALL_NODES_TAIL;
}

/** True of the groups that routers are told of: not those of all hosts, nor IPv6's that stay in a machine (RFC 3810 §6). */
export function isReported(group: usize): bool {
  if (isAllHosts(group)) return false;
  return !IPV6 || isV4(group) || (load<u8>(group, 1) & 15) > 1;
}

/** 232/8 and ff3x::/32: their senders are part of what one joins (RFC 4607 §1). */
export function isSourceSpecific(group: usize): bool {
  if (isV4(group)) return load<u8>(group, 12) == 232;
  return (load<u8>(group, 1) & 0xf0) == 0x30 && load<u16>(group, 2) == 0;
}
