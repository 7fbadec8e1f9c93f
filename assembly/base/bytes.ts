// Network byte order: the big-endian fields of headers, read and written where they lie.

export function be16(p: usize, offset: usize = 0): u32 {
  return bswap<u16>(load<u16>(p + offset));
}

export function be32(p: usize, offset: usize = 0): u32 {
  return bswap<u32>(load<u32>(p + offset));
}

export function setBe16(p: usize, value: u32, offset: usize = 0): void {
  store<u16>(p + offset, bswap<u16>(<u16>value));
}

export function setBe32(p: usize, value: u32, offset: usize = 0): void {
  store<u32>(p + offset, bswap<u32>(value));
}

/** The two bytes of a 16-bit value exchanged: from network order to ours, and back. */
export function bswap16(value: u32): u32 {
  return bswap<u16>(<u16>value);
}
