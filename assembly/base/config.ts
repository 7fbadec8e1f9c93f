// Sizes that follow from a profile, the constants that no profile changes, and the profiles that cannot work.

import {
  ADAPTERS,
  ADDRESSES,
  CLAIMS,
  CONTROL_PACKETS,
  DATAGRAM_SOCKETS,
  DHCP_CLIENT,
  DHCP_POOL,
  DNS_SERVER,
  FETCHES,
  GROUPS,
  IPV6,
  LOOKUPS,
  LOOPBACK,
  MAC,
  MEMBERSHIPS,
  MTU,
  NAME_CACHE,
  NEIGHBORS,
  OWN_APPLICATION,
  PACKETS,
  REASSEMBLIES,
  REASSEMBLY_PACKETS,
  RX_PACKETS_PER_TCB,
  RX_RING,
  SHRINK,
  SYN_QUEUE,
  TCBS,
  TIME_WAITS,
  TX_PACKETS_PER_TCB,
  TX_RING,
  VLANS,
  WEB_CONNECTIONS,
} from "profile";
import { MacKind } from "../abi/mac";

export const ETHERNET_HEADER_BYTES: u32 = 14;
/** The tag that puts a frame into a virtual LAN (IEEE 802.1Q). */
export const TAG_BYTES: u32 = 4;
export const IP_HEADER_BYTES: u32 = 20;
export const IPV6_HEADER_BYTES: u32 = 40;
/** The longest IP header that we write, without extensions. */
export const IP_HEADER_ROOM: u32 = IPV6 ? IPV6_HEADER_BYTES : IP_HEADER_BYTES;
export const TCP_HEADER_BYTES: u32 = 20;
export const UDP_HEADER_BYTES: u32 = 8;
export const ICMP_HEADER_BYTES: u32 = 8;

/** Where a frame begins in its buffer, so that the IP header behind the Ethernet header is aligned, and a tag fits. */
export const FRAME_OFFSET: u32 = VLANS ? 2 + TAG_BYTES : 2;
/** Room for TCP options that a packet of data keeps in front of its payload. */
export const TCP_OPTION_ROOM: u32 = 20;
/** Bytes in front of the payload of an outgoing TCP segment or datagram: every header fits, in place. */
export const HEADROOM: u32 = FRAME_OFFSET + ETHERNET_HEADER_BYTES + IP_HEADER_ROOM + TCP_HEADER_BYTES + TCP_OPTION_ROOM;
/** One packet buffer: a whole frame as received, or the headroom and an MSS of data. */
export const BUFFER_BYTES: u32 = (HEADROOM + MTU - IP_HEADER_BYTES - TCP_HEADER_BYTES + 15) & ~15;

/** What comes most takes a shorter way where the profile is compiled for speed; elsewhere the way of all saves its bytes. */
export const SHORTCUTS: bool = SHRINK == 0;

/** MTU, for those who reckon with bytes of a path. */
export const MTU_BYTES: u32 = MTU;
/** Links may carry less than MTU, each its own: those of several adapters, and where routers say so. */
export const LINKS_DIFFER: bool = IPV6 != 0 || ADAPTERS + VLANS + LOOPBACK > 1;
/** Datagrams larger than a packet are put together from fragments, and sent in fragments. */
export const FRAGMENTS: bool = REASSEMBLIES > 0;
/** The extension header of IPv6 that says which part of a packet follows (RFC 8200 §4.5). */
export const FRAGMENT_HEADER_BYTES: u32 = 8;
/** Bytes in front of what IP carries, in a packet that may go as a fragment. */
export const FRAGMENT_HEADROOM: u32 =
  FRAME_OFFSET + ETHERNET_HEADER_BYTES + IP_HEADER_ROOM + (IPV6 && FRAGMENTS ? FRAGMENT_HEADER_BYTES : 0);

