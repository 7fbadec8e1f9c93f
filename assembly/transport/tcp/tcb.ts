// The transmission control block (RFC 9293 §3.3.1): what a connection is. Names are the RFC's: sndUna is SND.UNA.

import { RX_PACKETS_PER_TCB, TCBS, TX_PACKETS_PER_TCB } from "profile";
import { SocketKind } from "../../abi/sockets";
import { Offer, Phase, State } from "../../abi/status";
import { NEVER, now } from "../../base/clock";
import { DEFAULT_SEND_MSS, SECOND, TCB_TIMERS } from "../../base/config";
import { TCB_BASE, TCB_BYTES } from "../../base/memory";
import { tcbIndex, tcbPool } from "../../base/pool";
import { setTimer } from "../../base/timers";
import { Packet } from "../../device/packet";
import { Endpoint, forget, initialiseEndpoint } from "../endpoint";
import { FlowKind, removeFlow } from "../flow";
import { unbindPort } from "../ports";

/** Bits of `Tcb.marks`. */
export const enum Mark {
  /** Both sides take selective acknowledgments (RFC 2018). */
  SACK = 1,
  /** Both sides have offered window scaling, or timestamps (RFC 7323). */
  SCALED = 2,
  TIMESTAMPS = 4,
  /** Explicit congestion notification (RFC 3168): to be asked for, or agreed on. */
  ECN = 8,
  /** An ACK is due at the end of this poll. */
  ACK_NOW = 16,
  /** The application has closed its direction: a FIN follows the data. */
  FIN_QUEUED = 32,
  /** The FIN has been sent at least once; SND.NXT counts it. */
  FIN_SENT = 64,
  /** The first ACK after a time-out, and the second, tell whether it was one (RFC 5682). */
  TIMEOUT_DOUBTED = 128,
  TIMEOUT_TESTED = 256,
  /** The application wants to know when an idle peer is gone. */
  KEEPALIVE = 512,
  /** The FIN, sent without data, is lost and waits to go again. */
  FIN_LOST = 1024,
  /** The connection was or is open: the socket cannot connect again. */
  USED = 2048,
  /** The application will read no more. */
  READ_SHUT = 4096,
  /** The peer's FIN has come, and all before it. */
  FIN_RECEIVED = 0x2000,
  /** Data up to `rcvUp`, or up to `sndUp`, is urgent (RFC 6093). */
  URGENT_IN = 0x4000,
  URGENT_OUT = 0x8000,
  /** A tail loss probe is out, and it was a retransmission (RFC 8985 §7, TLP.is_retrans). */
  PROBE_OUT = 0x10000,
  PROBE_RETRANSMITTED = 0x20000,
  /** Stands in the table of flows. */
  IN_FLOWS = 0x40000,
  /** Waits in a listener's accept queue. */
  IN_ACCEPT_QUEUE = 0x80000,
  /** No round trip was measured since the last tail loss probe: the next one waits for that (RFC 8985 §7.3). */
  PROBED = 0x100000,
  /** Nobody holds the socket any more: what is left of its life gets its limit. */
  LET_GO = 0x200000,
  /** A router has marked what came: every ACK says so until the peer has answered. */
  ECN_ECHO = 0x400000,
  /** Our window was reduced: the next new segment tells the peer. */
  CWR_DUE = 0x800000,
  /** Some path delivers out of order: losses are waited for (RFC 8985 §6.2, RACK.reordering_seen). */
  REORDERED = 0x1000000,
  /** Enough was received for the window to be as large as the socket allows. */
  WINDOW_GROWN = 0x2000000,
  /** The path is too narrow for what we send at least: routers may fragment. */
  MAY_FRAGMENT = 0x4000000,
  /** The application does not want to be told of what may pass. */
  QUIET = 0x8000000,
  /** The handshake was completed once: there is, or was, a peer. */
  OPENED = 0x10000000,
  /** Congestion control is Reno's; CUBIC otherwise. */
  RENO = 0x20000000,
  /** A SYN went without ECN's flags: our text must not be marked, whatever is agreed on (RFC 3168 §6.1.1). */
  UNMARKABLE = 0x40000000,
}

/** What the retransmission timer will do (`Tcb.alarm`). */
export const enum Alarm {
  RETRANSMIT = 0,
  /** Ask the peer whether its window is still shut. */
  PERSIST = 1,
  /** Send something at the tail so that an ACK tells what is lost. */
  PROBE = 2,
  /** Take for lost what reordering can no longer explain. */
  REORDERING = 3,
  /** Go on sending: a window of one segment was too much (RFC 3168 §6.1.2). */
  ECHO = 4,
}

