/*
 * Start-up: vector table, memory, main. The C stack lies at the bottom of RAM, so that one that overflows leaves RAM and ends
 * in the fault handler, instead of in somebody's data.
 */
#include <stdint.h>

#include "board.h"
#include "uart.h"

extern uint32_t stack_bottom[], stack_top[], data_start[], data_end[], data_image[], bss_start[], bss_end[];
extern uint32_t power_on_noise[4];

int main(void);
void systick_interrupt(void);
void mac_interrupt(void);

/* Where the linker put linear memory does not matter here: it is cleared when the module is loaded. */
void reset(void) {
  uint32_t noise[4] = {1, 2, 3, 4};
  uint32_t *word = (uint32_t *)RAM_ORIGIN;
  for (unsigned i = 0; word < (uint32_t *)(RAM_ORIGIN + RAM_BYTES); word++, i++) {
    noise[i & 3] = (noise[i & 3] ^ *word) * 0x9e3779b1;
  }
  /* This function has little on the stack; what is above is painted. */
  uint32_t *below = (uint32_t *)__builtin_frame_address(0) - 32;
  for (word = stack_bottom; word < below; word++) *word = STACK_PAINT;
  const uint32_t *image = data_image;
  for (word = data_start; word < data_end; word++) *word = *image++;
  for (word = bss_start; word < bss_end; word++) *word = 0;
  for (unsigned i = 0; i < 4; i++) power_on_noise[i] = noise[i];
  main();
  for (;;) {
  }
}

/* A fault is the firmware's, not the module's: that one traps. Nothing can be trusted any more. */
void fault(void) {
  uart_text("fault: the processor has stopped; the C stack may have overflowed\n");
  for (;;) {
  }
}

#define EXTERNAL_INTERRUPTS 64
struct vectors {
  uint32_t *stack;
  void (*handlers[15 + EXTERNAL_INTERRUPTS])(void);
};

/* Numbered as exceptions are, less one. The MAC's is the only external interrupt that is ever enabled. */
const struct vectors vectors __attribute__((section(".vectors"), used)) = {
    .stack = stack_top,
    .handlers = {[0] = reset, [1 ... 13] = fault, [14] = systick_interrupt, [15 ... 14 + EXTERNAL_INTERRUPTS] = mac_interrupt},
};
