// Driver for the Ethernet MAC of SmartFusion2 parts. Its descriptors lead to one another by bus address; here they form
// a ring for each direction. A packet's record is kept beside each.

import { MAC, RX_RING, TX_RING } from "profile";
import { MacKind } from "../abi/mac";
import { BUFFER_BYTES, FRAME_OFFSET } from "../base/config";
import { RINGS_BASE, RINGS_BYTES } from "../base/memory";
import { Adapter, dmaBase } from "./adapter";
import { read32, write32 } from "./bus";
import { Packet, PacketFlag, release, ringWants, takeRingPacket } from "./packet";
import { isLinkDue, isTransceiver, noteLink, PATIENCE } from "./phy";
import { Phy } from "./registers";
import {
  SmartFusion,
  SmartFusionConfig,
  SmartFusionDescriptor,
  SmartFusionDma,
  SmartFusionMii,
} from "./smartfusion-registers";

const STEP: u32 = SmartFusionDescriptor.BYTES;
const RX_DESCRIPTORS: usize = 0;
const TX_DESCRIPTORS: usize = RX_RING * STEP;
const RX_PACKETS: usize = (RX_RING + TX_RING) * STEP;
const TX_PACKETS: usize = RX_PACKETS + RX_RING * 4;
const FRAME_ROOM: u32 = BUFFER_BYTES - FRAME_OFFSET;

function rings(adapter: Adapter): usize {
  return RINGS_BASE + <usize>adapter.index * RINGS_BYTES;
}

function rxDescriptor(adapter: Adapter, place: u32): usize {
  return rings(adapter) + RX_DESCRIPTORS + place * STEP;
}

function txDescriptor(adapter: Adapter, place: u32): usize {
  return rings(adapter) + TX_DESCRIPTORS + place * STEP;
}

/** Resets the MAC, gives it an address and its rings, and starts it. False: no such MAC, or no address: it has none. */
export function startSmartFusion(adapter: Adapter, macLow: u32, macHigh: u32): bool {
  const base = adapter.base;
  if (!(macLow | macHigh)) return false;
  write32(base + SmartFusion.CONFIG1, SmartFusionConfig.RESET);
  if (read32(base + SmartFusion.MAX_FRAME) != SmartFusionConfig.MAX_FRAME_AT_RESET) return false;
  write32(base + SmartFusion.CONFIG1, 0);
  write32(base + SmartFusion.CONFIG2, SmartFusionConfig.LINE);
  write32(base + SmartFusion.FIFO_CONFIG0, SmartFusionConfig.FIFO_ON);
  write32(base + SmartFusion.ADDRESS1, bswap<u32>(macLow));
  write32(base + SmartFusion.ADDRESS2, bswap<u32>(macHigh));
  adapter.macLow = macLow;
  adapter.macHigh = <u16>macHigh;
  setFilterSmartFusion(adapter, 0, 0);

  memory.fill(rings(adapter), 0, RINGS_BYTES);
  for (let i: u32 = 0; i < RX_RING; i++) link(rxDescriptor(adapter, i), rxDescriptor(adapter, next(i, RX_RING)), 0);
  for (let i: u32 = 0; i < TX_RING; i++) {
    link(txDescriptor(adapter, i), txDescriptor(adapter, next(i, TX_RING)), SmartFusionDescriptor.EMPTY);
  }
  refillSmartFusion(adapter);
  adapter.up = readLink(base);
  write32(base + SmartFusion.CONFIG1, SmartFusionConfig.RX_ENABLE | SmartFusionConfig.TX_ENABLE);
  write32(base + SmartFusion.INTERRUPT_MASK, SmartFusionDma.INTERRUPT_RECEIVED | SmartFusionDma.INTERRUPT_OVERFLOW);
  startReceiver(adapter);
  return true;
}

function next(place: u32, count: u32): u32 {
  return place + 1 == count ? 0 : place + 1;
}

function link(descriptor: usize, following: usize, control: u32): void {
  store<u32>(descriptor, control, SmartFusionDescriptor.CONTROL);
  store<u32>(descriptor, dmaBase() + <u32>following, SmartFusionDescriptor.NEXT);
}

