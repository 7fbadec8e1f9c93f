// A stream that repeats one block of random bytes; every byte that arrives is compared with it.

#include "bench.h"
#include <string.h>

#define PERIOD (61 * 1460)
#define LONGEST 0x10000

static uint8_t block[PERIOD + LONGEST];

void payload_start(void)
{
  uint32_t state = 0x9e3779b9;
  for (uint32_t i = 0; i < PERIOD; i++) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    block[i] = (uint8_t)state;
  }
  memcpy(block + PERIOD, block, LONGEST);
}

// 64 KB from here on are the stream's.
const uint8_t *payload_at(uint64_t position)
{
  return block + position % PERIOD;
}

void payload_check(uint64_t position, const void *bytes, uint32_t count)
{
  if (memcmp(payload_at(position), bytes, count) != 0) bench_fail("what arrived is not what was sent");
}
