// The dissector on frames of both versions of IP: what it makes of every kind, and of damaged ones.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dissect } from "../../host/inspect/dissect.ts";
import type { Dissection } from "../../host/inspect/dissection.ts";
import { summarize } from "../../host/inspect/words.ts";
import { CORPUS } from "./frame-corpus.ts";

function frameOf(name: string): Uint8Array {
  const found = CORPUS.find((frame) => frame.name.startsWith(name));
  assert.ok(found, name);
  return found.bytes;
}

function changed(frame: Uint8Array, at: number, value: number): Uint8Array {
  const copy = frame.slice();
  copy[at] = value;
  return copy;
}

function problems(frame: Uint8Array): string {
  return dissect(frame).problems.join("\n");
}

/** Where IPv6's payload begins. */
const BEHIND_IPV6 = 54;

describe("every frame of the corpus", () => {
  for (const { name, bytes } of CORPUS) {
    test(`${name}: its fields cover it, in order`, () => {
      const { layers } = dissect(bytes);
      let next = 0;
      const covered = new Set<number>();
      for (const layer of layers) {
        assert.equal(layer.offset, next, layer.name);
        next = layer.offset + layer.bytes;
        for (const { name: field, offset, bytes: length } of layer.fields) {
          assert.ok(offset >= layer.offset && offset + length <= next, field);
          for (let i = 0; i < length; i++) covered.add(offset + i);
        }
      }
      assert.equal(next, bytes.length);
      assert.equal(covered.size, bytes.length);
    });

    test(`${name}: only what is spoiled is a problem`, () => {
      assert.equal(problems(bytes) === "", !name.includes("bad-"), problems(bytes));
    });
  }
});

describe("the headers of IPv6", () => {
  test("the fixed header, and what lies behind the extension headers", () => {
    const { ip, ipv6, udp } = dissect(frameOf("IPv6: udp 9 {hop-by-hop"));
    assert.equal(ip, ipv6);
    assert.deepEqual(ipv6, {
      version: 6,
      source: "2001:db8::2",
      destination: "2001:db8::1",
      protocol: 17,
      hopLimit: 64,
      trafficClass: 0,
      flowLabel: 0,
      payloadBytes: 16 + 8 + 8 + 8 + 9,
      moreFragments: false,
      fragmentOffset: 0,
      extensions: [0, 60, 43],
    });
    assert.equal(udp?.bytes, 17);
  });

  test("of a fragment, only the first says what is in it", () => {
    const first = dissect(frameOf("IPv6: fragment 0:16+"));
    assert.deepEqual([first.ip?.fragmentOffset, first.ip?.moreFragments], [0, true]);
    assert.equal(first.udp?.bytes, 48);
    const last = dissect(frameOf("IPv6: fragment 16:48"));
    assert.deepEqual([last.ip?.fragmentOffset, last.ip?.moreFragments], [16, false]);
    assert.equal(last.ipv6?.identification, 100_000);
    assert.equal(last.udp, undefined);
    assert.equal(last.payload.length, 32);
  });

  test("the tags of virtual LANs, outermost first", () => {
    const { ethernet, vlans, udp } = dissect(frameOf("IPv6: udp 0 ttl 3 tos 184 flow 1000 in VLAN 100,7"));
    const tag = { priority: 5, dropEligible: false };
    assert.deepEqual(vlans, [
      { vlan: 100, ...tag },
      { vlan: 7, ...tag },
    ]);
    assert.equal(ethernet?.etherType, 0x86dd);
    assert.equal(udp?.destinationPort, 9999);
  });

  test("an IPv4 address within is none on this wire", () => {
    const mapped = frameOf("IPv6: ip 59 0").slice();
    mapped.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1], 22);
    assert.equal(dissect(mapped).ip?.source, "::ffff:10.0.0.1");
  });

  test("where a routing header names more stations, the checksum is left alone", () => {
    const routed = frameOf("IPv6: udp 9 {hop-by-hop");
    const segmentsLeft = BEHIND_IPV6 + 16 + 8 + 3;
    assert.equal(problems(changed(routed, segmentsLeft, 1)), "");
    const address = 14 + 8 + 15;
    assert.match(problems(changed(routed, address, 9)), /^UDP: the checksum is wrong$/);
    assert.equal(problems(changed(changed(routed, segmentsLeft, 1), address, 9)), "");
  });
});

