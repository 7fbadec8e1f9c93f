#include "sandbox.h"

#include <setjmp.h>

#include "board.h"

w2c_thimble thimble;

/* In a section of its own, so that the linker's map shows it and the MAC's view of it is aligned. */
uint8_t sandbox_linear_memory[LINEAR_BYTES] __attribute__((section(".linear"), aligned(16)));

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

uint32_t sandbox_memory(void) { return (uint32_t)sandbox_linear_memory; }

void *sandbox_bytes(uint32_t address, uint32_t bytes) {
  if (address > LINEAR_BYTES || bytes > LINEAR_BYTES - address) wasm_rt_trap(WASM_RT_TRAP_OOB);
  return sandbox_linear_memory + address;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t most, bool is64, uint32_t page_size) {
  (void)most, (void)is64, (void)page_size;
  memset(sandbox_linear_memory, 0, LINEAR_BYTES);
  memory->data = sandbox_linear_memory;
  memory->size = LINEAR_BYTES;
  memory->pages = (uint32_t)pages;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) { (void)memory; }
