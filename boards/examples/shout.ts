// An application of one's own: whatever comes to port 7 goes back in capitals, and once a second a datagram tells who came
// last how many have come so far. `npm run application boards/examples/shout.ts` makes one module of it and the stack.

import {
  accept,
  callAt,
  close,
  commit,
  commitTo,
  datagramsAt,
  Event,
  lentAt,
  listenAt,
  now,
  peek,
  peerName,
  room,
  SECOND,
  senderAddress,
  take,
} from "thimble-tcpip/assembly";

const PORT: u32 = 7;
const NEWS_PORT: u32 = 7007;

/** The listener, the socket of the news, and connections so far: three words. */
const STATE: usize = memory.data(12, 4);
/** The address of who came last. */
const LAST: usize = memory.data(16, 8);

export function start(): void {
  store<i32>(STATE, listenAt(PORT, 4));
  store<i32>(STATE, datagramsAt(NEWS_PORT), 4);
  store<u32>(STATE, 0, 8);
  callAt(SECOND);
}

export function serve(socket: i32, news: u32): void {
  if (socket == load<i32>(STATE)) {
    for (let guest = accept(socket); guest >= 0; guest = accept(socket)) welcome(guest);
  } else if (socket != load<i32>(STATE, 4)) {
    if (news & Event.ERROR) close(socket);
    else shout(socket);
  }
}

function welcome(guest: i32): void {
  store<u32>(STATE, load<u32>(STATE, 8) + 1, 8);
  if (peerName(guest) == 0) memory.copy(LAST, senderAddress(), 16);
}

// Until nothing more has come, or there is no room for more: then `serve` is called again when there is.
function shout(socket: i32): void {
  let ready = peek(socket);
  while (ready > 0) {
    const from = lentAt();
    const free = room(socket, 0, 0);
    if (free < 0) return;
    const bytes = min(ready, free);
    for (let i = 0; i < bytes; i++) store<u8>(lentAt() + i, capital(load<u8>(from + i)));
    commit(socket, bytes);
    take(socket, bytes);
    ready = peek(socket);
  }
  if (ready == 0) close(socket); // the other side has closed
}

function capital(byte: u8): u8 {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}

export function timer(): void {
  const socket = load<i32>(STATE, 4);
  const guests = load<u32>(STATE, 8);
  if (guests && room(socket, 4, 0) > 0) {
    store<u32>(lentAt(), bswap(guests));
    commitTo(socket, 4, LAST, NEWS_PORT);
  }
  callAt(now() + SECOND);
}

/** The host asks how many connections there were, whatever the operation. */
export function call(_operation: u32, _a: u32, _b: u32, _c: u32, _d: u32): i32 {
  return load<i32>(STATE, 8);
}