/** What we tell peers in the MSS option (RFC 9293 §3.7.1): MTU without the fixed headers. */
export const MSS: u32 = MTU - IP_HEADER_BYTES - TCP_HEADER_BYTES;
/** What a peer accepts that told us nothing (RFC 9293 MUST-15, IPv4). */
export const DEFAULT_SEND_MSS: u32 = 536;

// Adapters are numbered: the MACs, then the virtual LANs upon them, then the loopback.
export const FIRST_VLAN: u32 = ADAPTERS;
export const LOOPBACK_ADAPTER: u32 = ADAPTERS + VLANS;
export const ALL_ADAPTERS: u32 = ADAPTERS + VLANS + LOOPBACK;
/** False where there is one adapter and no choice: what chooses leaves no byte. */
export const SEVERAL_ADAPTERS: bool = ALL_ADAPTERS > 1;

/** The MAC has FIFOs that the driver reads and writes, and no descriptors in memory. */
export const FIFO_MAC: bool = MAC == <u32>MacKind.STELLARIS || MAC == <u32>MacKind.LAN9118;

/** Every packet there is: the shared ones, those kept for control, and those that lie in receive rings. */
export const ALL_PACKETS: u32 = PACKETS + CONTROL_PACKETS + ADAPTERS * RX_RING;
/** Sockets of every kind; a descriptor's low 16 bits index them: first the stream sockets, then the rest. */
export const SOCKETS: u32 = TCBS + DATAGRAM_SOCKETS;

// Buckets of the hash tables: the power of two at or above the number of entries.
/** By both ends of a conversation: connections, handshakes and what is left of connections in TIME-WAIT. */
export const FLOW_BUCKETS: u32 = 1 << (32 - clz<i32>(TCBS + SYN_QUEUE + TIME_WAITS - 1));
/** By local port: listeners and whatever else is bound. */
export const PORT_BUCKETS: u32 = 1 << (32 - clz<i32>(SOCKETS - 1));
export const NEIGHBOR_BUCKETS: u32 = 1 << (32 - clz<i32>(NEIGHBORS - 1));

/** There is something in assembly/names: what asks for addresses and names, or answers for them. */
export const NAMES: bool = DHCP_CLIENT > 0 || LOOKUPS > 0 || DHCP_POOL > 0 || DNS_SERVER > 0;
/** There are applications inside the module, whose sockets are served within the machine's turn. */
export const APPLICATIONS: bool = OWN_APPLICATION > 0 || WEB_CONNECTIONS > 0 || FETCHES > 0 || NAMES;

// Timers: one deadline for each of these, numbered from here on.
export const TCB_TIMERS: u32 = 0;
export const HANDSHAKE_TIMERS: u32 = TCB_TIMERS + TCBS;
export const NEIGHBOR_TIMERS: u32 = HANDSHAKE_TIMERS + SYN_QUEUE;
export const TIME_WAIT_TIMER: u32 = NEIGHBOR_TIMERS + NEIGHBORS;
/** One for each address that is being claimed or that ends some time. */
export const ADDRESS_TIMERS: u32 = TIME_WAIT_TIMER + 1;
/** One for each adapter that asks for routers, and one for what routers have said and that ends. */
export const INTERFACE_TIMERS: u32 = ADDRESS_TIMERS + (CLAIMS ? ADDRESSES : 0);
export const ROUTER_TIMER: u32 = INTERFACE_TIMERS + (IPV6 ? ALL_ADAPTERS : 0);
/** One for all datagrams that wait for fragments. */
export const REASSEMBLY_TIMER: u32 = ROUTER_TIMER + (IPV6 ? 1 : 0);
/** One for everything that is to be said of groups. */
export const GROUP_TIMER: u32 = REASSEMBLY_TIMER + (FRAGMENTS ? 1 : 0);
/** One for each application that the profile has. */
export const APPLICATION_TIMERS: u32 = GROUP_TIMER + (GROUPS ? 1 : 0);
export const OWN_TIMER: u32 = APPLICATION_TIMERS;
export const WEB_TIMER: u32 = OWN_TIMER + (OWN_APPLICATION ? 1 : 0);
export const FETCH_TIMER: u32 = WEB_TIMER + (WEB_CONNECTIONS ? 1 : 0);
export const DHCP_TIMER: u32 = FETCH_TIMER + (FETCHES ? 1 : 0);
export const RESOLVER_TIMER: u32 = DHCP_TIMER + (DHCP_CLIENT ? 1 : 0);
export const TIMER_COUNT: u32 = RESOLVER_TIMER + (LOOKUPS ? 1 : 0);

