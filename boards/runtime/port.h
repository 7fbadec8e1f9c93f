/* What the firmware needs of the processor: time, entropy, the MAC's interrupt, sleep. */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stdint.h>

void port_start(void);

/* Microseconds since the start. Never goes back. Not to be called with interrupts off. */
uint64_t port_micros(void);

/*
 * 128 bits from which the stack makes sequence numbers and keys that outsiders must not guess. This one hashes what SRAM
 * held at power-on, which on real parts is noise, and the clock; a part with a generator of random numbers shall use that.
 */
void port_entropy(uint32_t seed[4]);

/* Waits for the MAC's interrupt, for a character on the console, or until `deadline`, in microseconds. */
void port_sleep(uint64_t deadline);

/* Bytes of the C stack that were in use at most since the start. */
uint32_t port_stack_used(void);

/* Milliseconds counted by the interrupt that stands for the rest of the firmware: it goes on whatever the stack does. */
uint32_t port_heartbeats(void);

#endif
