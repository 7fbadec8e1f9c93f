// The application of whoever builds the module. Here it does nothing: the command that builds one with the stack puts
// what its author has written into this file's place. Its four functions are all that an application is, of whatever
// origin; they are called within the machine's turn, and what they send leaves at the end of it.

import { Errno } from "../abi/errno";

/** Power-on: the time to open sockets and to set the timer. */
export function start(): void {}

/** News about a socket of this application: bits of `Event`. A connection that was accepted has its listener's owner. */
export function serve(_socket: i32, _news: u32): void {}

/** The time that was set with `setTimer` has come. */
export function timer(): void {}

/** The host calls: what it means is between the two. The answer, or the negative of an `Errno`. */
export function call(_operation: u32, _a: u32, _b: u32, _c: u32, _d: u32): i32 {
  return -Errno.EOPNOTSUPP;
}
