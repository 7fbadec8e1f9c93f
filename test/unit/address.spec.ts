// Addresses in their one form of 16 bytes: IPv4 as ::ffff:a.b.c.d.

import {
  clearAddress,
  clearHost,
  commonPrefix,
  copyAddress,
  isLimitedBroadcast,
  isLinkLocal,
  isMulticast,
  isNowhere,
  isUnspecified,
  isV4,
  sameAddress,
  samePrefix,
  setSolicitedNode,
  setV4,
  v4Of,
} from "../../assembly/base/address";

const A: usize = memory.data(16, 8);
const B: usize = memory.data(16, 8);

/** a.b.c.d as it lies in memory. */
function v4(a: u32, b: u32, c: u32, d: u32): u32 {
  return a | (b << 8) | (c << 16) | (d << 24);
}

function setV6(at: usize, upper: u64, lower: u64): void {
  store<u64>(at, bswap<u64>(upper));
  store<u64>(at, bswap<u64>(lower), 8);
}

describe("IPv4 addresses", () => {
  it("are mapped as RFC 4291 §2.5.5.2 says", () => {
    setV4(A, v4(192, 0, 2, 1));
    expect<u64>(bswap<u64>(load<u64>(A))).toBe(0);
    expect<u64>(bswap<u64>(load<u64>(A, 8))).toBe(0x0000ffffc0000201);
    expect<u32>(v4Of(A)).toBe(v4(192, 0, 2, 1));
    expect<bool>(isV4(A)).toBe(true);
  });

  it("are told from IPv6 ones", () => {
    setV6(A, 0x20010db800000000, 0x0000ffffc0000201);
    expect<bool>(isV4(A)).toBe(false);
    setV6(A, 0, 1);
    expect<bool>(isV4(A)).toBe(false);
  });

  it("are multicast from 224.0.0.0 to 239.255.255.255", () => {
    setV4(A, v4(223, 255, 255, 255));
    expect<bool>(isMulticast(A)).toBe(false);
    setV4(A, v4(224, 0, 0, 1));
    expect<bool>(isMulticast(A)).toBe(true);
    setV4(A, v4(239, 255, 255, 255));
    expect<bool>(isMulticast(A)).toBe(true);
    setV4(A, v4(240, 0, 0, 0));
    expect<bool>(isMulticast(A)).toBe(false);
  });

  it("know the limited broadcast", () => {
    setV4(A, 0xffffffff);
    expect<bool>(isLimitedBroadcast(A)).toBe(true);
    setV4(A, v4(255, 255, 255, 254));
    expect<bool>(isLimitedBroadcast(A)).toBe(false);
  });
});

describe("no address in particular", () => {
  it("is :: and 0.0.0.0 and nothing else", () => {
    clearAddress(A);
    expect<bool>(isUnspecified(A)).toBe(true);
    setV4(A, 0);
    expect<bool>(isUnspecified(A)).toBe(true);
    setV4(A, v4(0, 0, 0, 1));
    expect<bool>(isUnspecified(A)).toBe(false);
    setV6(A, 0, 1);
    expect<bool>(isUnspecified(A)).toBe(false);
    setV6(A, 0x0100000000000000, 0);
    expect<bool>(isUnspecified(A)).toBe(false);
  });
});

describe("IPv6 addresses", () => {
  it("are multicast when they begin with ff", () => {
    setV6(A, 0xff02000000000000, 1);
    expect<bool>(isMulticast(A)).toBe(true);
    setV6(A, 0xfe80000000000000, 1);
    expect<bool>(isMulticast(A)).toBe(false);
  });
});

describe("comparison", () => {
  it("finds a difference in any bit", () => {
    setV6(A, 0x20010db812345678, 0x9abcdef001020304);
    copyAddress(B, A);
    expect<bool>(sameAddress(A, B)).toBe(true);
    let missed = 0;
    for (let bit = 0; bit < 128; bit++) {
      const at = B + (bit >> 3);
      store<u8>(at, load<u8>(at) ^ (<u8>0x80 >> <u8>(bit & 7)));
      if (sameAddress(A, B)) missed++;
      copyAddress(B, A);
    }
    expect<i32>(missed).toBe(0);
  });

  it("of prefixes looks at exactly as many bits as it is told", () => {
    let wrong = 0;
    setV6(A, 0x20010db812345678, 0x9abcdef001020304);
    for (let bit = 0; bit < 128; bit++) {
      copyAddress(B, A);
      const at = B + (bit >> 3);
      store<u8>(at, load<u8>(at) ^ (<u8>0x80 >> <u8>(bit & 7)));
      for (let bits = 0; bits <= 128; bits++) {
        // Bit `bit` differs: prefixes that end before it agree.
        if (samePrefix(A, B, bits) != bits <= bit) wrong++;
      }
    }
    expect<i32>(wrong).toBe(0);
  });
});

