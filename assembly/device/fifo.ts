// What drivers of MACs with FIFOs share. Frames wait in the MAC, so that no packet lies in a ring: one is taken when a
// frame is read, and let go when a frame is written. RX_RING packets are kept for that all the same, as a ring would.

import { BUFFER_BYTES, FRAME_OFFSET } from "../base/config";
import { Adapter } from "./adapter";
import { read32, write32 } from "./bus";
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

/**
 * Reads `words` words of a frame from the register at `port`, from word `index` of the FIFO on, counted from the one with
 * the frame's first byte, into the packet. What is too much for it is lost.
 */
export function readWords(packet: Packet, index: u32, port: u32, words: u32): void {
  let at = packet.buffer + FRAME_OFFSET - LEAD_BYTES + index * 4;
  const kept = min(words, ROOM_WORDS - index);
  const end = at + (kept << 2);
  // The last of four first: a processor that has its accesses checked by comparison finds the others checked by that.
  for (; at + 16 <= end; at += 16) {
    const first = read32(port);
    const second = read32(port);
    const third = read32(port);
    store<u32>(at, read32(port), 12);
    store<u32>(at, third, 8);
    store<u32>(at, second, 4);
    store<u32>(at, first);
  }
  for (; at < end; at += 4) store<u32>(at, read32(port));
  for (let i = kept; i < words; i++) read32(port);
}

/** Writes the words from `at` to `end` to the register at `port`. */
export function writeWords(port: u32, at: usize, end: usize): void {
  for (; at + 16 <= end; at += 16) {
    const fourth = load<u32>(at, 12);
    const third = load<u32>(at, 8);
    const second = load<u32>(at, 4);
    write32(port, load<u32>(at));
    write32(port, second);
    write32(port, third);
    write32(port, fourth);
  }
  for (; at + 4 <= end; at += 4) write32(port, load<u32>(at));
}

/** Puts the word with the frame's first bytes into the packet. */
export function putFirstWord(packet: Packet, word: u32): void {
  store<u32>(packet.buffer + FRAME_OFFSET - LEAD_BYTES, word);
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