/** The longest a retransmission may take before the connection is given up: R2 of RFC 9293 §3.8.3, at least 100 s. */
export const DEFAULT_USER_TIMEOUT: u32 = 100 * SECOND;

/** Two hours (MUST-28), then every 75 seconds, nine times: what is common. */
const KEEP_IDLE: u16 = 7200;
const KEEP_INTERVAL: u16 = 75;
const KEEP_COUNT: u8 = 9;

/** A close takes the time it takes. */
export const LINGER_OFF: u16 = 0xffff;

@unmanaged
@final
export class Tcb extends Endpoint {
  // What every segment touches comes first: these lie within the first two lines of a cache, and within what one byte
  // of an instruction can reach.
  /** Bits of Mark. */
  marks: u32;
  /** The first number that the peer has not acknowledged. */
  sndUna: u32;
  /** The next number to be sent. */
  sndNxt: u32;
  /** Largest segment that may be sent. */
  sndMss: u16;
  /** What the sender thinks of the network (abi/status.ts, Phase). */
  private phaseByte: u8;
  /** What the retransmission timer will do (Alarm). */
  private alarmByte: u8;
  /** Bytes that the network is thought to bear (RFC 5681). */
  cwnd: u32;
  /** The number that is expected next. */
  rcvNxt: u32;
  /** The first packet of unacknowledged and unsent data, in sequence. */
  sndHead: Packet | null;
  /** The peer's window, in bytes from SND.UNA. */
  sndWnd: u32;
  /** Retransmission, or what the alarm says; NEVER when off. */
  rtxAt: u64;

  // Send sequence space.
  /** Our initial number: what a lost SYN repeats, and from where bytes are counted. */
  iss: u32;
  /** Numbers of the segment that last changed the window: an older one must not. */
  sndWl1: u32;
  sndWl2: u32;
  /** Largest window the peer has offered (RFC 9293 §3.8.6.2.1). */
  maxSndWnd: u32;
  /** The last packet of the send queue, and the first with something unsent. */
  sndTail: Packet | null;
  sndNew: Packet | null;
  /** Sequence number behind the last byte written. */
  sndEnd: u32;
  /** Behind the last byte that the application has called urgent: SND.UP. */
  sndUp: u32;

  // Receive sequence space.
  /** The peer's initial number: its SYN is known again by it, and what came is counted from it. */
  irs: u32;
  /** Right edge of the window last advertised: it never moves back. */
  rcvEdge: u32;
  /** Data in sequence that the application has not read. */
  rcvHead: Packet | null;
  rcvTail: Packet | null;
  rcvBytes: u32;
  /** Data behind a hole, by sequence number, without overlaps. */
  holeHead: Packet | null;
  holeBytes: u32;
  /** Bytes received since the last ACK went out. */
  unacked: u32;
  /** What came twice and is to be reported with the next ACK (RFC 2883); nothing when both are the same. */
  dsackFirst: u32;
  dsackEnd: u32;
  /** Behind the last byte that the peer has called urgent: RCV.UP. */
  rcvUp: u32;

  // Scoreboard (scoreboard.ts): sums over the marks of packets, so that no ACK has to add them up.
  /** Bytes on their way that the peer has reported. */
  sackedBytes: u32;
  /** Bytes on their way that are taken for lost, and not sent again yet. */
  lostBytes: u32;

  // Congestion control (RFC 5681).
  /** Where slow start ends. */
  ssthresh: u32;
  /** cwnd and ssthresh before the last reduction, which may turn out to be a mistake (RFC 5682). */
  priorCwnd: u32;
  priorSsthresh: u32;
  /** SND.NXT when the last loss was found: an ACK beyond it ends the recovery. */
  recover: u32;
  /** SND.NXT when an echo of congestion was last obeyed (RFC 3168 §6.1.2). */
  reducedUntil: u32;
  /** Bytes acknowledged in congestion avoidance since cwnd last grew (RFC 3465). */
  ackedBytes: u32;
  /** Proportional rate reduction (RFC 6937): bytes delivered and sent in this recovery, and FlightSize at its start. */
  prrDelivered: u32;
  prrOut: u32;
  recoverFlight: u32;
  /** CUBIC (RFC 9438): when the curve began, in milliseconds; 0: not yet. */
  cubicBegan: u32;
  /** Its plateau, and the window that Reno would have by now, in bytes. */
  cubicMost: u32;
  cubicEstimate: u32;
  /** Milliseconds from the beginning of the curve to its plateau: K. */
  cubicReach: u32;
  /** When an ACK last came in congestion avoidance, in milliseconds. */
  cubicUpdated: u32;

