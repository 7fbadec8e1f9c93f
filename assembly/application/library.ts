// What an application of one's own is written with: `import … from "thimble-tcpip/assembly"`. Sockets are named by their
// descriptors, calls answer with the negative of an `Errno` and never wait; what they send leaves at the end of the turn.
// Addresses are 16 bytes in network order, IPv4 as ::ffff:a.b.c.d, named by where they lie. State is kept in places of
// `memory.data(bytes)`: there is no heap, and no variable outlives a call.

import { Application } from "../abi/applications";
import { SocketKind } from "../abi/sockets";
import { OWN_TIMER } from "../base/config";
import { setTimer } from "../base/timers";
import { listenAt as listenFor, openDatagramsAt as openDatagramsFor, openFor } from "../socket/inside";

export { Errno } from "../abi/errno";
export { Event, Shutdown, SocketKind, SocketOption } from "../abi/sockets";
export { setV4 } from "../base/address";
export { NEVER, now } from "../base/clock";
export { MILLISECOND, SECOND } from "../base/config";
export { random32 } from "../base/random";
export {
  bindAnywhere,
  lentAt,
  senderAddress,
  senderPort,
  tellAgain,
  waitingAt,
} from "../socket/inside";
export { getSocketOption as getOption, setSocketOption as setOption } from "../socket/options";
export {
  abortSocket as abort,
  acceptFrom as accept,
  bindSocket as bind,
  closeSocket as close,
  connectSocket as connect,
  shutdownSocket as shutdown,
} from "../socket/socket";
export {
  commit,
  commitTo,
  lendRoom as room,
  localNameOf as localName,
  peek,
  peerNameOf as peerName,
  readInto as read,
  take,
  writeFrom as write,
} from "../socket/transfer";

/** A socket of this application: its descriptor, or ENFILE. */
export function socket(kind: SocketKind): i32 {
  return openFor(Application.OWN, kind);
}

/** A stream socket that waits for connections at a port; ENFILE or EADDRINUSE. */
export function listenAt(port: u32, backlog: u32): i32 {
  return listenFor(Application.OWN, port, backlog);
}

/** A datagram socket at a port, 0 for any; ENFILE or EADDRINUSE. */
export function datagramsAt(port: u32): i32 {
  return openDatagramsFor(Application.OWN, port);
}

/** Calls `timer` at this time, in microseconds, and at no other; NEVER: not at all. */
export function callAt(time: u64): void {
  setTimer(OWN_TIMER, time);
}
