// Whether what was seen of the stack is what the reference says.

import { Errno } from "../../assembly/abi/errno.ts";
import {
  ACK,
  CLOSE_WAIT,
  CLOSED,
  CLOSING,
  type Connection,
  type ConnectionError,
  LAST_ACK,
  LISTEN,
  type Outcome,
  type Reply,
  SYN_SENT,
  TIME_WAIT,
} from "./connection.ts";
import type { Sent } from "./frames.ts";
import type { Observation } from "./rig.ts";
import { offset, plus } from "./sequence.ts";

const ERRNO: Readonly<Record<ConnectionError, number>> = {
  "connection reset": Errno.ECONNRESET,
  "connection refused": Errno.ECONNREFUSED,
};

/** What of an observation is not as expected, in the order of importance; empty when all is. */
export function deviations(before: Connection, start: Observation, expected: Outcome, seen: Observation): string[] {
  const found: string[] = [];
  const demand = (holds: boolean, aspect: string): void => {
    if (!holds) found.push(aspect);
  };
  const { state } = expected.after;
  demand(seen.state === state, "state");
  compareReplies(before, expected.reply, seen.sent, demand);
  demand(seen.wrongBytes === 0, "bytes");
  const isWatched = seen.ended !== undefined;
  if (isWatched) demand(seen.error === (expected.error === undefined ? 0 : ERRNO[expected.error]), "error");
  if (state === CLOSED || state === LISTEN || seen.state !== state) return found;

  const { sndUna, sndNxt, sndWnd, rcvNxt, irs } = expected.after;
  if (state === SYN_SENT) return found;
  demand(seen.rcvNxt === rcvNxt, "RCV.NXT");
  demand(seen.readable - start.readable === expected.delivered, "text");
  if (isWatched) demand(seen.ended === hasEnded(expected.after), "end of stream");
  if (state === TIME_WAIT) {
    const restarted = start.waitsUntil !== 0 && seen.waitsUntil > start.waitsUntil;
    demand(restarted === expected.restarted, "2 MSL");
    return found;
  }
  demand(seen.timed, "timer");
  demand(seen.held === heldBytes(expected.after), "text behind holes");
  const isReopened = before.state === LISTEN || before.state === TIME_WAIT;
  if (!isReopened) {
    demand(seen.sndUna === sndUna && seen.sndNxt === sndNxt, "SND.UNA");
    demand(seen.sndWnd === sndWnd, "SND.WND");
  }
  if (irs === before.irs) {
    demand(isKept(before, seen.rcvNxt, seen.rcvWnd), "window edge");
    for (const { flags, ack, window } of seen.sent) demand(flags !== ACK || isKept(before, ack, window), "window edge");
  }
  return found;
}

function compareReplies(
  before: Connection,
  reply: Reply | undefined,
  sent: readonly Sent[],
  demand: (holds: boolean, aspect: string) => void,
): void {
  const [first] = sent;
  if (reply === undefined || first === undefined || sent.length > 1) {
    demand(reply === undefined && first === undefined, "reply");
    return;
  }
  demand(
    first.flags === reply.flags && isSequence(before, reply, first) && isAck(reply, first) && first.text === 0,
    "reply",
  );
  demand(!reply.atOnce || first.moment === 0, "moment of the reply");
  if (reply.flags & ACK) demand(first.echo === reply.echo, "timestamp of the reply");
}

// What the stack chooses itself begins behind an earlier connection's numbers (RFC 9293 §3.6.1, MAY-2).
function isSequence(before: Connection, reply: Reply, sent: Sent): boolean {
  if (reply.seq !== undefined) return sent.seq === reply.seq;
  return before.state !== TIME_WAIT || offset(before.sndNxt, sent.seq) >= 0;
}

function isAck(reply: Reply, sent: Sent): boolean {
  return sent.ack === (reply.ack ?? 0);
}

/** The window that was offered before is not taken back (RFC 9293 SHLD-14). */
function isKept({ rcvNxt, rcvWnd }: Connection, ack: number, window: number): boolean {
  return offset(plus(rcvNxt, rcvWnd), plus(ack, window)) >= 0;
}

function hasEnded({ state }: Connection): boolean {
  return state === CLOSE_WAIT || state === CLOSING || state === LAST_ACK || state === TIME_WAIT;
}

function heldBytes({ held }: Connection): number {
  return held.reduce((bytes, { from, to }) => bytes + offset(from, to), 0);
}
