/* The module's sandbox: it touches its linear memory and the registers of its MAC, and when it goes wrong, it ends. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "thimble.h"

/* The one instance of the module. */
extern w2c_thimble thimble;

/* Runs `work`, which may call the module. False when the module has trapped: then it must be loaded anew. */
bool sandbox_run(void (*work)(void));

/* Why the module was stopped last, in words; "" when it never was. */
const char *sandbox_reason(void);

/* Loads the module: linear memory as the wasm file has it, whatever was there before. */
void sandbox_load(void);

/* Where linear memory begins, as processor and MAC see it. */
uint32_t sandbox_memory(void);

/* The bytes at an address of linear memory; traps when they are not all inside. */
void *sandbox_bytes(uint32_t address, uint32_t bytes);

#endif
