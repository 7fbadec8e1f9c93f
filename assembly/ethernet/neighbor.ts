// The neighbor table: which Ethernet address an IP address on the same network has, and what waits to learn it. The
// states are those of neighbor unreachability detection (RFC 4861 §7.3.2), for both versions of IP.

import { NEIGHBOR_QUEUE, NEIGHBORS } from "profile";
import { Counter } from "../abi/counters";
import { addressHash, copyAddress, sameAddress } from "../base/address";
import { NEVER, now } from "../base/clock";
import { FRAGMENTS, NEIGHBOR_BUCKETS, NEIGHBOR_TIMERS } from "../base/config";
import { count } from "../base/counters";
import { LINK_STATE, NEIGHBOR_BASE, NEIGHBOR_BYTES, NEIGHBOR_TABLE } from "../base/memory";
import { neighborIndex, neighborPool } from "../base/pool";
import { setTimer } from "../base/timers";
import { Adapter, adapterAt } from "../device/adapter";
import { hold, Packet, PacketFlag, release } from "../device/packet";
import { etherTypeOf, sendEthernet } from "./header";
import { reachableTime } from "./interface";

export const enum NeighborState {
  /** Asked for, not answered: frames wait. */
  INCOMPLETE = 0,
  REACHABLE = 1,
  /** Known, not confirmed for a while; good enough until it is used. */
  STALE = 2,
  /** Used while stale: a moment for upper layers to show that it answers. */
  DELAY = 3,
  /** Being asked again, directly. */
  PROBE = 4,
}

@unmanaged
@final
export class Neighbor {
  address0: u32;
  address1: u32;
  address2: u32;
  address3: u32;
  macLow: u32;
  macHigh: u16;
  private stateByte: u8;
  adapter: u8;
  /** Next in the hash chain. */
  next: Neighbor | null;
  waitingHead: Packet | null;
  waitingTail: Packet | null;
  waiting: u8;
  /** Requests sent since it last answered. */
  requests: u8;
  /** 1 while it says that it is a router (RFC 4861 §7.3.3). */
  isRouter: u8;
  reserved: u8;
  /** Time of last use, in units of 2^16 microseconds: the one unused longest makes room. */
  usedAt: u32;

  @inline get address(): usize {
    return changetype<usize>(this);
  }
  @inline get state(): NeighborState {
    return this.stateByte;
  }
  set state(state: NeighborState) {
    this.stateByte = <u8>state;
  }
}

if (offsetof<Neighbor>() != NEIGHBOR_BYTES) ERROR("NEIGHBOR_BYTES does not agree with Neighbor.");

/** Longer than anybody in use has not been used, in units of `usedAt`: four years. */
const AGES: u32 = 0x80000000;

@unmanaged
@final
class Link {
  /** Changes whenever a path that somebody keeps may have become wrong. */
  generation: u32;
}

const link: Link = changetype<Link>(LINK_STATE);

export function startNeighbors(): void {
  neighborPool.start(NEIGHBOR_BASE, NEIGHBORS, NEIGHBOR_BYTES);
  link.generation = 1; // 0 marks a path that was never looked up
}

/** A kept path is good only while this stays the same. */
export function pathGeneration(): u32 {
  return link.generation;
}

export function invalidatePaths(): void {
  link.generation++;
}

function bucket(address: usize): usize {
  return NEIGHBOR_TABLE + (((addressHash(address) * 0x9e3779b1) >> 16) & (NEIGHBOR_BUCKETS - 1)) * 4;
}

export function findNeighbor(adapter: u32, address: usize): Neighbor | null {
  let neighbor = changetype<Neighbor | null>(load<usize>(bucket(address)));
  while (neighbor) {
    if (neighbor.adapter == adapter && sameAddress(neighbor.address, address)) return neighbor;
    neighbor = neighbor.next;
  }
  return null;
}

/**
 * A new entry, INCOMPLETE and without a timer; the one unused longest makes room. Null when all are being asked for.
 * `isSought` false: it is somebody who has told of himself, and until he is spoken to the first to make room again, so that
 * thousands who do cannot drive out those in use.
 */
export function addNeighbor(adapter: u32, address: usize, isSought: bool): Neighbor | null {
  if (!neighborPool.free && !evictNeighbor()) {
    count(Counter.NeighborTableFull);
    return null;
  }
  const neighbor = changetype<Neighbor>(neighborPool.take());
  copyAddress(neighbor.address, address);
  neighbor.adapter = <u8>adapter;
  neighbor.usedAt = <u32>(now() >> 16) - (isSought ? 0 : AGES);
  const head = bucket(address);
  neighbor.next = changetype<Neighbor | null>(load<usize>(head));
  store<usize>(head, changetype<usize>(neighbor));
  return neighbor;
}

