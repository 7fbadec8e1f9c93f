// Sockets of applications inside the module: what they need beside the calls that the host has, too (socket.ts,
// transfer.ts, options.ts). All of them name a socket by its descriptor, and answer with the negative of an `Errno`.

import { Application, Owner } from "../abi/applications";
import { Event, Result, SocketKind } from "../abi/sockets";
import { clearAddress } from "../base/address";
import { RESULT, SCRATCH } from "../base/memory";
import { endpointOf, notify } from "../transport/endpoint";
import { asStream, bindSocket, closeSocket, createSocket, listenOn } from "./socket";

/** A socket that the application owns: its descriptor, or ENFILE. News about it come to the application's `serve`. */
export function openFor(application: Application, kind: SocketKind): i32 {
  return createSocket(kind, <u32>Owner.FIRST_APPLICATION | <u32>application);
}

/** Gives a socket a port at all of the machine's addresses; 0: one of the stack's choice. 0, EINVAL or EADDRINUSE. */
export function bindAnywhere(socket: i32, port: u32): i32 {
  clearAddress(SCRATCH);
  return bindSocket(socket, SCRATCH, port);
}

/** A datagram socket at a port: its descriptor, or ENFILE or EADDRINUSE. */
export function openDatagramsAt(application: Application, port: u32): i32 {
  const socket = openFor(application, SocketKind.DATAGRAM);
  return socket < 0 ? socket : orClose(socket, bindAnywhere(socket, port));
}

/** A listener at a port, with room for `backlog` connections that are not yet accepted: as above. */
export function listenAt(application: Application, port: u32, backlog: u32): i32 {
  const socket = openFor(application, SocketKind.STREAM);
  if (socket < 0) return socket;
  const bound = bindAnywhere(socket, port);
  return orClose(socket, bound ? bound : listenOn(socket, backlog));
}

/** Calls the application about this socket once more, within this turn or in the next. */
export function tellAgain(socket: i32): void {
  const endpoint = endpointOf(socket);
  if (endpoint) notify(endpoint, Event.READABLE);
}

/** Connections that wait at a listener to be accepted. */
export function waitingAt(listener: i32): u32 {
  const endpoint = endpointOf(listener);
  return endpoint ? asStream(endpoint).accepted : 0;
}

function orClose(socket: i32, answer: i32): i32 {
  if (!answer) return socket;
  closeSocket(socket);
  return answer;
}

/** Where the bytes lie that `peek` was about, and where those go that `lendRoom` has found room for. */
export function lentAt(): usize {
  return load<u32>(RESULT + Result.POINTER * 4);
}

/** Right after `peek` of a datagram, or a call that names an end: where the sender's address lies, or that one's, and the port. */
export function senderAddress(): usize {
  return RESULT + Result.ADDRESS * 4;
}

export function senderPort(): u32 {
  return load<u32>(RESULT + Result.PORT * 4);
}
