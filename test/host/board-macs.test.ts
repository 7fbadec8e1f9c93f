// The emulated MACs of boards by their registers, descriptors and interrupt lines, without a core.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ByteTest,
  Lan9118,
  Lan9118Config,
  Lan9118Control,
  Lan9118Frame,
  Lan9118Interrupt,
  Lan9118Mii,
  Lan9118Mac as MacRegister,
} from "../../assembly/device/lan9118-registers.ts";
import { Phy } from "../../assembly/device/registers.ts";
import {
  SmartFusion,
  SmartFusionConfig,
  SmartFusionDescriptor,
  SmartFusionDma,
  SmartFusionMii,
} from "../../assembly/device/smartfusion-registers.ts";
import {
  Stellaris,
  StellarisInterrupt,
  StellarisMii,
  StellarisRx,
  StellarisTx,
} from "../../assembly/device/stellaris-registers.ts";
import { highestBitFirstHash } from "../../host/mac/address-filter.ts";
import { fcsMatches } from "../../host/mac/fcs.ts";
import { Lan9118Mac } from "../../host/mac/lan9118.ts";
import { SmartFusionMac } from "../../host/mac/smartfusion.ts";
import { StellarisMac } from "../../host/mac/stellaris.ts";
import { BenchWire, BROADCAST, benchMemory, frameTo, OWN_ADDRESS } from "./bench-mac.ts";

const OTHER = Uint8Array.from([0x02, 0x00, 0x0a, 0x00, 0x00, 0x03]);
const GROUP = Uint8Array.from([0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb]);
/** A frame's length that is no multiple of four, one that is, the shortest and the longest. */
const LENGTHS = [60, 61, 62, 63, 64, 1514];

/** The bytes of words, first byte lowest. */
function bytesOf(words: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(words).buffer);
}

