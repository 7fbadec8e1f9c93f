// lwIP as a wasm module: what JavaScript calls, and the few functions of a C library that lwIP wants.

#include "../bench.h"
#include <string.h>

#define EXPORT(name) __attribute__((export_name(name)))

__attribute__((import_module("bench"), import_name("fail"))) void host_fail(const char *why);

EXPORT("start") void start(int work, int roles, uint32_t bytes, uint32_t pause) { work_start(work, roles, bytes, pause); }
EXPORT("run") void run(uint32_t count) { work_run(count); }
EXPORT("demand") void demand(uint32_t count) { work_demand(count); }
EXPORT("turn") void turn(void) { work_turn(); }
EXPORT("reclaim") void reclaim(void) { wire_reclaim(); }
EXPORT("done") uint32_t done(void) { return work_done(); }
EXPORT("goOn") void go_on(uint32_t ms) { clock_go_on(ms); }
EXPORT("segments") uint32_t segments(void) { return segments_sent; }
EXPORT("acks") uint32_t acks(void) { return acks_sent; }

void bench_fail(const char *why)
{
  host_fail(why);
  __builtin_trap();
}

// The compiler may call these by name; with -mbulk-memory each is a single instruction.
#undef memcpy
#undef memmove
#undef memset
void *memcpy(void *to, const void *from, size_t bytes) { return __builtin_memcpy(to, from, bytes); }
void *memmove(void *to, const void *from, size_t bytes) { return __builtin_memmove(to, from, bytes); }
void *memset(void *to, int value, size_t bytes) { return __builtin_memset(to, value, bytes); }

int memcmp(const void *left, const void *right, size_t bytes)
{
  const uint8_t *a = left, *b = right;
  for (; bytes >= 32; bytes -= 32, a += 32, b += 32) {
    uint64_t x[4], y[4];
    __builtin_memcpy(x, a, 32);
    __builtin_memcpy(y, b, 32);
    if (((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) != 0) break;
  }
  for (; bytes > 0; bytes--, a++, b++) {
    if (*a != *b) return *a - *b;
  }
  return 0;
}

size_t strlen(const char *text)
{
  size_t bytes = 0;
  while (text[bytes] != 0) bytes++;
  return bytes;
}
