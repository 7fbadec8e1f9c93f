/*
 * The module's two imports. It reaches the registers of its MAC and no others; a MAC that moves data by itself can still be
 * told to write anywhere, so on such a part the sandbox is as good as what guards its bus.
 */
#ifndef BUS_H
#define BUS_H

#include "board.h"
#include "wasm-rt.h"

static inline volatile uint32_t *bus_register(uint32_t address) {
  if (UNLIKELY(address - MAC_BASE >= MAC_BYTES || (address & 3) != 0)) wasm_rt_trap(WASM_RT_TRAP_OOB);
  return (volatile uint32_t *)address;
}

static inline uint32_t bus_read32(uint32_t address) { return *bus_register(address); }

static inline void bus_write32(uint32_t address, uint32_t value) {
  volatile uint32_t *where = bus_register(address);
#if MAC_READS_MEMORY
  /* What the module has written to memory is there before the MAC is told of it. */
  __asm volatile("dmb" ::: "memory");
#endif
  *where = value;
}

#endif