describe("ICMPv6", () => {
  test("an error with the packet that it is about", () => {
    const { icmp } = dissect(frameOf("IPv6: icmp packet-too-big"));
    assert.deepEqual([icmp?.version, icmp?.type, icmp?.code, icmp?.mtu], [6, 2, 0, 1280]);
    assert.equal(icmp?.quoted?.ipv6?.destination, "2001:db8::1");
    assert.deepEqual(icmp?.quoted?.ports, { source: 50001, destination: 8080 });
    assert.deepEqual(icmp?.quoted?.problems, []);
  });

  test("a router's advertisement with all that it offers", () => {
    const { discovery } = dissect(frameOf("IPv6: nd router-advertise hops 32"));
    assert.ok(discovery?.kind === "router advertisement");
    const { options, ...message } = discovery;
    assert.deepEqual(message, {
      kind: "router advertisement",
      hopLimit: 32,
      managed: true,
      other: true,
      preference: "high",
      lifetime: 600,
      reachable: 30_000,
      retransmission: 500,
    });
    const prefix = { kind: "prefix", prefixLength: 64 };
    const forEver = Number.POSITIVE_INFINITY;
    assert.deepEqual(options, [
      { kind: "source", mac: "02:00:00:00:00:02" },
      { ...prefix, prefix: "2001:db8:5::", onLink: true, autonomous: true, valid: 86_400, preferred: 14_400 },
      { ...prefix, prefix: "2001:db8:6::", onLink: false, autonomous: true, valid: forEver, preferred: forEver },
      { kind: "mtu", bytes: 1400 },
      { kind: "name servers", addresses: ["2001:db8::53", "2001:db8::54"], lifetime: 600 },
      { kind: "route", prefix: "2001:db8:9::", prefixLength: 48, preference: "high", lifetime: 3600 },
      { kind: "domains", names: ["example.com"], lifetime: 600 },
    ]);
  });

  test("a redirect with the packet that went the longer way", () => {
    const { discovery } = dissect(frameOf("IPv6: nd redirect 2001:db8:9::1 via peer-local <target"));
    assert.ok(discovery?.kind === "redirect");
    assert.equal(discovery.destination, "2001:db8:9::1");
    const redirected = discovery.options.find((option) => option.kind === "redirected");
    assert.equal(redirected?.quoted?.ip?.destination, "2001:db8:9::1");
    assert.deepEqual(redirected?.quoted?.problems, []);
  });

  test("reports of groups, in both versions of IP", () => {
    const records = [
      { type: "is-ex", group: "ff02::1:ff00:1", sources: [] },
      { type: "to-ex", group: "ff05::9", sources: [] },
      { type: "allow", group: "ff05::10", sources: ["2001:db8::7", "2001:db8::8"] },
      { type: "block", group: "ff05::11", sources: ["2001:db8::9"] },
    ];
    const { group } = dissect(frameOf("IPv6: mldv2 report"));
    assert.deepEqual(group, { protocol: "MLD", version: 2, kind: "records", records });
    assert.deepEqual(dissect(frameOf("IPv4: igmpv3 query 239.1.2.3")).group, {
      protocol: "IGMP",
      version: 3,
      kind: "query",
      group: "239.1.2.3",
      within: 10,
      suppress: true,
      robustness: 2,
      interval: 992,
      sources: ["10.0.0.8", "10.0.0.9"],
    });
  });
});

