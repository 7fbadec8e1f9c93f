// A good Internet checksum (RFC 1071), as a port of lwIP for a fast machine brings one: 32-bit words into 64-bit sums,
// sixteen in a turn. What lwIP wants is the folded sum of the bytes as they lie in memory, not complemented.

#include <stdint.h>
#include <string.h>

// Where the processor is known only at run time, gcc compiles it for both kinds.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)
__attribute__((target_clones("avx2", "default"), optimize("O3")))
#endif
uint16_t bench_checksum(const void *data, int bytes)
{
  const uint8_t *at = data;
  uint64_t sums[8] = {0};
  uint32_t words[16];
  for (; bytes >= 64; bytes -= 64, at += 64) {
    memcpy(words, at, 64);
    for (int i = 0; i < 8; i++) sums[i] += (uint64_t)words[i] + words[i + 8];
  }
  uint64_t sum = sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
  for (; bytes >= 4; bytes -= 4, at += 4) {
    memcpy(words, at, 4);
    sum += words[0];
  }
  if (bytes & 2) {
    uint16_t half;
    memcpy(&half, at, 2);
    sum += half;
    at += 2;
  }
  if (bytes & 1) sum += *at;
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 16) + (sum & 0xffff);
  sum = (sum >> 16) + (sum & 0xffff);
  sum = (sum >> 16) + (sum & 0xffff);
  return (uint16_t)((sum >> 16) + (sum & 0xffff));
}
