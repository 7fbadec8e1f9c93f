// Which of its addresses a machine speaks from (RFC 6724 §5): the examples of §10.1 that tell addresses of one interface
// apart, and one for each rule.

import { ADDRESSES } from "profile";
import { AddressOrigin, AddressState } from "../../assembly/abi/addresses";
import { sameAddress, setV4 } from "../../assembly/base/address";
import { scopeOf } from "../../assembly/base/address-policy";
import { ADDRESS_BASE, ADDRESS_ENTRY_BYTES } from "../../assembly/base/memory";
import { addOwnAddress, OwnAddress, sourceFor } from "../../assembly/ethernet/addresses";

const ADAPTER: u32 = 0;
const PEER: usize = memory.data(16, 8);
const OWN: usize = memory.data(16, 8);

function put(at: usize, upper: u64, lower: u64): usize {
  store<u64>(at, bswap<u64>(upper));
  store<u64>(at, bswap<u64>(lower), 8);
  return at;
}

function forgetAll(): void {
  memory.fill(ADDRESS_BASE, 0, ADDRESSES * ADDRESS_ENTRY_BYTES);
}

/** Gives the machine an address of 64 bits of prefix. */
function own(upper: u64, lower: u64): OwnAddress {
  return addOwnAddress(ADAPTER, put(OWN, upper, lower), 64)!;
}

/** True when the machine speaks to `PEER` from this address. */
function speaksFrom(upper: u64, lower: u64): bool {
  const entry = sourceFor(ADAPTER, PEER);
  return entry !== null && sameAddress(entry.address, put(OWN, upper, lower));
}

/** What is expected holds whichever address the machine had first. */
function chooses(peerUpper: u64, peerLower: u64, oneUpper: u64, oneLower: u64, otherUpper: u64, otherLower: u64): bool {
  put(PEER, peerUpper, peerLower);
  forgetAll();
  own(oneUpper, oneLower);
  own(otherUpper, otherLower);
  const isFirst = speaksFrom(oneUpper, oneLower);
  forgetAll();
  own(otherUpper, otherLower);
  own(oneUpper, oneLower);
  return isFirst && speaksFrom(oneUpper, oneLower);
}

const DOC: u64 = 0x20010db800010000; // 2001:db8:1::
const LINK: u64 = 0xfe80000000000000;
const SIX_TO_FOUR: u64 = 0x2002c63364010000; // 2002:c633:6401::
const SITE: u64 = 0xfec0000000000000;

describe("the examples of RFC 6724 §10.1", () => {
  beforeEach(forgetAll);

  it("2001:db8:1::1 from 2001:db8:3::1, not from fe80::1 (scope)", () => {
    expect<bool>(chooses(DOC, 1, 0x20010db800030000, 1, LINK, 1)).toBe(true);
  });

  it("ff05::1 from 2001:db8:3::1, not from fe80::1 (scope)", () => {
    expect<bool>(chooses(0xff05000000000000, 1, 0x20010db800030000, 1, LINK, 1)).toBe(true);
  });

  it("2001:db8:1::1 from 2001:db8:1::1 itself, though it is deprecated (same address)", () => {
    put(PEER, DOC, 1);
    own(DOC, 1).state = AddressState.DEPRECATED;
    own(0x20010db800020000, 1);
    expect<bool>(speaksFrom(DOC, 1)).toBe(true);
  });

  it("fe80::1 from fe80::2, though it is deprecated, not from 2001:db8:1::1 (scope)", () => {
    put(PEER, LINK, 1);
    own(LINK, 2).state = AddressState.DEPRECATED;
    own(DOC, 1);
    expect<bool>(speaksFrom(LINK, 2)).toBe(true);
  });

  it("2001:db8:1::1 from 2001:db8:1::2, not from 2001:db8:3::2 (longest match)", () => {
    expect<bool>(chooses(DOC, 1, DOC, 2, 0x20010db800030000, 2)).toBe(true);
  });

  it("2002:c633:6401::1 from 2002:c633:6401::d5e3, not from 2001:db8:1::2 (label)", () => {
    expect<bool>(chooses(SIX_TO_FOUR, 1, SIX_TO_FOUR, 0xd5e3, DOC, 2)).toBe(true);
  });

  it("2002:c633:6401::1 from 6to4 of another site rather than from 2001:db8:1::2 (label)", () => {
    expect<bool>(chooses(SIX_TO_FOUR, 1, 0x2002c63364020000, 0xd5e3, DOC, 2)).toBe(true);
  });

  it("2001:db8:1::d5e3 from the temporary of two in 2001:db8:1::/64 (temporary)", () => {
    put(PEER, DOC, 0xd5e3);
    own(DOC, 2);
    own(DOC, 0xd5e3_0001).origin = AddressOrigin.TEMPORARY;
    expect<bool>(speaksFrom(DOC, 0xd5e3_0001)).toBe(true);
  });
});

