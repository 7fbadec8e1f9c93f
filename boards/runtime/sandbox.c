#include "sandbox.h"

#include <setjmp.h>

#include "board.h"

w2c_thimble thimble;

/* In a section of its own, so that the linker's map shows it and the MAC's view of it is aligned. */
static uint8_t linear_memory[LINEAR_BYTES] __attribute__((section(".linear"), aligned(16)));

static jmp_buf way_out;
static bool inside;
static wasm_rt_trap_t reason;

bool sandbox_run(void (*work)(void)) {
  if (setjmp(way_out) != 0) {
    inside = false;
    return false;
  }
  inside = true;
  work();
  inside = false;
  return true;
}

/* The frames between here and sandbox_run are the module's and hold nothing of ours: they are simply left. */
void wasm_rt_trap(wasm_rt_trap_t why) {
  reason = why;
  if (inside) longjmp(way_out, 1);
  for (;;) { /* a call to the module outside of sandbox_run: a mistake in the firmware, for a debugger to see */
  }
}

const char *sandbox_reason(void) {
  switch (reason) {
    case WASM_RT_TRAP_NONE:
      return "";
    case WASM_RT_TRAP_OOB:
      return "access outside linear memory or the MAC";
    case WASM_RT_TRAP_INT_OVERFLOW:
      return "integer overflow";
    case WASM_RT_TRAP_DIV_BY_ZERO:
      return "division by zero";
    case WASM_RT_TRAP_UNREACHABLE:
      return "unreachable code";
    default:
      return "another trap";
  }
}

void sandbox_load(void) { wasm2c_thimble_instantiate(&thimble, NULL); }

uint32_t sandbox_memory(void) { return (uint32_t)linear_memory; }

void *sandbox_bytes(uint32_t address, uint32_t bytes) {
  if (address > LINEAR_BYTES || bytes > LINEAR_BYTES - address) wasm_rt_trap(WASM_RT_TRAP_OOB);
  return linear_memory + address;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t most, bool is64, uint32_t page_size) {
  (void)most, (void)is64, (void)page_size;
  memset(linear_memory, 0, LINEAR_BYTES);
  memory->data = linear_memory;
  memory->size = LINEAR_BYTES;
  memory->pages = (uint32_t)pages;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) { (void)memory; }

/*
 * The module's two imports. It reaches the registers of its MAC and no others; a MAC that moves data by itself can still be
 * told to write anywhere, so on such a part the sandbox is as good as what guards its bus.
 */
static volatile uint32_t *mac_register(uint32_t address) {
  if (address - MAC_BASE >= MAC_BYTES || (address & 3) != 0) wasm_rt_trap(WASM_RT_TRAP_OOB);
  return (volatile uint32_t *)address;
}

u32 w2c_bus_read32(struct w2c_bus *bus, u32 address) {
  (void)bus;
  return *mac_register(address);
}

void w2c_bus_write32(struct w2c_bus *bus, u32 address, u32 value) {
  (void)bus;
  /* What the module has written to memory is there before the MAC is told of it. */
  __asm volatile("dmb" ::: "memory");
  *mac_register(address) = value;
}
