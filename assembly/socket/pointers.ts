// Addresses that callers pass: whether they lie in linear memory at all.

import { LINEAR_BYTES } from "profile";

/** True when `bytes` bytes at `p` are memory that calls may read or write. */
export function isReadable(p: usize, bytes: u32): bool {
  return bytes <= <u32>LINEAR_BYTES && p <= LINEAR_BYTES - bytes;
}
