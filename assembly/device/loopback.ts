// The loopback: packets from this machine to itself (RFC 1122 §3.2.1.3 (g)). They wait in a queue and are received in a
// later turn, as if a wire of no length had brought them; a call that sends never ends up in one that receives.
//
// What waits is the very packet that was sent, held like one in a transmit ring. When its turn comes and nobody else
// holds it, it becomes the received packet; one that a send queue keeps is copied, since sender and receiver each move
// its view. A copy is made of one packet at a time, and goes to the receiver against what was promised to him.

import { Counter } from "../abi/counters";
import { ETHERNET_HEADER_BYTES, FRAME_OFFSET, LOOPBACK_ADAPTER } from "../base/config";
import { count } from "../base/counters";
import { adapterAt } from "./adapter";
import { hold, Packet, PacketFlag, release, takePacket } from "./packet";

/** Sends an IP packet to this machine itself. It is held until it is received. */
export function loop(packet: Packet): void {
  const adapter = adapterAt(LOOPBACK_ADAPTER);
  hold(packet);
  packet.set(PacketFlag.ON_ITS_WAY);
  packet.link = null;
  const tail = adapter.backlogTail;
  if (tail) tail.link = packet;
  else adapter.backlogHead = packet;
  adapter.backlogTail = packet;
}

/** True while packets wait to be received. */
export function hasLooped(): bool {
  return adapterAt(LOOPBACK_ADAPTER).backlogHead !== null;
}

/** The packet that has waited longest, its IP header in view. The caller holds it, and nobody else does. */
export function receiveLooped(): Packet | null {
  for (let packet = takeFirst(); packet; packet = takeFirst()) {
    const received = packet.holders == 1 ? packet : copyOf(packet);
    packet.clear(PacketFlag.ON_ITS_WAY);
    if (packet !== received) release(packet);
    if (received) return asReceived(received);
    count(Counter.LoopbackNoPacket);
  }
  return null;
}

function takeFirst(): Packet | null {
  const adapter = adapterAt(LOOPBACK_ADAPTER);
  const packet = adapter.backlogHead;
  if (!packet) return null;
  adapter.backlogHead = packet.link;
  if (!adapter.backlogHead) adapter.backlogTail = null;
  return packet;
}

function copyOf(packet: Packet): Packet | null {
  const copy = takePacket();
  if (!copy) return null;
  copy.data = copy.buffer + FRAME_OFFSET + ETHERNET_HEADER_BYTES;
  copy.length = packet.length;
  memory.copy(copy.data, packet.data, packet.length);
  return copy;
}

// Nothing of its life as a packet to send is left.
function asReceived(packet: Packet): Packet {
  packet.link = null;
  packet.more = null;
  packet.owner = -1;
  packet.clearAll();
  packet.adapter = <u8>LOOPBACK_ADAPTER;
  return packet;
}
