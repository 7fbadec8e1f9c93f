// A MAC on the bench: linear memory without a core, a wire whose frames one hands over and collects by hand.

import { DescriptorBit, Mac, MacControl } from "../../assembly/device/registers.ts";
import { type MacMemory, RingMac } from "../../host/mac/ring-mac.ts";
import type { Wire, WireEnd } from "../../host/wire/wire.ts";

export const OWN_ADDRESS = Uint8Array.from([0x02, 0x00, 0x0a, 0x00, 0x00, 0x02]);
export const BROADCAST = new Uint8Array(6).fill(0xff);
export const RX_RING_AT = 0x100;
export const TX_RING_AT = 0x200;
const BUFFERS_AT = 0x1000;
export const BUFFER_BYTES = 1536;

/** A wire that keeps what is sent. */
export class BenchWire implements Wire {
  readonly name = "bench";
  readonly carriesFcs: boolean;
  up = true;
  end: WireEnd | null = null;
  sent: Uint8Array[] = [];
  closed = false;

  constructor(carriesFcs = false) {
    this.carriesFcs = carriesFcs;
  }

  attach(end: WireEnd): void {
    this.end = end;
  }

  send(frame: Uint8Array): void {
    this.sent.push(frame.slice());
  }

  close(): void {
    this.closed = true;
  }

  setUp(up: boolean): void {
    this.up = up;
    this.end?.linkChanged(up);
  }
}

export interface Bench {
  mac: RingMac;
  wire: BenchWire;
  u8: Uint8Array;
  u32: Uint32Array;
  /** How often the interrupt line rose. */
  interrupts(): number;
}

/** Linear memory that belongs to no core. */
export function benchMemory(buffer: ArrayBufferLike, dmaBase: number): MacMemory {
  const u8 = new Uint8Array(buffer);
  const u32 = new Uint32Array(buffer);
  return {
    u8,
    u32,
    dmaBase,
    bytes: (start, length) => u8.subarray(start, start + length),
    put: (bytes, at) => u8.set(bytes, at),
    putWord: (index, value) => {
      u32[index] = value;
    },
  };
}

export function makeBench({ carriesFcs = false, dmaBase = 0 } = {}): Bench {
  const buffer = new ArrayBuffer(65536);
  const memory = benchMemory(buffer, dmaBase);
  const { u8, u32 } = memory;
  const wire = new BenchWire(carriesFcs);
  let interrupts = 0;
  const mac = new RingMac({
    memory,
    wire,
    address: OWN_ADDRESS,
    onInterrupt: () => {
      interrupts++;
    },
  });
  return { mac, wire, u8, u32, interrupts: () => interrupts };
}

/** Gives the MAC a receive and a transmit ring of `places`, every receive descriptor its own, and starts it. */
export function startRings(bench: Bench, places = 4, dmaBase = 0): void {
  const { mac, u32 } = bench;
  for (let place = 0; place < places; place++) {
    const wrap = place + 1 === places ? DescriptorBit.WRAP : 0;
    u32[RX_RING_AT / 4 + place * 2] = DescriptorBit.OWN | wrap | BUFFER_BYTES;
    u32[RX_RING_AT / 4 + place * 2 + 1] = dmaBase + bufferAt(place);
    u32[TX_RING_AT / 4 + place * 2] = wrap;
  }
  mac.write(Mac.RX_RING, dmaBase + RX_RING_AT);
  mac.write(Mac.RX_COUNT, places);
  mac.write(Mac.TX_RING, dmaBase + TX_RING_AT);
  mac.write(Mac.TX_COUNT, places);
  mac.write(Mac.CONTROL, MacControl.RX_ENABLE | MacControl.TX_ENABLE);
}

export function bufferAt(place: number): number {
  return BUFFERS_AT + place * BUFFER_BYTES;
}

/** A frame of `bytes` without FCS, its payload counting up. */
export function frameTo(destination: Uint8Array, bytes = 60): Uint8Array {
  const frame = Uint8Array.from({ length: bytes }, (_, i) => i);
  frame.set(destination);
  frame.set([0x02, 0, 0, 0, 0, 0x99, 0x08, 0x00], 6);
  return frame;
}

/** Puts a frame into the transmit ring without ringing the doorbell. */
export function putTransmit(bench: Bench, place: number, frame: Uint8Array, wrap = false): void {
  bench.u8.set(frame, bufferAt(place));
  bench.u32[TX_RING_AT / 4 + place * 2 + 1] = bufferAt(place);
  bench.u32[TX_RING_AT / 4 + place * 2] = DescriptorBit.OWN | (wrap ? DescriptorBit.WRAP : 0) | frame.length;
}

/** CRC-32 bit by bit, as IEEE 802.3 writes it down. */
export function plainCrc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
