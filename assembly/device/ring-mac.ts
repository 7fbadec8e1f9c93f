// Driver for the ring MAC of registers.ts. Descriptors lie in linear memory; a packet's record is kept beside each.

import { RX_RING, TX_RING } from "profile";
import { BUFFER_BYTES, FRAME_OFFSET } from "../base/config";
import { DESCRIPTOR_BYTES, RINGS_BASE, RINGS_BYTES } from "../base/memory";
import { Adapter, dmaBase } from "./adapter";
import { read32, write32 } from "./bus";
import { Packet, PacketFlag, release, ringWants, takeRingPacket } from "./packet";
import { Descriptor, DescriptorBit, Mac, MacControl, MacId, MacInterrupt, MdioBit, Phy } from "./registers";

const RX_DESCRIPTORS: usize = 0;
const TX_DESCRIPTORS: usize = RX_RING * DESCRIPTOR_BYTES;
const RX_PACKETS: usize = (RX_RING + TX_RING) * DESCRIPTOR_BYTES;
const TX_PACKETS: usize = RX_PACKETS + RX_RING * 4;
const FRAME_ROOM = BUFFER_BYTES - FRAME_OFFSET;
/** Reads of a busy MDIO register before the transceiver is taken for dead: far beyond the 64 bit times it needs. */
const MDIO_PATIENCE = 1000;

function rings(adapter: Adapter): usize {
  return RINGS_BASE + <usize>adapter.index * RINGS_BYTES;
}

/** Resets the MAC, gives it its rings and an address (both words 0: its own), and starts it. False: no such MAC. */
export function startRingMac(adapter: Adapter, macLow: u32, macHigh: u32): bool {
  const base = adapter.base;
  if (read32(base + Mac.ID) != MacId.VALUE) return false;
  write32(base + Mac.CONTROL, MacControl.RESET);
  if (macLow | macHigh) {
    write32(base + Mac.ADDRESS_LOW, macLow);
    write32(base + Mac.ADDRESS_HIGH, macHigh);
  }
  adapter.macLow = read32(base + Mac.ADDRESS_LOW);
  adapter.macHigh = <u16>read32(base + Mac.ADDRESS_HIGH);

  memory.fill(rings(adapter), 0, RINGS_BYTES);
  store<u32>(rings(adapter) + TX_DESCRIPTORS + (TX_RING - 1) * DESCRIPTOR_BYTES, DescriptorBit.WRAP);
  write32(base + Mac.RX_RING, dmaBase() + <u32>rings(adapter));
  write32(base + Mac.RX_COUNT, RX_RING);
  write32(base + Mac.TX_RING, dmaBase() + <u32>(rings(adapter) + TX_DESCRIPTORS));
  write32(base + Mac.TX_COUNT, TX_RING);
  refillRingMac(adapter);
  adapter.up = readLink(base);
  write32(base + Mac.INTERRUPT_MASK, MacInterrupt.RX | MacInterrupt.RX_OVERFLOW | MacInterrupt.LINK);
  write32(base + Mac.CONTROL, MacControl.RX_ENABLE | MacControl.TX_ENABLE);
  return true;
}

/** Acknowledges the MAC's interrupts and follows the link: true when that went up or down. */
export function attendRingMac(adapter: Adapter): bool {
  const causes = read32(adapter.base + Mac.INTERRUPT_STATUS);
  if (!causes) return false;
  write32(adapter.base + Mac.INTERRUPT_STATUS, causes);
  if (causes & MacInterrupt.RX_OVERFLOW) adapter.rxKick = 1; // it has found no descriptor and waits
  if (!(causes & MacInterrupt.LINK)) return false;
  adapter.up = readLink(adapter.base);
  return true;
}

/** The next frame that was received, out of the ring, or null. */
export function receiveRingMac(adapter: Adapter): Packet | null {
  if (!adapter.rxFilled) return null;
  const place = adapter.rxNext;
  const descriptor = rings(adapter) + RX_DESCRIPTORS + place * DESCRIPTOR_BYTES;
  const control = load<u32>(descriptor, Descriptor.CONTROL);
  if (control & DescriptorBit.OWN) return null;
  const packet = changetype<Packet>(load<usize>(rings(adapter) + RX_PACKETS + place * 4));
  adapter.rxNext = place + 1 == RX_RING ? 0 : place + 1;
  adapter.rxFilled--;
  ringWants(1);
  packet.data = packet.buffer + FRAME_OFFSET;
  packet.length = min<u32>(control & DescriptorBit.LENGTH_MASK, FRAME_ROOM);
  packet.adapter = adapter.index;
  return packet;
}

