#include "console.h"

#include "abi.h"
#include "board.h"
#include "port.h"
#include "sandbox.h"
#include "stack.h"
#include "uart.h"

static void figure(const char *name, uint32_t value) {
  uart_text(" ");
  uart_text(name);
  uart_text("=");
  uart_number(value);
}

void console_greet(void) {
  uart_text("\nthimble on " BOARD_NAME ", wasm " WASM_SHA256 "\nthimble: address ");
  for (int i = 0; i < 4; i++) {
    if (i) uart_text(".");
    uart_number(stack_address[i]);
  }
  uart_text("/");
  uart_number(STACK_PREFIX);
  uart_text("; type m for memory, s for the state of the firmware\n");
}

/* Bytes of one element of a region. */
static uint32_t size_of(uint32_t region) {
  w2c_thimble_region(&thimble, region);
  return ((const uint32_t *)sandbox_bytes(*w2c_thimble_RESULT(&thimble), 24))[REGION_WORD_SIZE];
}

/* What a connection has to itself, and with the packets that it may hold. */
static void print_connection(void) {
  uint32_t own = size_of(REGION_TCBS) + size_of(REGION_TIMERS) + size_of(REGION_EVENTS);
  uint32_t packets = *w2c_thimble_RX_PACKETS_PER_TCB(&thimble) + *w2c_thimble_TX_PACKETS_PER_TCB(&thimble);
  uart_text("connection");
  figure("own", own);
  figure("full", own + packets * (size_of(REGION_PACKETS) + size_of(REGION_BUFFERS)));
  uart_text("\n");
}

/* A line for each layer of the module's code, in bytes of wasm. */
static void print_code(void) {
#define PRINT(layer, bytes) uart_text("code " layer), figure("bytes", bytes), uart_text("\n");
  CODE_LAYERS(PRINT)
}

/* A line for each region of linear memory, as `thimble memory` prints them. */
static void print_memory(void) {
  for (uint32_t region = 0; region < REGION_COUNT; region++) {
    if ((int32_t)w2c_thimble_region(&thimble, region) < 0) continue;
    const uint32_t *word = sandbox_bytes(*w2c_thimble_RESULT(&thimble), 24);
    uart_text("region ");
    uart_text(region_names[region]);
    figure("at", word[REGION_WORD_BASE]);
    figure("count", word[REGION_WORD_COUNT]);
    figure("size", word[REGION_WORD_SIZE]);
    figure("used", word[REGION_WORD_USED]);
    figure("most", word[REGION_WORD_HIGH]);
    figure("refused", word[REGION_WORD_REFUSED]);
    uart_text("\n");
  }
  print_connection();
  print_code();
  uart_text("linear");
  figure("used", *w2c_thimble_0x5F_heap_base(&thimble));
  figure("bytes", *w2c_thimble_LINEAR_BYTES(&thimble));
  uart_text("\n");
}

static void print_state(void) {
  uart_text("state");
  figure("milliseconds", port_heartbeats());
  figure("restarts", stack_restarts());
  figure("stack", port_stack_used());
  figure("of", STACK_BYTES);
  uart_text("\n");
}

void console_serve(void) {
  while (uart_has_input()) {
    switch (uart_read()) {
      case 'm':
        sandbox_run(print_memory);
        break;
      case 's':
        print_state();
        break;
    }
  }
}