describe("addresses of the link", () => {
  it("are fe80::/10 and 169.254.0.0/16", () => {
    setV6(A, 0xfe80000000000000, 1);
    expect<bool>(isLinkLocal(A)).toBe(true);
    setV6(A, 0xfebfffffffffffff, 1);
    expect<bool>(isLinkLocal(A)).toBe(true);
    setV6(A, 0xfec0000000000000, 1);
    expect<bool>(isLinkLocal(A)).toBe(false);
    setV6(A, 0xfe7fffffffffffff, 1);
    expect<bool>(isLinkLocal(A)).toBe(false);
    setV4(A, v4(169, 254, 255, 255));
    expect<bool>(isLinkLocal(A)).toBe(true);
    setV4(A, v4(169, 253, 0, 0));
    expect<bool>(isLinkLocal(A)).toBe(false);
    setV4(A, v4(254, 169, 0, 0));
    expect<bool>(isLinkLocal(A)).toBe(false);
  });
});

describe("addresses that no wire carries", () => {
  it("are 0/8 and 127/8", () => {
    setV4(A, v4(0, 1, 2, 3));
    expect<bool>(isNowhere(A)).toBe(true);
    setV4(A, v4(127, 255, 0, 1));
    expect<bool>(isNowhere(A)).toBe(true);
    setV4(A, v4(128, 0, 0, 1));
    expect<bool>(isNowhere(A)).toBe(false);
    setV4(A, v4(1, 0, 0, 0));
    expect<bool>(isNowhere(A)).toBe(false);
  });

  it("are :: and ::1", () => {
    clearAddress(A);
    expect<bool>(isNowhere(A)).toBe(true);
    setV6(A, 0, 1);
    expect<bool>(isNowhere(A)).toBe(true);
    setV6(A, 0, 2);
    expect<bool>(isNowhere(A)).toBe(false);
    setV6(A, 0, 0x0100000000000000);
    expect<bool>(isNowhere(A)).toBe(false);
    setV6(A, 1, 1);
    expect<bool>(isNowhere(A)).toBe(false);
  });
});

describe("the solicited-node group", () => {
  it("has the last three bytes of the address (RFC 4291 §2.7.1)", () => {
    setV6(A, 0x4037000000000000, 0x01c0ffffe4080c8e);
    setSolicitedNode(B, A);
    setV6(A, 0xff02000000000000, 0x00000001ff080c8e);
    expect<bool>(sameAddress(A, B)).toBe(true);
  });
});

describe("what two addresses have in common", () => {
  it("are the bits in front of the first that differs", () => {
    let wrong = 0;
    setV6(A, 0x20010db812345678, 0x9abcdef001020304);
    for (let bit = 0; bit < 128; bit++) {
      copyAddress(B, A);
      const at = B + (bit >> 3);
      store<u8>(at, load<u8>(at) ^ (<u8>0x80 >> <u8>(bit & 7)));
      store<u8>(B + 15, load<u8>(B + 15) ^ (bit < 127 ? 1 : 0)); // another difference, at the end
      if (<i32>commonPrefix(A, B) != bit) wrong++;
    }
    expect<i32>(wrong).toBe(0);
    expect<u32>(commonPrefix(A, A)).toBe(128);
  });
});

describe("a prefix", () => {
  it("has nothing behind its bits", () => {
    let wrong = 0;
    for (let bits: u32 = 0; bits <= 128; bits++) {
      setV6(A, 0xffffffffffffffff, 0xffffffffffffffff);
      copyAddress(B, A);
      clearHost(B, bits);
      if (!samePrefix(A, B, bits)) wrong++;
      if (bits < 128 && commonPrefix(A, B) != bits) wrong++;
      let ones: u32 = 0;
      for (let i = 0; i < 16; i++) ones += popcnt<u32>(load<u8>(B + i));
      if (ones != bits) wrong++;
    }
    expect<i32>(wrong).toBe(0);
  });
});
