// The memory map as a host may read it: one region at a time into RESULT (abi/regions.ts).

import {
  ADAPTERS,
  ADDRESSES,
  DATAGRAM_SOCKETS,
  DHCP_CLIENT,
  DHCP_POOL,
  FETCHES,
  GROUPS,
  IPV6,
  LOOKUPS,
  MEMBERSHIPS,
  NAME_CACHE,
  NAME_SERVERS,
  NEIGHBORS,
  PATH_MTUS,
  ROUTES,
  SYN_QUEUE,
  TCBS,
  TIME_WAITS,
  WEB_CONNECTIONS,
} from "profile";
import { Errno } from "../abi/errno";
import { Region, RegionWord } from "../abi/regions";
import { fetchesInUse } from "../application/browser/fetch";
import { webConnectionsInUse } from "../application/web/connection";
import {
  ALL_ADAPTERS,
  ALL_PACKETS,
  BUFFER_BYTES,
  FLOW_BUCKETS,
  FRAGMENTS,
  NEIGHBOR_BUCKETS,
  PORT_BUCKETS,
  SOCKETS,
  TIMER_COUNT,
} from "../base/config";
import {
  ADAPTER_BASE,
  ADAPTER_BYTES,
  ADDRESS_BASE,
  ADDRESS_ENTRY_BYTES,
  BUFFER_BASE,
  CACHE_BASE,
  CACHE_BYTES,
  CLOCK_STATE,
  COUNTERS,
  COUNTERS_USED,
  EVENT_BYTES,
  EVENT_RING,
  EXCHANGE_BYTES,
  FETCH_BASE,
  FETCH_BYTES,
  FLOW_TABLE,
  GROUP_BASE,
  GROUP_BYTES,
  GUEST_BASE,
  GUEST_BYTES,
  INTERFACE_BASE,
  INTERFACE_BYTES,
  LEASE_BASE,
  LEASE_BYTES,
  MEMBERSHIP_BASE,
  MEMBERSHIP_BYTES,
  NAME_SERVER_BASE,
  NAME_SERVER_BYTES,
  PATH_MTU_BASE,
  PATH_MTU_BYTES,
  QUERIER_BASE,
  QUERIER_BYTES,
  QUERIERS,
  QUERY_BASE,
  QUERY_BYTES,
  RESULT,
  RINGS_BASE,
  RINGS_BYTES,
  ROUTE_BASE,
  ROUTE_BYTES,
  STATE_BYTES,
  TIMER_BYTES,
  TIMER_KEYS,
  WEB_BASE,
  WEB_CONNECTION_BYTES,
} from "../base/memory";
import {
  datagramPool,
  handshakePool,
  neighborPool,
  Pool,
  packetPool,
  reassemblyPool,
  tcbPool,
  timeWaitPool,
} from "../base/pool";
import { adaptersInUse } from "../device/adapter";
import { groupsInUse } from "../ip/group-table";
import { LEASES } from "../names/dhcp-lease";
import { membershipsInUse } from "../transport/membership";

