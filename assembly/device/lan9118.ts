// Driver for the SMSC LAN9118 and parts with its interface.

import { Adapter } from "./adapter";
import { read32, write32 } from "./bus";
import { frameLeft, readWords, setFrame, takeFifoPacket, writeWords } from "./fifo";
import {
  ByteTest,
  Lan9118,
  Lan9118Config,
  Lan9118Control,
  Lan9118Fifo,
  Lan9118Frame,
  Lan9118Interrupt,
  Lan9118Mac,
  Lan9118Mii,
} from "./lan9118-registers";
import { Packet } from "./packet";
import { isLinkDue, noteLink, PATIENCE } from "./phy";
import { Phy } from "./registers";

/** Bytes of FIFO in front of a frame: received, so that IP is aligned; to send, the two words that describe it. */
const RX_LEAD: u32 = 2;
const TX_LEAD: u32 = 8;
/** Room for the largest frame, in the unit of FIFO_LEVELS. */
const TX_LEVEL: u32 = 24;

/** Resets the chip, gives it an address (both words 0: that of its EEPROM), and starts it. False: no such MAC. */
export function startLan9118(adapter: Adapter, macLow: u32, macHigh: u32): bool {
  const base = adapter.base;
  if (read32(base + Lan9118.BYTE_TEST) != ByteTest.VALUE || !reset(base)) return false;
  write32(base + Lan9118.HARDWARE_CONFIG, Lan9118Config.TX_FIFO_5K);
  write32(base + Lan9118.RX_CONFIG, RX_LEAD << Lan9118Config.RX_OFFSET_SHIFT);
  write32(base + Lan9118.TX_CONFIG, Lan9118Config.TX_ON | Lan9118Config.TX_STATUS_OVERRUN);
  write32(base + Lan9118.FIFO_LEVELS, TX_LEVEL << Lan9118Config.TX_LEVEL_SHIFT);
  if (macLow | macHigh) {
    writeMac(base, Lan9118Mac.ADDRESS_LOW, macLow);
    writeMac(base, Lan9118Mac.ADDRESS_HIGH, macHigh);
  }
  adapter.macLow = readMac(base, Lan9118Mac.ADDRESS_LOW);
  adapter.macHigh = <u16>readMac(base, Lan9118Mac.ADDRESS_HIGH);
  adapter.up = readLink(base);
  writeMac(
    base,
    Lan9118Mac.CONTROL,
    Lan9118Control.RX_ENABLE | Lan9118Control.TX_ENABLE | Lan9118Control.FULL_DUPLEX | Lan9118Control.HASH_FILTER,
  );
  write32(base + Lan9118.INTERRUPTS, 0xffffffff);
  write32(base + Lan9118.INTERRUPT_CONFIG, Lan9118Interrupt.LINE);
  write32(base + Lan9118.INTERRUPT_ENABLE, Lan9118Interrupt.RX_STATUS_LEVEL);
  return true;
}

function reset(base: u32): bool {
  write32(base + Lan9118.HARDWARE_CONFIG, Lan9118Config.SOFT_RESET);
  for (let i: u32 = 0; i < PATIENCE; i++) {
    if (!(read32(base + Lan9118.HARDWARE_CONFIG) & Lan9118Config.SOFT_RESET)) return true;
  }
  return false;
}

/** Acknowledges interrupts and follows the link: true when that went up or down. */
export function attendLan9118(adapter: Adapter): bool {
  const causes = read32(adapter.base + Lan9118.INTERRUPTS);
  if (causes) write32(adapter.base + Lan9118.INTERRUPTS, causes);
  return isLinkDue(adapter) && noteLink(adapter, readLink(adapter.base) != 0);
}

/** The next frame that was received, out of the FIFO, or null. One that came with an error is empty, and IP drops it. */
export function receiveLan9118(adapter: Adapter): Packet | null {
  const base = adapter.base;
  const state = read32(base + Lan9118.RX_FIFO_STATE);
  if (!((state >> Lan9118Fifo.RX_FRAMES_SHIFT) & Lan9118Fifo.RX_FRAMES_MASK)) return null;
  const packet = takeFifoPacket(adapter);
  if (!packet) return null;
  const status = read32(base + Lan9118.RX_STATUS);
  const bytes = (status >> Lan9118Frame.LENGTH_SHIFT) & Lan9118Frame.LENGTH_MASK;
  const words = (RX_LEAD + bytes + 3) >> 2;
  readWords(packet, 0, base + Lan9118.RX_DATA, words);
  const isWhole = bytes > <u32>Lan9118Frame.FCS_BYTES && !(status & Lan9118Frame.ERROR);
  setFrame(packet, isWhole ? bytes - Lan9118Frame.FCS_BYTES : 0);
  return packet;
}