// Frees the entry unused longest: one that was never answered while those are more than half of the table, so that
// packets from many who do not exist cannot drive out the ones who do; else one that nothing waits for.
function evictNeighbor(): bool {
  let silent: Neighbor | null = null;
  let idle: Neighbor | null = null;
  let silentOnes: u32 = 0;
  for (let i: u32 = 0; i < neighborPool.count; i++) {
    const neighbor = changetype<Neighbor>(neighborPool.at(i));
    if (neighbor.state == NeighborState.INCOMPLETE) {
      silentOnes++;
      silent = longerUnused(silent, neighbor);
    } else if (!neighbor.waitingHead) {
      idle = longerUnused(idle, neighbor);
    }
  }
  const chosen = idle && silentOnes <= neighborPool.count / 2 ? idle : silent;
  if (!chosen) return false;
  removeNeighbor(chosen);
  return true;
}

function longerUnused(one: Neighbor | null, other: Neighbor): Neighbor {
  const time = <u32>(now() >> 16);
  return one && time - one.usedAt >= time - other.usedAt ? one : other;
}

/** Frees an entry and drops what waits for it. */
export function removeNeighbor(neighbor: Neighbor): void {
  dropAllWaiting(takeOut(neighbor));
}

/** Frees an entry. What waited for it, linked by `link`, is the caller's to drop. */
export function takeOut(neighbor: Neighbor): Packet | null {
  const waiting = neighbor.waitingHead;
  let at = bucket(neighbor.address);
  while (load<usize>(at) != changetype<usize>(neighbor)) at = load<usize>(at) + offsetof<Neighbor>("next");
  store<usize>(at, changetype<usize>(neighbor.next));
  setTimer(timerOf(neighbor), NEVER);
  neighborPool.give(changetype<usize>(neighbor));
  invalidatePaths();
  return waiting;
}

function dropAllWaiting(packet: Packet | null): void {
  while (packet) {
    const next = packet.link;
    dropWaiting(packet);
    packet = next;
  }
}

export function timerOf(neighbor: Neighbor): u32 {
  return NEIGHBOR_TIMERS + neighborIndex(changetype<usize>(neighbor));
}

/**
 * Keeps an IP packet until the neighbor answers; the oldest gives way when too many wait (RFC 1122 §2.3.2.2). Fragments
 * of one datagram count as one and fall together: the rest would be of no use.
 */
export function waitFor(neighbor: Neighbor, packet: Packet): void {
  hold(packet);
  packet.set(PacketFlag.ON_ITS_WAY);
  packet.link = null;
  const tail = neighbor.waitingTail;
  if (tail) tail.link = packet;
  else neighbor.waitingHead = packet;
  neighbor.waitingTail = packet;
  if (FRAGMENTS && packet.has(PacketFlag.FOLLOWS)) return;
  if (neighbor.waiting++ < NEIGHBOR_QUEUE) return;
  neighbor.waiting--;
  dropOldest(neighbor);
  while (FRAGMENTS && neighbor.waitingHead!.has(PacketFlag.FOLLOWS)) dropOldest(neighbor);
}

// There is always a newer one behind it.
function dropOldest(neighbor: Neighbor): void {
  const oldest = neighbor.waitingHead!;
  neighbor.waitingHead = oldest.link;
  dropWaiting(oldest);
}

/** Drops a packet that has waited for a neighbor. */
export function dropWaiting(packet: Packet): void {
  count(Counter.NeighborWaitDrops);
  packet.clear(PacketFlag.ON_ITS_WAY);
  release(packet);
}

/** A neighbor has told its Ethernet address: it is reachable, and what waited goes out. */
export function confirm(neighbor: Neighbor, macLow: u32, macHigh: u32): void {
  learnMac(neighbor, macLow, macHigh);
  neighbor.state = NeighborState.REACHABLE;
  neighbor.requests = 0;
  setTimer(timerOf(neighbor), now() + reachableTime(neighbor.adapter));
}

/** A neighbor's address is known from what it said unasked: it is good for use, and doubted when it is used. */
export function suppose(neighbor: Neighbor, macLow: u32, macHigh: u32): void {
  learnMac(neighbor, macLow, macHigh);
  neighbor.state = NeighborState.STALE;
  neighbor.requests = 0;
  setTimer(timerOf(neighbor), NEVER);
}

// What waited for the address goes out.
function learnMac(neighbor: Neighbor, macLow: u32, macHigh: u32): void {
  neighbor.macLow = macLow;
  neighbor.macHigh = <u16>macHigh;
  let packet = neighbor.waitingHead;
  neighbor.waitingHead = null;
  neighbor.waitingTail = null;
  neighbor.waiting = 0;
  const adapter: Adapter = adapterAt(neighbor.adapter);
  while (packet) {
    const next = packet.link;
    sendEthernet(adapter, packet, macLow, macHigh, etherTypeOf(packet));
    release(packet);
    packet = next;
  }
}
