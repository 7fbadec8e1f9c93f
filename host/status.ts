// What the core tells about itself, as objects: sockets, memory, neighbors, routes, addresses, counters.

import { Counter } from "../assembly/abi/counters.ts";
import { Errno } from "../assembly/abi/errno.ts";
import { Region, RegionWord } from "../assembly/abi/regions.ts";
import { Congestion, SocketKind } from "../assembly/abi/sockets.ts";
import { Blocked, Offer, Phase, State, Status, TimerName } from "../assembly/abi/status.ts";
import type { Core } from "./core/core.ts";

const NONE = 0xffff_ffff;
const UNSPECIFIED = "0.0.0.0";

/** One socket, or what is left of a connection. Times in microseconds, sizes in bytes unless they say packets. */
export interface SocketStatus {
  kind: "tcp" | "udp" | "echo" | "raw";
  /** The descriptor; null where no application holds one (any more). */
  handle: number | null;
  state: keyof typeof State;
  owner: number;
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  /** Bytes not read yet; of a listener, connections not accepted yet. */
  recvQ: number;
  /** Bytes not acknowledged yet; of a listener, its backlog. */
  sendQ: number;
  timer: keyof typeof TimerName;
  timerIn: number;
  adapter: number | null;
  /** null: it has never sent. */
  sentAgo: number | null;
  iss: number;
  sndUna: number;
  sndNxt: number;
  sndWnd: number;
  sndWl1: number;
  sndWl2: number;
  irs: number;
  rcvNxt: number;
  rcvWnd: number;
  cwnd: number;
  ssthresh: number;
  srtt: number;
  rttvar: number;
  rto: number;
  retransmits: number;
  backoff: number;
  sndMss: number;
  rxGranted: number;
  rxHeld: number;
  txHeld: number;
  outOfOrder: number;
  blocked: keyof typeof Blocked;
  synQueue: number;
  /** Name of the pending error, or null. */
  error: string | null;
  /** Bytes on their way that the peer has reported, and that are taken for lost and not sent again yet. */
  sacked: number;
  lost: number;
  phase: keyof typeof Phase;
  /** The congestion controller; null where there is none: listeners, handshakes, TIME-WAIT. */
  controller: CongestionName | null;
  /** The shortest round trip; 0: none yet. */
  minRtt: number;
  /** What its SYN offers, or both sides have agreed on beside the MSS. */
  options: OptionName[];
  /** By how many bits the windows are shifted: the peer's, and ours (RFC 7323). */
  sndShift: number;
  rcvShift: number;
  /** How late a segment may come before it is lost, in quarters of the shortest round trip (RFC 8985 §6.2). */
  reordering: number;
  /** Keep-alive probes that went unanswered. */
  keepProbes: number;
  /** Bytes of the stream that the peer has acknowledged, and that came in sequence, modulo 2^32; 0 after the end. */
  bytesAcked: number;
  bytesReceived: number;
}

/** The congestion controllers: RFC 9438's and RFC 5681's. */
export type CongestionName = Lowercase<keyof typeof Congestion>;

/** Window scaling and timestamps (RFC 7323), SACK (RFC 2018), explicit congestion notification (RFC 3168). */
export type OptionName = "wscale" | "ts" | "sack" | "ecn";

/** One line of the memory map. */
export interface RegionStatus {
  name: keyof typeof Region;
  base: number;
  count: number;
  /** Bytes of one element, and of all. */
  size: number;
  bytes: number;
  used: number;
  high: number;
  refused: number;
}

