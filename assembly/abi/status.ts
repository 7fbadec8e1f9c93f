// What can be read of a socket at any time. `describe(row)` fills the block at `STATUS`, one 32-bit word for each
// name below; addresses take four words (16 bytes in network order, IPv4 as ::ffff:a.b.c.d).

/** TCP's states (RFC 9293 §3.3.2). A datagram socket is CLOSED, or ESTABLISHED when it has a peer. */
export enum State {
  CLOSED = 0,
  LISTEN = 1,
  SYN_SENT = 2,
  SYN_RECEIVED = 3,
  ESTABLISHED = 4,
  FIN_WAIT_1 = 5,
  FIN_WAIT_2 = 6,
  CLOSE_WAIT = 7,
  CLOSING = 8,
  LAST_ACK = 9,
  TIME_WAIT = 10,
}

/** The timer that will act next on a socket. */
export enum TimerName {
  OFF = 0,
  RETRANSMIT = 1,
  PERSIST = 2,
  DELAYED_ACK = 3,
  TIME_WAIT = 4,
  FIN_WAIT_2 = 5,
  KEEPALIVE = 6,
  /** A tail loss probe (RFC 8985 §7), and the end of waiting for segments that are out of order (§6.3). */
  LOSS_PROBE = 7,
  REORDERING = 8,
}

/** Why a stream socket with something to send is not sending at this moment. */
export enum Blocked {
  /** Nothing to send, or sending at the next poll. */
  NOTHING = 0,
  /** The connection is not open for sending yet. */
  HANDSHAKE = 1,
  /** The peer's window is full or shut. */
  PEER_WINDOW = 2,
  /** The congestion window is full. */
  CONGESTION_WINDOW = 3,
  /** Nagle's algorithm waits for an ACK or for a full segment. */
  NAGLE = 4,
  /** No packet was free to build the segment in. */
  NO_PACKET = 5,
}

/** Words of the block at `STATUS`. From ISS on they are those of a control block and 0 for other sockets. */
export const enum Status {
  KIND = 0,
  /** The descriptor, or 0xffffffff where no application holds one. */
  HANDLE = 1,
  STATE = 2,
  OWNER = 3,
  LOCAL_ADDRESS = 4,
  REMOTE_ADDRESS = 8,
  LOCAL_PORT = 12,
  REMOTE_PORT = 13,
  /** Bytes received and not read; of a listener, connections waiting in its accept queue. */
  RECV_Q = 14,
  /** Bytes written and not acknowledged; of a listener, its backlog. */
  SEND_Q = 15,
  TIMER = 16,
  /** Microseconds until that timer acts. */
  TIMER_IN = 17,
  /** Adapter the socket is bound to or routed through; 0xffffffff for none. */
  ADAPTER = 18,
  /** Microseconds since it last sent something; 0xffffffff when it never did. */
  SENT_AGO = 19,
  ISS = 20,
  SND_UNA = 21,
  SND_NXT = 22,
  SND_WND = 23,
  SND_WL1 = 24,
  SND_WL2 = 25,
  IRS = 26,
  RCV_NXT = 27,
  RCV_WND = 28,
  CWND = 29,
  SSTHRESH = 30,
  /** Microseconds, as are RTTVAR and RTO. */
  SRTT = 31,
  RTTVAR = 32,
  RTO = 33,
  /** Segments retransmitted since the connection began. */
  RETRANSMITS = 34,
  /** Successive time-outs without an acknowledgment. */
  BACKOFF = 35,
  /** Largest segment that may be sent (RFC 9293's Eff.snd.MSS). */
  SND_MSS = 36,
  /** Packets that received data may occupy now, and those it does. */
  RX_GRANTED = 37,
  RX_HELD = 38,
  /** Packets that hold unsent and unacknowledged data. */
  TX_HELD = 39,
  /** Bytes that wait for a hole before them to be filled. */
  OUT_OF_ORDER = 40,
  BLOCKED = 41,
  /** Of a listener: handshakes in its SYN queue. */
  SYN_QUEUE = 42,
  /** Pending error, an Errno. */
  ERROR = 43,
  /** Bytes on their way that the peer has reported, and that are taken for lost and not sent again yet. */
  SACKED = 44,
  LOST = 45,
  /** One of `Phase`. */
  PHASE = 46,
  /** The congestion controller, one of `Congestion` (abi/sockets.ts). */
  CONTROLLER = 47,
  /** The shortest round trip, in microseconds; 0: none yet. */
  MIN_RTT = 48,
  /** Bits of `Offer`. */
  OPTIONS = 49,
  /** By how much the windows of both sides are shifted: the peer's, and ours. */
  SND_SHIFT = 50,
  RCV_SHIFT = 51,
  /** In quarters of the shortest round trip: how late a segment may come before it is lost (RFC 8985 §6.2). */
  REORDERING = 52,
  /** Keep-alive probes that went unanswered. */
  KEEP_PROBES = 53,
  WORDS = 54,
}

/** What a sender thinks of the network. */
export enum Phase {
  /** All is well. */
  OPEN = 0,
  /** Fast recovery: something is lost, and more arrives. */
  RECOVERY = 1,
  /** After a time-out, until what was on its way then is acknowledged. */
  LOSS = 2,
}

/** What a SYN offers beside the MSS, and what both sides of a connection have agreed on. */
export enum Offer {
  NOTHING = 0,
  WINDOW_SCALE = 1,
  TIMESTAMPS = 2,
  SACK = 4,
  /** No option: the flags of the SYN ask for explicit congestion notification (RFC 3168 §6.1.1). */
  ECN = 8,
}