/** Gives packets to the empty places of the receive ring, as far as there are any. */
export function refillRingMac(adapter: Adapter): void {
  while (adapter.rxFilled < RX_RING) {
    const packet = takeRingPacket();
    if (!packet) return;
    const place = adapter.rxFill;
    const descriptor = rings(adapter) + RX_DESCRIPTORS + place * DESCRIPTOR_BYTES;
    store<usize>(rings(adapter) + RX_PACKETS + place * 4, changetype<usize>(packet));
    store<u32>(descriptor, dmaBase() + <u32>packet.data, Descriptor.BUFFER);
    const wrap: u32 = place + 1 == RX_RING ? DescriptorBit.WRAP : 0;
    // OWN last: from here on the buffer is the MAC's.
    store<u32>(descriptor, DescriptorBit.OWN | wrap | FRAME_ROOM, Descriptor.CONTROL);
    adapter.rxFill = place + 1 == RX_RING ? 0 : place + 1;
    adapter.rxFilled++;
    ringWants(-1);
  }
}

/** Puts a frame into the transmit ring, which holds it until it is sent. False when the ring is full. */
export function sendRingMac(adapter: Adapter, packet: Packet): bool {
  if (adapter.txUsed == TX_RING) {
    reclaimRingMac(adapter);
    if (adapter.txUsed == TX_RING) return false;
  }
  const place = adapter.txNext;
  const descriptor = rings(adapter) + TX_DESCRIPTORS + place * DESCRIPTOR_BYTES;
  store<usize>(rings(adapter) + TX_PACKETS + place * 4, changetype<usize>(packet));
  store<u32>(descriptor, dmaBase() + <u32>packet.data, Descriptor.BUFFER);
  const wrap: u32 = place + 1 == TX_RING ? DescriptorBit.WRAP : 0;
  store<u32>(descriptor, DescriptorBit.OWN | wrap | packet.length, Descriptor.CONTROL);
  adapter.txNext = place + 1 == TX_RING ? 0 : place + 1;
  adapter.txUsed++;
  adapter.txKick = 1;
  return true;
}

/** Lets go of the frames that the MAC has sent. */
export function reclaimRingMac(adapter: Adapter): void {
  while (adapter.txUsed) {
    const place = adapter.txDone;
    const descriptor = rings(adapter) + TX_DESCRIPTORS + place * DESCRIPTOR_BYTES;
    if (load<u32>(descriptor, Descriptor.CONTROL) & DescriptorBit.OWN) return;
    const packet = changetype<Packet>(load<usize>(rings(adapter) + TX_PACKETS + place * 4));
    packet.clear(PacketFlag.ON_ITS_WAY);
    release(packet);
    adapter.txDone = place + 1 == TX_RING ? 0 : place + 1;
    adapter.txUsed--;
  }
}

/** Rings the doorbells that are due: once for everything that was given since; the receiver's when it has stopped. */
export function kickRingMac(adapter: Adapter): void {
  if (adapter.rxKick && adapter.rxFilled) {
    adapter.rxKick = 0;
    write32(adapter.base + Mac.RX_DOORBELL, 1);
  }
  if (adapter.txKick) {
    adapter.txKick = 0;
    write32(adapter.base + Mac.TX_DOORBELL, 1);
  }
}

/** The upper six bits of the CRC-32 of the address (IEEE 802.3 §3.2.9): what the MAC looks up in its filter. */
export function filterBitRingMac(macLow: u32, macHigh: u32): u32 {
  let crc: u32 = 0xffffffff;
  const address = ((<u64>macHigh) << 32) | macLow;
  for (let bit: u64 = 0; bit < 48; bit++) {
    const carry = (crc ^ <u32>(address >> bit)) & 1;
    crc >>= 1;
    if (carry) crc ^= 0xedb88320;
  }
  return ~crc >> 26;
}

export function setFilterRingMac(adapter: Adapter, low: u32, high: u32): void {
  write32(adapter.base + Mac.HASH_LOW, low);
  write32(adapter.base + Mac.HASH_HIGH, high);
}

/** Chooses whether the MAC interrupts when it has sent something: wanted only while somebody waits for that. */
export function wantSentRingMac(adapter: Adapter, wanted: bool): void {
  if (adapter.sentWanted == <u8>wanted) return;
  adapter.sentWanted = <u8>wanted;
  const mask: u32 = MacInterrupt.RX | MacInterrupt.RX_OVERFLOW | MacInterrupt.LINK;
  write32(adapter.base + Mac.INTERRUPT_MASK, wanted ? mask | MacInterrupt.TX : mask);
}

// The link bit latches low, so the second read tells the present (IEEE 802.3 clause 22.2.4.2.13).
function readLink(base: u32): u8 {
  readPhy(base, Phy.BMSR);
  return readPhy(base, Phy.BMSR) & Phy.BMSR_LINK ? 1 : 0;
}

function readPhy(base: u32, register: u32): u32 {
  write32(base + Mac.MDIO, MdioBit.READ | (register << MdioBit.REG_SHIFT));
  for (let i = 0; i < MDIO_PATIENCE; i++) {
    const answer = read32(base + Mac.MDIO);
    if (!(answer & MdioBit.BUSY)) return answer & MdioBit.DATA_MASK;
  }
  return 0;
}
