// What the host is to be told. Each socket has a mask of news (abi/sockets.ts, Event) and stands in the ring at most
// once, so that neither can overflow.

import { SOCKETS } from "./config";
import { EVENT_MASKS, EVENT_RING, EVENTS_STATE } from "./memory";

@unmanaged
@final
class Events {
  /** Place of the oldest entry. */
  head: u32;
  count: u32;
  /** What has changed in the machine itself (abi/addresses.ts, News). */
  news: u32;
  /** 1: some news may be about sockets of applications inside the module. */
  inside: u32;
}

const events: Events = changetype<Events>(EVENTS_STATE);

const QUEUED: u32 = 0x80;

/** Adds news about a socket, named by its index. */
export function postEvent(socket: u32, bits: u32): void {
  const mask = load<u8>(EVENT_MASKS + socket);
  store<u8>(EVENT_MASKS + socket, <u8>(mask | bits | QUEUED));
  if (mask & QUEUED) return;
  let tail = events.head + events.count;
  if (tail >= <u32>SOCKETS) tail -= SOCKETS;
  store<u16>(EVENT_RING + tail * 2, <u16>socket);
  events.count++;
}

/** Forgets the news about a socket that is no more; its place in the ring passes without notice. */
export function dropEvents(socket: u32): void {
  store<u8>(EVENT_MASKS + socket, load<u8>(EVENT_MASKS + socket) & <u8>QUEUED);
}

/** The socket whose news have waited longest, as index << 8 | mask; -1 when nobody has any. */
export function takeEvent(): i32 {
  while (events.count) {
    const news = takeOldest();
    if (news & 0xff) return news;
  }
  return -1;
}

/** The oldest entry, as index << 8 | mask; the mask is 0 when there are no news of that socket any more. */
export function takeOldest(): i32 {
  const socket: u32 = load<u16>(EVENT_RING + events.head * 2);
  if (++events.head == <u32>SOCKETS) events.head = 0;
  events.count--;
  const mask: u32 = load<u8>(EVENT_MASKS + socket) & ~QUEUED;
  store<u8>(EVENT_MASKS + socket, 0);
  return (socket << 8) | mask;
}

/** Entries in the ring. */
export function eventsWaiting(): u32 {
  return events.count;
}

/** Says that news about the socket of an application inside the module are among them. */
export function callInside(): void {
  events.inside = 1;
}

/** True when that was said since it was last asked. */
export function wasCalledInside(): bool {
  const called = events.inside != 0;
  events.inside = 0;
  return called;
}

/** Adds news about the machine itself. */
export function postNews(bits: u32): void {
  events.news |= bits;
}

/** Those that have come since they were last asked for. */
export function takeNews(): u32 {
  const bits = events.news;
  events.news = 0;
  return bits;
}
