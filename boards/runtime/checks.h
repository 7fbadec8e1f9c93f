/*
 * How the module's machine code reaches linear memory and the MAC. The build includes this into what wasm2c has made
 * (wabt 1.0.39), in place of that file's own accesses, which serve any memory anywhere: they add in 64 bits, and load place
 * and size anew each time. Here both are constants. What those would refuse is refused here, and nothing else.
 */
#ifndef CHECKS_H
#define CHECKS_H

#include "board.h"

extern uint8_t sandbox_linear_memory[LINEAR_BYTES];

/* The offset is a constant, so one comparison is left; a structure's later checks follow from one of a higher offset. */
#define CHECK(base, offset, bytes)                                                                       \
  if (UNLIKELY((offset) > LINEAR_BYTES - (bytes) || (base) > LINEAR_BYTES - (bytes) - (offset))) TRAP(OOB)

/* Inlined also where code is for size: a checked access is hardly longer than the call of one. */
#define ACCESS static inline __attribute__((always_inline))

#undef DEFINE_LOAD
#define DEFINE_LOAD(name, t1, t2, t3, force_read)                                   \
  ACCESS t3 name##_at(u32 base, u32 offset) {                                       \
    t1 result;                                                                      \
    CHECK(base, offset, sizeof(t1));                                                \
    memcpy(&result, &sandbox_linear_memory[base + offset], sizeof(t1));             \
    force_read(result); /* one whose result nobody wants may trap all the same */   \
    return (t3)(t2)result;                                                          \
  }

#undef DEFINE_STORE
#define DEFINE_STORE(name, t1, t2)                                       \
  ACCESS void name##_at(u32 base, u32 offset, t2 value) {                \
    t1 wrapped = (t1)value;                                              \
    CHECK(base, offset, sizeof(t1));                                     \
    memcpy(&sandbox_linear_memory[base + offset], &wrapped, sizeof(t1)); \
  }

#ifndef BUS_IS_ELSEWHERE
#include "bus.h"
#define w2c_bus_read32(bus, address) bus_read32(address)
#define w2c_bus_write32(bus, address, value) bus_write32(address, value)
#endif

#endif
