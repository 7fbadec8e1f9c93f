// What can be said of a TCP segment only by knowing those before it: sequence numbers counted from the start of the
// connection, and whether its bytes, or its acknowledgment, were sent before.

import type { Dissection } from "./dissection.ts";
import { ACK, FIN, RST, SYN, type TcpHeader } from "./tcp-header.ts";

export interface SegmentView {
  /** Sequence number counted from the SYN, which has 0. */
  seq: number;
  /** The number after the last byte (and after a FIN or SYN), counted likewise. */
  end: number;
  /** Acknowledgment number counted from the other side's SYN; null without the ACK flag. */
  ack: number | null;
  /** Sequence numbers that this segment occupies were sent before: a retransmission. */
  again: boolean;
  /** It repeats the sender's last acknowledgment although there is more to acknowledge (RFC 5681 §2). */
  duplicateAck: boolean;
  /** The window in bytes: scaled, where both SYNs were seen and offered that (RFC 7323 §2.2). */
  window: number;
  /** Turns a number of the other direction, as a SACK block has them, into a relative one. */
  relativeAck: (seq: number) => number;
}

/** One direction of a connection. Numbers are as in the headers. */
interface Direction {
  /** What counts as 0. */
  base: number;
  /** One past the highest number sent. */
  highest: number;
  lastAck: number | null;
  lastWindow: number;
  /** What its SYN said of scaling; null when it said nothing. */
  shift: number | null;
}

const WRAP = 2 ** 32;

function shiftOf({ options }: TcpHeader): number | null {
  const scale = options.find((option) => option.kind === "window scale");
  return scale?.kind === "window scale" ? scale.shift : null;
}

// Scaling holds when both SYNs offered it.
function scaleOf(own: Direction, other: Direction | null): number {
  return own.shift === null || other === null || other.shift === null ? 1 : 2 ** own.shift;
}

/** Follows any number of connections; segments are to be shown to it in the order in which they were sent. */
export class Conversations {
  readonly #directions = new Map<string, Direction>();

  /** Takes note of a segment; answers null for anything that is not TCP. */
  view({ ip, tcp, payload }: Dissection): SegmentView | null {
    if (!ip || !tcp) return null;
    const here = `${ip.source}:${tcp.sourcePort}`;
    const there = `${ip.destination}:${tcp.destinationPort}`;
    const isSyn = (tcp.flags & SYN) !== 0;
    const span = payload.length + (isSyn ? 1 : 0) + (tcp.flags & FIN ? 1 : 0);
    const own = this.#direction(`${here} ${there}`, `${there} ${here}`, tcp.seq, isSyn, tcp.flags);
    if (isSyn) own.shift = shiftOf(tcp);
    const other = tcp.flags & ACK ? this.#otherDirection(`${there} ${here}`, tcp.ack) : null;

    const again = span > 0 && signed(tcp.seq - own.highest) < 0;
    const outstanding = other !== null && signed(other.highest - tcp.ack) > 0;
    const repeats = tcp.ack === own.lastAck && tcp.window === own.lastWindow;
    const duplicateAck = span === 0 && outstanding && repeats && (tcp.flags & (SYN | RST)) === 0;

    const end = (tcp.seq + span) >>> 0;
    if (signed(end - own.highest) > 0) own.highest = end;
    if (other) own.lastAck = tcp.ack;
    own.lastWindow = tcp.window;
    const seq = relative(tcp.seq, own.base);
    const relativeAck = (number: number): number => relative(number, other?.base ?? 0);
    const window = isSyn ? tcp.window : tcp.window * scaleOf(own, other);
    return { seq, end: seq + span, window, ack: other ? relativeAck(tcp.ack) : null, again, duplicateAck, relativeAck };
  }

  #direction(key: string, reverse: string, seq: number, isSyn: boolean, flags: number): Direction {
    const known = this.#directions.get(key);
    if (known && !(isSyn && known.base !== seq)) return known;
    // A SYN with another number opens a new connection between the same ports.
    if (known && (flags & ACK) === 0) this.#directions.delete(reverse);
    // Without having seen the SYN, the first byte counts as 1, where it would be had it been the first of all.
    const base = isSyn || flags & RST ? seq : (seq - 1) >>> 0;
    const fresh = { base, highest: seq, lastAck: null, lastWindow: -1, shift: null };
    this.#directions.set(key, fresh);
    return fresh;
  }

  #otherDirection(key: string, ack: number): Direction {
    const known = this.#directions.get(key);
    if (known) return known;
    const guessed = { base: (ack - 1) >>> 0, highest: ack, lastAck: null, lastWindow: -1, shift: null };
    this.#directions.set(key, guessed);
    return guessed;
  }
}

// The distance between two sequence numbers, -2^31 to 2^31-1 (RFC 9293 §3.4).
function signed(difference: number): number {
  return difference | 0;
}

// Counts on past 2^31; what lies a little before the base (a keep-alive before any data) is negative.
function relative(seq: number, base: number): number {
  const distance = (seq - base) >>> 0;
  return distance > WRAP - 0x10000 ? distance - WRAP : distance;
}
