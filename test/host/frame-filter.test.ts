// The filters that choose among frames, in tcpdump's language.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseFilter } from "../../host/inspect/frame-filter.ts";

/** A frame of TCP or UDP from 10.0.0.1:1000 to 10.0.0.2:80. */
function segment(protocol: 6 | 17): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set([0x08, 0x00, 0x45, 0, 0, 40], 12);
  frame.set([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1000 >> 8, 1000 & 255, 0, 80], 22);
  frame.set(protocol === 6 ? [0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10] : [0, 20, 0, 0], 38);
  return frame;
}

describe("a filter", () => {
  const tcp = segment(6);
  const udp = segment(17);
  const ACCEPTED: [filter: string, tcp: boolean, udp: boolean][] = [
    ["", true, true],
    ["tcp", true, false],
    ["udp or tcp", true, true],
    ["not tcp", false, true],
    ["ip6 or arp or icmp", false, false],
    ["port 80", true, true],
    ["tcp port http", true, false],
    ["src port 80", false, false],
    ["dst port 80 and src port 1000", true, true],
    ["host 10.0.0.1", true, true],
    ["src 10.0.0.2", false, false],
    ["dst host 10.0.0.2", true, true],
    ["net 10.0.0.0/30", true, true],
    ["src net 10.0.0.0/8 && ! udp", true, false],
    ["net 2001:db8::/32", false, false],
    ["udp and (port 1 or port 80)", false, true],
  ];
  for (const [text, wantsTcp, wantsUdp] of ACCEPTED) {
    it(`"${text}" means what it means to tcpdump`, () => {
      const fits = parseFilter(text);
      assert.deepEqual([fits(tcp), fits(udp)], [wantsTcp, wantsUdp]);
    });
  }

  it("that makes no sense is refused with a sentence", () => {
    for (const text of ["tcp and", "port", "port 70000", "host nobody", "net 10.0.0.0", "( tcp", "tcp )", "or"]) {
      assert.throws(() => parseFilter(text), /./, text);
    }
  });
});
