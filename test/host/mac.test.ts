// The emulated MAC by its registers, descriptors and interrupt line, without a core.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DescriptorBit, Mac, MacControl, MacId, MacInterrupt, MacStatus } from "../../assembly/device/registers.ts";
import { multicastHash } from "../../host/mac/address-filter.ts";
import { fcsMatches, withFcs } from "../../host/mac/fcs.ts";
import {
  type Bench,
  BROADCAST,
  bufferAt,
  frameTo,
  makeBench,
  OWN_ADDRESS,
  plainCrc32,
  putTransmit,
  RX_RING_AT,
  startRings,
  TX_RING_AT,
} from "./bench-mac.ts";

const GROUP = Uint8Array.from([0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb]);
const OTHER = Uint8Array.from([0x02, 0x00, 0x0a, 0x00, 0x00, 0x03]);

function rxControl(bench: Bench, place: number): number {
  return bench.u32[RX_RING_AT / 4 + place * 2] >>> 0;
}

describe("registers after reset", () => {
  it("have their documented values", () => {
    const { mac } = makeBench();
    assert.equal(mac.read(Mac.ID), MacId.VALUE);
    assert.equal(mac.read(Mac.CONTROL), 0);
    assert.equal(mac.read(Mac.STATUS), MacStatus.TX_IDLE);
    assert.equal(mac.read(Mac.ADDRESS_LOW) >>> 0, 0x000a0002);
    assert.equal(mac.read(Mac.ADDRESS_HIGH), 0x0200);
    const zero = [Mac.INTERRUPT_STATUS, Mac.INTERRUPT_MASK, Mac.HASH_LOW, Mac.HASH_HIGH, Mac.RX_RING, Mac.RX_COUNT];
    zero.push(Mac.TX_RING, Mac.TX_COUNT, Mac.MDIO, Mac.RX_FRAMES, Mac.RX_OVERFLOWS, Mac.RX_FCS_ERRORS);
    zero.push(Mac.RX_FILTERED, Mac.RX_LENGTH_ERRORS, Mac.TX_FRAMES, Mac.TX_CARRIER_ERRORS);
    for (const offset of zero) assert.equal(mac.read(offset), 0, `register 0x${offset.toString(16)}`);
  });

  it("come back with CONTROL.RESET, which reads as 0 at once", () => {
    const bench = makeBench();
    startRings(bench);
    bench.mac.write(Mac.ADDRESS_LOW, 0x11223344);
    bench.mac.write(Mac.INTERRUPT_MASK, MacInterrupt.RX);
    bench.wire.end?.receive(frameTo(BROADCAST));
    assert.equal(bench.mac.read(Mac.RX_FRAMES), 1);
    bench.mac.write(Mac.CONTROL, MacControl.RESET | MacControl.RX_ENABLE);
    assert.equal(bench.mac.read(Mac.CONTROL), 0);
    assert.equal(bench.mac.read(Mac.ADDRESS_LOW) >>> 0, 0x000a0002);
    assert.equal(bench.mac.read(Mac.RX_FRAMES), 0);
    assert.equal(bench.mac.read(Mac.INTERRUPT_STATUS), 0);
    assert.equal(bench.mac.interrupt, false);
  });

  it("that are read only or not there ignore writes", () => {
    const { mac } = makeBench();
    mac.write(Mac.ID, 0);
    mac.write(Mac.RX_FRAMES, 7);
    mac.write(0xffc, 7);
    assert.equal(mac.read(Mac.ID), MacId.VALUE);
    assert.equal(mac.read(Mac.RX_FRAMES), 0);
    assert.equal(mac.read(0xffc), 0);
  });

  it("of the rings cannot be written while their side is on", () => {
    const bench = makeBench();
    startRings(bench);
    bench.mac.write(Mac.RX_RING, 0x700);
    bench.mac.write(Mac.TX_COUNT, 99);
    assert.equal(bench.mac.read(Mac.RX_RING), RX_RING_AT);
    assert.equal(bench.mac.read(Mac.TX_COUNT), 4);
  });
});