/** Writes a frame into the FIFO, from where it is sent. False while there is no room for it. */
export function sendLan9118(adapter: Adapter, packet: Packet): bool {
  const base = adapter.base;
  const offset = <u32>packet.data & 3;
  const words = (offset + packet.length + 3) >> 2;
  const free = read32(base + Lan9118.TX_FIFO_STATE) & Lan9118Fifo.TX_FREE_MASK;
  if (free < TX_LEAD + words * 4) return false;
  write32(base + Lan9118.TX_DATA, Lan9118Frame.FIRST_AND_LAST | (offset << Lan9118Frame.OFFSET_SHIFT) | packet.length);
  write32(base + Lan9118.TX_DATA, packet.length);
  // Whole words: buffers begin and end with one.
  const start = packet.data - offset;
  writeWords(base + Lan9118.TX_DATA, start, start + words * 4);
  frameLeft(packet);
  return true;
}

/** The upper six bits of the address's CRC, as the chip counts them: highest bit first. */
export function filterBitLan9118(macLow: u32, macHigh: u32): u32 {
  let crc: u32 = 0xffffffff;
  const address = ((<u64>macHigh) << 32) | macLow;
  for (let bit: u64 = 0; bit < 48; bit++) {
    const carry = (crc >> 31) ^ (<u32>(address >> bit) & 1);
    crc <<= 1;
    if (carry) crc ^= 0x04c11db7;
  }
  return crc >> 26;
}

export function setFilterLan9118(adapter: Adapter, low: u32, high: u32): void {
  writeMac(adapter.base, Lan9118Mac.HASH_LOW, low);
  writeMac(adapter.base, Lan9118Mac.HASH_HIGH, high);
}

/** Chooses whether the chip interrupts when a frame has room again. */
export function wantSentLan9118(adapter: Adapter, wanted: bool): void {
  if (adapter.sentWanted == <u8>wanted) return;
  adapter.sentWanted = <u8>wanted;
  const mask: u32 = Lan9118Interrupt.RX_STATUS_LEVEL;
  write32(adapter.base + Lan9118.INTERRUPT_ENABLE, wanted ? mask | Lan9118Interrupt.TX_ROOM : mask);
}

function readMac(base: u32, register: u32): u32 {
  write32(base + Lan9118.MAC_COMMAND, Lan9118Mac.BUSY | Lan9118Mac.READ | register);
  waitForMac(base);
  return read32(base + Lan9118.MAC_DATA);
}

function writeMac(base: u32, register: u32, value: u32): void {
  write32(base + Lan9118.MAC_DATA, value);
  write32(base + Lan9118.MAC_COMMAND, Lan9118Mac.BUSY | register);
  waitForMac(base);
}

function waitForMac(base: u32): void {
  for (let i: u32 = 0; i < PATIENCE; i++) {
    if (!(read32(base + Lan9118.MAC_COMMAND) & Lan9118Mac.BUSY)) return;
  }
}

// The link bit latches low, so the second read tells the present (IEEE 802.3 clause 22.2.4.2.13).
function readLink(base: u32): u8 {
  readPhy(base, Phy.BMSR);
  return readPhy(base, Phy.BMSR) & Phy.BMSR_LINK ? 1 : 0;
}

function readPhy(base: u32, register: u32): u32 {
  writeMac(base, Lan9118Mac.MII_ACCESS, Lan9118Mii.PHY | (register << Lan9118Mii.REG_SHIFT));
  for (let i: u32 = 0; i < PATIENCE; i++) {
    if (!(readMac(base, Lan9118Mac.MII_ACCESS) & Lan9118Mii.BUSY)) return readMac(base, Lan9118Mac.MII_DATA) & 0xffff;
  }
  return 0;
}
