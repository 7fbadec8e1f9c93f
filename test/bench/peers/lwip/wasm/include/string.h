// What lwIP uses of <string.h>; platform.c has it, but for what is called by nothing that is linked.
#pragma once
#include <stddef.h>
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);
size_t strlen(const char *text);
int strncmp(const char *left, const char *right, size_t bytes);

// Copies of known length become loads and stores, others one instruction.
#define memcpy __builtin_memcpy
#define memmove __builtin_memmove
#define memset __builtin_memset
