// The memory map: every byte that the machine keeps, in one table. Nothing else reserves memory, nothing grows.
// Sizes of elements stand here as numbers, and the file that defines an element checks that it has that size.

import {
  ADAPTERS,
  ADDRESSES,
  DATAGRAM_SOCKETS,
  DHCP_CLIENT,
  DHCP_POOL,
  DNS_SERVER,
  FETCH_LINE_BYTES,
  FETCHES,
  GROUPS,
  IPV6,
  LOOKUP_ANSWER_BYTES,
  LOOKUPS,
  MAC,
  MEMBERSHIPS,
  NAME_CACHE,
  NAME_SERVERS,
  NEIGHBORS,
  PATH_MTUS,
  REASSEMBLIES,
  ROUTES,
  RX_RING,
  SYN_QUEUE,
  TCBS,
  TIME_WAITS,
  TX_RING,
  VLANS,
  WEB_CONNECTIONS,
  WEB_LINE_BYTES,
} from "profile";
import { Counter } from "../abi/counters";
import { MacKind } from "../abi/mac";
import { Status } from "../abi/status";
import {
  ALL_ADAPTERS,
  ALL_PACKETS,
  BUFFER_BYTES,
  FIFO_MAC,
  FLOW_BUCKETS,
  NAMES,
  NEIGHBOR_BUCKETS,
  PORT_BUCKETS,
  SEVERAL_ADAPTERS,
  SOCKETS,
  TIMER_COUNT,
} from "./config";

/**
 * The segment that is being processed. It comes first, and the buffers last: the code names the addresses of all that lies
 * in front of those, and the smaller the number the fewer bytes it takes (LEB128). In profile `tiny` that is a kilobyte.
 */
export const SEGMENT_STATE: usize = memory.data(72, 16);

export const PACKET_BYTES: u32 = 44;
export const PACKET_BASE: usize = memory.data(ALL_PACKETS * PACKET_BYTES, 16);

export const TCB_BYTES: u32 = 408;
export const TCB_BASE: usize = memory.data(TCBS * TCB_BYTES, 16);

export const HANDSHAKE_BYTES: u32 = 80;
export const HANDSHAKE_BASE: usize = memory.data(SYN_QUEUE * HANDSHAKE_BYTES, 16);

export const TIME_WAIT_BYTES: u32 = 84;
export const TIME_WAIT_BASE: usize = memory.data(TIME_WAITS * TIME_WAIT_BYTES, 16);

export const DATAGRAM_BYTES: u32 = 120;
export const DATAGRAM_BASE: usize = memory.data(DATAGRAM_SOCKETS * DATAGRAM_BYTES, 16);

/** A profile that takes no fragments has no such table. */
export const REASSEMBLY_BYTES: u32 = 72;
export const REASSEMBLY_BASE: usize = REASSEMBLIES ? memory.data(REASSEMBLIES * REASSEMBLY_BYTES, 16) : 0;

export const NEIGHBOR_BYTES: u32 = 44;
export const NEIGHBOR_BASE: usize = memory.data(NEIGHBORS * NEIGHBOR_BYTES, 16);

export const ROUTE_BYTES: u32 = 40;
export const ROUTE_BASE: usize = memory.data(ROUTES * ROUTE_BYTES, 16);

export const PATH_MTU_BYTES: u32 = 24;
export const PATH_MTU_BASE: usize = memory.data(PATH_MTUS * PATH_MTU_BYTES, 16);

export const ADDRESS_ENTRY_BYTES: u32 = 32;
export const ADDRESS_BASE: usize = memory.data(ADDRESSES * ADDRESS_ENTRY_BYTES, 16);

/** Groups, the sockets in them, and what is known of the routers that ask. Profiles without groups have none of it. */
export const GROUP_BYTES: u32 = 48;
export const GROUP_BASE: usize = GROUPS ? memory.data(GROUPS * GROUP_BYTES, 16) : 0;
export const MEMBERSHIP_BYTES: u32 = 4;
export const MEMBERSHIP_BASE: usize = GROUPS ? memory.data(MEMBERSHIPS * MEMBERSHIP_BYTES, 16) : 0;
/** For each adapter and each version of IP. */
export const QUERIERS: u32 = GROUPS ? ALL_ADAPTERS * (1 + IPV6) : 0;
export const QUERIER_BYTES: u32 = 40;
export const QUERIER_BASE: usize = GROUPS ? memory.data(QUERIERS * QUERIER_BYTES, 16) : 0;
/** What IPv6 knows of each adapter's link. A profile without IPv6 has no such table. */
export const INTERFACE_BYTES: u32 = 16;
export const INTERFACE_BASE: usize = IPV6 ? memory.data(ALL_ADAPTERS * INTERFACE_BYTES, 16) : 0;

export const NAME_SERVER_BYTES: u32 = 24;
export const NAME_SERVER_BASE: usize = NAME_SERVERS ? memory.data(NAME_SERVERS * NAME_SERVER_BYTES, 16) : 0;

