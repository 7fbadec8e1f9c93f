// Deadlines: one for each timer number (see config.ts), in a binary heap, so that finding the next one costs the same
// however many there are. A timer that is put off, as a retransmission timer is by every acknowledgment, stays where
// it is in the heap and is moved only when it comes to the top.

import { NEVER } from "./clock";
import { TIMER_COUNT } from "./config";
import { TIMER_DUE, TIMER_HEAP, TIMER_KEYS, TIMER_PLACES, TIMERS_STATE } from "./memory";

@unmanaged
@final
class Timers {
  /** Entries in the heap. */
  count: u32;
}

const timers: Timers = changetype<Timers>(TIMERS_STATE);

const NO_PLACE: u32 = 0xffff;

if (TIMER_COUNT > 65535) ERROR("More than 65535 timers: the heap holds them in 16 bits.");

// The heap orders timers by key; `due` is when the timer acts, which is never before its key.
function key(timer: u32): u64 {
  return load<u64>(TIMER_KEYS + timer * 8);
}
function due(timer: u32): u64 {
  return load<u64>(TIMER_DUE + timer * 8);
}
function place(timer: u32): u32 {
  return load<u16>(TIMER_PLACES + timer * 2);
}
function at(index: u32): u32 {
  return load<u16>(TIMER_HEAP + index * 2);
}
function put(index: u32, timer: u32): void {
  store<u16>(TIMER_HEAP + index * 2, <u16>timer);
  store<u16>(TIMER_PLACES + timer * 2, <u16>index);
}

export function startTimers(): void {
  timers.count = 0;
  memory.fill(TIMER_PLACES, 0xff, TIMER_COUNT * 2);
  memory.fill(TIMER_DUE, 0xff, TIMER_COUNT * 8);
}

/** Sets when `timer` acts; NEVER turns it off. */
export function setTimer(timer: u32, deadline: u64): void {
  store<u64>(TIMER_DUE + timer * 8, deadline);
  let index = place(timer);
  if (index == NO_PLACE) {
    if (deadline == NEVER) return;
    index = timers.count++;
  } else if (deadline >= key(timer)) {
    return;
  }
  store<u64>(TIMER_KEYS + timer * 8, deadline);
  moveUp(index, timer, deadline);
}

/** When `timer` acts, or NEVER. */
export function timerDue(timer: u32): u64 {
  return due(timer);
}

/** The earliest deadline of all, or NEVER. */
export function nextDeadline(): u64 {
  settle();
  return timers.count ? key(at(0)) : NEVER;
}

/** A timer whose deadline has come, turned off; -1 when there is none. */
export function takeExpired(time: u64): i32 {
  settle();
  if (!timers.count) return -1;
  const timer = at(0);
  if (key(timer) > time) return -1;
  store<u64>(TIMER_DUE + timer * 8, NEVER);
  removeTop();
  return timer;
}

// Brings the heap's top in agreement with its deadline: put off, or turned off, since it was placed.
function settle(): void {
  while (timers.count) {
    const timer = at(0);
    const deadline = due(timer);
    if (deadline == key(timer)) return;
    if (deadline == NEVER) {
      removeTop();
    } else {
      store<u64>(TIMER_KEYS + timer * 8, deadline);
      moveDown(0, timer, deadline);
    }
  }
}

function removeTop(): void {
  store<u16>(TIMER_PLACES + at(0) * 2, <u16>NO_PLACE);
  const last = at(--timers.count);
  if (timers.count) moveDown(0, last, key(last));
}

function moveUp(index: u32, timer: u32, deadline: u64): void {
  while (index) {
    const parent = (index - 1) >> 1;
    const above = at(parent);
    if (key(above) <= deadline) break;
    put(index, above);
    index = parent;
  }
  put(index, timer);
}

function moveDown(index: u32, timer: u32, deadline: u64): void {
  for (;;) {
    let child = index * 2 + 1;
    if (child >= timers.count) break;
    if (child + 1 < timers.count && key(at(child + 1)) < key(at(child))) child++;
    if (key(at(child)) >= deadline) break;
    put(index, at(child));
    index = child;
  }
  put(index, timer);
}
