// SEGMENT ARRIVES (RFC 9293 §3.10.7) as one function of a connection's variables and a segment, written from the RFC
// alone and for reading: no buffers, no timers, no speed. It includes the replies to blind attacks (RFC 5961), the
// timestamp check (RFC 7323 §5.3) and TIME-WAIT's care (RFC 1337, RFC 6191). Security compartments are left out
// (RFC 9293 Appendix A.1 allows that), the urgent pointer changes nothing that can be seen here.

import {
  ACK,
  CLOSE_WAIT,
  CLOSED,
  CLOSING,
  type Connection,
  type ConnectionError,
  CWR,
  ECE,
  ESTABLISHED,
  FIN,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  LISTEN,
  lengthOf,
  type Outcome,
  type Reply,
  RST,
  type Segment,
  SYN,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from "./connection.ts";
import { isAmong, isWithin, offset, plus } from "./sequence.ts";
import { takeText } from "./text.ts";

/** What must come of `segment` arriving at `connection`. */
export function segmentArrives(connection: Connection, segment: Segment): Outcome {
  switch (connection.state) {
    case CLOSED:
      return arrivesInClosed(connection, segment);
    case LISTEN:
      return arrivesInListen(connection, segment);
    case SYN_SENT:
      return arrivesInSynSent(connection, segment);
    default:
      return arrivesInOtherStates(connection, segment);
  }
}

// ---- §3.10.7.1 CLOSED ----------------------------------------------------------------------------------------------

function arrivesInClosed(connection: Connection, segment: Segment): Outcome {
  return segment.flags & RST ? ignored(connection) : answered(connection, resetFor(segment));
}

// ---- §3.10.7.2 LISTEN ----------------------------------------------------------------------------------------------

function arrivesInListen(connection: Connection, segment: Segment): Outcome {
  if (segment.flags & RST) return ignored(connection);
  if (segment.flags & ACK) return answered(connection, resetFor(segment));
  if (segment.flags & SYN) return passiveOpen(connection, segment);
  return ignored(connection);
}

// Text or a FIN on the SYN may be kept for later, or come again: its ACK covers the SYN alone.
function passiveOpen(connection: Connection, segment: Segment): Outcome {
  const opened: Connection = {
    ...connection,
    state: SYN_RECEIVED,
    passive: true,
    irs: segment.seq,
    rcvNxt: plus(segment.seq, 1),
    tsRecent: segment.timestamp,
  };
  const flags = SYN | ACK | ecnAnswer(segment);
  return answered(opened, synAck(opened, flags, undefined));
}

// A SYN with ECE and CWR asks for congestion notification, a SYN,ACK with ECE agrees (RFC 3168 §6.1.1).
function ecnAnswer(segment: Segment): number {
  return (segment.flags & (ECE | CWR)) === (ECE | CWR) ? ECE : 0;
}

// ---- §3.10.7.3 SYN-SENT --------------------------------------------------------------------------------------------

function arrivesInSynSent(connection: Connection, segment: Segment): Outcome {
  const { iss, sndNxt } = connection;
  const hasAck = (segment.flags & ACK) !== 0;
  // First: an ACK of anything but our SYN.
  if (hasAck && !isWithin(segment.ack, plus(iss, 1), sndNxt)) {
    return segment.flags & RST ? ignored(connection) : answered(connection, resetFor(segment));
  }
  // Second: a reset, which must acknowledge our SYN (§3.5.3).
  if (segment.flags & RST) return hasAck ? closed(connection, "connection reset") : ignored(connection);
  // Fourth, and fifth: nothing but a SYN opens.
  if (!(segment.flags & SYN)) return ignored(connection);
  const opened: Connection = {
    ...connection,
    irs: segment.seq,
    rcvNxt: plus(segment.seq, 1),
    tsRecent: segment.timestamp,
    sndWnd: segment.window,
    sndWl1: segment.seq,
    sndWl2: segment.ack,
  };
  if (!hasAck) {
    // Simultaneous open (MUST-10).
    opened.state = SYN_RECEIVED;
    return answered(opened, synAck(opened, SYN | ACK, iss));
  }
  opened.state = ESTABLISHED;
  opened.sndUna = segment.ack;
  const behindSyn: Segment = { ...segment, seq: opened.rcvNxt, flags: segment.flags & ~SYN };
  const outcome = processTextAndFin(opened, behindSyn, connection);
  return { ...outcome, reply: outcome.reply ?? acknowledgment(outcome.after) };
}

// ---- §3.10.7.4 other states ----------------------------------------------------------------------------------------

function arrivesInOtherStates(connection: Connection, arrived: Segment): Outcome {
  if (arrived.flags & RST) return checkReset(connection, arrived);
  const early = checkReopening(connection, arrived) ?? checkTimestamp(connection, arrived);
  if (early) return early;
  const segment = withoutAnsweredSyn(connection, arrived);
  if (!isAcceptable(connection, segment)) return unacceptable(connection, segment);
  const current = { ...connection, tsRecent: recentTimestamp(connection, segment) };

  if (segment.flags & SYN) return checkSyn(current, segment);
  if (!(segment.flags & ACK)) return ignored(current);
  return checkAck(current, segment) ?? processTextAndFin(current, segment, connection);
}

/**
 * Figure 7, line 6: in a simultaneous open the peer's SYN,ACK completes the handshake, although its SYN is old by then
 * and the sequence check alone would refuse it (Appendix A.2). What follows the SYN counts.
 */
function withoutAnsweredSyn(connection: Connection, segment: Segment): Segment {
  const isAnswer =
    connection.state === SYN_RECEIVED &&
    !connection.passive &&
    (segment.flags & (SYN | ACK)) === (SYN | ACK) &&
    segment.seq === connection.irs &&
    acknowledgesNew(connection, segment);
  return isAnswer ? { ...segment, seq: plus(segment.seq, 1), flags: segment.flags & ~SYN } : segment;
}

// First: sequence number (table 6).
function isAcceptable({ rcvNxt, rcvWnd }: Connection, segment: Segment): boolean {
  const length = lengthOf(segment);
  if (rcvWnd === 0) return length === 0 && segment.seq === rcvNxt;
  if (isAmong(segment.seq, rcvNxt, rcvWnd)) return true;
  return length > 0 && isAmong(plus(segment.seq, length - 1), rcvNxt, rcvWnd);
}

function unacceptable(connection: Connection, segment: Segment): Outcome {
  const { state, rcvNxt, rcvWnd } = connection;
  const mask = segment.flags & (SYN | ACK);
  // With a window of zero valid ACKs are let in: those that a probe of the window carries.
  if (rcvWnd === 0 && segment.seq === rcvNxt && mask === ACK) {
    const current = { ...connection };
    return checkAck(current, segment) ?? challenged(current);
  }
  const outcome = challenged(connection);
  // The peer's FIN again begins TIME-WAIT anew (eighth step); it is old by its number, so that it comes to this check.
  const isFinAgain = (segment.flags & FIN) !== 0 && plus(segment.seq, lengthOf(segment)) === rcvNxt;
  outcome.restarted = state === TIME_WAIT && isFinAgain && mask === ACK;
  return outcome;
}

// RFC 7323 §5.3 R1: what is older than the newest is not acceptable; and §3.2: what lacks the agreed option is dropped.
// Resets are excepted, and SYNs without it: the ACK that they get is how a half-open connection is found out (§3.5.1).
function checkTimestamp(connection: Connection, segment: Segment): Outcome | undefined {
  const { tsRecent } = connection;
  if (tsRecent === undefined) return undefined;
  if (segment.timestamp === undefined) return segment.flags & SYN ? undefined : ignored(connection);
  return offset(tsRecent, segment.timestamp) < 0 ? challenged(connection) : undefined;
}

// RFC 7323 §5.3 R3. All set-ups have acknowledged what they have received, so that Last.ACK.sent is RCV.NXT.
function recentTimestamp({ tsRecent, rcvNxt }: Connection, segment: Segment): number | undefined {
  if (tsRecent === undefined || segment.timestamp === undefined) return tsRecent;
  return offset(rcvNxt, segment.seq) <= 0 ? segment.timestamp : tsRecent;
}

// Second: RST. Only one at RCV.NXT resets, one elsewhere in the window is challenged (RFC 5961 §3.2), the rest dropped,
// here as in the first step. One at RCV.NXT counts whatever the window (MUST-66) and whatever text it brings (SHLD-2).
// The user is told in every state but TIME-WAIT (§3.5.3; MUST-12: closed normally or aborted), since unacknowledged text
// may be lost in CLOSING and LAST-ACK, too.
function checkReset(connection: Connection, segment: Segment): Outcome {
  const { state, rcvNxt, rcvWnd, passive } = connection;
  if (state === TIME_WAIT) return ignored(connection); // RFC 1337 §3, F1
  if (segment.seq !== rcvNxt) {
    return isAmong(segment.seq, rcvNxt, rcvWnd) ? challenged(connection) : ignored(connection);
  }
  if (state !== SYN_RECEIVED) return closed(connection, "connection reset");
  return passive ? returnedToListen(connection) : closed(connection, "connection refused");
}

// Fourth: SYN. Challenged wherever it lies (RFC 5961 §4.2); only a passive SYN-RECEIVED lets one in its window win.
function checkSyn(connection: Connection, segment: Segment): Outcome {
  const { state, passive, rcvNxt, rcvWnd } = connection;
  if (state !== SYN_RECEIVED || !passive) return challenged(connection);
  return isAmong(segment.seq, rcvNxt, rcvWnd) ? returnedToListen(connection) : challenged(connection);
}

// TIME-WAIT may give way to a SYN (MAY-2) that is newer than all that came before, by its timestamp or its sequence
// number (RFC 6191 §2); the last number seen is that of the FIN, before RCV.NXT.
function checkReopening(connection: Connection, segment: Segment): Outcome | undefined {
  const { state, listener, rcvNxt, tsRecent } = connection;
  if (state !== TIME_WAIT || listener !== "ready" || (segment.flags & (SYN | ACK)) !== SYN) return undefined;
  const isBeyond = offset(rcvNxt, segment.seq) >= 0;
  const isNewer =
    segment.timestamp === undefined
      ? isBeyond
      : tsRecent === undefined ||
        offset(tsRecent, segment.timestamp) > 0 ||
        (segment.timestamp === tsRecent && isBeyond);
  return isNewer ? passiveOpen(connection, segment) : undefined;
}

// Fifth: ACK. Returns what ends the processing; undefined to go on. It changes `connection`.
function checkAck(connection: Connection, segment: Segment): Outcome | undefined {
  const { sndUna, sndNxt, maxSndWnd, finSent } = connection;
  if (connection.state === SYN_RECEIVED) {
    if (!acknowledgesNew(connection, segment)) return answered(connection, resetFor(segment)); // and §3.5.2, 2
    connection.state = ESTABLISHED;
    connection.sndUna = segment.ack;
    takeWindow(connection, segment);
    return undefined;
  }
  // RFC 5961 §5.2: too old an ACK is not merely a duplicate.
  if (!isWithin(segment.ack, plus(sndUna, -maxSndWnd), sndNxt)) return challenged(connection);
  if (isWithin(segment.ack, sndUna, sndNxt)) {
    connection.sndUna = segment.ack;
    if (isNewerForWindow(connection, segment)) takeWindow(connection, segment);
  }
  const isFinAcknowledged = finSent && connection.sndUna === sndNxt;
  if (connection.state === FIN_WAIT_1 && isFinAcknowledged) connection.state = FIN_WAIT_2;
  if (connection.state === LAST_ACK && isFinAcknowledged) return closed(connection, undefined);
  if (connection.state === CLOSING) {
    if (!isFinAcknowledged) return ignored(connection);
    connection.state = TIME_WAIT;
  }
  return undefined;
}

function acknowledgesNew({ sndUna, sndNxt }: Connection, segment: Segment): boolean {
  return isWithin(segment.ack, plus(sndUna, 1), sndNxt) && sndUna !== sndNxt;
}

// The idealized segment begins at RCV.NXT at the earliest.
function idealSeq({ rcvNxt }: Connection, segment: Segment): number {
  return offset(rcvNxt, segment.seq) < 0 ? rcvNxt : segment.seq;
}

function isNewerForWindow(connection: Connection, segment: Segment): boolean {
  const ahead = offset(connection.sndWl1, idealSeq(connection, segment));
  return ahead > 0 || (ahead === 0 && offset(connection.sndWl2, segment.ack) >= 0);
}

function takeWindow(connection: Connection, segment: Segment): void {
  connection.sndWnd = segment.window;
  connection.sndWl1 = idealSeq(connection, segment);
  connection.sndWl2 = segment.ack;
}

// Seventh and eighth: text and FIN. `before` is the connection as it was when the segment arrived. It changes
// `connection`.
function processTextAndFin(connection: Connection, segment: Segment, before: Connection): Outcome {
  const { state } = connection;
  const receives = state === ESTABLISHED || state === FIN_WAIT_1 || state === FIN_WAIT_2;
  if (!receives) return processAfterFin(connection, segment);
  const taken = takeText(connection, segment);
  // Nobody will read it, and the peer must know (SHLD-3, RFC 2525 §2.17).
  if (connection.abandoned && taken.isNew) return aborted(connection);

  const outcome = ignored(connection);
  connection.rcvNxt = plus(connection.rcvNxt, taken.delivered + (taken.ended ? 1 : 0));
  connection.held = taken.held;
  connection.heldFin = taken.heldFin;
  outcome.delivered = taken.delivered;
  if (taken.ended) connection.state = state === ESTABLISHED ? CLOSE_WAIT : state === FIN_WAIT_1 ? CLOSING : TIME_WAIT;
  if (lengthOf(segment) > 0) {
    // What lies in or behind a hole is acknowledged at once (RFC 5681 §4.2), the rest when convenient (§3.8.6.3).
    outcome.reply = acknowledgment(connection, hasHole(before) || hasHole(connection));
  }
  return outcome;
}

function hasHole({ held, heldFin }: Connection): boolean {
  return held.length > 0 || heldFin !== undefined;
}

// Behind the peer's FIN there is nothing: text is ignored, another FIN is acknowledged. It is not the peer's FIN again,
// so that it does not begin TIME-WAIT anew (fifth step).
function processAfterFin(connection: Connection, segment: Segment): Outcome {
  return segment.flags & FIN ? challenged(connection) : ignored(connection);
}

// ---- outcomes and replies ------------------------------------------------------------------------------------------

function ignored(connection: Connection): Outcome {
  return { after: connection, reply: undefined, delivered: 0, error: undefined, restarted: false };
}

function answered(connection: Connection, reply: Reply): Outcome {
  const outcome = ignored(connection);
  outcome.reply = reply;
  return outcome;
}

function challenged(connection: Connection): Outcome {
  return answered(connection, acknowledgment(connection, true));
}

function closed(connection: Connection, error: ConnectionError | undefined): Outcome {
  const outcome = ignored({ ...connection, state: CLOSED });
  outcome.error = error;
  return outcome;
}

function returnedToListen(connection: Connection): Outcome {
  return ignored({ ...connection, state: LISTEN });
}

// ABORT (§3.10.5).
function aborted(connection: Connection): Outcome {
  const outcome = closed(connection, undefined);
  outcome.reply = reset(connection.sndNxt);
  return outcome;
}

export function synAck({ rcvNxt, tsRecent }: Connection, flags: number, seq: number | undefined): Reply {
  return { flags, seq, ack: rcvNxt, echo: tsRecent, sack: [], atOnce: true };
}

/** <SEQ=seq><CTL=RST> */
export function reset(seq: number): Reply {
  return { flags: RST, seq, ack: undefined, echo: undefined, sack: [], atOnce: true };
}

/** <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
export function acknowledgment(connection: Connection, atOnce = false): Reply {
  const { sndNxt, rcvNxt, tsRecent, sackPermitted, held } = connection;
  return { flags: ACK, seq: sndNxt, ack: rcvNxt, echo: tsRecent, sack: sackPermitted ? held : [], atOnce };
}

// A reset takes its numbers from the segment that it answers (§3.5.2).
function resetFor(segment: Segment): Reply {
  if (segment.flags & ACK) return reset(segment.ack);
  return { ...reset(0), flags: RST | ACK, ack: plus(segment.seq, lengthOf(segment)) };
}
