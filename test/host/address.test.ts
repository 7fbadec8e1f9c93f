// Addresses between text and bytes.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  formatAddress,
  formatEndpoint,
  formatMac,
  isV4,
  parseAddress,
  parseCidr,
  parseEndpoint,
  parseMac,
} from "../../host/core/address.ts";
import { InputError } from "../../host/errors.ts";

function refuses(code: string, action: () => unknown): void {
  assert.throws(action, (error) => error instanceof InputError && error.code === code && error.message.endsWith("."));
}

describe("IP addresses", () => {
  it("of version 4 take the mapped form and come back", () => {
    assert.deepEqual([...parseAddress("10.1.2.255")], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 255]);
    for (const text of ["0.0.0.0", "255.255.255.255", "10.0.0.1"]) {
      assert.equal(formatAddress(parseAddress(text)), text);
      assert.ok(isV4(parseAddress(text)));
    }
  });

  // Left: what may be typed; right: RFC 5952's one spelling.
  const SPELLINGS: [string, string][] = [
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8::1", "2001:db8::1"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:0db8::0001", "2001:db8::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["fe80:0:0:0:0:0:0:0", "fe80::"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ];
  for (const [typed, canonical] of SPELLINGS) {
    it(`${typed} is written ${canonical}`, () => assert.equal(formatAddress(parseAddress(typed)), canonical));
  }

  const WRONG = ["", "10.0.0", "10.0.0.256", "10.0.0.01", "10.0.0.1.2", "1:2", ":::", "1::2::3", "12345::", "g::"];
  WRONG.push(
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "::10.0.0.1:5",
    "10.0.0.1::",
    " 10.0.0.1",
    "fe80::1%eth0",
    "1:",
  );
  for (const text of WRONG) {
    it(`"${text}" is none`, () => refuses("ERR_ADDRESS", () => parseAddress(text)));
  }
});

describe("prefixes", () => {
  it("count the bits of their own version", () => {
    assert.equal(parseCidr("10.0.0.2/24").prefixLength, 24);
    assert.equal(parseCidr("0.0.0.0/0").prefixLength, 0);
    assert.equal(parseCidr("2001:db8::1/128").prefixLength, 128);
  });
  for (const text of [
    "10.0.0.2",
    "10.0.0.2/33",
    "10.0.0.2/",
    "10.0.0.2/-1",
    "10.0.0.2/24/1",
    "::/129",
    "10.0.0.2/2x",
  ]) {
    it(`"${text}" is none`, () => refuses("ERR_ADDRESS", () => parseCidr(text)));
  }
});

describe("Ethernet addresses", () => {
  it("come in either spelling and go out in one", () => {
    assert.equal(formatMac(parseMac("02:00:5E:10:0:1")), "02:00:5e:10:00:01");
    assert.equal(formatMac(parseMac("02-00-5e-10-00-01")), "02:00:5e:10:00:01");
  });
  for (const text of [
    "",
    "02:00:00:00:00",
    "02:00:00:00:00:00:01",
    "01:00:00:00:00:01",
    "00:00:00:00:00:00",
    "zz:0:0:0:0:0",
  ]) {
    it(`"${text}" is no station's`, () => refuses("ERR_MAC", () => parseMac(text)));
  }
});

describe("endpoints", () => {
  it("take an address and a port apart and together", () => {
    assert.deepEqual(parseEndpoint("10.0.0.1:80"), { address: "10.0.0.1", port: 80 });
    assert.deepEqual(parseEndpoint("[2001:db8::1]:443"), { address: "2001:db8::1", port: 443 });
    assert.equal(formatEndpoint("2001:db8::1", 443), "[2001:db8::1]:443");
    assert.equal(formatEndpoint("10.0.0.1", 80), "10.0.0.1:80");
  });
  it("need a port from 1 to 65535", () => {
    for (const text of ["10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:"]) refuses("ERR_PORT", () => parseEndpoint(text));
    refuses("ERR_ADDRESS", () => parseEndpoint("2001:db8::1:80"));
    refuses("ERR_ADDRESS", () => parseEndpoint("10.0.0.1"));
  });
});
