/* The parts of an Armv7-M core that the port uses (Armv7-M Architecture Reference Manual, B3). */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include <stdint.h>

struct systick {
  volatile uint32_t control, reload, value;
};
#define SYSTICK ((struct systick *)0xe000e010)
#define SYSTICK_ENABLE 1u
#define SYSTICK_INTERRUPT 2u
#define SYSTICK_PROCESSOR_CLOCK 4u

#define NVIC_SET_ENABLE ((volatile uint32_t *)0xe000e100)
#define NVIC_CLEAR_ENABLE ((volatile uint32_t *)0xe000e180)

static inline void nvic_enable(unsigned irq) { NVIC_SET_ENABLE[irq / 32] = 1u << (irq % 32); }
static inline void nvic_disable(unsigned irq) { NVIC_CLEAR_ENABLE[irq / 32] = 1u << (irq % 32); }

static inline void interrupts_off(void) { __asm volatile("cpsid i" ::: "memory"); }
static inline void interrupts_on(void) { __asm volatile("cpsie i\n isb" ::: "memory"); }
/* Returns when an interrupt is pending, also one that is held off. */
static inline void wait_for_interrupt(void) { __asm volatile("dsb\n wfi" ::: "memory"); }

#endif