/** Fills RESULT with what is known of a region; EINVAL for one that the profile does not have. */
export function describeRegion(region: u32): i32 {
  if (FRAGMENTS && region == Region.REASSEMBLIES) return pool(reassemblyPool);
  if (LOOKUPS && region == Region.LOOKUPS) return table(QUERY_BASE, LOOKUPS, QUERY_BYTES);
  if (NAME_CACHE && region == Region.NAME_CACHE) return table(CACHE_BASE, NAME_CACHE, CACHE_BYTES);
  if (DHCP_POOL && region == Region.GUESTS) return table(GUEST_BASE, DHCP_POOL, GUEST_BYTES);
  if (DHCP_CLIENT && region == Region.LEASES) return table(LEASE_BASE, LEASES, LEASE_BYTES);
  switch (region) {
    case Region.PACKETS:
      return pool(packetPool);
    case Region.BUFFERS:
      table(BUFFER_BASE, ALL_PACKETS, BUFFER_BYTES);
      return usage(packetPool.used, packetPool.high, packetPool.refused);
    case Region.TCBS:
      return pool(tcbPool);
    case Region.SYN_QUEUE:
      return pool(handshakePool);
    case Region.TIME_WAIT:
      return pool(timeWaitPool);
    case Region.DATAGRAM_SOCKETS:
      return pool(datagramPool);
    case Region.NEIGHBORS:
      return pool(neighborPool);
    case Region.ROUTES:
      return table(ROUTE_BASE, ROUTES, ROUTE_BYTES);
    case Region.PATH_MTUS:
      return table(PATH_MTU_BASE, PATH_MTUS, PATH_MTU_BYTES);
    case Region.ADDRESSES:
      return table(ADDRESS_BASE, ADDRESSES, ADDRESS_ENTRY_BYTES);
    case Region.INTERFACES:
      return IPV6 ? table(INTERFACE_BASE, ALL_ADAPTERS, INTERFACE_BYTES) : -Errno.EINVAL;
    case Region.NAME_SERVERS:
      return NAME_SERVERS ? table(NAME_SERVER_BASE, NAME_SERVERS, NAME_SERVER_BYTES) : -Errno.EINVAL;
    case Region.ADAPTERS:
      table(ADAPTER_BASE, ALL_ADAPTERS, ADAPTER_BYTES);
      return usage(adaptersInUse(), adaptersInUse(), 0);
    case Region.DESCRIPTOR_RINGS:
      return table(RINGS_BASE, ADAPTERS, RINGS_BYTES);
    case Region.DEMULTIPLEXER:
      return table(FLOW_TABLE, FLOW_BUCKETS + PORT_BUCKETS + NEIGHBOR_BUCKETS, 4);
    case Region.TIMERS:
      return table(TIMER_KEYS, TIMER_COUNT, TIMER_BYTES);
    case Region.EVENTS:
      return table(EVENT_RING, SOCKETS, EVENT_BYTES + 2);
    case Region.COUNTERS:
      return table(COUNTERS, COUNTERS_USED, 4);
    case Region.EXCHANGE:
      return table(RESULT, 1, EXCHANGE_BYTES);
    case Region.STATE:
      return table(CLOCK_STATE, 1, STATE_BYTES);
    default:
      if (WEB_CONNECTIONS && region == Region.WEB_CONNECTIONS) return describeWebConnections();
      if (FETCHES && region == Region.FETCHES) return usedTable(FETCH_BASE, FETCHES, FETCH_BYTES, fetchesInUse());
      return GROUPS ? describeGroupRegion(region) : -Errno.EINVAL;
  }
}

function describeWebConnections(): i32 {
  return usedTable(WEB_BASE, WEB_CONNECTIONS, WEB_CONNECTION_BYTES, webConnectionsInUse());
}

function describeGroupRegion(region: u32): i32 {
  switch (region) {
    case Region.GROUPS:
      return usedTable(GROUP_BASE, GROUPS, GROUP_BYTES, groupsInUse());
    case Region.MEMBERSHIPS:
      return usedTable(MEMBERSHIP_BASE, MEMBERSHIPS, MEMBERSHIP_BYTES, membershipsInUse());
    case Region.QUERIERS:
      return table(QUERIER_BASE, QUERIERS, QUERIER_BYTES);
    default:
      return -Errno.EINVAL;
  }
}

function set(word: RegionWord, value: u32): void {
  store<u32>(RESULT + <usize>word * 4, value);
}

function pool(pool: Pool): i32 {
  table(pool.base, pool.count, pool.size);
  return usage(pool.used, pool.high, pool.refused);
}

function table(base: usize, count: u32, size: u32): i32 {
  set(RegionWord.BASE, <u32>base);
  set(RegionWord.COUNT, count);
  set(RegionWord.SIZE, size);
  return usage(count, count, 0);
}

function usedTable(base: usize, count: u32, size: u32, used: u32): i32 {
  table(base, count, size);
  return usage(used, used, 0);
}

function usage(used: u32, high: u32, refused: u32): i32 {
  set(RegionWord.USED, used);
  set(RegionWord.HIGH, high);
  set(RegionWord.REFUSED, refused);
  return 0;
}

// Each of these is one block of the map; the numbers of blocks stand in the profile.
if (TCBS < 1 || SYN_QUEUE < 1 || TIME_WAITS < 1 || DATAGRAM_SOCKETS < 1 || NEIGHBORS < 1) {
  ERROR("TCBS, SYN_QUEUE, TIME_WAITS, DATAGRAM_SOCKETS and NEIGHBORS must each be at least 1.");
}
