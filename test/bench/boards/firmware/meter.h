/* What the programs of both stacks share: they are started, they get their turns, and somebody counts. */
#ifndef METER_H
#define METER_H

#include <stdint.h>

/* Ports: what comes to the one is counted and forgotten; the other sends as much as it may. */
enum { DISCARD_PORT = 9, GENERATE_PORT = 19 };

/* What is sent: so many bytes from here, at a time. */
#define SEGMENT_BYTES 1460
extern const uint8_t meter_pattern[SEGMENT_BYTES];

/* Of the stack (thimble-side.c, lwip-side.c). A turn: does all that is to be done now; answers when it wants the next, in microseconds. */
void bench_start(void);
uint64_t bench_turn(void);

/* Tells of bytes of the stream: what has come, or has been given to the stack to be sent. */
void meter_count(uint32_t bytes);

#endif
