#include "stack.h"

#include <string.h>

#include "abi.h"
#include "app.h"
#include "board.h"
#include "port.h"
#include "sandbox.h"
#include "uart.h"

/* Between a trap and the next start, so that a stack that traps at once leaves time to the rest of the firmware. */
#define PAUSE_MICROSECONDS 100000

const uint8_t stack_address[4] = {STACK_ADDRESS};

static bool running;
static uint32_t restarts;
static uint64_t next_start;

/* What one call of the functions below passes to another: sandbox_run takes no arguments. */
static uint64_t turn_now, turn_next;

uint32_t stack_restarts(void) { return restarts; }

uint32_t stack_put_address(const uint8_t address[4]) {
  uint32_t at = *w2c_thimble_SCRATCH(&thimble);
  uint8_t *bytes = sandbox_bytes(at, 16);
  memset(bytes, 0, 10);
  memset(bytes + 10, 0xff, 2);
  memcpy(bytes + 12, address, 4);
  return at;
}

void stack_check(const char *what, uint32_t answer) {
  if ((int32_t)answer >= 0) return;
  uart_text("thimble: ");
  uart_text(what);
  uart_text(" answers error ");
  uart_number(-answer);
  uart_text("\n");
}

static void start(void) {
  uint32_t seed[4];
  port_entropy(seed);
  sandbox_load();
  w2c_thimble_init(&thimble, sandbox_memory(), seed[0], seed[1], seed[2], seed[3]);
  stack_check("addAdapter", w2c_thimble_addAdapter(&thimble, MAC_BASE, STATION_HIGH, STATION_LOW));
  stack_check("addAddress", w2c_thimble_addAddress(&thimble, 0, stack_put_address(stack_address), STACK_PREFIX, 0));
  app_start();
}

static void turn(void) {
  uint32_t wait = w2c_thimble_poll(&thimble, (uint32_t)turn_now, (uint32_t)(turn_now >> 32));
  /* What the application does with its events may be something to send. */
  if (app_serve()) wait = 0;
  turn_next = wait == 0xffffffff ? UINT64_MAX : turn_now + wait;
}

static void report_trap(void) {
  uart_text("thimble: trap: ");
  uart_text(sandbox_reason());
  uart_text("; the stack starts again\n");
}

uint64_t stack_turn(uint64_t now) {
  if (!running) {
    if (now < next_start) return next_start;
    running = sandbox_run(start);
    if (running) uart_text("thimble: the stack runs\n");
  }
  turn_now = now;
  if (running) running = sandbox_run(turn);
  if (running) return turn_next;
  report_trap();
  restarts++;
  next_start = now + PAUSE_MICROSECONDS;
  return next_start;
}
