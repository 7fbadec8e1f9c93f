/*
 * Plays a recording (trace.h) to the module: the calls that were made of it in Node, with what its register reads answered
 * and what its MAC wrote into memory. Whatever the module does must be what was recorded: each register that it reads and
 * writes, each answer, and in the end every byte of linear memory.
 */
#include "board.h"
#include "thimble.h"
#include "trace.h"
#include "uart.h"

static w2c_thimble thimble;
uint8_t sandbox_linear_memory[LINEAR_BYTES] __attribute__((section(".linear"), aligned(16)));
/* start.c fills it. */
uint32_t power_on_noise[4] __attribute__((section(".noinit")));

static const uint32_t *next = trace;
static uint32_t calls, reads, writes;

void systick_interrupt(void) {}
void mac_interrupt(void) {}

static void stop(void) __attribute__((noreturn));
static void stop(void) {
  for (;;) {
  }
}

static void differ(const char *what, uint32_t value, uint32_t recorded) {
  uart_text("replay: differs at word ");
  uart_number((uint32_t)(next - trace));
  uart_text(": ");
  uart_text(what);
  uart_text(" ");
  uart_hex(value, 8);
  uart_text(", recorded ");
  uart_hex(recorded, 8);
  uart_text("\n");
  stop();
}

/* The next word of the recording, which must be `value`. */
static void expect(const char *what, uint32_t value) {
  if (*next != value) differ(what, value, *next);
  next++;
}

/* What the MAC wrote into memory at this point. */
static void put_memory(void) {
  while (*next == OP_MEMORY) {
    uint32_t at = next[1], words = next[2];
    memcpy(sandbox_linear_memory + at, next + 3, words * 4);
    next += 3 + words;
  }
}

u32 w2c_bus_read32(struct w2c_bus *bus, u32 address) {
  (void)bus;
  expect("a read", OP_READ);
  expect("of register", address);
  reads++;
  return *next++;
}

void w2c_bus_write32(struct w2c_bus *bus, u32 address, u32 value) {
  (void)bus;
  expect("a write", OP_WRITE);
  expect("to register", address);
  expect("of value", value);
  writes++;
  put_memory();
}

void wasm_rt_trap(wasm_rt_trap_t why) {
  differ("trap", why, 0);
  stop();
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t most, bool is64, uint32_t page_size) {
  (void)most, (void)is64, (void)page_size;
  memset(sandbox_linear_memory, 0, LINEAR_BYTES);
  memory->data = sandbox_linear_memory;
  memory->size = LINEAR_BYTES;
  memory->pages = (uint32_t)pages;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) { (void)memory; }

/* FNV-1a over the words of linear memory. */
static uint32_t digest(void) {
  uint32_t hash = 0x811c9dc5;
  for (uint32_t at = 0; at < LINEAR_BYTES; at += 4) {
    uint32_t word;
    memcpy(&word, sandbox_linear_memory + at, 4);
    hash = (hash ^ word) * 0x01000193;
  }
  return hash;
}

int main(void) {
  uart_start();
  wasm2c_thimble_instantiate(&thimble, NULL);
  for (;;) {
    put_memory();
    if (*next == OP_END) break;
    expect("a call", OP_CALL);
    uint32_t function = *next++;
    const uint32_t *arguments = next;
    next += CALL_ARGUMENTS;
    uint32_t answer = call(&thimble, function, arguments);
    calls++;
    expect("its end", OP_RETURN);
    expect("its answer", answer);
  }
  uart_text("replay: ");
  uart_number(calls);
  uart_text(" calls, ");
  uart_number(reads);
  uart_text(" reads, ");
  uart_number(writes);
  uart_text(" writes, memory ");
  uart_hex(digest(), 8);
  uart_text("\n");
  stop();
}
