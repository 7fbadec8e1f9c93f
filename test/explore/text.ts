// What of an acceptable segment's text and FIN lies in the window, and what can be delivered of it and of the text
// that waits behind holes (RFC 9293 §3.10.7.4, first, seventh and eighth; SHLD-31).

import { type Connection, FIN, type Range, type Segment } from "./connection.ts";
import { offset, plus } from "./sequence.ts";

export interface Taken {
  /** There is text in the window that was not there before, or there again. */
  isNew: boolean;
  /** Bytes in order, behind RCV.NXT. */
  delivered: number;
  /** A FIN follows on them. */
  ended: boolean;
  /** What still lies behind holes. */
  held: readonly Range[];
  heldFin: number | undefined;
}

/** Everything is reckoned from RCV.NXT, which is 0 here; RCV.WND is the window's end. */
export function takeText(connection: Connection, segment: Segment): Taken {
  const { rcvNxt, rcvWnd, held, heldFin } = connection;
  const start = offset(rcvNxt, segment.seq);
  const end = start + segment.text;
  // What is old and what lies beyond the window is cut off; a FIN beyond it, too.
  const arrived = { from: Math.max(start, 0), to: Math.min(end, rcvWnd) };
  const isNew = segment.text > 0 && arrived.from < arrived.to;
  const hasFin = (segment.flags & FIN) !== 0 && end >= 0 && end < rcvWnd;
  const fins = [hasFin ? end : undefined, heldFin === undefined ? undefined : offset(rcvNxt, heldFin)];
  const fin = Math.min(...fins.filter((number) => number !== undefined));

  const pieces = held.map(({ from, to }) => ({ from: offset(rcvNxt, from), to: offset(rcvNxt, to) }));
  // Segments are processed in the order of their numbers: behind a FIN nothing counts.
  const all = upTo(fin, isNew ? joined([...pieces, arrived]) : pieces);
  const [first] = all;
  const delivered = first?.from === 0 ? first.to : 0;
  const rest = delivered > 0 ? all.slice(1) : all;
  const ended = fin === delivered;
  return {
    isNew,
    delivered,
    ended,
    held: rest.map(({ from, to }) => ({ from: plus(rcvNxt, from), to: plus(rcvNxt, to) })),
    heldFin: fin === Number.POSITIVE_INFINITY || ended ? undefined : plus(rcvNxt, fin),
  };
}

/** Ranges in order, those that touch made one. */
function joined(ranges: Range[]): Range[] {
  const sorted = ranges.sort((a, b) => a.from - b.from);
  const result: Range[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else result.push({ ...range });
  }
  return result;
}

/** What of the ranges lies before `end`. */
function upTo(end: number, ranges: readonly Range[]): Range[] {
  return ranges.filter(({ from }) => from < end).map(({ from, to }) => ({ from, to: Math.min(to, end) }));
}
