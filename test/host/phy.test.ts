// The transceiver behind the MAC, over its management bus, and the checksum that both ends of a wire reckon.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Mac, MdioBit } from "../../assembly/device/registers.ts";
import { crc32 } from "../../host/mac/fcs.ts";
import { type Bench, makeBench, plainCrc32 } from "./bench-mac.ts";

function mdioRead(bench: Bench, register: number, phy = 0): number {
  bench.mac.write(Mac.MDIO, MdioBit.READ | (phy << MdioBit.PHY_SHIFT) | (register << MdioBit.REG_SHIFT));
  for (let i = 0; i < 10; i++) {
    const answer = bench.mac.read(Mac.MDIO);
    if (!(answer & MdioBit.BUSY)) return answer & MdioBit.DATA_MASK;
  }
  throw new Error("MDIO stays busy");
}

function mdioWrite(bench: Bench, register: number, value: number): void {
  bench.mac.write(Mac.MDIO, MdioBit.WRITE | (register << MdioBit.REG_SHIFT) | value);
}

describe("the transceiver over MDIO", () => {
  const BMSR_LINK = 1 << 2;

  it("is busy at the first look, answers at the second", () => {
    const { mac } = makeBench();
    mac.write(Mac.MDIO, MdioBit.READ | (2 << MdioBit.REG_SHIFT));
    assert.ok(mac.read(Mac.MDIO) & MdioBit.BUSY);
    assert.equal(mac.read(Mac.MDIO) & MdioBit.DATA_MASK, 0x544d);
  });

  it("latches a lost link low until BMSR is read", () => {
    const bench = makeBench();
    assert.ok(mdioRead(bench, 1) & BMSR_LINK);
    bench.wire.setUp(false);
    bench.wire.setUp(true);
    assert.equal(mdioRead(bench, 1) & BMSR_LINK, 0);
    assert.ok(mdioRead(bench, 1) & BMSR_LINK);
  });

  it("reads all ones at an address where no transceiver is", () => {
    assert.equal(mdioRead(makeBench(), 1, 5), 0xffff);
  });

  it("loses the link when it is powered down and has it again after a reset", () => {
    const bench = makeBench();
    mdioWrite(bench, 0, 1 << 11);
    assert.equal(mdioRead(bench, 1) & BMSR_LINK, 0);
    assert.equal(mdioRead(bench, 1) & BMSR_LINK, 0);
    mdioWrite(bench, 0, 1 << 15);
    assert.equal(mdioRead(bench, 0), 0x3100);
    mdioRead(bench, 1);
    assert.ok(mdioRead(bench, 1) & BMSR_LINK);
  });
});

describe("CRC-32", () => {
  it("has the check value of its catalogue", () => {
    assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  });

  it("agrees with the plain way for every length up to 200", () => {
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * 167 + 13) & 0xff);
    for (let length = 0; length <= 200; length++) {
      assert.equal(crc32(bytes, length), plainCrc32(bytes.subarray(0, length)));
    }
  });
});
