// Sequence numbers as RFC 9293 §3.4 compares them: modulo 2^32. Positions are taken as distances from a number that is
// known, so that there is no "half the space away" at which a comparison would mean nothing.

/** How far `number` lies behind `from`, 0 to 2^32 - 1. */
export function distance(from: number, number: number): number {
  return (number - from) >>> 0;
}

/** How far `number` lies behind `from` when it is nearer that way, else, negative, how far before it. */
export function offset(from: number, number: number): number {
  return (number - from) | 0;
}

/** True when first =< number =< last. */
export function isWithin(number: number, first: number, last: number): boolean {
  return distance(first, number) <= distance(first, last);
}

/** True when `number` is one of the `length` numbers from `start` on. */
export function isAmong(number: number, start: number, length: number): boolean {
  return distance(start, number) < length;
}

/** The number `by` further on; `by` may be negative. */
export function plus(number: number, by: number): number {
  return (number + by) >>> 0;
}
