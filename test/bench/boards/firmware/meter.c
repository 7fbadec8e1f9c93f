/*
 * Counts what the turns of a stack take, in ticks of SysTick, while a number of segments goes through. QEMU's -icount gives
 * every instruction the same time, so that ticks are instructions. meter_mark tells a plugin of QEMU the same moments.
 */
#include "meter.h"

#include <stdbool.h>

#include "board.h"
#include "cortex-m.h"
#include "port.h"
#include "uart.h"

/* Segments that go through before it is counted, and while it is; BENCH_SEGMENTS is set by the build. */
#define WARM_UP 64
#define TICKS_PER_MILLISECOND (CLOCK_HZ / 1000)

const uint8_t meter_pattern[SEGMENT_BYTES] = {[0 ... SEGMENT_BYTES - 1] = 'x'};

static uint32_t bytes, bytes_at_start;
static enum { WARMING, COUNTING, DONE } phase;
static uint64_t spent;

void meter_count(uint32_t more) { bytes += more; }

/* Ticks since the start. */
static uint64_t ticks(void) {
  uint32_t whole, left;
  do {
    whole = port_heartbeats();
    left = SYSTICK->value;
  } while (whole != port_heartbeats());
  return (uint64_t)whole * TICKS_PER_MILLISECOND + (TICKS_PER_MILLISECOND - 1 - left);
}

/* Called when counting begins, and when it ends. */
__attribute__((noinline)) void meter_mark(void) { __asm volatile("" ::: "memory"); }

static void print(const char *name, uint32_t value) {
  uart_text(" ");
  uart_text(name);
  uart_text("=");
  uart_number(value);
}

static void look(void) {
  if (phase == WARMING && bytes >= WARM_UP * SEGMENT_BYTES) {
    phase = COUNTING;
    bytes_at_start = bytes;
    spent = 0;
    meter_mark();
  } else if (phase == COUNTING && bytes - bytes_at_start >= BENCH_SEGMENTS * SEGMENT_BYTES) {
    phase = DONE;
    meter_mark();
    uart_text("bench:");
    print("bytes", bytes - bytes_at_start);
    print("ticks", (uint32_t)spent);
    uart_text("\n");
  }
}

int main(void) {
  uart_start();
  port_start();
  /* Nothing is sent before there is a wire: QEMU 7.2 may end when something is. */
  uart_text("bench: waiting\n");
  while (!uart_has_input()) {
  }
  (void)uart_read();
  bench_start();
  uint64_t next = bench_turn();
  uart_text("bench: ready\n");
  for (;;) {
    port_sleep(next);
    uint64_t before = ticks();
    next = bench_turn();
    spent += ticks() - before;
    look();
  }
}
