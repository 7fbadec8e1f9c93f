// TIME-WAIT (RFC 9293 §3.6.1): what is left of a connection for 2·MSL, in a record much smaller than a control block.
// They all wait equally long, so that they leave in the order in which they came.

import { TIME_WAIT_SECONDS, TIME_WAITS } from "profile";
import { Counter } from "../../abi/counters";
import { SocketKind } from "../../abi/sockets";
import { Offer, State } from "../../abi/status";
import { NEVER, now } from "../../base/clock";
import { SECOND, TIME_WAIT_TIMER } from "../../base/config";
import { count } from "../../base/counters";
import { TCP_STATE, TIME_WAIT_BASE, TIME_WAIT_BYTES } from "../../base/memory";
import { timeWaitPool } from "../../base/pool";
import { setTimer } from "../../base/timers";
import { addFlow, copyEnds, Flow, FlowKind, removeFlow } from "../flow";
import { isAcceptable, judgeTimestamp, Verdict } from "./arrives";
import { Flag } from "./header";
import { WINDOW_SHIFT } from "./options";
import { answerAck } from "./reset";
import { Segment } from "./segment";
import { seqAfter, seqBefore } from "./seq";
import { leaveFlows, Mark, Tcb } from "./tcb";

/** Twice the maximum segment lifetime. */
const TWICE_MSL: u64 = <u64>TIME_WAIT_SECONDS * SECOND;

@unmanaged
@final
export class TimeWait extends Flow {
  sndNxt: u32;
  rcvNxt: u32;
  /** The largest window that the peer has offered. */
  maxSndWnd: u32;
  /** Our window as the header has it, and by how much that is shifted. */
  window: u16;
  shift: u8;
  reserved0: u8;
  /** TS.Recent, to be echoed when `stamped` is 1. */
  tsRecent: u32;
  stamped: u8;
  ttl: u8;
  tos: u8;
  reserved1: u8;
  newer: TimeWait | null;
  older: TimeWait | null;
  /** Lower and upper half of the time at which it ends. */
  endsLow: u32;
  endsHigh: u32;

  @inline get endsAt(): u64 {
    return ((<u64>this.endsHigh) << 32) | this.endsLow;
  }
}

if (offsetof<TimeWait>() != TIME_WAIT_BYTES) ERROR("TIME_WAIT_BYTES does not agree with TimeWait.");

@unmanaged
@final
class Waiting {
  oldest: TimeWait | null;
  newest: TimeWait | null;
}

const waiting: Waiting = changetype<Waiting>(TCP_STATE);

export function startTimeWaits(): void {
  timeWaitPool.start(TIME_WAIT_BASE, TIME_WAITS, TIME_WAIT_BYTES);
}

/** The connection enters TIME-WAIT: a record takes its place among the flows. The oldest makes room. */
export function enterTimeWait(tcb: Tcb): void {
  leaveFlows(tcb);
  if (!timeWaitPool.free) {
    count(Counter.TcpTimeWaitEvictions);
    if (!waiting.oldest) return; // all are set aside for handshakes
    endTimeWait(waiting.oldest!);
  }
  const record = changetype<TimeWait>(timeWaitPool.take());
  copyEnds(record, tcb);
  record.kind = <u8>FlowKind.TIME_WAIT;
  record.socketKind = <u8>SocketKind.STREAM;
  record.state = State.TIME_WAIT;
  record.adapter = tcb.adapter;
  record.sndNxt = tcb.sndNxt;
  record.rcvNxt = tcb.rcvNxt;
  record.maxSndWnd = tcb.maxSndWnd;
  record.shift = tcb.is(Mark.SCALED) ? <u8>WINDOW_SHIFT : 0;
  record.window = <u16>min<u32>(tcb.rcvWnd >> record.shift, 65535);
  record.tsRecent = tcb.tsRecent;
  record.ttl = tcb.ttl;
  record.tos = tcb.tos;
  record.stamped = tcb.is(Mark.TIMESTAMPS) ? 1 : 0;
  addFlow(record);
  append(record);
}

