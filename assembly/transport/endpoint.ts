// Endpoints: what a descriptor names. The fields that stream and datagram sockets have in common, and the lists that
// sockets stand in while they have something to send or wait for a packet.

import { LOOPBACK, TCBS } from "profile";
import { Owner } from "../abi/applications";
import { Event, SocketKind } from "../abi/sockets";
import { clearAddress, isMulticast, isUnspecified } from "../base/address";
import { APPLICATIONS, LOOPBACK_ADAPTER, SOCKETS } from "../base/config";
import { callInside, dropEvents, postEvent } from "../base/events";
import { GENERATIONS, SOCKETS_STATE } from "../base/memory";
import { datagramIndex, datagramPool, tcbIndex, tcbPool } from "../base/pool";
import { findAnyOwnAddress, isOwn } from "../ethernet/addresses";
import { Path } from "../ip/output";
import { ANY_ADAPTER, NO_ADAPTER } from "../ip/route";
import { Flow, FlowKind } from "./flow";

export const enum EndpointFlag {
  /** An application holds its descriptor. */
  OPEN = 1,
  /** Stands in the table of local ports. */
  BOUND = 2,
  /** Stands in the list of those that have something to send. */
  OUTPUT_DUE = 4,
  /** Stands in the list of those that wait for a packet to become free. */
  WAITS_FOR_PACKET = 8,
  /** A call answered EAGAIN for want of room: WRITABLE is due when there is some. */
  WANTS_ROOM = 16,
  /** Nagle's algorithm is off. */
  NO_DELAY = 32,
  /** Datagrams go whole or not at all. */
  DONT_FRAGMENT = 64,
  /** May send to everybody on a network. */
  BROADCAST = 256,
  /** Shares its port with others of its kind that have this flag. */
  REUSE = 512,
  /** What it sends to a group does not come back to this machine. */
  NO_LOOP = 1024,
  /** Speaks from 0.0.0.0, as who has no address yet may (RFC 1122 §3.2.1.3 (a)). */
  NAMELESS = 2048,
}

@unmanaged
export class Endpoint extends Flow {
  /** Whose socket it is (abi/applications.ts, Owner): what netstat shows. */
  owner: u32;
  /** Next in the chain of its local port. */
  portNext: Endpoint | null;
  /** Next of those that have something to send, and of those that wait for a packet. */
  outputNext: Endpoint | null;
  waitNext: Endpoint | null;
  /** The way to the peer, looked up once: the fields of a `Path`. */
  pathNeighbor: usize;
  pathGeneration: u32;
  pathAdapter: u32;
  /** Bits of EndpointFlag. */
  flags: u16;
  /** Pending error, an Errno. */
  error: u8;
  /** Time to live of what it sends, 0 for the usual, and differentiated services. */
  ttl: u8;
  tos: u8;
  /** Nothing: what follows is aligned. */
  reserved0: u8;
  reserved1: u16;
  /** Time it last sent something; 0: never. */
  sentAt: u64;

  @inline get path(): Path {
    return changetype<Path>(changetype<usize>(this) + offsetof<Endpoint>("pathNeighbor"));
  }
  @inline has(flag: EndpointFlag): bool {
    return (this.flags & <u16>flag) != 0;
  }
  @inline set(flag: EndpointFlag): void {
    this.flags |= <u16>flag;
  }
  @inline clear(flag: EndpointFlag): void {
    this.flags &= ~(<u16>flag);
  }
}

@unmanaged
@final
class Sockets {
  outputHead: Endpoint | null;
  outputTail: Endpoint | null;
  waitHead: Endpoint | null;
  waitTail: Endpoint | null;
}

const sockets: Sockets = changetype<Sockets>(SOCKETS_STATE);

/** Writes what every new endpoint begins with. The block comes zeroed. */
export function initialiseEndpoint(endpoint: Endpoint, kind: FlowKind, socketKind: SocketKind, owner: u32): void {
  endpoint.kind = <u8>kind;
  endpoint.socketKind = <u8>socketKind;
  endpoint.adapter = <u8>ANY_ADAPTER;
  endpoint.owner = owner;
  clearAddress(endpoint.local);
  clearAddress(endpoint.remote);
}

/**
 * The adapter that what the endpoint sends to `destination` must leave through: the one that it is bound to, or the one
 * that has the address it is bound to (strong host, ip/STRONG-HOST.md); ANY_ADAPTER leaves it to the routes.
 */
export function wayOut(endpoint: Endpoint, destination: usize): u32 {
  const local = endpoint.local;
  if (endpoint.adapter != ANY_ADAPTER || isUnspecified(local) || isMulticast(local)) return endpoint.adapter;
  if (LOOPBACK && isOwn(destination)) return LOOPBACK_ADAPTER;
  const own = findAnyOwnAddress(local);
  return own ? own.adapter : NO_ADAPTER;
}

/** Index among all sockets: stream sockets first, then the others. */
export function indexOf(endpoint: Endpoint): u32 {
  const block = changetype<usize>(endpoint);
  return endpoint.kind == FlowKind.TCB ? tcbIndex(block) : TCBS + datagramIndex(block);
}

/** The endpoint with this index, whether it is in use or not. */
export function endpointAt(index: u32): Endpoint {
  return changetype<Endpoint>(index < TCBS ? tcbPool.at(index) : datagramPool.at(index - TCBS));
}

