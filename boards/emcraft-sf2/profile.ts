// Profile of the Emcraft SmartFusion2 starter kit, a part with 64 KB of RAM: four connections with windows of 2·MSS, a
// listener for each of two services, and a ring of eight buffers for bursts of frames.

/** Bytes of linear memory; a whole number of 64 KiB pages, or less than one page. */
export const LINEAR_BYTES: u32 = 44 * 1024;

/** What the compiler is to favour: 0 speed, 1 code bytes (a third fewer; slower by half in V8). Only the build asks. */
export const SHRINK: u32 = 1;

/** Bits that the processor adds at a time, 32 or 64: checksums are summed as suits it. */
export const WORD_BITS: u32 = 32;

/** Which MAC the driver is for (assembly/abi/mac.ts): 4, the Ethernet MAC of SmartFusion2 parts. */
export const MAC: u32 = 4;
/** Ethernet adapters the machine may have. */
export const ADAPTERS: u32 = 1;
/** Virtual LANs (IEEE 802.1Q), each an adapter of its own upon one of those; 0: no tags. */
export const VLANS: u32 = 0;
/** 1: the machine reaches its own addresses and 127.0.0.1 without a wire. */
export const LOOPBACK: u32 = 0;
/** 1: the machine can be a router between its adapters. */
export const FORWARDING: u32 = 0;
/** Receive and transmit descriptors of each adapter. */
export const RX_RING: u32 = 8;
export const TX_RING: u32 = 4;
/** Largest IP packet that the wire carries, in bytes. */
export const MTU: u32 = 1500;
/** 1: both versions of IP; 0: IPv4 alone, without a byte of the other. */
export const IPV6: u32 = 0;

/** Packets shared by all sockets, for data received, waiting and unacknowledged. */
export const PACKETS: u32 = 12;
/** Packets kept back for what must always be sent: ACK, RST, FIN, ARP. */
export const CONTROL_PACKETS: u32 = 4;

/** Stream sockets, listeners among them. */
export const TCBS: u32 = 6;
/** Handshakes in progress, over all listeners. */
export const SYN_QUEUE: u32 = 4;
/** Connections in TIME-WAIT. */
export const TIME_WAITS: u32 = 4;
/** 0: congestion control is Reno's; with windows this small CUBIC's (RFC 9438 §4.3) would be the same. */
export const CUBIC: u32 = 0;
/** 1: a socket may tell its peer of the user time-out, and hear the peer's (RFC 5482); 0: there is no such option. */
export const USER_TIMEOUT_OPTION: u32 = 0;
/** Seconds that a connection stays in TIME-WAIT: 2·MSL (RFC 9293 §3.4.2 has four minutes and lets hosts choose). */
export const TIME_WAIT_SECONDS: u32 = 60;
/** Milliseconds of the shortest retransmission time-out (RFC 6298 §2.4 has a second; Linux has this). */
export const MIN_RTO_MILLISECONDS: u32 = 200;
/** UDP and echo sockets. */
export const DATAGRAM_SOCKETS: u32 = 2;
/** 1: sockets may speak other protocols upon IP than TCP and UDP, and see what comes of any. */
export const RAW_SOCKETS: u32 = 0;
/** Packets of datagrams that may wait in one socket, for each direction; the last datagram may go beyond. */
export const DATAGRAM_QUEUE: u32 = 2;
/** Datagrams that may be put together from fragments at once; 0: none are, and none are sent in fragments. */
export const REASSEMBLIES: u32 = 1;
/** Most packets that fragments may hold, over all of these: a datagram of 5,900 bytes. */
export const REASSEMBLY_PACKETS: u32 = 4;

/** Most packets of received data in one connection; with MTU, the largest window. */
export const RX_PACKETS_PER_TCB: u32 = 2;
/** Most packets of unsent and unacknowledged data in one connection. */
export const TX_PACKETS_PER_TCB: u32 = 2;

/** Neighbors whose Ethernet address is known or sought, and packets that may wait for one. */
export const NEIGHBORS: u32 = 4;
export const NEIGHBOR_QUEUE: u32 = 1;
export const ROUTES: u32 = 3;
/** Destinations whose path is remembered to be narrower than the link. */
export const PATH_MTUS: u32 = 2;
/** Addresses of the machine itself, over all adapters. */
export const ADDRESSES: u32 = 1;
/** Name servers that routers may tell of. */
export const NAME_SERVERS: u32 = 0;
/** 1: an address may be claimed, that is, others are asked first whether they have it; IPv6 needs that. */
export const CLAIMS: u32 = 0;
/** Groups that adapters may be in, each with each source that is asked for by itself; 0: no multicast. */
export const GROUPS: u32 = 0;
/** Memberships of UDP sockets in those groups. */
export const MEMBERSHIPS: u32 = 0;
/** 1: the module has an application of its builder's own inside (assembly/application/own.ts). */
export const OWN_APPLICATION: u32 = 0;
/** Connections that the web server serves at once; 0: there is none. */
export const WEB_CONNECTIONS: u32 = 0;
/** Bytes of the longest line of a request's head that it keeps, that of the target; longer targets are refused. */
export const WEB_LINE_BYTES: u32 = 0;
/** 1: adapters may be lent addresses by DHCP servers (RFC 2131). */
export const DHCP_CLIENT: u32 = 0;
/** Names that may be looked up at once; 0: the machine asks no name servers. */
export const LOOKUPS: u32 = 0;
/** Bytes of the largest answer that a look-up has room for, 512 at least. */
export const LOOKUP_ANSWER_BYTES: u32 = 0;
/** Names that are remembered: hosts that people have named, and answers of servers. */
export const NAME_CACHE: u32 = 0;
/** Machines that the module's own DHCP server may lend addresses at once; 0: there is no such server. */
export const DHCP_POOL: u32 = 0;
/** 1: the module has a name server of its own, for the hosts of NAME_CACHE. */
export const DNS_SERVER: u32 = 0;
/** Pages that the browser fetches at once; 0: there is none. */
export const FETCHES: u32 = 0;
/** Bytes for a URL's host and target and a line of the answer's head, of each. */
export const FETCH_LINE_BYTES: u32 = 0;
