// From IP to the wire: a packet for a neighbor goes out at once, or waits until the neighbor's address is known.

import { IPV6 } from "profile";
import { Counter } from "../abi/counters";
import { isMulticast, isV4 } from "../base/address";
import { now } from "../base/clock";
import { NEIGHBOR_TIMERS, SECOND } from "../base/config";
import { count } from "../base/counters";
import { neighborPool } from "../base/pool";
import { setTimer } from "../base/timers";
import { Adapter, adapterAt } from "../device/adapter";
import { Packet } from "../device/packet";
import { sendArpRequest } from "../ethernet/arp";
import {
  BROADCAST_HIGH,
  BROADCAST_LOW,
  etherTypeOf,
  groupMacHigh,
  groupMacLow,
  sendEthernet,
} from "../ethernet/header";
import { retransTime } from "../ethernet/interface";
import { addNeighbor, findNeighbor, Neighbor, NeighborState, timerOf, waitFor } from "../ethernet/neighbor";
import { forgetRedirectsTo } from "./route";
import { sendSolicitation } from "./solicit";

/** Requests before a neighbor is given up (RFC 4861 §10; RFC 1122 §2.3.2.1 asks for a limit). */
const MAX_REQUESTS: u8 = 3;
const DELAY_TIME: u64 = 5 * SECOND;

/** The entry of a neighbor, made when there is none; null when the table is full of neighbors being asked for. */
export function neighborFor(adapter: Adapter, address: usize): Neighbor | null {
  const known = findNeighbor(adapter.index, address);
  if (known) return known;
  const neighbor = addNeighbor(adapter.index, address);
  if (neighbor) neighbor.state = NeighborState.INCOMPLETE;
  return neighbor;
}

/** Sends an IP packet to a neighbor. */
export function sendToNeighbor(adapter: Adapter, neighbor: Neighbor, packet: Packet): void {
  neighbor.usedAt = <u32>(now() >> 16);
  if (neighbor.state == NeighborState.INCOMPLETE) {
    waitFor(neighbor, packet);
    if (neighbor.requests == 0) ask(adapter, neighbor);
    return;
  }
  if (neighbor.state == NeighborState.STALE) {
    neighbor.state = NeighborState.DELAY;
    setTimer(timerOf(neighbor), now() + DELAY_TIME);
  }
  sendEthernet(adapter, packet, neighbor.macLow, neighbor.macHigh, etherTypeOf(packet));
}

/** Those above hear nothing through a neighbor: it is asked for at once rather than when its time has come. */
export function suspect(neighbor: Neighbor): void {
  if (neighbor.state == NeighborState.INCOMPLETE || neighbor.state == NeighborState.PROBE) return;
  neighbor.state = NeighborState.DELAY;
  setTimer(timerOf(neighbor), now());
}

/** Sends an IP packet to everybody, or to the group that `destination` names (RFC 1112 §6.4, RFC 2464 §7). */
export function sendToGroup(adapter: Adapter, destination: usize, packet: Packet): void {
  if (!isMulticast(destination)) {
    sendEthernet(adapter, packet, BROADCAST_LOW, BROADCAST_HIGH, etherTypeOf(packet));
    return;
  }
  sendEthernet(adapter, packet, groupMacLow(destination), groupMacHigh(destination), etherTypeOf(packet));
}

/** A neighbor's timer has come. Gives the neighbor when nobody answered, for the caller to tell and to remove. */
export function neighborTimeout(timer: u32): Neighbor | null {
  const neighbor = changetype<Neighbor>(neighborPool.at(timer - NEIGHBOR_TIMERS));
  const adapter = adapterAt(neighbor.adapter);
  switch (neighbor.state) {
    case NeighborState.REACHABLE:
      neighbor.state = NeighborState.STALE;
      return null;
    case NeighborState.DELAY:
      neighbor.state = NeighborState.PROBE;
      neighbor.requests = 0;
      ask(adapter, neighbor);
      return null;
    case NeighborState.STALE:
      return null;
    default:
      if (neighbor.requests < MAX_REQUESTS) {
        ask(adapter, neighbor);
        return null;
      }
      count(Counter.NeighborGiveUps);
      if (IPV6) forgetRedirectsTo(neighbor.address, neighbor.adapter);
      return neighbor;
  }
}

function ask(adapter: Adapter, neighbor: Neighbor): void {
  neighbor.requests++;
  setTimer(timerOf(neighbor), now() + retransTime(neighbor.adapter));
  if (IPV6 && !isV4(neighbor.address)) sendSolicitation(adapter, neighbor);
  else sendArpRequest(adapter, neighbor);
}
