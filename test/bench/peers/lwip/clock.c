// Virtual time.

#include "bench.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"

// The interval of lwIP's TCP timer. One that is late is not made up for, so no step is longer.
#define STEP_MS 250

static uint32_t now_ms = 1000;

u32_t sys_now(void)
{
  return now_ms;
}

void clock_go_on(uint32_t ms)
{
  while (ms > 0) {
    uint32_t step = ms < STEP_MS ? ms : STEP_MS;
    now_ms += step;
    ms -= step;
    sys_check_timeouts();
  }
}
