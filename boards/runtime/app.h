/* The application: echo on port 7 (TCP and UDP) and a page on port 80. Both functions are called inside sandbox_run. */
#ifndef APP_H
#define APP_H

#include <stdbool.h>

/* Opens its sockets; the stack was just started. */
void app_start(void);

/* Serves whoever has news. True when it did something, which the stack may have to send. */
bool app_serve(void);

#endif