describe("the address filter", () => {
  const admitted = (bench: Bench, destination: Uint8Array): boolean => {
    const before = bench.mac.counters.rxFrames;
    bench.wire.end?.receive(frameTo(destination));
    const taken = bench.mac.counters.rxFrames > before;
    if (taken) startRings(bench);
    return taken;
  };

  it("admits the station's address and broadcast only, and counts the rest", () => {
    const bench = makeBench();
    startRings(bench);
    assert.ok(admitted(bench, OWN_ADDRESS));
    assert.ok(admitted(bench, BROADCAST));
    assert.ok(!admitted(bench, OTHER));
    assert.ok(!admitted(bench, GROUP));
    assert.equal(bench.mac.read(Mac.RX_FILTERED), 2);
  });

  it("follows an address that the driver writes", () => {
    const bench = makeBench();
    startRings(bench);
    bench.mac.write(Mac.ADDRESS_HIGH, 0x0300);
    assert.ok(admitted(bench, OTHER));
    assert.ok(!admitted(bench, OWN_ADDRESS));
  });

  it("admits every group whose hash bit is set, in either word", () => {
    const seen = new Set<boolean>();
    for (let last = 0; last < 64; last++) {
      const group = Uint8Array.from([0x33, 0x33, 0, 0, 0, last]);
      const bit = multicastHash(group);
      seen.add(bit < 32);
      const bench = makeBench();
      startRings(bench);
      assert.ok(!admitted(bench, group));
      bench.mac.write(bit < 32 ? Mac.HASH_LOW : Mac.HASH_HIGH, 1 << (bit & 31));
      assert.ok(admitted(bench, group), `group ${last}, bit ${bit}`);
      assert.ok(!admitted(bench, OTHER), "the hash is for groups only");
    }
    assert.equal(seen.size, 2);
  });

  it("hashes with the upper six bits of the CRC-32", () => {
    assert.equal(multicastHash(GROUP), plainCrc32(GROUP) >>> 26);
  });

  it("admits all groups with ALL_MULTICAST, and everything with PROMISCUOUS", () => {
    const bench = makeBench();
    startRings(bench);
    bench.mac.write(Mac.CONTROL, MacControl.RX_ENABLE | MacControl.ALL_MULTICAST);
    assert.ok(admitted(bench, GROUP));
    bench.mac.write(Mac.CONTROL, MacControl.RX_ENABLE | MacControl.ALL_MULTICAST);
    assert.ok(!admitted(bench, OTHER));
    bench.mac.write(Mac.CONTROL, MacControl.RX_ENABLE | MacControl.PROMISCUOUS);
    assert.ok(admitted(bench, OTHER));
  });
});