function generation(index: u32): u32 {
  return load<u16>(GENERATIONS + index * 2);
}

/** The descriptor: which block, and which of the sockets that have lived in it. Never negative. */
export function descriptorOf(endpoint: Endpoint): i32 {
  const index = indexOf(endpoint);
  return (generation(index) << 16) | index;
}

/** The endpoint that an application's descriptor names; null when it is stale or never was one. */
export function endpointOf(descriptor: i32): Endpoint | null {
  const index: u32 = descriptor & 0xffff;
  if (descriptor < 0 || index >= <u32>SOCKETS || <u32>descriptor >> 16 != generation(index)) return null;
  const endpoint = endpointAt(index);
  return endpoint.has(EndpointFlag.OPEN) ? endpoint : null;
}

/** The descriptor of the socket with this index, for events. */
export function descriptorAt(index: u32): i32 {
  return (generation(index) << 16) | index;
}

/** Gives the endpoint to an application. */
export function openDescriptor(endpoint: Endpoint): i32 {
  endpoint.set(EndpointFlag.OPEN);
  return descriptorOf(endpoint);
}

/** The application is done with it: its descriptor names nothing from now on. */
export function closeDescriptor(endpoint: Endpoint): void {
  const index = indexOf(endpoint);
  endpoint.clear(EndpointFlag.OPEN);
  store<u16>(GENERATIONS + index * 2, <u16>((generation(index) + 1) & 0x7fff));
  dropEvents(index);
}

/** Tells the application; nobody is told of a socket that no application holds. */
export function notify(endpoint: Endpoint, events: u32): void {
  if (!endpoint.has(EndpointFlag.OPEN)) return;
  postEvent(indexOf(endpoint), events);
  if (APPLICATIONS && isInside(endpoint.owner)) callInside();
}

/** True of the owner of sockets of an application inside the module (abi/applications.ts, Owner). */
export function isInside(owner: u32): bool {
  return owner >> 8 == <u32>Owner.FIRST_APPLICATION >> 8;
}

/** Room has come back: whoever was told EAGAIN may try again. */
export function tellRoom(endpoint: Endpoint): void {
  if (!endpoint.has(EndpointFlag.WANTS_ROOM)) return;
  endpoint.clear(EndpointFlag.WANTS_ROOM);
  notify(endpoint, Event.WRITABLE);
}

/** The endpoint has something to send; the poll that follows sends it. */
export function scheduleOutput(endpoint: Endpoint): void {
  if (endpoint.has(EndpointFlag.OUTPUT_DUE)) return;
  endpoint.set(EndpointFlag.OUTPUT_DUE);
  endpoint.outputNext = null;
  const tail = sockets.outputTail;
  if (tail) tail.outputNext = endpoint;
  else sockets.outputHead = endpoint;
  sockets.outputTail = endpoint;
}

/** Takes out all that have something to send, in the order in which they came. */
export function takeOutputs(): Endpoint | null {
  const head = sockets.outputHead;
  sockets.outputHead = null;
  sockets.outputTail = null;
  return head;
}

export function hasOutputs(): bool {
  return sockets.outputHead !== null;
}

/** Puts the endpoint into the list of those that wait for a packet. */
export function awaitPacket(endpoint: Endpoint): void {
  if (endpoint.has(EndpointFlag.WAITS_FOR_PACKET)) return;
  endpoint.set(EndpointFlag.WAITS_FOR_PACKET);
  endpoint.waitNext = null;
  const tail = sockets.waitTail;
  if (tail) tail.waitNext = endpoint;
  else sockets.waitHead = endpoint;
  sockets.waitTail = endpoint;
}

export function someoneAwaitsPacket(): bool {
  return sockets.waitHead !== null;
}

/** The one that has waited longest for a packet, out of the list; or null. */
export function takeWaiter(): Endpoint | null {
  const endpoint = sockets.waitHead;
  if (!endpoint) return null;
  sockets.waitHead = endpoint.waitNext;
  if (!sockets.waitHead) sockets.waitTail = null;
  endpoint.clear(EndpointFlag.WAITS_FOR_PACKET);
  return endpoint;
}

/** Takes a dying endpoint out of both lists. */
export function forget(endpoint: Endpoint): void {
  if (endpoint.has(EndpointFlag.WAITS_FOR_PACKET)) {
    let before: Endpoint | null = null;
    let at = sockets.waitHead;
    while (at && at !== endpoint) {
      before = at;
      at = at.waitNext;
    }
    if (before) before.waitNext = endpoint.waitNext;
    else sockets.waitHead = endpoint.waitNext;
    if (sockets.waitTail === endpoint) sockets.waitTail = before;
  }
  if (endpoint.has(EndpointFlag.OUTPUT_DUE)) {
    let before: Endpoint | null = null;
    let at = sockets.outputHead;
    while (at && at !== endpoint) {
      before = at;
      at = at.outputNext;
    }
    if (!at) return; // being worked on: takeOutputs has it
    if (before) before.outputNext = endpoint.outputNext;
    else sockets.outputHead = endpoint.outputNext;
    if (sockets.outputTail === endpoint) sockets.outputTail = before;
  }
}
