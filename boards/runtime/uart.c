#include "uart.h"

#include "board.h"

#define REGISTER(offset) (*(volatile uint32_t *)(UART_BASE + (offset)))

#if defined UART_PL011 /* Arm PL011, and the UARTs of Stellaris parts */
enum { DATA = 0x00, FLAGS = 0x18, CONTROL = 0x30 };
enum { RX_EMPTY = 1 << 4, TX_FULL = 1 << 5, ENABLE = 0x301 };
void uart_start(void) { REGISTER(CONTROL) = ENABLE; }
bool uart_has_input(void) { return !(REGISTER(FLAGS) & RX_EMPTY); }
static bool has_room(void) { return !(REGISTER(FLAGS) & TX_FULL); }

#elif defined UART_CMSDK /* of Arm's Cortex-M System Design Kit */
enum { DATA = 0x00, STATE = 0x04, CONTROL = 0x08, DIVIDER = 0x10 };
enum { TX_FULL = 1 << 0, RX_FULL = 1 << 1, ENABLE = 3, BAUD = 115200 };
void uart_start(void) {
  REGISTER(DIVIDER) = CLOCK_HZ / BAUD;
  REGISTER(CONTROL) = ENABLE;
}
bool uart_has_input(void) { return REGISTER(STATE) & RX_FULL; }
static bool has_room(void) { return !(REGISTER(STATE) & TX_FULL); }

#elif defined UART_16550 /* with a register in each word */
enum { DATA = 0x00, LINE_CONTROL = 0x0c, LINE_STATE = 0x14 };
enum { EIGHT_BITS = 3, RX_READY = 1 << 0, TX_EMPTY = 1 << 5 };
void uart_start(void) { REGISTER(LINE_CONTROL) = EIGHT_BITS; }
bool uart_has_input(void) { return REGISTER(LINE_STATE) & RX_READY; }
static bool has_room(void) { return REGISTER(LINE_STATE) & TX_EMPTY; }

#else
#error "board.mjs names a kind of UART that uart.c does not know"
#endif

char uart_read(void) { return (char)REGISTER(DATA); }

void uart_write(char character) {
  while (!has_room()) {
  }
  REGISTER(DATA) = (uint8_t)character;
}

void uart_text(const char *text) {
  while (*text) uart_write(*text++);
}

void uart_number(uint32_t value) {
  char digits[10];
  int count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  while (count) uart_write(digits[--count]);
}

void uart_hex(uint32_t value, int digits) {
  while (digits--) uart_write("0123456789abcdef"[value >> (4 * digits) & 15]);
}
