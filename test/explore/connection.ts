// What the reference works on: the variables of a connection (RFC 9293 §3.3.1), an arriving segment, and what comes of
// it. Sequence numbers are absolute, lengths and windows are bytes.

import { State } from "../../assembly/abi/status.ts";
import { FLAG_BITS } from "../segment/frames.ts";

export const FIN = FLAG_BITS.F;
export const SYN = FLAG_BITS.S;
export const RST = FLAG_BITS.R;
export const PSH = FLAG_BITS.P;
export const ACK = FLAG_BITS["."];
export const URG = FLAG_BITS.U;
export const ECE = FLAG_BITS.E;
export const CWR = FLAG_BITS.W;

// Copies, because a property of an enum object costs a load each time.
export const CLOSED: State = State.CLOSED;
export const LISTEN: State = State.LISTEN;
export const SYN_SENT: State = State.SYN_SENT;
export const SYN_RECEIVED: State = State.SYN_RECEIVED;
export const ESTABLISHED: State = State.ESTABLISHED;
export const FIN_WAIT_1: State = State.FIN_WAIT_1;
export const FIN_WAIT_2: State = State.FIN_WAIT_2;
export const CLOSE_WAIT: State = State.CLOSE_WAIT;
export const CLOSING: State = State.CLOSING;
export const LAST_ACK: State = State.LAST_ACK;
export const TIME_WAIT: State = State.TIME_WAIT;

/** A stretch of the stream, from one sequence number up to, not including, another. */
export interface Range {
  from: number;
  to: number;
}

export interface Connection {
  state: State;
  /** It came from LISTEN (MUST-11). */
  passive: boolean;
  /** Whether somebody listens at the same local socket, and has room for another connection. */
  listener: "none" | "ready" | "full";

  iss: number;
  sndUna: number;
  sndNxt: number;
  sndWnd: number;
  sndWl1: number;
  sndWl2: number;
  /** MAX.SND.WND: the largest window that the peer has ever offered (RFC 5961 §5.2). */
  maxSndWnd: number;
  /** Our FIN has been sent; its number is SND.NXT - 1. */
  finSent: boolean;

  irs: number;
  rcvNxt: number;
  rcvWnd: number;
  /** Text behind holes, in order and apart from each other; and the number of a FIN behind it. */
  held: readonly Range[];
  heldFin: number | undefined;
  /** The application has called CLOSE and will read no more (half-duplex close, MAY-1). */
  abandoned: boolean;

  /** TS.Recent, where timestamps are agreed (RFC 7323 §3.2). */
  tsRecent: number | undefined;
  /** Selective acknowledgment is agreed (RFC 2018 §2). */
  sackPermitted: boolean;
}

export interface Segment {
  flags: number;
  seq: number;
  /** Meaningful with the ACK bit only, but always there. */
  ack: number;
  /** In bytes: scaled, where that is agreed and the segment is no SYN (RFC 7323 §2.2). */
  window: number;
  /** Bytes of text. */
  text: number;
  /** TSval of its Timestamps option, if it has one. */
  timestamp: number | undefined;
}

/** SEG.LEN: the sequence numbers that a segment takes (RFC 9293 §3.4). */
export function lengthOf(segment: Segment): number {
  return segment.text + (segment.flags & SYN ? 1 : 0) + (segment.flags & FIN ? 1 : 0);
}

/** What is sent in answer to a segment. */
export interface Reply {
  /** Exactly these flags. */
  flags: number;
  /** Undefined: the stack chooses it, as it does with an initial sequence number. */
  seq: number | undefined;
  /** Undefined without the ACK bit. */
  ack: number | undefined;
  /** TSecr, if the segment must carry timestamps. */
  echo: number | undefined;
  /** The text behind holes that it must report (RFC 2018 §4); undefined where that is open. */
  sack: readonly Range[] | undefined;
  /** It may not wait for the delayed-ACK timer. */
  atOnce: boolean;
}

export type ConnectionError = "connection reset" | "connection refused";

/** What a segment changes. */
export interface Outcome {
  /** The connection behind it. In CLOSED and LISTEN only the state counts. */
  after: Connection;
  reply: Reply | undefined;
  /** Bytes that the application can read more than before. */
  delivered: number;
  /** What the user is told. */
  error: ConnectionError | undefined;
  /** The 2 MSL of TIME-WAIT begin anew. */
  restarted: boolean;
}
