// The Internet checksum (RFC 1071). Sums are kept in memory order: the one's complement sum does not care which byte
// of a word counts as the upper one (§2 B), so that nothing is swapped on the way in or out.

import { IPV6, WORD_BITS } from "profile";

/** Sums `bytes` bytes at `p`, folded to 16 bits. An odd last byte counts as if a zero followed. */
export function sumBytes(p: usize, bytes: u32): u32 {
  return WORD_BITS == 32 ? sumNarrow(p, bytes) : sumWide(p, bytes);
}

/** For processors that add 64 bits at once, and several times in a cycle: sums that do not wait for each other. */
export function sumWide(p: usize, bytes: u32): u32 {
  let even: u64 = 0;
  let odd: u64 = 0;
  const end = p + bytes;
  while (p + 32 <= end) {
    even += <u64>load<u32>(p) + <u64>load<u32>(p, 8) + <u64>load<u32>(p, 16) + <u64>load<u32>(p, 24);
    odd += <u64>load<u32>(p, 4) + <u64>load<u32>(p, 12) + <u64>load<u32>(p, 20) + <u64>load<u32>(p, 28);
    p += 32;
  }
  while (p + 4 <= end) {
    even += <u64>load<u32>(p);
    p += 4;
  }
  return fold64(even + odd + tail(p, end));
}

/**
 * For processors that add 32 bits and a carry: one word after the other into one sum. The compiler turns the order around,
 * and where accesses are checked, the check of the last address covers the others.
 */
export function sumNarrow(p: usize, bytes: u32): u32 {
  let sum: u64 = 0;
  const end = p + bytes;
  while (p + 32 <= end) {
    sum += <u64>load<u32>(p);
    sum += <u64>load<u32>(p, 4);
    sum += <u64>load<u32>(p, 8);
    sum += <u64>load<u32>(p, 12);
    sum += <u64>load<u32>(p, 16);
    sum += <u64>load<u32>(p, 20);
    sum += <u64>load<u32>(p, 24);
    sum += <u64>load<u32>(p, 28);
    p += 32;
  }
  while (p + 4 <= end) {
    sum += <u64>load<u32>(p);
    p += 4;
  }
  return fold64(sum + tail(p, end));
}

/** Copies `bytes` bytes from `source` to `target` and gives their sum, in one pass. The two must not overlap. */
export function copyAndSum(target: usize, source: usize, bytes: u32): u32 {
  let even: u64 = 0;
  let odd: u64 = 0;
  const end = source + bytes;
  while (source + 32 <= end) {
    const a = load<u64>(source);
    const b = load<u64>(source, 8);
    const c = load<u64>(source, 16);
    const d = load<u64>(source, 24);
    store<u64>(target, a);
    store<u64>(target, b, 8);
    store<u64>(target, c, 16);
    store<u64>(target, d, 24);
    even += <u64>(<u32>a) + <u64>(<u32>b) + <u64>(<u32>c) + <u64>(<u32>d);
    odd += (a >> 32) + (b >> 32) + (c >> 32) + (d >> 32);
    source += 32;
    target += 32;
  }
  while (source + 4 <= end) {
    const word = load<u32>(source);
    store<u32>(target, word);
    even += <u64>word;
    source += 4;
    target += 4;
  }
  for (let p = source; p < end; p++, target++) store<u8>(target, load<u8>(p));
  return fold64(even + odd + tail(source, end));
}

/** Sums a header of `bytes` bytes: nearly always 20, which need no loop. */
export function sumHeader(p: usize, bytes: u32): u32 {
  if (bytes != 20) return sumBytes(p, bytes);
  return fold64(
    <u64>load<u32>(p) + <u64>load<u32>(p, 4) + <u64>load<u32>(p, 8) + <u64>load<u32>(p, 12) + <u64>load<u32>(p, 16),
  );
}

/** The sum of a 32-bit word in memory order, not folded. */
export function sumWord(word: u32): u32 {
  return (word & 0xffff) + (word >> 16);
}

/**
 * The sum of a pseudo-header without its length (RFC 9293 §3.1; RFC 8200 §8.1), not folded. One form serves both
 * versions: the words that make an address an IPv4 one add up to 0xffff, which is 0 to this kind of sum.
 */
export function sumPseudoHeader(source: usize, destination: usize, protocol: u32): u32 {
  return sumAddress(source) + sumAddress(destination) + (protocol << 8);
}

function sumAddress(p: usize): u32 {
  if (!IPV6) return sumWord(load<u32>(p, 12));
  return sumWord(load<u32>(p)) + sumWord(load<u32>(p, 4)) + sumWord(load<u32>(p, 8)) + sumWord(load<u32>(p, 12));
}

/** The sum of two adjoining pieces: `before` covers `beforeBytes` bytes, `after` starts behind them. */
export function joinSums(before: u32, beforeBytes: u32, after: u32): u32 {
  // A piece at an odd place has its bytes in the other halves of the words (RFC 1071 §2 B).
  if (beforeBytes & 1) after = ((after << 8) | (after >> 8)) & 0xffff;
  return fold32(before + after);
}

/** Folds a sum of 16-bit words to 16 bits. */
export function fold32(sum: u32): u32 {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

function fold64(sum: u64): u32 {
  sum = (sum & 0xffffffff) + (sum >> 32);
  const half = <u32>((sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32));
  return fold32(half);
}

// The last zero to three bytes.
function tail(p: usize, end: usize): u64 {
  let sum: u64 = 0;
  if (p + 2 <= end) {
    sum = load<u16>(p);
    p += 2;
  }
  if (p < end) sum += load<u8>(p);
  return sum;
}
