// lwIP as a process: takes orders on its standard input, answers on its standard output.
//   native WORK BYTES PAUSE       WORK as bench.h numbers them
//   N                             does N operations (of bulk: bytes); answers "NANOSECONDS SEGMENTS ACKS"

#define _POSIX_C_SOURCE 199309L
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void bench_fail(const char *why)
{
  fprintf(stderr, "lwIP: %s\n", why);
  exit(1);
}

static unsigned long long nanoseconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (unsigned long long)now.tv_sec * 1000000000ull + (unsigned long long)now.tv_nsec;
}

int main(int count, char **words)
{
  if (count != 4) bench_fail("three numbers are wanted: work, bytes, pause");
  work_start(atoi(words[1]), CLIENT | SERVER, (uint32_t)atoi(words[2]), (uint32_t)atoi(words[3]));
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    segments_sent = acks_sent = 0;
    unsigned long long start = nanoseconds();
    work_run((uint32_t)strtoul(line, NULL, 10));
    printf("%llu %u %u\n", nanoseconds() - start, segments_sent, acks_sent);
    fflush(stdout);
  }
  return 0;
}