/** Leases of DHCP, one for each adapter that may have one. */
export const LEASE_BYTES: u32 = 144;
export const LEASE_BASE: usize = DHCP_CLIENT ? memory.data((ADAPTERS + VLANS) * LEASE_BYTES, 16) : 0;

/** Look-ups in progress, each with two names, what it has found, and room for one answer; and what is known of names. */
export const QUERY_BYTES: u32 = (64 + 2 * 256 + 8 * 16 + 2 + LOOKUP_ANSWER_BYTES + 7) & ~7;
export const QUERY_BASE: usize = LOOKUPS ? memory.data(LOOKUPS * QUERY_BYTES, 16) : 0;
export const CACHE_BYTES: u32 = 136;
export const CACHE_BASE: usize = NAME_CACHE ? memory.data(NAME_CACHE * CACHE_BYTES, 16) : 0;

/** Whom the DHCP server has lent addresses. */
export const GUEST_BYTES: u32 = 56;
export const GUEST_BASE: usize = DHCP_POOL ? memory.data(DHCP_POOL * GUEST_BYTES, 16) : 0;
/** Of each connection of the web server: what is known of it, and the line of a request's head. */
export const WEB_CONNECTION_BYTES: u32 = WEB_CONNECTIONS ? 96 + WEB_LINE_BYTES : 0;
export const WEB_BASE: usize = WEB_CONNECTIONS ? memory.data(WEB_CONNECTIONS * WEB_CONNECTION_BYTES, 16) : 0;
/** Of each fetch of the browser: what is known of it, where it goes to, and a line of the answer's head. */
export const FETCH_BYTES: u32 = FETCHES ? 80 + FETCH_LINE_BYTES : 0;
export const FETCH_BASE: usize = FETCHES ? memory.data(FETCHES * FETCH_BYTES, 16) : 0;
/** For each stream socket the connection of the web server that it is. */
export const WEB_PLACES: usize = WEB_CONNECTIONS ? memory.data(TCBS * 2, 16) : 0;

export const ADAPTER_BYTES: u32 = 52;
export const ADAPTER_BASE: usize = memory.data(ALL_ADAPTERS * ADAPTER_BYTES, 16);

/** Of each MAC: its receive descriptors, its transmit descriptors, and for each of both the packet in it. */
export const DESCRIPTOR_BYTES: u32 = MAC == <u32>MacKind.SMARTFUSION ? 12 : 8;
export const RINGS_BYTES: u32 = FIFO_MAC ? 0 : (RX_RING + TX_RING) * (DESCRIPTOR_BYTES + 4);
/** A profile with a FIFO MAC has no such table. */
export const RINGS_BASE: usize = FIFO_MAC ? 0 : memory.data(ADAPTERS * RINGS_BYTES, 16);

export const FLOW_TABLE: usize = memory.data(FLOW_BUCKETS * 4, 16);
export const PORT_TABLE: usize = memory.data(PORT_BUCKETS * 4, 16);
export const NEIGHBOR_TABLE: usize = memory.data(NEIGHBOR_BUCKETS * 4, 16);

/** Per timer: where it stands in the heap, when it is due, and a place in the heap. */
export const TIMER_BYTES: u32 = 20;
export const TIMER_KEYS: usize = memory.data(TIMER_COUNT * 8, 16);
export const TIMER_DUE: usize = memory.data(TIMER_COUNT * 8, 16);
export const TIMER_PLACES: usize = memory.data(TIMER_COUNT * 2, 16);
export const TIMER_HEAP: usize = memory.data(TIMER_COUNT * 2, 16);

export const EVENT_BYTES: u32 = 3;
export const EVENT_RING: usize = memory.data(SOCKETS * 2, 16);
export const EVENT_MASKS: usize = memory.data(SOCKETS, 16);

/** How often each socket's block has been handed out: the upper half of its descriptor. */
export const GENERATIONS: usize = memory.data(SOCKETS * 2, 16);

/** Counters that are kept: those that only some profiles need come last, and who needs none has no room for them. */
export const COUNTERS_USED: u32 = <u32>(
  (NAMES
    ? Counter.COUNT
    : WEB_CONNECTIONS || FETCHES
      ? Counter.DhcpInOffers
      : SEVERAL_ADAPTERS || IPV6
        ? Counter.WebConnections
        : GROUPS
          ? Counter.Ip6InReceives
          : REASSEMBLIES
            ? Counter.IgmpInMsgs
            : Counter.ReasmTimeouts)
);
export const COUNTERS: usize = memory.data(COUNTERS_USED * 4, 16);

/** What calls with more than one answer fill in (`abi/sockets.ts`). */
export const RESULT: usize = memory.data(36, 16);
/** What `describe` and its kin fill in (`abi/status.ts`). */
export const STATUS: usize = memory.data(Status.WORDS * 4, 4);
/** Room for the addresses that a host passes to calls. */
export const SCRATCH: usize = memory.data(64, 4);
export const EXCHANGE_BYTES: u32 = 36 + Status.WORDS * 4 + 64;

