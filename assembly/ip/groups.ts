// Joining and leaving groups, and what an adapter takes of them. Sockets come here for what applications want, IPv6 for
// the groups that it lives on.

import { ADDRESSES, GROUPS, IPV6 } from "profile";
import { AddressState } from "../abi/addresses";
import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { clearAddress, isUnspecified, setSolicitedNode } from "../base/address";
import { count } from "../base/counters";
import { GROUP_AREA } from "../base/memory";
import { Adapter, adapterAt, adapterCount, macOf } from "../device/adapter";
import { filterBit, setFilter } from "../device/driver";
import { ownAddressAt } from "../ethernet/addresses";
import { groupMacHigh, groupMacLow } from "../ethernet/header";
import {
  addGroup,
  findGroup,
  Group,
  groupAt,
  indexOfGroup,
  isAllHosts,
  isExclude,
  isWanted,
  setAllHosts,
} from "./group-table";
import { forgetQueriers, reportChange, reportUnchanged, reportWider } from "./report";
import { ANY_ADAPTER, findRoute } from "./route";

/** No source in particular; the group whose bit is being reckoned; the group of an address. */
const ANY_SOURCE: usize = GROUP_AREA;
const FILTERED: usize = GROUP_AREA + 16;
const SOLICITED: usize = GROUP_AREA + 80;

/** An adapter has come: nothing is known of its routers, and it hears the group of all hosts. */
export function startGroups(adapter: Adapter): void {
  clearAddress(ANY_SOURCE);
  forgetQueriers(adapter.index);
  refreshFilter(adapter);
}

/**
 * Joins a group on an adapter, with every source (`source` 0 or unspecified) or one more. Each join is to be undone by
 * a leave. The row of the table, or ENOBUFS.
 */
export function joinGroup(adapter: u32, group: usize, source: usize = 0): i32 {
  if (!source || isUnspecified(source)) source = ANY_SOURCE;
  let row = findGroup(adapter, group, source);
  if (!row) {
    row = addGroup(adapter, group, source);
    if (!row) {
      count(Counter.IgmpTableFull);
      return -Errno.ENOBUFS;
    }
  }
  if (row.users++ == 0) {
    if (row.isForAll) reportWider(row);
    else if (isExclude(adapter, group)) reportUnchanged(row);
    else reportChange(row);
    refreshFilter(adapterAt(adapter));
  }
  return indexOfGroup(row);
}

/** True when somebody has joined just that already, so that another join needs no room. */
export function isJoined(adapter: u32, group: usize, source: usize): bool {
  const row = findGroup(adapter, group, isUnspecified(source) ? ANY_SOURCE : source);
  return row !== null && row.users != 0;
}

/** Undoes one join. EADDRNOTAVAIL when there was none. */
export function leaveGroup(adapter: u32, group: usize, source: usize = 0): i32 {
  const row = findGroup(adapter, group, !source || isUnspecified(source) ? ANY_SOURCE : source);
  if (!row || !row.users) return -Errno.EADDRNOTAVAIL;
  leaveRow(row);
  return 0;
}

/** Undoes one join of this row. */
export function leaveRow(row: Group): void {
  assert(row.users > 0, "left more often than joined");
  if (--row.users) return;
  if (!row.isForAll && isExclude(row.adapter, row.group)) reportUnchanged(row);
  else reportChange(row);
  refreshFilter(adapterAt(row.adapter));
}

/** An IPv6 address has come to an adapter: who looks for it does so through a group of few (RFC 4291 §2.7.1). */
export function joinSolicitedNode(adapter: u32, address: usize): void {
  setSolicitedNode(SOLICITED, address);
  joinGroup(adapter, SOLICITED); // a full table is counted
}

/** It goes. */
export function leaveSolicitedNode(adapter: u32, address: usize): void {
  setSolicitedNode(SOLICITED, address);
  leaveGroup(adapter, SOLICITED);
}

/** True while sockets may make new rows: of the free ones, each IPv6 address that may yet come keeps one. */
export function hasSpareRow(): bool {
  let spare: i32 = 0;
  for (let i: u32 = 0; i < GROUPS; i++) if (!groupAt(i).users) spare++;
  if (!IPV6) return spare > 0;
  for (let i: u32 = 0; i < ADDRESSES; i++) if (ownAddressAt(i).state == AddressState.FREE) spare--;
  return spare > 0;
}

/** True when the adapter is in this group: what comes for it goes up. */
export function isMember(adapter: u32, group: usize): bool {
  return isAllHosts(group) || isWanted(adapter, group);
}

/** The adapter of a group whose user named none: where a route leads, else the first. ANY_ADAPTER when there is none. */
export function adapterForGroup(group: usize): u32 {
  const route = findRoute(group, ANY_ADAPTER);
  if (route) return route.adapter;
  return adapterCount() ? 0 : ANY_ADAPTER;
}

// The MAC's filter anew: the bits of exactly the groups that are wanted by those who share its wire.
function refreshFilter(adapter: Adapter): void {
  const mac = macOf(adapter);
  let bits: u64 = 0;
  for (let version: u32 = 0; version < 1 + IPV6; version++) {
    setAllHosts(FILTERED, version != 0);
    bits |= bitOf(FILTERED);
  }
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (row.users && macOf(adapterAt(row.adapter)) === mac) bits |= bitOf(row.group);
  }
  setFilter(mac, <u32>bits, <u32>(bits >> 32));
}

function bitOf(group: usize): u64 {
  return (<u64>1) << filterBit(groupMacLow(group), groupMacHigh(group));
}