describe("the rules of RFC 6724 §5", () => {
  beforeEach(forgetAll);

  it("prefer the narrower of two scopes that are wide enough, else the wider (rule 2)", () => {
    expect<bool>(chooses(LINK, 9, LINK, 1, SITE, 1)).toBe(true);
    expect<bool>(chooses(SITE, 9, SITE, 1, DOC, 1)).toBe(true);
    expect<bool>(chooses(SITE, 9, DOC, 1, LINK, 1)).toBe(true);
    expect<bool>(chooses(DOC, 9, SITE, 1, LINK, 1)).toBe(true);
  });

  it("avoid what is deprecated (rule 3), before labels and matches", () => {
    put(PEER, DOC, 9);
    own(DOC, 1).state = AddressState.DEPRECATED;
    own(SIX_TO_FOUR, 1);
    expect<bool>(speaksFrom(SIX_TO_FOUR, 1)).toBe(true);
  });

  it("prefer unlike scopes' right one even when it is deprecated (rule 2 before rule 3)", () => {
    put(PEER, DOC, 9);
    own(DOC, 1).state = AddressState.DEPRECATED;
    own(LINK, 1);
    expect<bool>(speaksFrom(DOC, 1)).toBe(true);
  });

  it("prefer the like label (rule 6): unique local, Teredo", () => {
    expect<bool>(chooses(0xfd00000000000000, 9, 0xfc00000000000000, 1, DOC, 1)).toBe(true);
    expect<bool>(chooses(DOC, 9, 0x2a00000000000000, 1, 0xfd00000000000000, 1)).toBe(true);
    expect<bool>(chooses(0x2001000000000000, 9, 0x2001000012345678, 1, 0x2001000100000000, 1)).toBe(true);
  });

  it("prefer the like label before the temporary address (rule 6 before rule 7)", () => {
    put(PEER, DOC, 9);
    own(0xfd00000000000000, 1).origin = AddressOrigin.TEMPORARY;
    own(0x2a00000000000000, 1);
    expect<bool>(speaksFrom(0x2a00000000000000, 1)).toBe(true);
  });

  it("count bits in common only up to the prefix's length (rule 8)", () => {
    put(PEER, DOC, 0x10);
    own(DOC, 0xffff000000000000);
    own(DOC, 0x11);
    // Both agree in all 64 bits that count: the first stays.
    expect<bool>(speaksFrom(DOC, 0xffff000000000000)).toBe(true);
  });

  it("leave out what is not usable, of another adapter, or of the other version", () => {
    put(PEER, DOC, 9);
    own(DOC, 1).state = AddressState.TENTATIVE;
    own(DOC, 2).state = AddressState.DUPLICATE;
    addOwnAddress(1, put(OWN, DOC, 3), 64);
    setV4(OWN, 0x0100000a);
    addOwnAddress(ADAPTER, OWN, 120);
    expect<bool>(sourceFor(ADAPTER, PEER) === null).toBe(true);
  });
});

describe("over IPv4", () => {
  beforeEach(forgetAll);

  it("the address in the peer's network is taken, else the first that is not only for the link", () => {
    setV4(OWN, 0x0100fea9); // 169.254.0.1/16
    addOwnAddress(ADAPTER, OWN, 112);
    setV4(OWN, 0x0100000a); // 10.0.0.1/24
    addOwnAddress(ADAPTER, OWN, 120);
    setV4(OWN, 0x0101000a); // 10.0.1.1/24
    addOwnAddress(ADAPTER, OWN, 120);
    setV4(PEER, 0x0901000a);
    expect<u32>(load<u32>(sourceFor(ADAPTER, PEER)!.address, 12)).toBe(0x0101000a);
    setV4(PEER, 0x08080808);
    expect<u32>(load<u32>(sourceFor(ADAPTER, PEER)!.address, 12)).toBe(0x0100000a);
    setV4(PEER, 0x0909fea9);
    expect<u32>(load<u32>(sourceFor(ADAPTER, PEER)!.address, 12)).toBe(0x0100fea9);
  });
});

describe("scopes", () => {
  it("are those of RFC 6724 §3.1", () => {
    expect<u32>(scopeOf(put(PEER, LINK, 1))).toBe(2);
    expect<u32>(scopeOf(put(PEER, SITE, 1))).toBe(5);
    expect<u32>(scopeOf(put(PEER, 0xfd00000000000000, 1))).toBe(14);
    expect<u32>(scopeOf(put(PEER, DOC, 1))).toBe(14);
    expect<u32>(scopeOf(put(PEER, 0xff02000000000000, 1))).toBe(2);
    expect<u32>(scopeOf(put(PEER, 0xff18000000000000, 1))).toBe(8);
  });
});
