/* A firmware that has other things to do than TCP/IP: here, a console and an interrupt that counts. */
#include "console.h"
#include "port.h"
#include "stack.h"
#include "uart.h"

int main(void) {
  uart_start();
  port_start();
  console_greet();
  for (;;) {
    console_serve();
    port_sleep(stack_turn(port_micros()));
  }
}