/** The single things: clock, keys, ledgers, heads of lists. Each file that has one takes its place from here. */
export const CLOCK_STATE: usize = memory.data(16, 16);
export const RANDOM_STATE: usize = memory.data(32, 16);
/** The key of interface identifiers: a secret of its own, so that a host may keep it from start to start. */
export const IDENTITY: usize = IPV6 ? memory.data(16, 8) : 0;
/** A word of the machine's secret, for hash tables. */
export const SECRET_WORD: usize = RANDOM_STATE;
export const TIMERS_STATE: usize = memory.data(8, 16);
export const EVENTS_STATE: usize = memory.data(16, 4);
export const POOL_BYTES: u32 = 28;
const POOL_COUNT: u32 = REASSEMBLIES ? 7 : 6;
export const POOLS: usize = memory.data(POOL_COUNT * POOL_BYTES, 16);
export const LEDGER_STATE: usize = memory.data(16, 16);
export const DEVICE_STATE: usize = memory.data(16, 16);
export const LINK_STATE: usize = memory.data(16, 16);
export const IP_STATE: usize = memory.data(16, 16);
/** How much of the table of addresses has been used, where it is long enough for that to matter. */
export const COUNTED_ADDRESSES: bool = ADDRESSES > 2;
export const ADDRESS_STATE: usize = COUNTED_ADDRESSES ? memory.data(4, 4) : 0;
/** Addresses that neighbor discovery makes for a moment. */
export const DISCOVERY_BYTES: u32 = IPV6 ? 48 : 4;
export const DISCOVERY_STATE: usize = memory.data(DISCOVERY_BYTES, 16);
/** An address that is needed no longer than a function runs. */
export const DISCOVERY_SCRATCH: usize = DISCOVERY_STATE + 32;
export const ARRIVAL_BYTES: u32 = 72;
export const ARRIVAL_STATE: usize = memory.data(ARRIVAL_BYTES, 8);
export const REASSEMBLY_STATE: usize = REASSEMBLIES ? memory.data(8, 4) : 0;
export const SOCKETS_STATE: usize = memory.data(16, 16);
export const PORTS_STATE: usize = memory.data(16, 16);
export const ICMP_STATE: usize = memory.data(16, 16);
export const TCP_STATE: usize = memory.data(32, 16);
export const PASSING_HANDSHAKE: usize = memory.data(HANDSHAKE_BYTES, 8);
export const COOKIE_STATE: usize = memory.data(4, 4);
export const DELIVERY_STATE: usize = memory.data(16, 8);
export const WORK_AREA: usize = memory.data(48, 16);
/** The report that is being written, and room for addresses that it takes. */
export const REPORT_BYTES: u32 = GROUPS ? 24 : 0;
export const REPORT_STATE: usize = GROUPS ? memory.data(REPORT_BYTES, 8) : 0;
export const GROUP_AREA_BYTES: u32 = GROUPS ? 96 : 0;
export const GROUP_AREA: usize = GROUPS ? memory.data(GROUP_AREA_BYTES, 8) : 0;
/** Room for whoever reads or writes about names, no longer than a function runs; and the machine's own name. */
export const NAMES_AREA_BYTES: u32 = NAMES ? 576 : 0;
export const NAMES_AREA: usize = NAMES ? memory.data(NAMES_AREA_BYTES, 16) : 0;
export const HOST_NAME_BYTES: u32 = NAMES ? 64 : 0;
export const HOST_NAME: usize = NAMES ? memory.data(HOST_NAME_BYTES, 16) : 0;
/** The domain that people have named, and a walk over the records of a message. */
export const SEARCH_DOMAIN: usize = NAMES ? memory.data(64, 16) : 0;
export const RECORDS_STATE: usize = NAMES ? memory.data(64, 16) : 0;
/** What the servers are about. */
export const POOL_STATE: usize = DHCP_POOL ? memory.data(32, 16) : 0;
export const SERVER_STATE: usize = DNS_SERVER ? memory.data(16, 16) : 0;
const SERVERS_BYTES: u32 = (DHCP_POOL ? 32 : 0) + (DNS_SERVER ? 16 : 0);
const NAMES_BYTES: u32 = NAMES_AREA_BYTES + HOST_NAME_BYTES + (NAMES ? 128 : 0) + SERVERS_BYTES;
/** The web server itself, and the text that an application is writing. */
export const WEB_STATE: usize = WEB_CONNECTIONS ? memory.data(16, 8) : 0;
export const FETCH_STATE: usize = FETCHES ? memory.data(8, 8) : 0;
export const TEXT_WRITER: usize = WEB_CONNECTIONS || FETCHES ? memory.data(20, 8) : 0;
export const STATE_BYTES: u32 = <u32>(WORK_AREA - CLOCK_STATE) + 48 + REPORT_BYTES + GROUP_AREA_BYTES + NAMES_BYTES;

/** One buffer for each packet, behind everything else. */
export const BUFFER_BASE: usize = memory.data(ALL_PACKETS * BUFFER_BYTES, 16);
