// Where the stack differs from the reference and may: each difference with the reason, and with what it does instead,
// so that nothing else passes under its name. One that never occurs is a failure, too: it would excuse what is not there.

import {
  ACK,
  CLOSED,
  CLOSING,
  type Connection,
  FIN,
  lengthOf,
  type Outcome,
  RST,
  type Segment,
  SYN,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from "./connection.ts";
import { acknowledgment, reset, segmentArrives, synAck } from "./reference.ts";
import type { Observation } from "./rig.ts";
import { isAmong, offset, plus } from "./sequence.ts";

export interface Difference {
  name: string;
  /** What permits it. */
  reason: string;
  /** What may come of `segment` instead of `expected`; undefined where this difference has nothing to say. */
  permits(connection: Connection, segment: Segment, expected: Outcome, seen: Observation): Outcome | undefined;
}

const refusedByName: Difference = {
  name: "a refused connect is told so",
  reason:
    "RFC 9293 §3.10.7.3 calls it `connection reset`, §3.10.7.4 calls the same event `connection refused` when the " +
    "open was active; Berkeley's connect knows the second",
  permits: ({ state }, _segment, expected) =>
    state === SYN_SENT && expected.error === "connection reset"
      ? { ...expected, error: "connection refused" }
      : undefined,
};

const synAgain: Difference = {
  name: "a SYN that comes again is answered with the SYN,ACK again",
  reason:
    "the SYN,ACK acknowledges what the ACK of RFC 9293 §3.10.7.4 (first) would, and it was lost, or the SYN would not " +
    "come again: what waits for an acknowledgment may be sent again (§3.8.1)",
  permits: (connection, { seq, flags }, expected) => {
    const { state, passive, irs, iss } = connection;
    if (state !== SYN_RECEIVED || !passive || seq !== irs || (flags & (SYN | ACK | RST)) !== SYN) return undefined;
    return { ...expected, after: connection, reply: synAck(connection, SYN | ACK, iss) };
  },
};

const challengedHandshake: Difference = {
  name: "a SYN in the window of a handshake is challenged",
  reason:
    "RFC 9293 §3.10.7.4 (fourth) goes back to LISTEN, so that one segment from anybody ends a handshake; the challenge " +
    "of RFC 5961 §4.2 makes a peer that has begun anew answer with a reset, which goes back to LISTEN as well",
  permits: (connection, { seq, flags }, expected) => {
    const { state, passive, rcvNxt, rcvWnd } = connection;
    if (state !== SYN_RECEIVED || !passive || (flags & (SYN | RST)) !== SYN) return undefined;
    return isAmong(seq, rcvNxt, rcvWnd) ? acknowledged(expected, connection) : undefined;
  },
};

const nothingBeforeTheFirstByte: Difference = {
  name: "before the first byte of a handshake there is nothing to cut off",
  reason:
    "what begins before RCV.NXT begins at the SYN's number or before it, where no peer has text: it is taken for a " +
    "segment out of the window, and the ACK says so (RFC 9293 §3.5.2, 3)",
  permits: (connection, segment, expected) => {
    const { state, passive, rcvNxt } = connection;
    if (state !== SYN_RECEIVED || !passive || segment.flags & RST) return undefined;
    const end = offset(rcvNxt, plus(segment.seq, lengthOf(segment)));
    return offset(rcvNxt, segment.seq) < 0 && end > 0 ? acknowledged(expected, connection) : undefined;
  },
};

const resetForBadAnswer: Difference = {
  name: "a SYN,ACK of something never sent is answered with a reset in SYN-RECEIVED",
  reason: "RFC 9293 §3.5.2, 2: in any non-synchronized state an unacceptable ACK is",
  permits: (connection, { seq, ack, flags }, expected) => {
    const { state, passive, irs, sndNxt } = connection;
    const isAnswer = seq === irs && (flags & (SYN | ACK | RST)) === (SYN | ACK);
    if (state !== SYN_RECEIVED || passive || !isAnswer || ack === sndNxt) return undefined;
    return { ...expected, reply: reset(ack) };
  },
};

const windowOfStraddling: Difference = {
  name: "the window of a segment that begins before RCV.NXT counts as old",
  reason:
    "RFC 9293 §3.10.7.4 (fifth) compares SND.WL1 with SEG.SEQ, and that a segment's old part is cut off before is how " +
    "one could do it (first); the next segment brings the window",
  permits: (connection, segment, expected) => {
    const ahead = offset(connection.sndWl1, segment.seq);
    const isNewer = ahead > 0 || (ahead === 0 && offset(connection.sndWl2, segment.ack) >= 0);
    if (offset(connection.rcvNxt, segment.seq) >= 0 || isNewer) return undefined;
    return { ...expected, after: { ...expected.after, sndWnd: connection.sndWnd } };
  },
};

const abortAcknowledges: Difference = {
  name: "the reset of an abort acknowledges",
  reason:
    "RFC 9293 §3.10.5 shows it without an ACK; with one it is the segment of §3.10.7.1, and a peer in SYN-SENT could " +
    "believe no other (§3.10.7.3)",
  permits: ({ abandoned }, _segment, expected) => {
    const { after: later, reply } = expected;
    if (!abandoned || later.state !== CLOSED || reply?.flags !== RST) return undefined;
    return { ...expected, reply: { ...reply, flags: RST | ACK, ack: later.rcvNxt, echo: later.tsRecent } };
  },
};

const withinThePeersWindow: Difference = {
  name: "an ACK does not lie beyond a window that the peer has taken back",
  reason:
    "RFC 9293 §3.10.7.4 sends it from SND.NXT, which the peer would refuse with an ACK of its own, and two whose windows " +
    "are shut would never come to rest; a sender must be robust against shrunk windows (MUST-34)",
  permits: (_connection, _segment, expected) => {
    const { after: later, reply } = expected;
    const edge = plus(later.sndUna, later.sndWnd);
    if (reply?.seq !== later.sndNxt || offset(edge, later.sndNxt) <= 0) return undefined;
    return { ...expected, reply: { ...reply, seq: edge } };
  },
};

const finAtTheEdge: Difference = {
  name: "a FIN right behind a window that its text fills is taken",
  reason:
    "RFC 9293 §3.10.7.4 (first) says that one could cut it off; a FIN needs no room, and taking it saves the peer from " +
    "sending it once more",
  permits: (connection, segment) => {
    const { rcvNxt, rcvWnd } = connection;
    const isAtEdge = plus(segment.seq, segment.text) === plus(rcvNxt, rcvWnd);
    if (!(segment.flags & FIN) || segment.text === 0 || rcvWnd === 0 || !isAtEdge) return undefined;
    return segmentArrives({ ...connection, rcvWnd: rcvWnd + 1 }, segment);
  },
};

const ackAtTheEdge: Difference = {
  name: "a segment without text counts at the right edge of the window",
  reason:
    "RFC 9293 §3.10.7.4 (first) lets it in only where the window is shut; but a peer that has filled the window behind a " +
    "hole can send its ACKs from nowhere else, and two such peers would answer each other's without end",
  permits: (connection, segment) => {
    const { rcvNxt, rcvWnd } = connection;
    const isAtEdge = segment.seq === plus(rcvNxt, rcvWnd);
    if (lengthOf(segment) !== 0 || segment.flags & RST || rcvWnd === 0 || !isAtEdge) return undefined;
    return segmentArrives({ ...connection, rcvWnd: rcvWnd + 1 }, segment);
  },
};

const contradiction: Difference = {
  name: "text and a FIN that contradict each other",
  reason:
    "RFC 9293 does not say what is to be done when a peer sends text behind its FIN, or a FIN before its text: text and " +
    "FIN are taken in the order of their arrival, and what is acknowledged is what was taken",
  permits: (connection, segment, expected, seen) => {
    const isNeither = seen.state !== connection.state && seen.state !== expected.after.state;
    if (isNeither || !contradicts(connection, segment)) return undefined;
    const reply = expected.reply && { ...expected.reply, ack: seen.rcvNxt, sack: undefined };
    const held = seen.held === 0 ? [] : [{ from: 0, to: seen.held }];
    const later = { ...expected.after, state: seen.state, rcvNxt: seen.rcvNxt, held };
    const ends = seen.ended === true ? 1 : 0;
    const delivered = offset(connection.rcvNxt, seen.rcvNxt) - ends;
    return { ...expected, after: later, reply, delivered };
  },
};

/** The segment's FIN lies before text that is held, or its text behind a FIN that is. */
function contradicts({ rcvNxt, held, heldFin }: Connection, segment: Segment): boolean {
  const end = offset(rcvNxt, plus(segment.seq, segment.text));
  const last = held.at(-1);
  const hasEarlierFin = (segment.flags & FIN) !== 0 && last !== undefined && end < offset(rcvNxt, last.to);
  return hasEarlierFin || (heldFin !== undefined && end > offset(rcvNxt, heldFin));
}

const noRoomBehindHole: Difference = {
  name: "text behind a hole is let go when there is no packet left for it",
  reason:
    "RFC 9293 SHLD-31 is a SHOULD; the only packet that the window allows is partly full, and the peer sends again. " +
    "RFC 2018 §8 has the ACK report it all the same, since it is the newest",
  permits: ({ rcvWnd, held }, _segment, { delivered, reply, ...expected }) => {
    if (rcvWnd >= 536 || delivered > 0 || reply === undefined) return undefined;
    return { ...expected, delivered, reply, after: { ...expected.after, held } };
  },
};

const secondFin: Difference = {
  name: "a second FIN that acknowledges ours in CLOSING is not answered",
  reason:
    "RFC 9293 §3.10.7.4 (eighth) acknowledges the FIN, meaning the one whose ACK was lost; that one lies before RCV.NXT " +
    "and is answered by the first step. What lies behind it is from no peer that keeps the rules",
  permits: (connection, segment) => {
    if (connection.state !== CLOSING || !(segment.flags & FIN)) return undefined;
    // As if the FIN were one more byte of text, which is ignored where it is acceptable.
    const asText = { ...segment, flags: segment.flags & ~FIN, text: segment.text + 1 };
    const outcome = segmentArrives(connection, asText);
    return outcome.reply === undefined ? outcome : undefined;
  },
};

const reopeningIsOptional: Difference = {
  name: "TIME-WAIT does not give way to every SYN that it might",
  reason:
    "RFC 9293 §3.6.1 (MAY-2): a SYN at RCV.NXT itself, and one that is newer only in that it has a timestamp, are " +
    "challenged like others",
  permits: (connection, { seq, timestamp }, expected) => {
    const { state, rcvNxt, tsRecent } = connection;
    if (state !== TIME_WAIT || expected.after.state !== SYN_RECEIVED) return undefined;
    const isAtEdge = seq === rcvNxt;
    const isOnlyStamped = tsRecent === undefined && timestamp !== undefined && offset(rcvNxt, seq) <= 0;
    return isAtEdge || isOnlyStamped ? acknowledged({ ...expected, restarted: false }, connection) : undefined;
  },
};

const timeWaitEcho: Difference = {
  name: "TIME-WAIT goes on echoing the last timestamp of the connection",
  reason:
    "RFC 7323 §4.3 keeps TS.Recent for segments that are acceptable; in TIME-WAIT none can be that comes from a peer " +
    "that keeps the rules, and RFC 6191 §2 compares a SYN with the last timestamp of the earlier connection",
  permits: ({ state, tsRecent }, _segment, expected) =>
    state === TIME_WAIT && expected.after.state === TIME_WAIT && expected.reply?.flags === ACK
      ? { ...expected, reply: { ...expected.reply, echo: tsRecent } }
      : undefined,
};

/** `expected` with the ACK of a segment that is not acceptable, and nothing changed. */
function acknowledged(expected: Outcome, connection: Connection): Outcome {
  const reply = acknowledgment(connection, true);
  return { ...expected, after: connection, reply, delivered: 0, error: undefined };
}

export const DIFFERENCES: readonly Difference[] = [
  refusedByName,
  synAgain,
  challengedHandshake,
  nothingBeforeTheFirstByte,
  resetForBadAnswer,
  finAtTheEdge,
  ackAtTheEdge,
  contradiction,
  noRoomBehindHole,
  secondFin,
  reopeningIsOptional,
  timeWaitEcho,
  windowOfStraddling,
  abortAcknowledges,
  withinThePeersWindow,
];
