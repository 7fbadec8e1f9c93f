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
  type Range,
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
  const { state } = expected.after;
  demand(found, seen.state === state, "state");
  compareReplies(found, before, expected.reply, seen.sent);
  demand(found, seen.wrongBytes === 0, "bytes");
  const isWatched = seen.ended !== undefined;
  if (isWatched) demand(found, seen.error === (expected.error === undefined ? 0 : ERRNO[expected.error]), "error");
  if (state === CLOSED || state === LISTEN || seen.state !== state) return found;

  const { sndUna, sndNxt, sndWnd, rcvNxt, irs } = expected.after;
  if (state === SYN_SENT) return found;
  demand(found, seen.rcvNxt === rcvNxt, "RCV.NXT");
  demand(found, seen.readable - start.readable === expected.delivered, "text");
  if (isWatched) demand(found, seen.ended === hasEnded(expected.after), "end of stream");
  if (state === TIME_WAIT) {
    const restarted = start.waitsUntil !== 0 && seen.waitsUntil > start.waitsUntil;
    demand(found, restarted === expected.restarted, "2 MSL");
    return found;
  }
  demand(found, seen.timed, "timer");
  demand(found, seen.held === heldBytes(expected.after), "text behind holes");
  const isReopened = before.state === LISTEN || before.state === TIME_WAIT;
  if (isReopened) return found;
  demand(found, seen.sndUna === sndUna && seen.sndNxt === sndNxt, "SND.UNA");
  demand(found, seen.sndWnd === sndWnd, "SND.WND");
  if (irs === before.irs) {
    demand(found, isKept(before, seen.rcvNxt, seen.rcvWnd), "window edge");
    for (const { flags, ack, window } of seen.sent)
      demand(found, flags !== ACK || isKept(before, ack, window), "window edge");
  }
  return found;
}

function demand(found: string[], holds: boolean, aspect: string): void {
  if (!holds) found.push(aspect);
}

function compareReplies(found: string[], before: Connection, reply: Reply | undefined, sent: readonly Sent[]): void {
  const [first] = sent;
  if (reply === undefined || first === undefined || sent.length > 1) {
    demand(found, reply === undefined && first === undefined, "reply");
    return;
  }
  demand(
    found,
    first.flags === reply.flags && isSequence(before, reply, first) && isAck(reply, first) && first.text === 0,
    "reply",
  );
  demand(found, !reply.atOnce || first.moment === 0, "moment of the reply");
  if (reply.flags & ACK) demand(found, first.echo === reply.echo, "timestamp of the reply");
  demand(found, reply.sack === undefined || reports(first, reply.sack), "SACK of the reply");
}

/** Every stretch is reported, and nothing else but, first, text that came twice (RFC 2883 §4). */
function reports({ sack, ack }: Sent, held: readonly Range[]): boolean {
  if (sack.length === 0) return held.length === 0;
  const others = sack.filter((block) => !isIn(held, block));
  const isAgain = others.length === 1 && others[0] === sack[0] && isReceived(held, ack, sack[0]);
  return (others.length === 0 || isAgain) && held.every((range) => isIn(sack, range));
}

function isIn(ranges: readonly Range[], { from, to }: Range): boolean {
  return ranges.some((range) => range.from === from && range.to === to);
}

function isReceived(held: readonly Range[], ack: number, block: Range): boolean {
  if (offset(block.to, ack) >= 0) return true;
  return held.some(({ from, to }) => offset(from, block.from) >= 0 && offset(block.to, to) >= 0);
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
