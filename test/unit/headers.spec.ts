// Headers byte for byte, as the RFCs draw them.

import { Offer } from "../../assembly/abi/status";
import { be16, be32, bswap16, setBe16, setBe32 } from "../../assembly/base/bytes";
import { checkOptions, decrementTtl, Ipv4Header, Options, writeIpv4Header } from "../../assembly/ip/ipv4";
import { TcpHeader, writeTcpHeader } from "../../assembly/transport/tcp/header";

import { synOptionBytes, writeSynOptions } from "../../assembly/transport/tcp/options";

const SPACE: usize = memory.data(128, 8);

/** 192.0.2.1 and 198.51.100.7 as they lie in memory. */
const SOURCE: u32 = 0x010200c0;
const DESTINATION: u32 = 0x076433c6;

/** Eight bytes at `offset` in the order in which they go over the wire. */
function bytesAt(offset: usize): u64 {
  return bswap<u64>(load<u64>(SPACE + offset));
}

function clear(): void {
  memory.fill(SPACE, 0xee, 128);
}

describe("network byte order", () => {
  beforeEach(clear);

  it("is read and written at any address", () => {
    for (let offset: usize = 0; offset < 4; offset++) {
      setBe16(SPACE, 0x0102, offset);
      expect<u32>(load<u8>(SPACE + offset)).toBe(1);
      expect<u32>(load<u8>(SPACE + offset, 1)).toBe(2);
      expect<u32>(be16(SPACE, offset)).toBe(0x0102);
      setBe32(SPACE, 0xa0b0c0d0, offset);
      expect<u32>(load<u8>(SPACE + offset)).toBe(0xa0);
      expect<u32>(be32(SPACE, offset)).toBe(0xa0b0c0d0);
    }
    expect<u32>(bswap16(0x1234)).toBe(0x3412);
  });
});

describe("the IPv4 header (RFC 791 §3.1)", () => {
  beforeEach(clear);

  it("is written field by field, with a good checksum, and read back", () => {
    writeIpv4Header(SPACE, 1500, 0x1234, 0x4000, 64, 0xb8, 6, SOURCE, DESTINATION);
    expect<u64>(bytesAt(0)).toBe(0x45b805dc12344000);
    expect<u32>(<u32>(bytesAt(8) >> 48)).toBe(0x4006);
    expect<u32>(<u32>bytesAt(8)).toBe(0xc0000201);
    expect<u32>(be32(SPACE, 16)).toBe(0xc6336407);
    const header = changetype<Ipv4Header>(SPACE);
    expect<bool>(header.hasGoodChecksum()).toBe(true);
    expect<u32>(header.version).toBe(4);
    expect<u32>(header.headerBytes).toBe(20);
    expect<u32>(header.totalLength).toBe(1500);
    expect<u32>(header.tos).toBe(0xb8);
    expect<u32>(header.fragment).toBe(0x4000);
    expect<u32>(header.ttl).toBe(64);
    expect<u32>(header.protocol).toBe(6);
    expect<u32>(header.source).toBe(SOURCE);
    expect<u32>(header.destination).toBe(DESTINATION);
    expect<u32>(load<u8>(SPACE, 20)).toBe(0xee);
  });

  it("grows older with a checksum that is brought up to date, whatever it was (RFC 1624)", () => {
    const header = changetype<Ipv4Header>(SPACE);
    for (let id: u32 = 0; id < 65536; id++) {
      writeIpv4Header(SPACE, 40, id, 0, (id % 255) + 1, 0, 17, SOURCE, DESTINATION);
      decrementTtl(SPACE);
      if (header.hasGoodChecksum() && header.ttl == id % 255 && header.protocol == 17) continue;
      expect<u32>(id).toBe(65536, "the first identification with a wrong checksum");
      return;
    }
  });

  it("has a checksum that notices every flipped bit", () => {
    writeIpv4Header(SPACE, 40, 1, 0, 64, 0, 17, SOURCE, DESTINATION);
    const header = changetype<Ipv4Header>(SPACE);
    let missed = 0;
    // The four bits of the header's length are left alone: they say how much is summed.
    for (let bit = 0; bit < 160; bit++) {
      if (bit >= 4 && bit < 8) continue;
      const at = SPACE + (bit >> 3);
      const mask: u8 = <u8>0x80 >> <u8>(bit & 7);
      store<u8>(at, load<u8>(at) ^ mask);
      if (header.hasGoodChecksum()) missed++;
      store<u8>(at, load<u8>(at) ^ mask);
    }
    expect<i32>(missed).toBe(0);
  });
});

