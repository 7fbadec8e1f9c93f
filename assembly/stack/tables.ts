// The machine's tables as a host may read them, one row at a time into STATUS: 1 for a row, 0 for an empty one, -1
// behind the last.

import { ADDRESSES, GROUPS, IPV6, LOOPBACK, NAME_SERVERS, NEIGHBORS, ROUTES } from "profile";
import { AddressState, RouteOrigin } from "../abi/addresses";
import { LeaseState, LeaseWord } from "../abi/names";
import { clearAddress, copyAddress, isV4 } from "../base/address";
import { NEVER, now } from "../base/clock";
import { ALL_ADAPTERS, LOOPBACK_ADAPTER, SECOND } from "../base/config";
import { FOREVER, secondsUntil } from "../base/lifetimes";
import { NAMES_AREA, STATUS } from "../base/memory";
import { neighborPool } from "../base/pool";
import { adapterAt, hasLink, isAdapter, isLink, isVlan } from "../device/adapter";
import { ownAddressAt } from "../ethernet/addresses";
import { findNeighbor, Neighbor } from "../ethernet/neighbor";
import { Group, groupAt, isAllHosts, setAllHosts } from "../ip/group-table";
import { nameServerAt } from "../ip/name-servers";
import { BEST_PREFERENCE, routeAt } from "../ip/route";
import { LEASES, leaseAt } from "../names/dhcp-lease";
import { textOfName } from "../names/dns-name";

const V4_PREFIX: u32 = 96;

function set(word: usize, value: u32): void {
  store<u32>(STATUS + word * 4, value);
}

// Ethernet addresses leave in network order: the first two bytes, then the other four.
function setMac(word: usize, macLow: u32, macHigh: u32): void {
  const low = bswap<u32>(macLow);
  set(word, low >> 16);
  set(word + 1, (low << 16) | bswap<u16>(<u16>macHigh));
}

// Prefix lengths leave as people write them.
function shownLength(address: usize, bits: u32): u32 {
  return isV4(address) && bits >= V4_PREFIX ? bits - V4_PREFIX : bits;
}

/** Words: address 0-3, Ethernet address 4 (bytes 0-1) and 5 (bytes 2-5), state 6, adapter 7. */
export function describeNeighbor(row: u32): i32 {
  if (row >= NEIGHBORS) return -1;
  const neighbor = changetype<Neighbor>(neighborPool.at(row));
  // A block is in use when the table leads to it.
  if (findNeighbor(neighbor.adapter, neighbor.address) !== neighbor) return 0;
  copyAddress(STATUS, neighbor.address);
  setMac(4, neighbor.macLow, neighbor.macHigh);
  set(6, neighbor.state);
  set(7, neighbor.adapter);
  return 1;
}

/**
 * Words: prefix 0-3, its length 4, gateway 5-8 (zero: on link), adapter 9, origin 10 (RouteOrigin), seconds left 11, metric
 * 12.
 */
export function describeRoute(row: u32): i32 {
  if (row >= ROUTES) return -1;
  const route = routeAt(row);
  if (!route.endsAt) return 0;
  copyAddress(STATUS, route.prefix);
  set(4, shownLength(route.prefix, route.prefixLength));
  copyAddress(STATUS + 20, route.gateway);
  set(9, route.adapter);
  set(10, route.origin);
  set(11, secondsUntil(route.endsAt));
  set(12, route.origin == RouteOrigin.MANUAL ? BEST_PREFERENCE - route.preference : 0);
  return 1;
}

/**
 * Words: kind 0 (0 a MAC, 1 a virtual LAN, 2 the loopback), link 1, MTU 2, of a virtual LAN the adapter that it is upon 3
 * and its number 4, Ethernet address 5 (bytes 0-1) and 6 (bytes 2-5). Rows are the numbers of adapters.
 */