describe("one line about a frame of IPv6", () => {
  const LINES: Record<string, string> = {
    "IPv6: S 0:0(0)":
      "[2001:db8::2]:50001 > [2001:db8::1]:8080: TCP SYN seq 1 win 65535 <mss 1440 · sackOK · wscale 7>",
    "IPv6: icmp echo bytes 56": "2001:db8::2 > 2001:db8::1: ICMPv6 echo request seq 1 (56 bytes)",
    "IPv6: icmp packet-too-big":
      "2001:db8::2 > 2001:db8::1: ICMPv6 packet too big mtu 1280 about TCP [2001:db8::2]:50001 > [2001:db8::1]:8080",
    "IPv6: nd solicit us": "2001:db8::2 > ff02::1:ff00:1: ND who has 2001:db8::1? tell 2001:db8::2",
    "IPv6: nd solicit us from any": ":: > ff02::1:ff00:1: ND does anybody have 2001:db8::1?",
    "IPv6: nd advertise peer": "2001:db8::2 > 2001:db8::1: ND 2001:db8::2 is at 02:00:00:00:00:02",
    "IPv6: nd advertise 2001:db8::7 router":
      "2001:db8::7 > ff02::1: ND 2001:db8::7 is at 02:00:00:00:00:02 (router, no override, announced)",
    "IPv6: nd router-solicit": "fe80::ff:fe00:2 > ff02::2: ND is there a router?",
    "IPv6: nd router-advertise lifetime 0":
      "fe80::ff:fe00:2 > ff02::1: ND router fe80::ff:fe00:2 is no default router preference low",
    "IPv6: nd redirect": "fe80::ff:fe00:2 > 2001:db8::1: ND redirect: 2001:db8:9::1 is nearer by fe80::ff:fe00:2",
    "IPv6: mldv1 query ff05::9": "fe80::ff:fe00:2 > ff05::9: MLDv1 who is in ff05::9? answer within 1 s",
    "IPv6: mldv2 report":
      "fe80::ff:fe00:2 > ff02::16: MLDv2 report is-ex ff02::1:ff00:1, to-ex ff05::9, allow ff05::10 {2001:db8::7 2001:db8::8}, block ff05::11 {2001:db8::9}",
    "IPv4: igmpv2 leave": "10.0.0.2 > 224.0.0.2: IGMPv2 leave 239.1.2.3",
    "IPv6: fragment 0:16+":
      "[2001:db8::2]:50001 > [2001:db8::1]:9999: UDP 50001 → 9999 (8 bytes) fragment at 0, more follow",
    "IPv4: fragment 16:48": "10.0.0.2 > 10.0.0.1: UDP (32 bytes) fragment at 16",
    "IPv4: udp 0 in VLAN 7": "10.0.0.2:50001 > 10.0.0.1:9999: UDP 50001 → 9999 (0 bytes) in VLAN 7",
    "IPv6: ip 59": "2001:db8::2 > 2001:db8::1: IPv6 with nothing in it",
  };
  for (const [name, line] of Object.entries(LINES)) test(name, () => assert.equal(summarize(frameOf(name)), line));
});

describe("damage", () => {
  test("says what is too short or does not add up", () => {
    const solicitation = frameOf("IPv6: nd solicit us");
    assert.match(problems(solicitation.subarray(0, 40)), /^IPv6: no whole header of version 6 in 26 bytes$/);
    assert.match(problems(solicitation.subarray(0, 60)), /^IPv6: a payload of 32 bytes does not fit 6 bytes$/);
    assert.match(problems(changed(solicitation, 21, 64)), /ICMPv6: a hop limit of 64 where 255 must be/);
    assert.match(problems(changed(solicitation, BEHIND_IPV6 + 25, 0)), /ICMPv6: option 1 says 0 bytes, 8 are left/);
    assert.match(problems(changed(solicitation, BEHIND_IPV6 + 25, 9)), /ICMPv6: option 1 says 72 bytes, 8 are left/);
    const options = frameOf("IPv6: udp 9 {hop-by-hop");
    assert.match(problems(changed(options, BEHIND_IPV6 + 1, 99)), /IPv6: Hop-by-hop options of 800 bytes do not fit/);
    assert.match(
      problems(changed(options, BEHIND_IPV6 + 3, 99)),
      /IPv6: option 5 of Hop-by-hop options says 101 bytes/,
    );
    const report = frameOf("IPv6: mldv2 report");
    const count = report.length - 136 + 7;
    assert.match(problems(changed(report, count, 5)), /ICMPv6: 5 records, and 4 are there/);
    const tagged = frameOf("IPv4: udp 0 in VLAN 7");
    assert.match(problems(tagged.subarray(0, 16)), /^VLAN: 2 bytes are too few for a tag of 4$/);
  });

  test("UDP without a checksum is one in IPv6 alone", () => {
    const datagram = changed(changed(frameOf("IPv6: udp 33"), BEHIND_IPV6 + 6, 0), BEHIND_IPV6 + 7, 0);
    assert.equal(problems(datagram), "UDP: there is no checksum, which IPv6 demands");
  });

  test("never throws, whatever the bytes, and every layer stays within the frame", () => {
    const seed = 1;
    let state = seed;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 8;
    };
    for (let round = 0; round < 50_000; round++) {
      const original = CORPUS[random() % CORPUS.length]?.bytes as Uint8Array;
      const frame = original.slice(0, random() % 4 === 0 ? random() % (original.length + 1) : original.length);
      for (let hits = random() % 5; hits > 0 && frame.length > 0; hits--)
        frame[random() % frame.length] = random() & 255;
      assert.equal(typeof summarize(frame), "string");
      demandWithin(dissect(frame), frame.length, `seed ${seed}, round ${round}`);
    }
  });
});

function demandWithin({ layers, payload, bytes }: Dissection, length: number, when: string): void {
  assert.ok(payload.length <= bytes, when);
  for (const layer of layers) {
    assert.ok(layer.offset + layer.bytes <= length, `${when}: ${layer.name}`);
    for (const field of layer.fields) assert.ok(field.offset + field.bytes <= length, `${when}: ${field.name}`);
  }
}
