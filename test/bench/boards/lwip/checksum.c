/*
 * An Internet checksum (RFC 1071) as a port for a 32-bit processor may bring it, in C: each word is added to 64 bits, which
 * are two instructions. Text begins at a word here. lwIP wants the folded sum of the bytes as they lie, not complemented.
 */
#include <stdint.h>

uint16_t bench_checksum(const void *data, int bytes) {
  const uint32_t *at = data;
  uint64_t sum = 0;
  for (; bytes >= 32; bytes -= 32, at += 8) {
    sum += at[0];
    sum += at[1];
    sum += at[2];
    sum += at[3];
    sum += at[4];
    sum += at[5];
    sum += at[6];
    sum += at[7];
  }
  for (; bytes >= 4; bytes -= 4) sum += *at++;
  const uint8_t *rest = (const uint8_t *)at;
  if (bytes & 2) {
    sum += rest[0] | rest[1] << 8;
    rest += 2;
  }
  if (bytes & 1) sum += *rest;
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 32) + (sum & 0xffffffff);
  uint32_t half = (uint32_t)(sum >> 16) + (uint32_t)(sum & 0xffff);
  half = (half >> 16) + (half & 0xffff);
  return (uint16_t)((half >> 16) + (half & 0xffff));
}