/** Takes note of what stopped, and follows the link: true when that went up or down. */
export function attendSmartFusion(adapter: Adapter): bool {
  const base = adapter.base;
  if (read32(base + SmartFusion.RX_STATUS) & SmartFusionDma.RX_OVERFLOW) {
    write32(base + SmartFusion.RX_STATUS, SmartFusionDma.RX_OVERFLOW);
    adapter.rxKick = 1;
  }
  return isLinkDue(adapter) && noteLink(adapter, readLink(base) != 0);
}

/** The next frame that was received, out of the ring, or null. */
export function receiveSmartFusion(adapter: Adapter): Packet | null {
  if (!adapter.rxFilled) return null;
  const place = adapter.rxNext;
  const control = load<u32>(rxDescriptor(adapter, place), SmartFusionDescriptor.CONTROL);
  if (control & SmartFusionDescriptor.EMPTY) return null;
  // The MAC counts frames until they are taken, and interrupts as long as there are any.
  write32(adapter.base + SmartFusion.RX_STATUS, SmartFusionDma.FRAME);
  const packet = changetype<Packet>(load<usize>(rings(adapter) + RX_PACKETS + place * 4));
  adapter.rxNext = next(place, RX_RING);
  adapter.rxFilled--;
  ringWants(1);
  packet.data = packet.buffer + FRAME_OFFSET;
  packet.length = min<u32>(control & SmartFusionDescriptor.LENGTH_MASK, FRAME_ROOM);
  packet.adapter = adapter.index;
  return packet;
}

/** Gives packets to the empty places of the receive ring, as far as there are any. */
export function refillSmartFusion(adapter: Adapter): void {
  while (adapter.rxFilled < RX_RING) {
    const packet = takeRingPacket();
    if (!packet) return;
    const place = adapter.rxFill;
    const descriptor = rxDescriptor(adapter, place);
    store<usize>(rings(adapter) + RX_PACKETS + place * 4, changetype<usize>(packet));
    store<u32>(descriptor, dmaBase() + <u32>packet.data, SmartFusionDescriptor.BUFFER);
    // EMPTY last: from here on the buffer is the MAC's.
    store<u32>(descriptor, SmartFusionDescriptor.EMPTY, SmartFusionDescriptor.CONTROL);
    adapter.rxFill = next(place, RX_RING);
    adapter.rxFilled++;
    ringWants(-1);
  }
}

/** Puts a frame into the transmit ring, which holds it until it is sent. False when the ring is full. */
export function sendSmartFusion(adapter: Adapter, packet: Packet): bool {
  if (adapter.txUsed == TX_RING) {
    reclaimSmartFusion(adapter);
    if (adapter.txUsed == TX_RING) return false;
  }
  const place = adapter.txNext;
  const descriptor = txDescriptor(adapter, place);
  store<usize>(rings(adapter) + TX_PACKETS + place * 4, changetype<usize>(packet));
  store<u32>(descriptor, dmaBase() + <u32>packet.data, SmartFusionDescriptor.BUFFER);
  store<u32>(descriptor, packet.length, SmartFusionDescriptor.CONTROL);
  adapter.txNext = next(place, TX_RING);
  adapter.txUsed++;
  return true;
}

/** Lets go of the frames that the MAC has sent. */
export function reclaimSmartFusion(adapter: Adapter): void {
  while (adapter.txUsed) {
    const place = adapter.txDone;
    if (!(load<u32>(txDescriptor(adapter, place), SmartFusionDescriptor.CONTROL) & SmartFusionDescriptor.EMPTY)) return;
    write32(adapter.base + SmartFusion.TX_STATUS, SmartFusionDma.FRAME);
    const packet = changetype<Packet>(load<usize>(rings(adapter) + TX_PACKETS + place * 4));
    packet.clear(PacketFlag.ON_ITS_WAY);
    release(packet);
    adapter.txDone = next(place, TX_RING);
    adapter.txUsed--;
  }
}

