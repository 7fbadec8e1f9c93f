// SipHash-2-4 (Aumasson and Bernstein): a keyed hash for short input. Sequence numbers, ports and tables that a
// stranger must not predict rest on it.

/** Hashes `words` 64-bit words at `data` with the 16-byte key at `key`. The length is part of what is hashed. */
export function sipHash(key: usize, data: usize, words: u32): u64 {
  const k0 = load<u64>(key);
  const k1 = load<u64>(key, 8);
  let v0: u64 = k0 ^ 0x736f6d6570736575;
  let v1: u64 = k1 ^ 0x646f72616e646f6d;
  let v2: u64 = k0 ^ 0x6c7967656e657261;
  let v3: u64 = k1 ^ 0x7465646279746573;
  const last = words + 1;
  // Word `words` is the padding: no bytes are left over, the length stands in its upper byte. Then the finish.
  for (let i: u32 = 0; i <= last; i++) {
    const message: u64 = i < words ? load<u64>(data + i * 8) : i == words ? (<u64>(words * 8)) << 56 : 0;
    if (i == last) v2 ^= 0xff;
    else v3 ^= message;
    const rounds: u32 = i == last ? 4 : 2;
    for (let round: u32 = 0; round < rounds; round++) {
      v0 += v1;
      v1 = rotl(v1, 13) ^ v0;
      v0 = rotl(v0, 32);
      v2 += v3;
      v3 = rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = rotl(v1, 17) ^ v2;
      v2 = rotl(v2, 32);
    }
    if (i != last) v0 ^= message;
  }
  return v0 ^ v1 ^ v2 ^ v3;
}