  // Recent acknowledgment (RFC 8985); times are in microseconds.
  /** Of the packet sent last among those delivered: when it was sent, where it ends, its round trip. */
  rackSentAt: u32;
  rackEnd: u32;
  rackRtt: u32;
  /** The highest sequence number delivered: what comes below it was reordered. */
  rackHighest: u32;
  /** The shortest round trip, by which reordering is measured. */
  minRtt: u32;
  /** A D-SACK widens the reordering window once until this is acknowledged. */
  rackRound: u32;
  /** SND.NXT when the tail loss probe went out. */
  probeEnd: u32;

  // Round-trip time (RFC 6298), microseconds.
  /** Smoothed round trip, its variation, and the time-out that follows from both. */
  srtt: u32;
  rttvar: u32;
  rto: u32;
  /** Segments sent again since the connection began, for those who look at it. */
  retransmits: u32;

  // Timestamps (RFC 7323).
  /** Where our clock starts: a secret of the connection. */
  tsOffset: u32;
  /** TS.Recent, what we echo and PAWS compares with, and the second it was taken in: it ages in 24 days. */
  tsRecent: u32;
  tsRecentAt: u32;
  /** Last.ACK.sent: which segment's time is echoed. */
  lastAckSent: u32;

  // Deadlines; NEVER when off.
  /** Delayed ACK. */
  ackAt: u64;
  /** Of a socket that is held: the next keep-alive. Of one that nobody holds: its end. */
  idleAt: u64;
  /** Since when the peer owes an acknowledgment. */
  waitingSince: u64;

  // What the application has chosen, and a listener's connections have from it (copyChoices).
  /** Microseconds that data may stay unacknowledged before the connection is given up (RFC 9293 §3.8.3). */
  userTimeout: u32;
  /** Packets that received data, and data to send, may hold. */
  rxLimit: u16;
  txLimit: u16;
  /** Keep-alive (RFC 9293 §3.8.4): seconds of silence before the first probe, and between probes. */
  keepIdle: u16;
  keepInterval: u16;
  /** Probes that may go unanswered, and those that have. */
  keepCount: u8;
  keepProbes: u8;
  /** Whether the peer is told of the user time-out and heard (user-timeout.ts, Talk); segments that have yet to tell it. */
  timeoutTalk: u8;
  timeoutDue: u8;
  /** Seconds that a close may take (SO_LINGER), or LINGER_OFF. */
  linger: u16;

  // Packets.
  /** Granted to received data, of which the window is the promise. */
  rxGrant: u16;
  /** In use by received data, and by data to send. */
  rxHeld: u16;
  txHeld: u16;
  /** What the peer's MSS option said, or the default. */
  peerMss: u16;
  /** Duplicate ACKs in a row, of a peer without SACK: the third shows a loss. */
  dupAcks: u8;
  /** Successive time-outs. */
  backoff: u8;
  /** Why nothing is being sent (abi/status.ts, Blocked). */
  blocked: u8;
  /** What the network last reported of the way to the peer, an Errno: the reason if the connection times out. */
  softError: u8;

  /** By how much the peer's windows are shifted: Snd.Wind.Shift. */
  sndShift: u8;
  /** In quarters of the shortest round trip: the reordering window; recoveries until it is 1 again (RFC 8985 §6.2). */
  reoMultiplier: u8;
  reoPersist: u8;
  /** ACKs without text that are owed for what came out of order or twice. */
  acksDue: u8;

  // Listener, and those it has not handed out yet.
  /** Connections that may wait, that do, and handshakes in progress. */
  backlog: u16;
  accepted: u16;
  handshakes: u16;
  /** Of a listener: the queue of connections that wait to be accepted. */
  acceptHead: Tcb | null;
  acceptTail: Tcb | null;
  /** Of a connection in that queue: the next one, and whose queue it is. */
  acceptNext: Tcb | null;
  listener: Tcb | null;

