/* The console, polled: what is written has left when the call returns. */
#ifndef UART_H
#define UART_H

#include <stdbool.h>
#include <stdint.h>

void uart_start(void);
bool uart_has_input(void);
char uart_read(void);
void uart_write(char character);

void uart_text(const char *text);
void uart_number(uint32_t value);
void uart_hex(uint32_t value, int digits);

#endif
