// What the parts of the driver share: the two ends, the wire between them, the payload, and how to give up.
#ifndef BENCH_H
#define BENCH_H

#include "lwip/netif.h"
#include <stdint.h>

// The ends of a connection. Both are in one instance of lwIP ("one"), or each in an instance of its own ("two").
#define CLIENT 1
#define SERVER 2

// Works, as test/bench/peers/works.ts numbers them.
enum work { BULK, ROUND_TRIPS, CONNECTIONS, DATAGRAMS };

// wire.c
extern struct netif ends[2];
extern uint32_t segments_sent;
extern uint32_t acks_sent;
void wire_start(int roles);
int wire_receive(int end);
void wire_reclaim(void);
const ip4_addr_t *address_of(int role);

// works.c
void work_start(int work, int roles, uint32_t bytes, uint32_t pause_ms);
void work_demand(uint32_t count);
uint32_t work_done(void);
void work_turn(void);
int work_run(uint32_t count);

// payload.c
void payload_start(void);
const uint8_t *payload_at(uint64_t position);
void payload_check(uint64_t position, const void *bytes, uint32_t count);

// clock.c: milliseconds of virtual time. Going on runs every timer of lwIP at its time.
void clock_go_on(uint32_t ms);

// Of the platform (native.c, wasm/platform.c): says what is wrong and does not return.
_Noreturn void bench_fail(const char *why);

#endif