describe("the Stellaris controller", () => {
  function plug() {
    const wire = new BenchWire();
    let interrupts = 0;
    const mac = new StellarisMac({ wire, address: OWN_ADDRESS, onInterrupt: () => interrupts++ });
    mac.write(Stellaris.INTERRUPT_MASK, StellarisInterrupt.RX);
    mac.write(Stellaris.TX_CONTROL, StellarisTx.ENABLE | StellarisTx.PAD | StellarisTx.CRC);
    mac.write(Stellaris.RX_CONTROL, StellarisRx.ENABLE);
    return { wire, mac, interrupts: () => interrupts };
  }

  it("has the factory's address until the driver writes another", () => {
    const { mac } = plug();
    assert.equal(mac.read(Stellaris.ADDRESS_LOW) >>> 0, 0x000a0002);
    assert.equal(mac.read(Stellaris.ADDRESS_HIGH), 0x0200);
    mac.write(Stellaris.ADDRESS_HIGH, 0x0300);
    assert.equal(mac.read(Stellaris.ADDRESS_HIGH), 0x0300);
  });

  it("gives a received frame by words: its length, the frame, its FCS", () => {
    const { wire, mac } = plug();
    for (const length of LENGTHS) {
      const frame = frameTo(OWN_ADDRESS, length);
      wire.end?.receive(frame);
      assert.equal(mac.read(Stellaris.FRAMES), 1);
      const words = Array.from({ length: (length + 6 + 3) >> 2 }, () => mac.read(Stellaris.DATA));
      assert.equal(words[0] & 0xffff, length + 6);
      const bytes = bytesOf(words).subarray(2);
      assert.deepEqual(bytes.slice(0, length), frame);
      assert.ok(fcsMatches(bytes.subarray(0, length + 4)));
      assert.equal(mac.read(Stellaris.FRAMES), 0);
    }
  });

  it("interrupts for each frame until that is acknowledged", () => {
    const { wire, mac, interrupts } = plug();
    wire.end?.receive(frameTo(BROADCAST));
    wire.end?.receive(frameTo(BROADCAST));
    assert.deepEqual([mac.interrupt, interrupts()], [true, 1]);
    mac.write(Stellaris.INTERRUPTS, StellarisInterrupt.RX);
    assert.equal(mac.interrupt, false);
    wire.end?.receive(frameTo(BROADCAST));
    assert.equal(interrupts(), 2);
  });

  it("sends what was written when it is asked, padded to 60 bytes", () => {
    const { wire, mac } = plug();
    for (const length of [20, ...LENGTHS]) {
      const frame = frameTo(BROADCAST, length);
      const words = new Uint8Array((length + 2 + 3) & ~3);
      new DataView(words.buffer).setUint16(0, length - 14, true);
      words.set(frame, 2);
      for (const word of new Int32Array(words.buffer)) mac.write(Stellaris.DATA, word);
      mac.write(Stellaris.TX_REQUEST, StellarisTx.REQUEST_NEW);
      const sent = wire.sent.pop();
      assert.equal(sent?.length, Math.max(length, 60));
      assert.deepEqual(sent?.subarray(0, length), frame);
      assert.ok(mac.read(Stellaris.INTERRUPTS) & StellarisInterrupt.TX_EMPTY);
    }
  });

  it("takes frames for itself and for all, and for groups when it is told to", () => {
    const { wire, mac } = plug();
    for (const address of [OTHER, GROUP]) wire.end?.receive(frameTo(address));
    assert.deepEqual([mac.counters.rxFiltered, mac.read(Stellaris.FRAMES)], [2, 0]);
    mac.write(Stellaris.RX_CONTROL, StellarisRx.ENABLE | StellarisRx.ALL_MULTICAST);
    for (const address of [OTHER, GROUP]) wire.end?.receive(frameTo(address));
    assert.equal(mac.read(Stellaris.FRAMES), 1);
    mac.write(Stellaris.RX_CONTROL, StellarisRx.ENABLE | StellarisRx.RESET_FIFO);
    assert.equal(mac.read(Stellaris.FRAMES), 0);
  });

  it("loses what does not fit its FIFO, and says so", () => {
    const { wire, mac } = plug();
    for (let i = 0; i < 32; i++) wire.end?.receive(frameTo(BROADCAST));
    assert.deepEqual([mac.read(Stellaris.FRAMES), mac.counters.rxOverflows], [31, 1]);
    assert.ok(mac.read(Stellaris.INTERRUPTS) & StellarisInterrupt.RX_OVERRUN);
  });

  it("leads to its transceiver", () => {
    const { wire, mac } = plug();
    const bmsr = (): number => {
      mac.write(Stellaris.MII_CONTROL, StellarisMii.START | (Phy.BMSR << StellarisMii.REG_SHIFT));
      assert.ok(!(mac.read(Stellaris.MII_CONTROL) & StellarisMii.START));
      return mac.read(Stellaris.MII_RX_DATA);
    };
    assert.ok(bmsr() & Phy.BMSR_LINK);
    wire.setUp(false);
    assert.ok(!(bmsr() & Phy.BMSR_LINK));
  });
});