  @inline is(mark: Mark): bool {
    return (this.marks & <u32>mark) != 0;
  }
  @inline mark(mark: Mark): void {
    this.marks |= <u32>mark;
  }
  @inline unmark(mark: Mark): void {
    this.marks &= ~(<u32>mark);
  }
  /** SND.NXT - SND.UNA: sequence numbers sent and not acknowledged. */
  @inline get flight(): u32 {
    return this.sndNxt - this.sndUna;
  }
  @inline get phase(): Phase {
    return this.phaseByte;
  }
  set phase(phase: Phase) {
    this.phaseByte = <u8>phase;
  }
  @inline get alarm(): Alarm {
    return this.alarmByte;
  }
  set alarm(alarm: Alarm) {
    this.alarmByte = <u8>alarm;
  }
  /** Bytes in the network: sent, and neither acknowledged nor reported nor lost (RFC 6675's pipe). */
  @inline get pipe(): u32 {
    return this.flight - this.sackedBytes - this.lostBytes;
  }
  /** Options that its SYN offers, or both sides have agreed on (options.ts, Offer). */
  @inline get agreed(): u32 {
    return (
      (this.is(Mark.SCALED) ? Offer.WINDOW_SCALE : 0) |
      (this.is(Mark.TIMESTAMPS) ? Offer.TIMESTAMPS : 0) |
      (this.is(Mark.SACK) ? Offer.SACK : 0) |
      (this.is(Mark.ECN) ? Offer.ECN : 0)
    );
  }
  /** RCV.WND: what the peer may still send of what it was told. */
  @inline get rcvWnd(): u32 {
    return this.rcvEdge - this.rcvNxt;
  }
}

if (offsetof<Tcb>() != TCB_BYTES) ERROR("TCB_BYTES does not agree with Tcb.");

export function startTcbs(): void {
  tcbPool.start(TCB_BASE, TCBS, TCB_BYTES);
}

/** A new control block, CLOSED; null when the profile has no more. */
export function openTcb(owner: u32): Tcb | null {
  const block = tcbPool.take();
  if (!block) return null;
  const tcb = changetype<Tcb>(block);
  initialiseEndpoint(tcb, FlowKind.TCB, SocketKind.STREAM, owner);
  tcb.state = State.CLOSED;
  tcb.rtxAt = NEVER;
  tcb.ackAt = NEVER;
  tcb.idleAt = NEVER;
  tcb.linger = LINGER_OFF;
  tcb.keepIdle = KEEP_IDLE;
  tcb.keepInterval = KEEP_INTERVAL;
  tcb.keepCount = KEEP_COUNT;
  tcb.userTimeout = DEFAULT_USER_TIMEOUT;
  tcb.sndMss = <u16>DEFAULT_SEND_MSS;
  tcb.rxGrant = 1; // promised to every control block from the start
  tcb.rxLimit = <u16>RX_PACKETS_PER_TCB;
  tcb.txLimit = <u16>TX_PACKETS_PER_TCB;
  return tcb;
}

/** Gives a connection what was chosen for its listener. */
export function copyChoices(tcb: Tcb, listener: Tcb): void {
  const first = offsetof<Tcb>("userTimeout");
  const bytes = offsetof<Tcb>("linger") + 2 - first;
  memory.copy(changetype<usize>(tcb) + first, changetype<usize>(listener) + first, bytes);
}

/** Gives the block back. Its queues must be empty and its descriptor closed. */
export function freeTcb(tcb: Tcb): void {
  assert(!tcb.sndHead && !tcb.rcvHead && !tcb.holeHead, "a control block dies with packets in its queues");
  leaveFlows(tcb);
  unbindPort(tcb);
  forget(tcb);
  setTimer(timerOf(tcb), NEVER);
  tcb.kind = 0; // so that a walk over all blocks knows it for a free one
  tcbPool.give(changetype<usize>(tcb));
}

export function leaveFlows(tcb: Tcb): void {
  if (!tcb.is(Mark.IN_FLOWS)) return;
  removeFlow(tcb);
  tcb.unmark(Mark.IN_FLOWS);
}

export function timerOf(tcb: Tcb): u32 {
  return TCB_TIMERS + tcbIndex(changetype<usize>(tcb));
}

/** Sets the retransmission timer, `delay` microseconds from now on, and what it is for. `armTimer` makes it count. */
export function setAlarm(tcb: Tcb, alarm: Alarm, delay: u32): void {
  tcb.alarm = alarm;
  tcb.rtxAt = now() + delay;
}

/** Tells the timers the nearest of the connection's deadlines. */
export function armTimer(tcb: Tcb): void {
  let at = tcb.rtxAt;
  if (tcb.ackAt < at) at = tcb.ackAt;
  if (tcb.idleAt < at) at = tcb.idleAt;
  setTimer(timerOf(tcb), at);
}
