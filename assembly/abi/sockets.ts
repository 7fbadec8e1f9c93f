// What a host passes to the socket calls, and what it gets back from `event`.

/** The kinds of socket that `socket(kind, owner)` creates. */
export enum SocketKind {
  /** A byte stream: TCP. */
  STREAM = 1,
  /** Datagrams with ports: UDP. */
  DATAGRAM = 2,
  /** ICMP echo: what is sent is the data of a request, what is received the data of its reply. */
  ECHO = 3,
  /** What IP carries, of the protocol whose number takes the place of a port. Not in every profile. */
  RAW = 4,
}

/** The directions of `shutdown(fd, how)`. */
export const enum Shutdown {
  READ = 0,
  WRITE = 1,
  BOTH = 2,
}

/** Bits of the mask that comes with an event: what has become true of the socket since its last event. */
export const enum Event {
  /** Data, end of stream, or (on a listener) a connection is waiting. */
  READABLE = 1,
  /** Connected, or room to send after a call answered EAGAIN. */
  WRITABLE = 2,
  /** The connection has failed; `getOption(fd, SocketOption.ERROR)` says how. */
  ERROR = 4,
  /** Both directions have ended: nothing more will be received or sent. */
  HANGUP = 8,
  /** Urgent data has come, or lies further ahead (RFC 6093); `getOption(fd, SocketOption.URGENT)` says how far. */
  URGENT = 16,
  /** The connection has trouble that may pass; `getOption(fd, SocketOption.SOFT_ERROR)` says which (RFC 9293 §3.9.1.8). */
  TROUBLE = 32,
}

/** What `setOption` and `getOption` name. Values are unsigned 32-bit. */
export enum SocketOption {
  /** The pending error (an Errno, 0 for none); reading it clears it (SO_ERROR). */
  ERROR = 0,
  /** 1: send small segments at once (TCP_NODELAY), that is, Nagle's algorithm off. */
  NO_DELAY = 1,
  /** Most packets that received data may occupy; the window advertised follows (SO_RCVBUF). */
  RECEIVE_PACKETS = 2,
  /** Most packets that unacknowledged and unsent data may occupy (SO_SNDBUF). */
  SEND_PACKETS = 3,
  /** Time to live of what is sent, 1 to 255 (IP_TTL). */
  TTL = 4,
  /** Differentiated services byte without its ECN bits, 0 to 255 (IP_TOS). */
  TOS = 5,
  /** Microseconds that data may stay unacknowledged before the connection is given up (TCP_USER_TIMEOUT). */
  USER_TIMEOUT = 6,
  /** The congestion controller, one of `Congestion` (TCP_CONGESTION). */
  CONGESTION = 7,
  /** 1: ask for explicit congestion notification when connecting (RFC 3168); a peer that asks gets it in any case. */
  ECN = 8,
  /** 1: look after a silent peer (SO_KEEPALIVE). */
  KEEPALIVE = 9,
  /** Seconds of silence before the first probe, 1 to 65535 (TCP_KEEPIDLE). */
  KEEPALIVE_IDLE = 10,
  /** Seconds between probes, 1 to 65535 (TCP_KEEPINTVL). */
  KEEPALIVE_INTERVAL = 11,
  /** Probes without an answer after which the peer is given up, 1 to 255 (TCP_KEEPCNT). */
  KEEPALIVE_COUNT = 12,
  /** Seconds that what is queued may take after a close before the connection is reset; 0: at once; 65535: no limit
   * (SO_LINGER). */
  LINGER = 13,
  /** Set to 1: everything written so far is urgent (MSG_OOB, RFC 6093). Read: bytes ahead that are (SIOCATMARK). */
  URGENT = 14,
  /** Read only: what the network last reported of the way to the peer, or ETIMEDOUT after three time-outs; an Errno. */
  SOFT_ERROR = 15,
  /** 0: no TROUBLE events; 1, the default: they come (RFC 9293 SHLD-20). */
  REPORTS = 16,
  /** 1: tell the peer of the user time-out, and follow its advice unless USER_TIMEOUT was set (RFC 5482); 0, the default:
   * neither. Not in every profile. */
  USER_TIMEOUT_OPTION = 17,
  /** 1: datagrams go whole or not at all: what the path cannot take is EMSGSIZE (IP_MTU_DISCOVER's IP_PMTUDISC_DO). Not in
   * every profile. */
  DONT_FRAGMENT = 18,
  /** 1: datagrams to everybody on a network may be sent (SO_BROADCAST); without it the call answers EACCES. */
  BROADCAST = 24,
  /** 1: the port may be shared with other datagram sockets that have this, too (SO_REUSEADDR). */
  REUSE_ADDRESS = 25,
  /** Time to live of datagrams to groups, 0 to 255; 0: they do not leave the machine (IP_MULTICAST_TTL). Default 1. */
  MULTICAST_TTL = 26,
  /** 1, the default: members on this machine get what the socket sends to a group (IP_MULTICAST_LOOP). */
  MULTICAST_LOOP = 27,
  /** The adapter that datagrams to groups leave through; 0xffffffff: the stack's choice (IP_MULTICAST_IF). */
  MULTICAST_ADAPTER = 28,
  /**
   * Where the Internet checksum lies in what a raw socket sends, in bytes from its beginning, an even number; it is made
   * with the pseudo header, as IPv6's protocols want it (IPV6_CHECKSUM, RFC 3542 §3.1). 0xffffffff: none; the checksum
   * of ICMPv6 is always made.
   */
  CHECKSUM = 29,
  /**
   * The adapter that the socket receives and sends through and no other, 255 for any (SO_BINDTODEVICE). Set before it
   * has a port or a peer; a connection shows the one it goes through.
   */
  BOUND_ADAPTER = 19,
}

/** Values of `SocketOption.CONGESTION`. */
export enum Congestion {
  /** RFC 5681's. */
  RENO = 0,
  /** RFC 9438's, the default. */
  CUBIC = 1,
}

/** Words of the block at `RESULT`, which calls with more than one answer fill in. */
export const enum Result {
  /** Linear-memory address of the bytes that `sendRoom` or `recvPeek` is about. */
  POINTER = 0,
  /** `recvPeek` of a datagram: the sender's port, of a raw socket's the protocol. `event`: the mask. */
  PORT = 1,
  MASK = 1,
  /** `recvPeek` of a datagram: the adapter that it came in through. */
  ADAPTER = 2,
  /** `recvPeek` of a datagram or an echo reply: time to live of the packet it came in. */
  TTL = 3,
  /** Four words: the sender's address, 16 bytes in network order (IPv4 as ::ffff:a.b.c.d). */
  ADDRESS = 4,
  /** `recvPeek` of a datagram: bytes from here to its end; more than `recvPeek` answers when other pieces follow. */
  LENGTH = 8,
}