describe("the LAN9118", () => {
  function plug() {
    const wire = new BenchWire();
    let interrupts = 0;
    const mac = new Lan9118Mac({ wire, address: OWN_ADDRESS, onInterrupt: () => interrupts++ });
    mac.write(Lan9118.RX_CONFIG, 2 << Lan9118Config.RX_OFFSET_SHIFT);
    mac.write(Lan9118.TX_CONFIG, Lan9118Config.TX_ON);
    mac.write(Lan9118.INTERRUPT_CONFIG, Lan9118Interrupt.LINE);
    mac.write(Lan9118.INTERRUPT_ENABLE, Lan9118Interrupt.RX_STATUS_LEVEL);
    control(mac, Lan9118Control.RX_ENABLE | Lan9118Control.TX_ENABLE | Lan9118Control.HASH_FILTER);
    return { wire, mac, interrupts: () => interrupts };
  }
  function writeMac(mac: Lan9118Mac, register: number, value: number): void {
    mac.write(Lan9118.MAC_DATA, value);
    mac.write(Lan9118.MAC_COMMAND, MacRegister.BUSY | register);
  }
  function control(mac: Lan9118Mac, value: number): void {
    writeMac(mac, MacRegister.CONTROL, value);
  }
  function frames(mac: Lan9118Mac): number {
    return (mac.read(Lan9118.RX_FIFO_STATE) >> 16) & 0xff;
  }

  it("is known by its byte test", () => assert.equal(plug().mac.read(Lan9118.BYTE_TEST), ByteTest.VALUE));

  it("gives a received frame's length, then its words behind the offset", () => {
    const { wire, mac } = plug();
    for (const length of LENGTHS) {
      const frame = frameTo(OWN_ADDRESS, length);
      wire.end?.receive(frame);
      assert.equal(frames(mac), 1);
      assert.equal(mac.read(Lan9118.RX_STATUS) >>> 16, length + 4);
      const words = Array.from({ length: (2 + length + 4 + 3) >> 2 }, () => mac.read(Lan9118.RX_DATA));
      const bytes = bytesOf(words).subarray(2);
      assert.deepEqual(bytes.slice(0, length), frame);
      assert.ok(fcsMatches(bytes.subarray(0, length + 4)));
      assert.deepEqual([frames(mac), mac.read(Lan9118.RX_FIFO_STATE)], [0, 0]);
    }
  });

  it("sends a frame that begins anywhere in a word", () => {
    const { wire, mac } = plug();
    for (const length of LENGTHS) {
      for (let offset = 0; offset < 4; offset++) {
        const frame = frameTo(BROADCAST, length);
        const words = new Uint8Array((offset + length + 3) & ~3);
        words.set(frame, offset);
        mac.write(Lan9118.TX_DATA, Lan9118Frame.FIRST_AND_LAST | (offset << Lan9118Frame.OFFSET_SHIFT) | length);
        mac.write(Lan9118.TX_DATA, length);
        for (const word of new Int32Array(words.buffer)) mac.write(Lan9118.TX_DATA, word);
        assert.deepEqual(wire.sent.pop(), frame);
      }
    }
  });

  it("interrupts when its line is configured, and while a cause stands", () => {
    const { wire, mac, interrupts } = plug();
    wire.end?.receive(frameTo(BROADCAST));
    assert.deepEqual([mac.interrupt, interrupts()], [true, 1]);
    mac.write(Lan9118.INTERRUPTS, -1);
    assert.equal(mac.interrupt, false);
    mac.write(Lan9118.INTERRUPT_CONFIG, 0);
    wire.end?.receive(frameTo(BROADCAST));
    assert.equal(mac.interrupt, false);
  });

  it("admits groups by the hash of their address, highest bit first", () => {
    const { wire, mac } = plug();
    const bit = highestBitFirstHash(GROUP);
    wire.end?.receive(frameTo(GROUP));
    assert.equal(frames(mac), 0);
    writeMac(mac, bit < 32 ? MacRegister.HASH_LOW : MacRegister.HASH_HIGH, 1 << (bit & 31));
    wire.end?.receive(frameTo(GROUP));
    wire.end?.receive(frameTo(OTHER));
    assert.equal(frames(mac), 1);
  });

  it("hashes as its documentation says: the upper six bits of a CRC that is not mirrored", () => {
    for (const address of [GROUP, OTHER, BROADCAST]) {
      let crc = 0xffffffff;
      for (const byte of address) {
        for (let bit = 0; bit < 8; bit++) {
          const carry = (crc >>> 31) ^ ((byte >> bit) & 1);
          crc = carry ? (crc << 1) ^ 0x04c11db7 : crc << 1;
        }
      }
      assert.equal(highestBitFirstHash(address), crc >>> 26);
    }
  });

  it("loses what does not fit its FIFO", () => {
    const { wire, mac } = plug();
    for (let i = 0; i < 8; i++) wire.end?.receive(frameTo(BROADCAST, 1514));
    assert.deepEqual([frames(mac), mac.counters.rxOverflows], [6, 2]);
    mac.write(Lan9118.HARDWARE_CONFIG, Lan9118Config.SOFT_RESET);
    assert.equal(frames(mac), 0);
  });

  it("leads to its transceiver", () => {
    const { wire, mac } = plug();
    const bmsr = (): number => {
      writeMac(mac, MacRegister.MII_ACCESS, Lan9118Mii.PHY | (Phy.BMSR << Lan9118Mii.REG_SHIFT));
      mac.write(Lan9118.MAC_COMMAND, MacRegister.BUSY | MacRegister.READ | MacRegister.MII_DATA);
      return mac.read(Lan9118.MAC_DATA);
    };
    assert.ok(bmsr() & Phy.BMSR_LINK);
    wire.setUp(false);
    assert.ok(!(bmsr() & Phy.BMSR_LINK));
  });
});