const KINDS = {
  [SocketKind.STREAM]: "tcp",
  [SocketKind.DATAGRAM]: "udp",
  [SocketKind.ECHO]: "echo",
  [SocketKind.RAW]: "raw",
} as const;
/** States in which a connection that was given up has yet to get its data or its FIN acknowledged. */
const SENDING = new Set<number>([State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK]);
/** States in which SND.UNA, or RCV.NXT, counts a FIN besides bytes. */
const OUR_FIN_ACKED = new Set<number>([State.FIN_WAIT_2]);
const PEER_FIN_CAME = new Set<number>([State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK]);
/** In the order in which `ss` prints them. */
const OPTION_NAMES: readonly (readonly [Offer, OptionName])[] = [
  [Offer.TIMESTAMPS, "ts"],
  [Offer.SACK, "sack"],
  [Offer.ECN, "ecn"],
  [Offer.WINDOW_SCALE, "wscale"],
];

/** All sockets, listeners and remains of connections. */
export function socketStatuses(core: Core): SocketStatus[] {
  return rows(core.exports.describe, () => socketStatus(core));
}

/** The socket behind a descriptor, or null. */
export function statusOf(core: Core, fd: number): SocketStatus | null {
  // A stream socket's row is the index in its descriptor; of the others one has to search.
  if (core.exports.describe(fd & 0xffff) > 0 && core.status(Status.HANDLE) === fd) return socketStatus(core);
  for (let row = 0; ; row++) {
    const answer = core.exports.describe(row);
    if (answer < 0) return null;
    if (answer > 0 && core.status(Status.HANDLE) === fd) return socketStatus(core);
  }
}

/**
 * True while a connection that no application holds still has something to send, or its end; with `toTheEnd`, also
 * while it waits for the peer's end.
 */
export function hasOrphans(core: Core, toTheEnd: boolean): boolean {
  // Whatever may still send has a control block, and those are the first rows.
  core.exports.region(Region.TCBS);
  if (core.result(RegionWord.USED) === 0) return false;
  const rows = core.result(RegionWord.COUNT);
  for (let row = 0; row < rows; row++) {
    const answer = core.exports.describe(row);
    if (answer < 0) return false;
    if (answer === 0 || core.status(Status.KIND) !== SocketKind.STREAM || core.status(Status.HANDLE) !== NONE) continue;
    const state = core.status(Status.STATE);
    if (SENDING.has(state)) return true;
    if (toTheEnd && state === State.FIN_WAIT_2) return true;
  }
  return false;
}

export function regionStatuses(core: Core): RegionStatus[] {
  const regions: RegionStatus[] = [];
  for (let index = 0; index < Region.COUNT; index++) {
    if (core.exports.region(index) < 0) continue; // one that the profile does not have
    const count = core.result(RegionWord.COUNT);
    const size = core.result(RegionWord.SIZE);
    regions.push({
      name: Region[index] as keyof typeof Region,
      base: core.result(RegionWord.BASE),
      count,
      size,
      bytes: count * size,
      used: core.result(RegionWord.USED),
      high: core.result(RegionWord.HIGH),
      refused: core.result(RegionWord.REFUSED),
    });
  }
  return regions;
}

/** Every counter by its name, such as `TcpRetransSegs`; 0 for those that the profile does not have. */
export function counterValues(core: Core): Record<keyof typeof Counter, number> {
  const values: Record<string, number> = {};
  for (let index = 0; index < Counter.COUNT; index++) {
    values[Counter[index]] = index < core.counters ? core.u32[core.countersWord + index] : 0;
  }
  return values;
}

/** What `read` makes of each row that `fill` has put into the block of words. */
export function rows<T>(fill: (row: number) => number, read: (row: number) => T): T[] {
  const found: T[] = [];
  for (let row = 0; ; row++) {
    const answer = fill(row);
    if (answer < 0) return found;
    if (answer > 0) found.push(read(row));
  }
}

