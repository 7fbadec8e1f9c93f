/* Commands of one letter on the console: the rest of the firmware, which goes on while the stack is down. */
#ifndef CONSOLE_H
#define CONSOLE_H

/* Says what this firmware is. */
void console_greet(void);

/* Does what has been typed, if anything. */
void console_serve(void);

#endif
