// The application of whoever builds the module. Here it does nothing: the command that builds one with the stack puts
// what its author has written into this file's place. Its three functions are all that an application is, of whatever
// origin; they are called within the machine's turn, and what they send leaves at the end of it.

/** Power-on: the time to open sockets and to set the timer. */
export function start(): void {}

/** News about a socket of this application: bits of `Event`. A connection that was accepted has its listener's owner. */
export function serve(_socket: i32, _news: u32): void {}

/** The time that was set with `setTimer` has come. */
export function timer(): void {}