export function describeAdapter(row: u32): i32 {
  if (row >= ALL_ADAPTERS) return -1;
  if (!isAdapter(row)) return 0;
  const adapter = adapterAt(row);
  set(0, LOOPBACK && row == LOOPBACK_ADAPTER ? 2 : isVlan(adapter) ? 1 : 0);
  set(1, hasLink(adapter) ? 1 : 0);
  set(2, adapter.mtu);
  set(3, adapter.parent);
  set(4, adapter.vlan);
  setMac(5, adapter.macLow, adapter.macHigh);
  return 1;
}

/**
 * Words: address 0-3, prefix length 4, adapter 5, state 6 (AddressState), origin 7 (AddressOrigin), seconds that it is
 * preferred 8 and valid 9; all ones: for ever.
 */
export function describeAddress(row: u32): i32 {
  if (row >= ADDRESSES) return -1;
  const entry = ownAddressAt(row);
  if (entry.state == AddressState.FREE) return 0;
  copyAddress(STATUS, entry.address);
  set(4, shownLength(entry.address, entry.prefixLength));
  set(5, entry.adapter);
  set(6, entry.state);
  set(7, entry.origin);
  set(8, secondsUntil(entry.preferredUntil));
  set(9, secondsUntil(entry.validUntil));
  return 1;
}

/** Words: group 0-3, source 4-7 (zero: every source), adapter 8, users 9. The groups of all hosts stand at the end. */
export function describeGroup(row: u32): i32 {
  if (row < GROUPS) return describeJoined(groupAt(row));
  row -= GROUPS;
  const version = IPV6 ? row % 2 : 0;
  const adapter = IPV6 ? row / 2 : row;
  if (adapter >= ALL_ADAPTERS) return -1;
  if (!isLink(adapter)) return 0;
  setAllHosts(STATUS, version != 0);
  clearAddress(STATUS + 16);
  set(8, adapter);
  set(9, 1);
  return 1;
}

function describeJoined(group: Group): i32 {
  if (!group.users || isAllHosts(group.group)) return 0;
  copyAddress(STATUS, group.group);
  copyAddress(STATUS + 16, group.source);
  set(8, group.adapter);
  set(9, group.users);
  return 1;
}

/** Words as `LeaseWord` names them. Rows are the numbers of adapters. */
export function describeLease(row: u32): i32 {
  if (row >= LEASES) return -1;
  const lease = leaseAt(row);
  if (lease.state == LeaseState.OFF) return 0;
  const isOurs = lease.state >= LeaseState.BOUND;
  set(LeaseWord.ADAPTER, row);
  set(LeaseWord.STATE, lease.state);
  set(LeaseWord.ADDRESS, isOurs ? lease.address : 0);
  set(LeaseWord.PREFIX_LENGTH, lease.prefixLength);
  set(LeaseWord.SERVER, isOurs ? lease.server : 0);
  set(LeaseWord.ROUTER, lease.router);
  set(LeaseWord.TIME_SERVER, lease.timeServer);
  set(LeaseWord.RENEW_IN, secondsTo(isOurs ? lease.renewAt : 0));
  set(LeaseWord.REBIND_IN, secondsTo(isOurs ? lease.rebindAt : 0));
  set(LeaseWord.SECONDS, secondsTo(isOurs ? lease.endsAt : 0));
  set(LeaseWord.DOMAIN, <u32>NAMES_AREA);
  set(LeaseWord.DOMAIN_BYTES, textOfName(lease.domain, NAMES_AREA));
  return 1;
}

function secondsTo(time: u64): u32 {
  if (time == NEVER) return FOREVER;
  return time > now() ? <u32>((time - now()) / SECOND) : 0;
}

/** Words: address 0-3, adapter 4, seconds left 5, who has told of it 6 (0 a router, 1 a lease, 2 people). */
export function describeNameServer(row: u32): i32 {
  if (row >= NAME_SERVERS) return -1;
  const entry = nameServerAt(row);
  if (!entry.endsAt) return 0;
  copyAddress(STATUS, entry.address);
  set(4, entry.adapter);
  set(5, secondsUntil(entry.endsAt));
  set(6, entry.origin);
  return 1;
}
