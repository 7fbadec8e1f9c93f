// A driver for the NE2000 card of a v86 machine that has no program of its own: what a guest would do to the card's registers, done from
// outside. Registers are the DP8390's (National Semiconductor's data sheet, §10).

import type { V86 } from "v86";

/** The card's ring in its own memory, in pages of 256 bytes: transmit buffer, first and last receive page. */
const [TX_PAGE, RX_FIRST, RX_END] = [0x40, 0x46, 0x80];
const PAGE_BYTES = 256;
/** Command register: stop, start, transmit, remote read and write, none; register page 1. */
const [STOP, START, TRANSMIT, READ, WRITE, NO_DMA, PAGE_1] = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40];
const [CR, PSTART, PSTOP, BNRY, TPSR, TBCR, ISR, RSAR, RBCR, RCR, TCR, DCR, IMR] = [
  0, 1, 2, 3, 4, 5, 7, 8, 10, 12, 13, 14, 15,
];
/** On register page 1: the station's address, and the page that the next frame is put into. */
const [PAR, CURR] = [1, 7];
const DATA = 0x10;
const ACCEPT_BROADCAST = 0x04;
const BYTE_TRANSFERS = 0x48;
const RECEIVE_HEADER_BYTES = 4;

/** The parts of an emulator that stand for the processor's own access to ports. */
interface Ports {
  port_write8(port: number, value: number): void;
  port_read8(port: number): number;
}

export class Ne2k {
  readonly #io: Ports;
  readonly #base: number;

  /** Resets the card and gives it the station address. */
  constructor(machine: V86, address: Uint8Array) {
    const { io, devices } = (machine as unknown as { v86: { cpu: { io: Ports; devices: { net: { port: number } } } } })
      .v86.cpu;
    this.#io = io;
    this.#base = devices.net.port;
    this.#write(CR, STOP | NO_DMA);
    for (const [register, value] of [
      [DCR, BYTE_TRANSFERS],
      [RCR, ACCEPT_BROADCAST],
      [TCR, 0],
      [PSTART, RX_FIRST],
      [PSTOP, RX_END],
      [BNRY, RX_FIRST],
      [ISR, 0xff],
      [IMR, 0],
      [CR, STOP | NO_DMA | PAGE_1],
      ...Array.from(address, (byte, i) => [PAR + i, byte]),
      [CURR, RX_FIRST],
      [CR, START | NO_DMA],
    ]) {
      this.#write(register, value);
    }
  }

  send(frame: Uint8Array): void {
    this.#pointDma(TX_PAGE * PAGE_BYTES, frame.length);
    this.#write(CR, START | WRITE);
    for (const byte of frame) this.#write(DATA, byte);
    this.#write(TPSR, TX_PAGE);
    this.#writeWord(TBCR, frame.length);
    this.#write(CR, START | NO_DMA | TRANSMIT);
  }

  /** The next frame that has come; null: none. */
  receive(): Uint8Array | null {
    this.#write(CR, START | NO_DMA | PAGE_1);
    const current = this.#read(CURR);
    this.#write(CR, START | NO_DMA);
    const page = this.#read(BNRY);
    if (page === current) return null;
    const [, next, low, high] = this.#readMemory(page * PAGE_BYTES, RECEIVE_HEADER_BYTES);
    const bytes = low + high * 256 - RECEIVE_HEADER_BYTES;
    const frame = this.#readMemory(page * PAGE_BYTES + RECEIVE_HEADER_BYTES, bytes);
    this.#write(BNRY, next);
    return frame;
  }

  #readMemory(start: number, bytes: number): Uint8Array {
    this.#pointDma(start, bytes);
    this.#write(CR, START | READ);
    return Uint8Array.from({ length: bytes }, () => this.#read(DATA));
  }

  #pointDma(start: number, bytes: number): void {
    this.#writeWord(RSAR, start);
    this.#writeWord(RBCR, bytes);
  }

  #writeWord(register: number, value: number): void {
    this.#write(register, value & 0xff);
    this.#write(register + 1, value >> 8);
  }

  #write(register: number, value: number): void {
    this.#io.port_write8(this.#base + register, value);
  }

  #read(register: number): number {
    return this.#io.port_read8(this.#base + register);
  }
}