/** Every IPv4 host takes packets of as much, so no adapter may be given less (RFC 791 §3.1). */
export const LEAST_V4_MTU: u32 = 576;

/** In microseconds, the unit of time everywhere. */
export const MILLISECOND: u32 = 1000;
export const SECOND: u32 = 1000000;

if (IPV6 && MTU < 1280) ERROR("MTU below 1280: IPv6 needs links that carry as much (RFC 8200 §5).");
if (IPV6 && !CLAIMS) ERROR("IPV6 needs CLAIMS: an address is used only once nobody else turns out to have it.");
if (DNS_SERVER && !NAME_CACHE) ERROR("DNS_SERVER needs NAME_CACHE: what it says stands there.");
if (DHCP_CLIENT && !CLAIMS) ERROR("DHCP_CLIENT needs CLAIMS: an address that is lent is claimed, and ends.");
if (MTU < LEAST_V4_MTU) ERROR("MTU below 576: IPv4 hosts must take packets of 576 bytes (RFC 791).");
if (MTU > 9000) ERROR("MTU above 9000: no Ethernet carries that.");
if (ADAPTERS < 1) ERROR("ADAPTERS must be at least 1.");
if (ALL_ADAPTERS > 250) ERROR("ADAPTERS + VLANS + LOOPBACK above 250: their numbers are bytes.");
if (!FIFO_MAC && (RX_RING < 2 || TX_RING < 2)) {
  ERROR("RX_RING and TX_RING must be at least 2: a ring of one stalls the MAC.");
}
if (FIFO_MAC && (RX_RING < 1 || TX_RING > 0)) {
  ERROR("A MAC with FIFOs needs RX_RING, the frames that are taken from it in a turn, and TX_RING 0.");
}
if (TCBS < 1 || DATAGRAM_SOCKETS < 1) ERROR("TCBS and DATAGRAM_SOCKETS must be at least 1.");
if (SOCKETS > 65535) ERROR("TCBS + DATAGRAM_SOCKETS above 65535: a descriptor has 16 bits for the index.");
if (ALL_PACKETS > 65535) ERROR("More than 65535 packets in all.");
if (PACKETS <= TCBS)
  ERROR("PACKETS must exceed TCBS: each control block is promised one, and some must be left to send.");
if (CONTROL_PACKETS < 2) ERROR("CONTROL_PACKETS below 2: an ARP request and an ACK must both find a packet.");
if (REASSEMBLIES && REASSEMBLY_PACKETS < 2) ERROR("REASSEMBLY_PACKETS below 2: a datagram has two fragments at least.");
if (REASSEMBLY_PACKETS > PACKETS) ERROR("REASSEMBLY_PACKETS above PACKETS.");
if (RX_PACKETS_PER_TCB < 1 || TX_PACKETS_PER_TCB < 1) ERROR("A connection needs a packet for each direction.");
if (IPV6 && GROUPS < ADDRESSES)
  ERROR("GROUPS below ADDRESSES: an IPv6 address is looked for through a group of its own.");
if (GROUPS > 65535 || MEMBERSHIPS > 65535) ERROR("More than 65535 GROUPS or MEMBERSHIPS: their numbers have 16 bits.");
if (GROUPS && !MEMBERSHIPS) ERROR("MEMBERSHIPS is 0, so that no socket could be in one of the GROUPS.");
