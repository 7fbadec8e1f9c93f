// Times in whole seconds of the machine's clock: what routers and peers say of things that last, and what the tables keep.

import { now } from "./clock";
import { SECOND } from "./config";

/** A time that never comes, and a lifetime that never ends, in seconds. */
export const FOREVER: u32 = 0xffffffff;

/** The second that it is. */
export function second(): u32 {
  return <u32>(now() / SECOND);
}

/** The second at which a lifetime of `seconds` from now ends. */
export function endOf(seconds: u32): u32 {
  const ends = <u64>second() + seconds;
  return seconds == FOREVER || ends >= FOREVER ? FOREVER : <u32>ends;
}

/** Seconds that are left until `end`, 0 when it is past; for ever stays for ever. */
export function secondsUntil(end: u32): u32 {
  return end == FOREVER ? FOREVER : end - min<u32>(second(), end);
}