describe("receiving", () => {
  it("fills the buffer, answers the length, clears OWN and keeps WRAP", () => {
    const bench = makeBench();
    startRings(bench, 2);
    const frame = frameTo(OWN_ADDRESS, 100);
    bench.wire.end?.receive(frame);
    bench.wire.end?.receive(frame);
    assert.equal(rxControl(bench, 0), 100);
    assert.equal(rxControl(bench, 1), (DescriptorBit.WRAP | 100) >>> 0);
    assert.deepEqual(bench.u8.slice(bufferAt(1), bufferAt(1) + 100), frame);
    assert.equal(bench.mac.read(Mac.RX_FRAMES), 2);
  });

  it("goes round the ring for ever", () => {
    const bench = makeBench();
    startRings(bench, 3);
    for (let i = 0; i < 20; i++) {
      const place = i % 3;
      bench.wire.end?.receive(frameTo(OWN_ADDRESS, 60 + i));
      assert.equal(rxControl(bench, place) & DescriptorBit.LENGTH_MASK, 60 + i);
      bench.u32[RX_RING_AT / 4 + place * 2] = DescriptorBit.OWN | (place === 2 ? DescriptorBit.WRAP : 0) | 1536;
    }
    assert.equal(bench.mac.read(Mac.RX_OVERFLOWS), 0);
  });

  it("turns at RX_COUNT also without WRAP", () => {
    const bench = makeBench();
    startRings(bench, 2);
    bench.u32[RX_RING_AT / 4 + 2] = DescriptorBit.OWN | 1536;
    for (let i = 0; i < 2; i++) bench.wire.end?.receive(frameTo(OWN_ADDRESS));
    bench.u32[RX_RING_AT / 4] = DescriptorBit.OWN | 1536;
    bench.wire.end?.receive(frameTo(OWN_ADDRESS, 77));
    assert.equal(rxControl(bench, 0), 77);
  });

  it("loses and counts what finds no descriptor, and looks again only after the doorbell", () => {
    const bench = makeBench();
    startRings(bench, 2);
    for (let i = 0; i < 5; i++) bench.wire.end?.receive(frameTo(OWN_ADDRESS));
    assert.equal(bench.mac.read(Mac.RX_FRAMES), 2);
    assert.equal(bench.mac.read(Mac.RX_OVERFLOWS), 3);
    assert.ok(bench.mac.read(Mac.STATUS) & MacStatus.RX_STOPPED);
    assert.ok(bench.mac.read(Mac.INTERRUPT_STATUS) & MacInterrupt.RX_OVERFLOW);
    bench.u32[RX_RING_AT / 4] = DescriptorBit.OWN | 1536;
    bench.wire.end?.receive(frameTo(OWN_ADDRESS));
    assert.equal(bench.mac.read(Mac.RX_OVERFLOWS), 4);
    bench.mac.write(Mac.RX_DOORBELL, 1);
    assert.ok(!(bench.mac.read(Mac.STATUS) & MacStatus.RX_STOPPED));
    bench.wire.end?.receive(frameTo(OWN_ADDRESS));
    assert.equal(bench.mac.read(Mac.RX_FRAMES), 3);
  });

  it("drops frames too short for Ethernet or too long for the buffer", () => {
    const bench = makeBench();
    startRings(bench);
    bench.wire.end?.receive(frameTo(OWN_ADDRESS, 59));
    bench.wire.end?.receive(frameTo(OWN_ADDRESS, 1533));
    assert.equal(bench.mac.read(Mac.RX_LENGTH_ERRORS), 2);
    bench.wire.end?.receive(frameTo(OWN_ADDRESS, 1532));
    assert.equal(bench.mac.read(Mac.RX_FRAMES), 1);
  });

  it("drops and counts a damaged frame where frames carry their FCS, and strips the FCS of the others", () => {
    const bench = makeBench({ carriesFcs: true });
    startRings(bench);
    const frame = withFcs(frameTo(OWN_ADDRESS, 80));
    bench.wire.end?.receive(frame);
    assert.equal(rxControl(bench, 0), 80);
    for (let bit = 0; bit < frame.length * 8; bit += 13) {
      const damaged = frame.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      bench.wire.end?.receive(damaged);
    }
    assert.equal(bench.mac.read(Mac.RX_FRAMES), 1);
    assert.equal(bench.mac.read(Mac.RX_FCS_ERRORS), Math.ceil((frame.length * 8) / 13));
  });

  it("takes nothing while it is off or has no link", () => {
    const bench = makeBench();
    startRings(bench);
    bench.mac.write(Mac.CONTROL, MacControl.TX_ENABLE);
    bench.wire.end?.receive(frameTo(OWN_ADDRESS));
    bench.mac.write(Mac.CONTROL, MacControl.RX_ENABLE);
    bench.wire.setUp(false);
    bench.wire.end?.receive(frameTo(OWN_ADDRESS));
    assert.equal(bench.mac.read(Mac.RX_FRAMES), 0);
  });

  it("writes nowhere outside memory", () => {
    const bench = makeBench();
    startRings(bench);
    bench.u32[RX_RING_AT / 4 + 1] = 65536 - 59;
    bench.wire.end?.receive(frameTo(OWN_ADDRESS));
    assert.equal(bench.mac.counters.descriptorErrors, 1);
    bench.mac.write(Mac.CONTROL, 0);
    for (const ring of [0xfffffff8, 65532, 0x102]) {
      bench.mac.write(Mac.RX_RING, ring);
      bench.mac.write(Mac.CONTROL, MacControl.RX_ENABLE);
      bench.wire.end?.receive(frameTo(OWN_ADDRESS));
      bench.mac.write(Mac.CONTROL, 0);
    }
    assert.equal(bench.mac.read(Mac.RX_OVERFLOWS), 3);
  });

  it("reckons with bus addresses", () => {
    const dmaBase = 0x2000_0000;
    const bench = makeBench({ dmaBase });
    startRings(bench, 4, dmaBase);
    bench.wire.end?.receive(frameTo(OWN_ADDRESS, 64));
    assert.equal(rxControl(bench, 0), 64);
    assert.equal(bench.u8[bufferAt(0)], OWN_ADDRESS[0]);
  });
});