function socketStatus(core: Core): SocketStatus {
  const word = (index: Status): number => core.status(index);
  const orNull = (value: number): number | null => (value === NONE ? null : value);
  const error = word(Status.ERROR);
  return {
    kind: KINDS[word(Status.KIND) as SocketKind],
    handle: orNull(word(Status.HANDLE)),
    state: State[word(Status.STATE)] as keyof typeof State,
    owner: word(Status.OWNER),
    localAddress: addressText(core, Status.LOCAL_ADDRESS),
    localPort: word(Status.LOCAL_PORT),
    remoteAddress: addressText(core, Status.REMOTE_ADDRESS),
    remotePort: word(Status.REMOTE_PORT),
    recvQ: word(Status.RECV_Q),
    sendQ: word(Status.SEND_Q),
    timer: TimerName[word(Status.TIMER)] as keyof typeof TimerName,
    timerIn: word(Status.TIMER_IN),
    adapter: orNull(word(Status.ADAPTER)),
    sentAgo: orNull(word(Status.SENT_AGO)),
    iss: word(Status.ISS),
    sndUna: word(Status.SND_UNA),
    sndNxt: word(Status.SND_NXT),
    sndWnd: word(Status.SND_WND),
    sndWl1: word(Status.SND_WL1),
    sndWl2: word(Status.SND_WL2),
    irs: word(Status.IRS),
    rcvNxt: word(Status.RCV_NXT),
    rcvWnd: word(Status.RCV_WND),
    cwnd: word(Status.CWND),
    ssthresh: word(Status.SSTHRESH),
    srtt: word(Status.SRTT),
    rttvar: word(Status.RTTVAR),
    rto: word(Status.RTO),
    retransmits: word(Status.RETRANSMITS),
    backoff: word(Status.BACKOFF),
    sndMss: word(Status.SND_MSS),
    rxGranted: word(Status.RX_GRANTED),
    rxHeld: word(Status.RX_HELD),
    txHeld: word(Status.TX_HELD),
    outOfOrder: word(Status.OUT_OF_ORDER),
    blocked: Blocked[word(Status.BLOCKED)] as keyof typeof Blocked,
    synQueue: word(Status.SYN_QUEUE),
    error: error === 0 ? null : (Errno[error] ?? `E${error}`),
    ...senderStatus(word),
    ...streamStatus(word),
  };
}

// What the sender makes of the network.
function senderStatus(word: (index: Status) => number) {
  const offers = word(Status.OPTIONS);
  return {
    sacked: word(Status.SACKED),
    lost: word(Status.LOST),
    phase: Phase[word(Status.PHASE)] as keyof typeof Phase,
    // Listeners, handshakes and TIME-WAIT records have no retransmission time-out.
    controller: word(Status.RTO) === 0 ? null : controllerName(word(Status.CONTROLLER)),
    minRtt: word(Status.MIN_RTT),
    options: OPTION_NAMES.filter(([offer]) => offers & offer).map(([, name]) => name),
    sndShift: word(Status.SND_SHIFT),
    rcvShift: word(Status.RCV_SHIFT),
    reordering: word(Status.REORDERING),
    keepProbes: word(Status.KEEP_PROBES),
  };
}

// How far the stream has come in each direction. A SYN counts as one sequence number, a FIN as another.
function streamStatus(word: (index: Status) => number) {
  const state = word(Status.STATE);
  const isOpen = word(Status.KIND) === SocketKind.STREAM && state >= State.ESTABLISHED && state < State.TIME_WAIT;
  if (!isOpen) return { bytesAcked: 0, bytesReceived: 0 };
  const acked = word(Status.SND_UNA) - word(Status.ISS) - 1 - (OUR_FIN_ACKED.has(state) ? 1 : 0);
  const received = word(Status.RCV_NXT) - word(Status.IRS) - 1 - (PEER_FIN_CAME.has(state) ? 1 : 0);
  return { bytesAcked: acked >>> 0, bytesReceived: received >>> 0 };
}

/** The name of a congestion controller of assembly/abi/sockets.ts. */
export function controllerName(controller: Congestion): CongestionName {
  return Congestion[controller].toLowerCase() as CongestionName;
}

// "No address yet" is the same for both versions of IP; people know it as 0.0.0.0.
function addressText(core: Core, word: number): string {
  const text = core.addressAt(core.statusWord + word);
  return text === "::" ? UNSPECIFIED : text;
}

// MACs cross as two words: the first two bytes and the last four, in network order.