function append(record: TimeWait): void {
  const end = now() + TWICE_MSL;
  record.endsLow = <u32>end;
  record.endsHigh = <u32>(end >> 32);
  record.newer = null;
  const newest = waiting.newest;
  record.older = newest;
  if (newest) newest.newer = record;
  else waiting.oldest = record;
  waiting.newest = record;
  setTimer(TIME_WAIT_TIMER, waiting.oldest!.endsAt);
}

function unlink(record: TimeWait): void {
  const older = record.older;
  const newer = record.newer;
  if (older) older.newer = newer;
  else waiting.oldest = newer;
  if (newer) newer.older = older;
  else waiting.newest = older;
}

function endTimeWait(record: TimeWait): void {
  setAside(record);
  forgetTimeWait(record);
}

/** Takes the record out of sight: a handshake between the same ends is in progress. */
export function setAside(record: TimeWait): void {
  unlink(record);
  removeFlow(record);
}

/** The handshake has come to nothing: the wait goes on, and begins anew (RFC 9293 MAY-2, condition 2). */
export function resumeTimeWait(record: TimeWait): void {
  addFlow(record);
  append(record);
}

/** The record was set aside and is not needed any more. */
export function forgetTimeWait(record: TimeWait): void {
  record.kind = 0; // so that a walk over all blocks knows it for a free one
  timeWaitPool.give(changetype<usize>(record));
}

/** The oldest has waited long enough, perhaps others too. */
export function timeWaitTimeout(): void {
  while (waiting.oldest && waiting.oldest!.endsAt <= now()) endTimeWait(waiting.oldest!);
  const oldest = waiting.oldest;
  setTimer(TIME_WAIT_TIMER, oldest ? oldest.endsAt : NEVER);
}

/** True for a SYN that may open a new connection in place of the old (RFC 9293 MAY-2, RFC 1122 §4.2.2.13). */
export function mayReopen(record: TimeWait, segment: Segment): bool {
  return segment.has(Flag.SYN) && !segment.has(Flag.ACK) && !segment.has(Flag.RST) && isNewer(record, segment);
}

/** Any other segment for a connection in TIME-WAIT, in the order of the RFC's steps (§3.10.7.4). */
export function timeWaitArrives(record: TimeWait, segment: Segment): Verdict {
  if (segment.has(Flag.RST)) return Verdict.DROP; // an old duplicate must not cut the wait short (RFC 1337)
  if (record.stamped) {
    const verdict = judgeTimestamp(segment, record.tsRecent);
    if (verdict != Verdict.CONTINUE) return verdict;
  }
  if (!isAcceptable(segment, record.rcvNxt, (<u32>record.window) << record.shift)) {
    if (isFinAgain(record, segment)) {
      unlink(record); // our ACK of it was lost: the wait begins anew (eighth)
      append(record);
    }
    return Verdict.ACK;
  }
  if (segment.has(Flag.SYN)) return Verdict.CHALLENGE_ACK;
  if (!segment.has(Flag.ACK)) return Verdict.DROP;
  const isOld = seqBefore(segment.ack, record.sndNxt - record.maxSndWnd);
  return isOld || seqAfter(segment.ack, record.sndNxt) || segment.has(Flag.FIN) ? Verdict.CHALLENGE_ACK : Verdict.DROP;
}

function isFinAgain(record: TimeWait, segment: Segment): bool {
  if (!segment.has(Flag.FIN) || !segment.has(Flag.ACK) || segment.has(Flag.SYN)) return false;
  return segment.seq + segment.length == record.rcvNxt;
}

/** Answers with the ACK of what the connection had received. */
export function answerFor(record: TimeWait, segment: Segment): void {
  const stamped = record.stamped != 0;
  const seq = record.sndNxt;
  const ack = record.rcvNxt;
  answerAck(segment, record, seq, ack, record.window, stamped, record.tsRecent, record.ttl, record.tos);
}

// A new connection shows by its timestamp, or without one by its sequence number (RFC 6191 §2).
function isNewer(record: TimeWait, segment: Segment): bool {
  if (record.stamped && segment.offer & Offer.TIMESTAMPS) {
    if (segment.timestamp != record.tsRecent) return seqAfter(segment.timestamp, record.tsRecent);
  }
  return seqAfter(segment.seq, record.rcvNxt);
}
