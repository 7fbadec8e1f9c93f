// The time of the current poll, in microseconds. Nothing else in the core knows what time it is.

import { CLOCK_STATE } from "./memory";

@unmanaged
@final
class Clock {
  now: u64;
}

const clock: Clock = changetype<Clock>(CLOCK_STATE);

/** A deadline that never comes. */
export const NEVER: u64 = u64.MAX_VALUE;

/** Microseconds, as the host counted them at the start of this poll. Never goes back. */
export function now(): u64 {
  return clock.now;
}

/** Sets the time; one that lies before the last is ignored. */
export function setNow(time: u64): void {
  if (time > clock.now) clock.now = time;
}
