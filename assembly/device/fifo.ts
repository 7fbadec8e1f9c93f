// What drivers of MACs with FIFOs share. Frames wait in the MAC, so that no packet lies in a ring: one is taken when a
// frame is read, and let go when a frame is written. RX_RING packets are kept for that all the same, as a ring would.

import { BUFFER_BYTES, FRAME_OFFSET } from "../base/config";
import { Adapter } from "./adapter";
import { Packet, PacketFlag, release, ringWants, takeRingPacket } from "./packet";

/** Bytes in front of a frame that both FIFOs give with its first word; they align the IP header. */
const LEAD_BYTES: u32 = 2;
const ROOM_WORDS: u32 = (BUFFER_BYTES - FRAME_OFFSET + LEAD_BYTES) / 4;

/** A packet for the frame at the head of the FIFO, or null: then it waits there. */
export function takeFifoPacket(adapter: Adapter): Packet | null {
  const packet = takeRingPacket();
  if (!packet) return null;
  adapter.rxFilled++;
  ringWants(-1);
  packet.adapter = adapter.index;
  return packet;
}

/** Keeps a packet for the next frame in the place of each that was taken. */
export function refillFifo(adapter: Adapter): void {
  ringWants(adapter.rxFilled);
  adapter.rxFilled = 0;
}

/** Puts word `index` of the FIFO, counted from the one with the frame's first byte, into the packet. Too many: lost. */
export function putWord(packet: Packet, index: u32, word: u32): void {
  if (index < ROOM_WORDS) store<u32>(packet.buffer + FRAME_OFFSET - LEAD_BYTES + index * 4, word);
}

/** The frame that was put there is `bytes` long without FCS; IP finds out about one that did not fit. */
export function setFrame(packet: Packet, bytes: u32): void {
  packet.data = packet.buffer + FRAME_OFFSET;
  packet.length = min<u32>(bytes, BUFFER_BYTES - FRAME_OFFSET);
}

/** A frame is in the MAC whole. */
export function frameLeft(packet: Packet): void {
  packet.clear(PacketFlag.ON_ITS_WAY);
  release(packet);
}
