#include "port.h"

#include "board.h"
#include "cortex-m.h"
#include "uart.h"

#define TICKS_PER_MILLISECOND (CLOCK_HZ / 1000)

static volatile uint64_t milliseconds;
static volatile bool mac_wants;

void systick_interrupt(void) { milliseconds++; }

/* The MAC holds its line until the stack has looked, so the interrupt stays off until then. */
void mac_interrupt(void) {
  nvic_disable(MAC_IRQ);
  mac_wants = true;
}

void port_start(void) {
  SYSTICK->reload = TICKS_PER_MILLISECOND - 1;
  SYSTICK->value = 0;
  SYSTICK->control = SYSTICK_ENABLE | SYSTICK_INTERRUPT | SYSTICK_PROCESSOR_CLOCK;
}

uint64_t port_micros(void) {
  uint64_t whole;
  uint32_t left;
  do {
    whole = milliseconds;
    left = SYSTICK->value;
  } while (whole != milliseconds);
  uint32_t gone = TICKS_PER_MILLISECOND - 1 - left;
  return whole * 1000 + gone * 1000 / TICKS_PER_MILLISECOND;
}

uint32_t port_heartbeats(void) { return (uint32_t)milliseconds; }

/* An interrupt that comes between the question and `wfi` is not lost: a pending one ends it though it is held off. */
void port_sleep(uint64_t deadline) {
  nvic_enable(MAC_IRQ);
  while (port_micros() < deadline && !uart_has_input()) {
    interrupts_off();
    if (!mac_wants) wait_for_interrupt();
    interrupts_on();
    if (mac_wants) break;
  }
  mac_wants = false;
}

/* Filled by start.c from what memory held before it was cleared. */
uint32_t power_on_noise[4] __attribute__((section(".noinit")));

static uint32_t mix(uint32_t hash, uint32_t word) {
  hash = (hash ^ word) * 0x9e3779b1;
  return hash ^ (hash >> 15);
}

void port_entropy(uint32_t seed[4]) {
  for (int i = 0; i < 4; i++) {
    power_on_noise[i] = mix(mix(power_on_noise[i], SYSTICK->value), (uint32_t)milliseconds + (uint32_t)i);
    seed[i] = power_on_noise[i];
  }
}

/* start.c has painted the stack; it grows downward. */
extern uint32_t stack_bottom[], stack_top[];

uint32_t port_stack_used(void) {
  const uint32_t *word = stack_bottom;
  while (word < stack_top && *word == STACK_PAINT) word++;
  return (uint32_t)((const char *)stack_top - (const char *)word);
}