/** Options of four bytes behind a fixed header. */
function optionsOf(four: u32): Options {
  setBe32(SPACE, four, 20);
  return checkOptions(SPACE, 24);
}

describe("IPv4 options", () => {
  it("are fine when they are known or skippable", () => {
    expect<i32>(optionsOf(0x01010100)).toBe(Options.FINE);
    expect<i32>(optionsOf(0x00ffffff)).toBe(Options.FINE);
    expect<i32>(optionsOf(0x94040000)).toBe(Options.FINE);
    expect<i32>(checkOptions(SPACE, 20)).toBe(Options.FINE);
  });

  it("are malformed when one is too short, too long, or has no length", () => {
    expect<i32>(optionsOf(0x94000000)).toBe(Options.MALFORMED);
    expect<i32>(optionsOf(0x94010000)).toBe(Options.MALFORMED);
    expect<i32>(optionsOf(0x94050000)).toBe(Options.MALFORMED);
    expect<i32>(optionsOf(0x01010194)).toBe(Options.MALFORMED);
  });

  it("are a source route, loose or strict", () => {
    expect<i32>(optionsOf(0x83030400)).toBe(Options.SOURCE_ROUTE);
    expect<i32>(optionsOf(0x01890304)).toBe(Options.SOURCE_ROUTE);
  });
});

describe("the TCP header (RFC 9293 §3.1)", () => {
  beforeEach(clear);

  it("is written field by field and read back", () => {
    writeTcpHeader(SPACE, 49152, 80, 0x01020304, 0x0a0b0c0d, 24, 0x12, 65535);
    writeSynOptions(SPACE, 1460, Offer.NOTHING, 0, 0);
    expect<u64>(bytesAt(0)).toBe(0xc000005001020304);
    expect<u64>(bytesAt(8)).toBe(0x0a0b0c0d6012ffff);
    expect<u64>(bytesAt(16)).toBe(0x00000000020405b4);
    const header = changetype<TcpHeader>(SPACE);
    expect<u32>(header.sourcePort).toBe(49152);
    expect<u32>(header.destinationPort).toBe(80);
    expect<u32>(header.seq).toBe(0x01020304);
    expect<u32>(header.ack).toBe(0x0a0b0c0d);
    expect<u32>(header.headerBytes).toBe(24);
    expect<u32>(header.flags).toBe(0x12);
    expect<u32>(header.window).toBe(65535);
    expect<u32>(load<u8>(SPACE, 24)).toBe(0xee);
  });

  // Shows: MUST-68
  it("has the options of RFC 7323 and 2018 behind the MSS, aligned", () => {
    const all: u32 = Offer.WINDOW_SCALE | Offer.TIMESTAMPS | Offer.SACK;
    writeSynOptions(SPACE, 1460, all, 0x11223344, 0x55667788);
    expect<u32>(synOptionBytes(all)).toBe(20);
    expect<u64>(bytesAt(20) >> 32).toBe(0x020405b4);
    expect<u32>(be32(SPACE, 24) >> 8).toBe(0x010303);
    expect<u32>(be32(SPACE, 28)).toBe(0x0402080a);
    expect<u32>(be32(SPACE, 32)).toBe(0x11223344);
    expect<u32>(be32(SPACE, 36)).toBe(0x55667788);
    expect<u32>(load<u8>(SPACE, 40)).toBe(0xee);
  });

  it("pads SACK-permitted where no timestamps follow it", () => {
    writeSynOptions(SPACE, 1460, Offer.SACK, 0, 0);
    expect<u32>(synOptionBytes(Offer.SACK)).toBe(8);
    expect<u32>(be32(SPACE, 24)).toBe(0x04020101);
    expect<u32>(load<u8>(SPACE, 28)).toBe(0xee);
  });
});
