// The one interface behind which every MAC stands. A profile has one kind of MAC; the others leave no byte (mac.ts).
//
// A driver of a ring gives the MAC packets to receive into and takes them back full, and holds a packet that is sent until
// the MAC has sent it. One of a FIFO reads a frame into a packet and writes a frame from one, and holds none.

import { Counter } from "../abi/counters";
import { count } from "../base/counters";
import { Adapter, keepAdapter, nextAdapter } from "./adapter";
import {
  attendMac,
  filterBitMac,
  kickMac,
  receiveMac,
  reclaimMac,
  refillMac,
  sendMac,
  setFilterMac,
  startMac,
  wantSentMac,
} from "./mac";
import { hold, Packet, PacketFlag, release } from "./packet";

/** Starts the MAC at bus address `base`. Null when the profile has no adapter left; `base` 0 when no MAC answers. */
export function startAdapter(base: u32, macLow: u32, macHigh: u32): Adapter | null {
  const adapter = nextAdapter();
  if (!adapter) return null;
  adapter.base = base;
  if (!startMac(adapter, macLow, macHigh)) {
    adapter.base = 0;
    return adapter;
  }
  keepAdapter();
  return adapter;
}

/** The bit of the multicast filter, 0 to 63, that admits the frames to a group's Ethernet address. */
export function filterBit(macLow: u32, macHigh: u32): u32 {
  return filterBitMac(macLow, macHigh);
}

/** Admits the groups of these bits alone: bits 0 to 31 and 32 to 63. Others may have the same bit; IP sorts them out. */
export function setFilter(adapter: Adapter, low: u32, high: u32): void {
  setFilterMac(adapter, low, high);
}

/**
 * Start of an adapter's turn: interrupts acknowledged, frames that were sent let go, waiting frames put in. True when
 * the link went up or down, or both, since the last.
 */
export function attend(adapter: Adapter): bool {
  const linkMoved = attendMac(adapter);
  reclaimMac(adapter);
  sendBacklog(adapter);
  return linkMoved;
}

/** The next received frame, or null. The caller holds it. */
export function receiveFrame(adapter: Adapter): Packet | null {
  return receiveMac(adapter);
}

/** Makes the room of a received frame good in the ring. */
export function refill(adapter: Adapter): void {
  refillMac(adapter);
}

/** Sends a frame, from the Ethernet header on. The packet is held until the MAC has sent it; order is kept. */
export function sendFrame(adapter: Adapter, packet: Packet): void {
  hold(packet);
  packet.set(PacketFlag.ON_ITS_WAY);
  if (!adapter.backlogHead && sendMac(adapter, packet)) return;
  packet.link = null;
  const tail = adapter.backlogTail;
  if (tail) tail.link = packet;
  else adapter.backlogHead = packet;
  adapter.backlogTail = packet;
}

/** End of an adapter's turn: the MAC is told what it was given, and whether somebody waits for frames to leave. */
export function kick(adapter: Adapter, sentWanted: bool): void {
  kickMac(adapter);
  wantSentMac(adapter, (sentWanted && adapter.txUsed > 0) || hasBacklog(adapter));
}

/** Frames that wait for room in the transmit ring. */
export function hasBacklog(adapter: Adapter): bool {
  return adapter.backlogHead !== null;
}

/** Drops what an adapter without a link has waiting: it would be stale when the link returns. */
export function dropBacklog(adapter: Adapter): void {
  let packet = adapter.backlogHead;
  adapter.backlogHead = null;
  adapter.backlogTail = null;
  while (packet) {
    const next = packet.link;
    count(Counter.EthOutNoCarrier);
    packet.clear(PacketFlag.ON_ITS_WAY);
    release(packet);
    packet = next;
  }
}

function sendBacklog(adapter: Adapter): void {
  let packet = adapter.backlogHead;
  while (packet) {
    const next = packet.link;
    if (!sendMac(adapter, packet)) break;
    packet = next;
  }
  adapter.backlogHead = packet;
  if (!packet) adapter.backlogTail = null;
}