/** Starts what has stopped and can go on: the receiver at an empty buffer, the transmitter at the oldest frame. */
export function kickSmartFusion(adapter: Adapter): void {
  if (adapter.rxKick) startReceiver(adapter);
  if (!adapter.txUsed) return;
  // A transmitter that runs finds what was put behind what it sends.
  if (read32(adapter.base + SmartFusion.TX_CONTROL) & SmartFusionDma.ENABLE) return;
  reclaimSmartFusion(adapter);
  if (!adapter.txUsed) return;
  write32(adapter.base + SmartFusion.TX_STATUS, SmartFusionDma.TX_UNDERRUN);
  write32(adapter.base + SmartFusion.TX_DESCRIPTOR, dmaBase() + <u32>txDescriptor(adapter, adapter.txDone));
  write32(adapter.base + SmartFusion.TX_CONTROL, SmartFusionDma.ENABLE);
  reclaimSmartFusion(adapter);
}

// The MAC goes on where it stopped: behind the frames that have not been taken yet.
function startReceiver(adapter: Adapter): void {
  let place = adapter.rxNext;
  for (let i: u32 = 0; i < adapter.rxFilled; i++) {
    if (load<u32>(rxDescriptor(adapter, place), SmartFusionDescriptor.CONTROL) & SmartFusionDescriptor.EMPTY) {
      write32(adapter.base + SmartFusion.RX_DESCRIPTOR, dmaBase() + <u32>rxDescriptor(adapter, place));
      write32(adapter.base + SmartFusion.RX_CONTROL, SmartFusionDma.ENABLE);
      adapter.rxKick = 0;
      return;
    }
    place = next(place, RX_RING);
  }
}

/** All groups are admitted, or none. */
export function setFilterSmartFusion(adapter: Adapter, low: u32, high: u32): void {
  const base = adapter.base;
  const dontCare = read32(base + SmartFusion.FILTER_DONT_CARE);
  const match = read32(base + SmartFusion.FILTER_MATCH);
  if (low | high) {
    write32(base + SmartFusion.FILTER_DONT_CARE, dontCare | SmartFusionConfig.GROUPS);
  } else {
    write32(base + SmartFusion.FILTER_MATCH, match | SmartFusionConfig.GROUPS);
    write32(base + SmartFusion.FILTER_DONT_CARE, dontCare & ~SmartFusionConfig.GROUPS);
  }
}

/**
 * Chooses whether the MAC interrupts when it has sent something. It does as long as a frame is in the ring, too: the
 * transmitter may have stopped in front of one that was put there at that moment.
 */
export function wantSentSmartFusion(adapter: Adapter, wanted: bool): void {
  if (adapter.txUsed) wanted = true;
  if (adapter.sentWanted == <u8>wanted) return;
  adapter.sentWanted = <u8>wanted;
  const mask: u32 = SmartFusionDma.INTERRUPT_RECEIVED | SmartFusionDma.INTERRUPT_OVERFLOW;
  write32(adapter.base + SmartFusion.INTERRUPT_MASK, wanted ? mask | SmartFusionDma.INTERRUPT_SENT : mask);
}

// Where no transceiver answers there is nothing to ask: the link is taken to be there.
function readLink(base: u32): u8 {
  if (!isTransceiver(readPhy(base, Phy.ID))) return 1;
  readPhy(base, Phy.BMSR);
  return readPhy(base, Phy.BMSR) & Phy.BMSR_LINK ? 1 : 0;
}

function readPhy(base: u32, register: u32): u32 {
  write32(base + SmartFusion.MII_ADDRESS, SmartFusionMii.PHY | register);
  write32(base + SmartFusion.MII_COMMAND, SmartFusionMii.READ);
  for (let i: u32 = 0; i < PATIENCE; i++) {
    if (!read32(base + SmartFusion.MII_BUSY)) break;
  }
  write32(base + SmartFusion.MII_COMMAND, 0);
  return read32(base + SmartFusion.MII_STATUS) & 0xffff;
}

if (MAC == MacKind.SMARTFUSION && (<u32>SmartFusionDescriptor.BYTES + 4) * (RX_RING + TX_RING) != RINGS_BYTES) {
  ERROR("RINGS_BYTES does not agree with SmartFusionDescriptor.");
}