describe("transmitting", () => {
  it("sends what is its own when the doorbell rings, in order, and gives the descriptors back", () => {
    const bench = makeBench();
    startRings(bench, 3);
    for (let place = 0; place < 3; place++) putTransmit(bench, place, frameTo(OTHER, 100 + place), place === 2);
    assert.equal(bench.wire.sent.length, 0);
    bench.mac.write(Mac.TX_DOORBELL, 1);
    assert.deepEqual(
      bench.wire.sent.map((frame) => frame.length),
      [100, 101, 102],
    );
    for (let place = 0; place < 3; place++) {
      assert.equal(bench.u32[TX_RING_AT / 4 + place * 2] & DescriptorBit.OWN, 0);
    }
    assert.equal(bench.mac.read(Mac.TX_FRAMES), 3);
    putTransmit(bench, 0, frameTo(OTHER, 200));
    bench.mac.write(Mac.TX_DOORBELL, 1);
    assert.equal(bench.wire.sent[3].length, 200);
  });

  it("pads short frames to 60 bytes with zeros", () => {
    const bench = makeBench();
    startRings(bench);
    putTransmit(bench, 0, frameTo(OTHER, 59));
    putTransmit(bench, 1, frameTo(OTHER, 42));
    bench.mac.write(Mac.TX_DOORBELL, 1);
    for (const [i, length] of [59, 42].entries()) {
      const expected = new Uint8Array(60);
      expected.set(frameTo(OTHER, length));
      assert.deepEqual(bench.wire.sent[i], expected);
    }
  });

  it("makes the FCS where the wire carries it, over the padding too", () => {
    const bench = makeBench({ carriesFcs: true });
    startRings(bench);
    putTransmit(bench, 0, frameTo(OTHER, 42));
    bench.mac.write(Mac.TX_DOORBELL, 1);
    const [sent] = bench.wire.sent;
    assert.equal(sent.length, 64);
    assert.ok(fcsMatches(sent));
    const crc = plainCrc32(sent.subarray(0, 60));
    assert.deepEqual([...sent.subarray(60)], [crc & 255, (crc >>> 8) & 255, (crc >>> 16) & 255, crc >>> 24]);
  });

  it("counts frames that are due without a link, and gives their descriptors back", () => {
    const bench = makeBench();
    startRings(bench);
    bench.wire.setUp(false);
    putTransmit(bench, 0, frameTo(OTHER));
    bench.mac.write(Mac.TX_DOORBELL, 1);
    assert.equal(bench.wire.sent.length, 0);
    assert.equal(bench.mac.read(Mac.TX_CARRIER_ERRORS), 1);
    assert.equal(bench.u32[TX_RING_AT / 4] & DescriptorBit.OWN, 0);
  });

  it("does nothing while it is off", () => {
    const bench = makeBench();
    startRings(bench);
    bench.mac.write(Mac.CONTROL, MacControl.RX_ENABLE);
    putTransmit(bench, 0, frameTo(OTHER));
    bench.mac.write(Mac.TX_DOORBELL, 1);
    assert.equal(bench.wire.sent.length, 0);
  });

  it("sends nothing from outside memory and no frame without a header", () => {
    const bench = makeBench();
    startRings(bench);
    putTransmit(bench, 0, frameTo(OTHER));
    bench.u32[TX_RING_AT / 4 + 1] = 65530;
    putTransmit(bench, 1, new Uint8Array(13));
    bench.mac.write(Mac.TX_DOORBELL, 1);
    assert.equal(bench.wire.sent.length, 0);
    assert.equal(bench.mac.counters.descriptorErrors, 2);
  });
});

describe("the interrupt line", () => {
  it("rises once for causes that the mask admits and falls when ones are written to them", () => {
    const bench = makeBench();
    startRings(bench);
    bench.wire.end?.receive(frameTo(OWN_ADDRESS));
    assert.equal(bench.mac.interrupt, false);
    assert.equal(bench.mac.read(Mac.INTERRUPT_STATUS), MacInterrupt.RX);
    bench.mac.write(Mac.INTERRUPT_MASK, MacInterrupt.RX | MacInterrupt.TX);
    assert.equal(bench.mac.interrupt, true);
    assert.equal(bench.interrupts(), 1);
    bench.wire.end?.receive(frameTo(OWN_ADDRESS));
    assert.equal(bench.interrupts(), 1);
    bench.mac.write(Mac.INTERRUPT_STATUS, MacInterrupt.TX);
    assert.equal(bench.mac.interrupt, true);
    bench.mac.write(Mac.INTERRUPT_STATUS, MacInterrupt.RX);
    assert.equal(bench.mac.interrupt, false);
    putTransmit(bench, 0, frameTo(OTHER));
    bench.mac.write(Mac.TX_DOORBELL, 1);
    assert.equal(bench.interrupts(), 2);
  });

  it("tells of the link", () => {
    const bench = makeBench();
    bench.mac.write(Mac.INTERRUPT_MASK, MacInterrupt.LINK);
    bench.wire.setUp(false);
    assert.equal(bench.mac.read(Mac.INTERRUPT_STATUS), MacInterrupt.LINK);
    assert.equal(bench.interrupts(), 1);
  });
});
