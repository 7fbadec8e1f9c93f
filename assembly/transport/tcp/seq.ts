// Sequence numbers: unsigned 32 bits that wrap (RFC 9293 §3.4). They are never compared with < or >.

/** a comes before b. */
export function seqBefore(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}

export function seqAfter(a: u32, b: u32): bool {
  return <i32>(a - b) > 0;
}

/** a is b or comes before it. */
export function seqUpTo(a: u32, b: u32): bool {
  return <i32>(a - b) <= 0;
}

/** seq is one of the `bytes` numbers that begin with `first`. */
export function seqInWindow(seq: u32, first: u32, bytes: u32): bool {
  return seq - first < bytes;
}

export function seqMax(a: u32, b: u32): u32 {
  return seqBefore(a, b) ? b : a;
}

export function seqMin(a: u32, b: u32): u32 {
  return seqBefore(a, b) ? a : b;
}
