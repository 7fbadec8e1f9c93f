// Driver for the Ethernet controller of Stellaris LM3S parts. It takes every group or none: it has no filter for some.

import { Adapter } from "./adapter";
import { read32, write32 } from "./bus";
import { frameLeft, putFirstWord, readWords, setFrame, takeFifoPacket, writeWords } from "./fifo";
import { Packet } from "./packet";
import { isLinkDue, isTransceiver, noteLink, PATIENCE } from "./phy";
import { Phy } from "./registers";
import {
  Stellaris,
  StellarisFrame,
  StellarisInterrupt,
  StellarisMii,
  StellarisRx,
  StellarisTx,
} from "./stellaris-registers";

const LENGTH_AND_FCS: u32 = StellarisFrame.LENGTH_BYTES + StellarisFrame.FCS_BYTES;

/** Empties the controller, gives it an address (both words 0: its own), and starts it. False: no such MAC. */
export function startStellaris(adapter: Adapter, macLow: u32, macHigh: u32): bool {
  const base = adapter.base;
  write32(base + Stellaris.INTERRUPT_MASK, 0);
  // Nothing tells which MAC it is: a bus without one reads ones.
  if (read32(base + Stellaris.INTERRUPT_MASK) != 0) return false;
  write32(base + Stellaris.RX_CONTROL, StellarisRx.RESET_FIFO);
  write32(base + Stellaris.INTERRUPTS, StellarisInterrupt.ALL);
  if (macLow | macHigh) {
    write32(base + Stellaris.ADDRESS_LOW, macLow);
    write32(base + Stellaris.ADDRESS_HIGH, macHigh);
  }
  adapter.macLow = read32(base + Stellaris.ADDRESS_LOW);
  adapter.macHigh = <u16>read32(base + Stellaris.ADDRESS_HIGH);
  adapter.up = readLink(base);
  write32(
    base + Stellaris.TX_CONTROL,
    StellarisTx.ENABLE | StellarisTx.PAD | StellarisTx.CRC | StellarisTx.FULL_DUPLEX,
  );
  write32(base + Stellaris.RX_CONTROL, StellarisRx.ENABLE | StellarisRx.REJECT_BAD_CRC);
  write32(base + Stellaris.INTERRUPT_MASK, StellarisInterrupt.RX);
  return true;
}

/** Acknowledges interrupts and follows the link: true when that went up or down. */
export function attendStellaris(adapter: Adapter): bool {
  const causes = read32(adapter.base + Stellaris.INTERRUPTS);
  if (causes) write32(adapter.base + Stellaris.INTERRUPTS, causes);
  return isLinkDue(adapter) && noteLink(adapter, readLink(adapter.base) != 0);
}

/** The next frame that was received, out of the FIFO, or null. */
export function receiveStellaris(adapter: Adapter): Packet | null {
  const base = adapter.base;
  if (!read32(base + Stellaris.FRAMES)) return null;
  const packet = takeFifoPacket(adapter);
  if (!packet) return null;
  const first = read32(base + Stellaris.DATA);
  putFirstWord(packet, first);
  const bytes = first & StellarisFrame.LENGTH_MASK;
  const words = (bytes + 3) >> 2;
  if (words > 1) readWords(packet, 1, base + Stellaris.DATA, words - 1);
  setFrame(packet, bytes > LENGTH_AND_FCS ? bytes - LENGTH_AND_FCS : 0);
  return packet;
}

/** Writes a frame into the FIFO and has it sent. False while that is busy with another. */
export function sendStellaris(adapter: Adapter, packet: Packet): bool {
  const base = adapter.base;
  if (read32(base + Stellaris.TX_REQUEST) & StellarisTx.REQUEST_NEW) return false;
  let at = packet.data;
  const end = at + packet.length;
  write32(base + Stellaris.DATA, ((<u32>load<u16>(at)) << 16) | (packet.length - StellarisFrame.HEADER_BYTES));
  at += 2;
  writeWords(base + Stellaris.DATA, at, end);
  const rest = end - ((end - at) & 3);
  if (rest < end) write32(base + Stellaris.DATA, lastWord(rest, end));
  write32(base + Stellaris.TX_REQUEST, StellarisTx.REQUEST_NEW);
  frameLeft(packet);
  return true;
}

// One to three bytes: behind them linear memory may end.
function lastWord(at: usize, end: usize): u32 {
  let word: u32 = 0;
  while (end > at) word = (word << 8) | load<u8>(--end);
  return word;
}

/** All groups are admitted, or none. */
export function setFilterStellaris(adapter: Adapter, low: u32, high: u32): void {
  const control: u32 = StellarisRx.ENABLE | StellarisRx.REJECT_BAD_CRC;
  write32(adapter.base + Stellaris.RX_CONTROL, low | high ? control | StellarisRx.ALL_MULTICAST : control);
}

/** Chooses whether the MAC interrupts when the FIFO is free to send from again. */
export function wantSentStellaris(adapter: Adapter, wanted: bool): void {
  if (adapter.sentWanted == <u8>wanted) return;
  adapter.sentWanted = <u8>wanted;
  const mask: u32 = StellarisInterrupt.RX;
  write32(adapter.base + Stellaris.INTERRUPT_MASK, wanted ? mask | StellarisInterrupt.TX_EMPTY : mask);
}

// Where no transceiver answers there is nothing to ask: the link is taken to be there.
function readLink(base: u32): u8 {
  if (!isTransceiver(readPhy(base, Phy.ID))) return 1;
  readPhy(base, Phy.BMSR);
  return readPhy(base, Phy.BMSR) & Phy.BMSR_LINK ? 1 : 0;
}

function readPhy(base: u32, register: u32): u32 {
  write32(base + Stellaris.MII_CONTROL, StellarisMii.START | (register << StellarisMii.REG_SHIFT));
  for (let i: u32 = 0; i < PATIENCE; i++) {
    if (!(read32(base + Stellaris.MII_CONTROL) & StellarisMii.START)) {
      return read32(base + Stellaris.MII_RX_DATA) & 0xffff;
    }
  }
  return 0;
}
