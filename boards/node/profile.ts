// Profile `node`: a process with memory to spare. Many sockets, windows of a quarter of a megabyte.

/** Bytes of linear memory; a whole number of 64 KiB pages, or less than one page. */
export const LINEAR_BYTES: u32 = (9 * 1024 + 64) * 1024;

/** What the compiler is to favour: 0 speed, 1 code bytes (a third fewer; slower by half in V8). Only the build asks. */
export const SHRINK: u32 = 0;

/** Bits that the processor adds at a time, 32 or 64: checksums are summed as suits it. */
export const WORD_BITS: u32 = 64;

/** Which MAC the driver is for: 1, the ring MAC of `assembly/device/registers.ts`. */
export const MAC: u32 = 1;
/** Ethernet adapters the machine may have. */
export const ADAPTERS: u32 = 4;
/** Virtual LANs (IEEE 802.1Q), each an adapter of its own upon one of those; 0: no tags. */
export const VLANS: u32 = 8;
/** 1: the machine reaches its own addresses and 127.0.0.1 without a wire. */
export const LOOPBACK: u32 = 1;
/** 1: the machine can be a router between its adapters. */
export const FORWARDING: u32 = 1;
/** Receive and transmit descriptors of each adapter; more than one window, so that a burst of it finds room. */
export const RX_RING: u32 = 256;
export const TX_RING: u32 = 256;
/** Largest IP packet that the wire carries, in bytes. */
export const MTU: u32 = 1500;
/** 1: both versions of IP; 0: IPv4 alone, without a byte of the other. */
export const IPV6: u32 = 1;

/** Packets shared by all sockets, for data received, waiting and unacknowledged. */
export const PACKETS: u32 = 4096;
/** Packets kept back for what must always be sent: ACK, RST, FIN, ARP. */
export const CONTROL_PACKETS: u32 = 32;

/** Stream sockets, listeners among them. */
export const TCBS: u32 = 1024;
/** Handshakes in progress, over all listeners. */
export const SYN_QUEUE: u32 = 1024;
/** Connections in TIME-WAIT. */
export const TIME_WAITS: u32 = 4096;
/** 1: congestion control is CUBIC's (RFC 9438), or Reno's where a socket asks for it. */
export const CUBIC: u32 = 1;
/** 1: a socket may tell its peer of the user time-out, and hear the peer's (RFC 5482); 0: there is no such option. */
export const USER_TIMEOUT_OPTION: u32 = 1;
/** Seconds that a connection stays in TIME-WAIT: 2·MSL (RFC 9293 §3.4.2 has four minutes and lets hosts choose). */
export const TIME_WAIT_SECONDS: u32 = 60;
/** Milliseconds of the shortest retransmission time-out (RFC 6298 §2.4 has a second; Linux has this). */
export const MIN_RTO_MILLISECONDS: u32 = 200;
/** UDP, echo and raw sockets. */
export const DATAGRAM_SOCKETS: u32 = 256;
/** 1: sockets may speak other protocols upon IP than TCP and UDP, and see what comes of any. */
export const RAW_SOCKETS: u32 = 1;
/** Packets of datagrams that may wait in one socket, for each direction; the last datagram may go beyond. */
export const DATAGRAM_QUEUE: u32 = 64;
/** Datagrams that may be put together from fragments at once; 0: none are, and none are sent in fragments. */
export const REASSEMBLIES: u32 = 16;
/** Most packets that fragments may hold, over all of these: two datagrams of 64 KB, from a path of 576 bytes. */
export const REASSEMBLY_PACKETS: u32 = 256;

/** Most packets of received data in one connection; with MTU, the largest window. */
export const RX_PACKETS_PER_TCB: u32 = 180;
/** Most packets of unsent and unacknowledged data in one connection. */
export const TX_PACKETS_PER_TCB: u32 = 180;

/** Neighbors whose Ethernet address is known or sought, and packets that may wait for one. */
export const NEIGHBORS: u32 = 256;
export const NEIGHBOR_QUEUE: u32 = 8;
export const ROUTES: u32 = 32;
/** Destinations whose path is remembered to be narrower than the link. */
export const PATH_MTUS: u32 = 64;
/** Addresses of the machine itself, over all adapters. */
export const ADDRESSES: u32 = 16;
/** Name servers that routers may tell of. */
export const NAME_SERVERS: u32 = 4;
/** 1: an address may be claimed, that is, others are asked first whether they have it; IPv6 needs that. */
export const CLAIMS: u32 = 1;
/** Groups that adapters may be in, each with each source that is asked for by itself; 0: no multicast. */
export const GROUPS: u32 = 64;
/** Memberships of UDP sockets in those groups. */
export const MEMBERSHIPS: u32 = 256;
/** 1: the module has an application of its builder's own inside (assembly/application/own.ts). */
export const OWN_APPLICATION: u32 = 0;
/** Connections that the web server serves at once; 0: there is none. */
export const WEB_CONNECTIONS: u32 = 128;
/** Bytes of the longest line of a request's head that it keeps, that of the target; longer targets are refused. */
export const WEB_LINE_BYTES: u32 = 512;
/** 1: adapters may be lent addresses by DHCP servers (RFC 2131). */
export const DHCP_CLIENT: u32 = 1;
/** Names that may be looked up at once; 0: the machine asks no name servers. */
export const LOOKUPS: u32 = 8;
/** Bytes of the largest answer that a look-up has room for, 512 at least. */
export const LOOKUP_ANSWER_BYTES: u32 = 4096;
/** Names that are remembered: hosts that people have named, and answers of servers. */
export const NAME_CACHE: u32 = 64;
/** Machines that the module's own DHCP server may lend addresses at once; 0: there is no such server. */
export const DHCP_POOL: u32 = 64;
/** 1: the module has a name server of its own, for the hosts of NAME_CACHE. */
export const DNS_SERVER: u32 = 1;
/** Pages that the browser fetches at once; 0: there is none. */
export const FETCHES: u32 = 4;
/** Bytes for a URL's host and target and a line of the answer's head, of each. */
export const FETCH_LINE_BYTES: u32 = 1024;