describe("the SmartFusion2 MAC", () => {
  const DMA_BASE = 0x2000_0000;
  const RX_AT = 0x100;
  const TX_AT = 0x200;
  const BUFFERS_AT = 0x1000;
  const PLACES = 3;
  const EMPTY = SmartFusionDescriptor.EMPTY;

  function plug() {
    const memory = benchMemory(new ArrayBuffer(65536), DMA_BASE);
    const { u8, u32 } = memory;
    const wire = new BenchWire();
    let interrupts = 0;
    const mac = new SmartFusionMac({ memory, wire, address: OWN_ADDRESS, onInterrupt: () => interrupts++ });
    for (let place = 0; place < PLACES; place++) {
      const next = ((place + 1) % PLACES) * SmartFusionDescriptor.BYTES;
      u32.set([DMA_BASE + BUFFERS_AT + place * 1536, EMPTY, DMA_BASE + RX_AT + next], RX_AT / 4 + place * 3);
      u32.set([0, EMPTY, DMA_BASE + TX_AT + next], TX_AT / 4 + place * 3);
    }
    mac.write(SmartFusion.CONFIG1, SmartFusionConfig.RX_ENABLE | SmartFusionConfig.TX_ENABLE);
    mac.write(SmartFusion.ADDRESS1, 0x0200_0a00);
    mac.write(SmartFusion.ADDRESS2, 0x0002_0000);
    mac.write(SmartFusion.INTERRUPT_MASK, SmartFusionDma.INTERRUPT_RECEIVED);
    mac.write(SmartFusion.RX_DESCRIPTOR, DMA_BASE + RX_AT);
    mac.write(SmartFusion.RX_CONTROL, SmartFusionDma.ENABLE);
    return { wire, mac, u8, u32, interrupts: () => interrupts };
  }
  const rxControl = (u32: Uint32Array, place: number): number => u32[RX_AT / 4 + place * 3 + 1];

  it("has no address of its own, and is known by its longest frame after a reset", () => {
    const { mac } = plug();
    mac.write(SmartFusion.CONFIG1, SmartFusionConfig.RESET);
    assert.equal(mac.read(SmartFusion.MAX_FRAME), SmartFusionConfig.MAX_FRAME_AT_RESET);
    assert.equal(mac.filter.low | mac.filter.high, 0);
  });

  it("fills buffers in the order of the chain, and counts what the driver has not taken", () => {
    const { wire, mac, u8, u32, interrupts } = plug();
    const frame = frameTo(OWN_ADDRESS, 100);
    wire.end?.receive(frame);
    wire.end?.receive(frame);
    assert.deepEqual([rxControl(u32, 0), rxControl(u32, 1), rxControl(u32, 2)], [100, 100, EMPTY >>> 0]);
    assert.deepEqual(u8.slice(BUFFERS_AT + 1536, BUFFERS_AT + 1636), frame);
    assert.equal(mac.read(SmartFusion.RX_STATUS), (2 << 16) | SmartFusionDma.FRAME);
    mac.write(SmartFusion.RX_STATUS, SmartFusionDma.FRAME);
    assert.deepEqual([mac.interrupt, interrupts()], [true, 1]);
    mac.write(SmartFusion.RX_STATUS, SmartFusionDma.FRAME);
    assert.deepEqual([mac.interrupt, mac.read(SmartFusion.RX_STATUS)], [false, 0]);
  });

  it("stops at a descriptor that is not empty, and starts where the driver says", () => {
    const { wire, mac, u32 } = plug();
    for (let i = 0; i < PLACES + 1; i++) wire.end?.receive(frameTo(BROADCAST));
    assert.equal(mac.counters.rxOverflows, 1);
    assert.ok(mac.read(SmartFusion.RX_STATUS) & SmartFusionDma.RX_OVERFLOW);
    assert.equal(mac.read(SmartFusion.RX_CONTROL), 0);
    u32[RX_AT / 4 + 3 + 1] = EMPTY;
    mac.write(SmartFusion.RX_STATUS, SmartFusionDma.RX_OVERFLOW);
    mac.write(SmartFusion.RX_DESCRIPTOR, DMA_BASE + RX_AT + SmartFusionDescriptor.BYTES);
    mac.write(SmartFusion.RX_CONTROL, SmartFusionDma.ENABLE);
    wire.end?.receive(frameTo(BROADCAST, 77));
    assert.equal(rxControl(u32, 1), 77);
  });

  it("sends until it finds an empty descriptor, and hands each back", () => {
    const { wire, mac, u8, u32 } = plug();
    const frame = frameTo(BROADCAST, 200);
    u8.set(frame, BUFFERS_AT);
    for (const place of [0, 1]) u32.set([DMA_BASE + BUFFERS_AT, 200], TX_AT / 4 + place * 3);
    mac.write(SmartFusion.TX_DESCRIPTOR, DMA_BASE + TX_AT);
    mac.write(SmartFusion.TX_CONTROL, SmartFusionDma.ENABLE);
    assert.deepEqual(wire.sent, [frame, frame]);
    assert.ok([0, 1].every((place) => u32[TX_AT / 4 + place * 3 + 1] & EMPTY));
    const status = mac.read(SmartFusion.TX_STATUS);
    assert.deepEqual([status >> 16, status & SmartFusionDma.TX_UNDERRUN], [2, SmartFusionDma.TX_UNDERRUN]);
    assert.equal(mac.read(SmartFusion.TX_CONTROL), 0);
  });

  it("counts descriptors that lead out of memory, and touches nothing", () => {
    const { mac, u32, wire } = plug();
    u32.set([0x1000_0000, 100], TX_AT / 4);
    mac.write(SmartFusion.TX_DESCRIPTOR, DMA_BASE + TX_AT);
    mac.write(SmartFusion.TX_CONTROL, SmartFusionDma.ENABLE);
    assert.deepEqual([wire.sent.length, mac.counters.descriptorErrors], [0, 1]);
  });

  it("takes groups unless they are shut out", () => {
    const { wire, mac } = plug();
    wire.end?.receive(frameTo(GROUP));
    assert.equal(mac.counters.rxFrames, 1);
    mac.write(SmartFusion.FILTER_MATCH, SmartFusionConfig.GROUPS);
    mac.write(SmartFusion.FILTER_DONT_CARE, 0);
    wire.end?.receive(frameTo(GROUP));
    wire.end?.receive(frameTo(OTHER));
    assert.deepEqual([mac.counters.rxFrames, mac.counters.rxFiltered], [1, 2]);
  });

  it("leads to its transceiver, and to none elsewhere", () => {
    const { mac } = plug();
    const read = (address: number): number => {
      mac.write(SmartFusion.MII_ADDRESS, address);
      mac.write(SmartFusion.MII_COMMAND, SmartFusionMii.READ);
      return mac.read(SmartFusion.MII_STATUS);
    };
    assert.ok(read(SmartFusionMii.PHY | Phy.BMSR) & Phy.BMSR_LINK);
    assert.equal(read(Phy.BMSR), 0xffff);
  });
});
