/* The TCP/IP stack as the firmware sees it: it is started, it is given its turns, and when it traps it is started anew. */
#ifndef STACK_H
#define STACK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Gives the stack and the application its turn, at `now` in microseconds; starts both first where that is due. The time at
 * which the next turn is wanted. Trouble is reported on the console.
 */
uint64_t stack_turn(uint64_t now);

/* Times that the stack was started again because it had trapped. */
uint32_t stack_restarts(void);

/* The address of the stack: four bytes in network order, from board.h. */
extern const uint8_t stack_address[4];

/* Puts an IPv4 address where calls expect one, as ::ffff:a.b.c.d; its place in linear memory. Inside sandbox_run only. */
uint32_t stack_put_address(const uint8_t address[4]);

/* Reports a call of the module that has answered an error, on the console: a mistake in the firmware or its profile. */
void stack_check(const char *what, uint32_t answer);

#endif
