// The segments that are tried: every combination of flags, times positions in and around the receive window, times ACKs
// in and around what is in flight, times lengths, times timestamps.

import { ACK, type Connection, type Segment } from "./connection.ts";
import { distance, plus } from "./sequence.ts";
import { PEER_TSVAL } from "./states.ts";

/** Half of the sequence space: where before and behind meet. */
const HALF = 0x8000_0000;
/** What every segment offers, in bytes: not what the peer offered before, and whole when shifted. */
const WINDOW = 1200;
/** Most bytes of text in a frame. */
const MOST_TEXT = 1448;

/** How much is tried. */
export interface Breadth {
  flags: readonly number[];
  texts: readonly number[];
  /** Distances of the timestamps tried from TS.Recent, where timestamps are agreed. */
  ages: readonly number[];
}

/** Every combination of the lower `bits` flags. */
function combinations(bits: number): number[] {
  return Array.from({ length: 1 << bits }, (_, flags) => flags);
}

/** The RFC's six flags in every combination, except that PSH and URG, which decide nothing, come together. */
export const QUICK: Breadth = {
  flags: combinations(6).filter((flags) => ((flags >> 3) & 1) === ((flags >> 5) & 1)),
  texts: [0, 1, 10],
  ages: [1, -1],
};

export const FULL: Breadth = {
  flags: combinations(6),
  texts: [0, 1, 10, 100, 250, MOST_TEXT],
  ages: [0, 1, -1, HALF - 1, -HALF + 1],
};

/** The flags of explicit congestion notification, too, which a stack without it must not mind. */
export const ALL_FLAGS: Breadth = { ...QUICK, flags: combinations(8) };

/** Calls `visit` with every segment of the product; it is the same object each time. */
export function forEachSegment(connection: Connection, breadth: Breadth, visit: (segment: Segment) => void): void {
  const segment: Segment = { flags: 0, seq: 0, ack: 0, window: WINDOW, text: 0, timestamp: undefined };
  const withAck = ackNumbers(connection);
  const withoutAck = [connection.sndNxt];
  for (segment.text of lengths(connection, breadth)) {
    for (segment.seq of sequenceNumbers(connection, segment.text)) {
      for (segment.timestamp of timestamps(connection, breadth)) {
        for (segment.flags of breadth.flags) {
          for (segment.ack of segment.flags & ACK ? withAck : withoutAck) visit(segment);
        }
      }
    }
  }
}

/** Where text behind holes begins and ends. */
function edges({ held }: Connection): number[] {
  return held.flatMap(({ from, to }) => [from, to]);
}

/** Lengths of text: those asked for, and those that reach from RCV.NXT to the window's end and to every edge. */
function lengths(connection: Connection, { texts }: Breadth): number[] {
  const { rcvNxt, rcvWnd } = connection;
  const toEdges = edges(connection).flatMap((edge) => [distance(rcvNxt, edge), distance(rcvNxt, edge) + 1]);
  const toEnd = [rcvWnd - 1, rcvWnd, rcvWnd + 1, rcvWnd + 2];
  return unique([...texts, ...[...toEdges, ...toEnd].filter((text) => text > 1 && text <= MOST_TEXT)]);
}

/** First numbers of a segment with so much text: it begins or ends around the window's ends and every edge, or far off. */
function sequenceNumbers(connection: Connection, text: number): number[] {
  const { rcvNxt, rcvWnd } = connection;
  const ends = [rcvNxt, rcvNxt + rcvWnd].flatMap((end) => [end, end - text]);
  const around = [...ends, ...edges(connection)].flatMap((number) => [number - 1, number, number + 1]);
  const upToEdges = edges(connection).map((edge) => edge - text);
  const far = [rcvNxt - HALF, rcvNxt + HALF - 1, rcvNxt - rcvWnd, rcvNxt - 2, rcvNxt + (rcvWnd >> 1)];
  return unique([...around, ...upToEdges, ...far].map((number) => number >>> 0));
}

function ackNumbers({ sndUna, sndNxt, maxSndWnd }: Connection): number[] {
  const oldest = sndUna - maxSndWnd;
  const middle = sndUna + (distance(sndUna, sndNxt) >> 1);
  const numbers = [oldest - 1, oldest, sndUna - 1, sndUna, sndUna + 1, middle, sndNxt - 1, sndNxt, sndNxt + 1];
  return unique([...numbers, sndUna + HALF, sndNxt + HALF - 1].map((number) => number >>> 0));
}

/** None, and around TS.Recent; without an agreement one value is as good as another. */
function timestamps({ tsRecent }: Connection, { ages }: Breadth): (number | undefined)[] {
  if (tsRecent === undefined) return [undefined, PEER_TSVAL];
  return [undefined, ...ages.map((age) => plus(tsRecent, age))];
}

function unique(numbers: readonly number[]): number[] {
  return [...new Set(numbers)];
}
