// The parts of linear memory, in the order of `region(index)`, which fills `RESULT` with the words named below.

export enum Region {
  /** Records that describe the packet buffers, one each. */
  PACKETS,
  /** The buffers themselves: every payload byte in the machine is in one of these. */
  BUFFERS,
  /** TCP control blocks. */
  TCBS,
  /** Handshakes that a listener has answered and that are not complete yet. */
  SYN_QUEUE,
  /** Connections that are over and wait 2·MSL. */
  TIME_WAIT,
  /** UDP and ICMP echo sockets. */
  DATAGRAM_SOCKETS,
  /** Addresses of neighbors: ARP's table. */
  NEIGHBORS,
  ROUTES,
  /** Destinations whose path is narrower than the link. */
  PATH_MTUS,
  /** The machine's own addresses. */
  ADDRESSES,
  ADAPTERS,
  /** What IPv6 knows of each adapter's link. */
  INTERFACES,
  /** Name servers that routers have told of. */
  NAME_SERVERS,
  /** Receive and transmit descriptors of the adapters. */
  DESCRIPTOR_RINGS,
  /** Buckets by which a segment finds its connection. */
  DEMULTIPLEXER,
  /** The heap of deadlines. */
  TIMERS,
  /** Sockets with something to tell the host. */
  EVENTS,
  COUNTERS,
  /** The blocks through which calls exchange what does not fit a register. */
  EXCHANGE,
  /** Everything else: clock, keys, heads of queues. */
  STATE,
  /** Datagrams that wait for fragments; not in profiles that take none. */
  REASSEMBLIES,
  // What only some profiles have: asked for it, the others answer EINVAL.
  /** Multicast groups that adapters are in. */
  GROUPS,
  /** Which sockets are in which of them. */
  MEMBERSHIPS,
  /** What each adapter knows of the multicast router on its link. */
  QUERIERS,
  /** The web server's connections. */
  WEB_CONNECTIONS,
  /** What each adapter knows of the address that a DHCP server has lent it. */
  LEASES,
  /** Look-ups of names in progress, each with room for an answer. */
  LOOKUPS,
  /** What is known of names: hosts that people have named, and answers that may be kept. */
  NAME_CACHE,
  /** Machines that the DHCP server has lent addresses. */
  GUESTS,
  /** What the browser fetches. */
  FETCHES,
  COUNT,
}

/** Words at `RESULT` after `region(index)`. USED, HIGH and REFUSED are those of a pool; a table has USED = COUNT. */
export const enum RegionWord {
  BASE = 0,
  COUNT = 1,
  /** Bytes of one element. */
  SIZE = 2,
  USED = 3,
  HIGH = 4,
  REFUSED = 5,
}
