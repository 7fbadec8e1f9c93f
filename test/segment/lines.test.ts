// What lines about packets become: each is built as the peer sends it, read again as the peer reads frames of the stack,
// and compared with itself. What differs from it is told apart.

import assert from "node:assert/strict";
import test from "node:test";
import { NETWORKS, PEER_MAC, type Version } from "./addresses.ts";
import { describeFrame, difference } from "./compare.ts";
import { readFrame } from "./frames.ts";
import { type Direction, type PacketEvent, readPacket } from "./patterns.ts";
import { Peer } from "./peer.ts";

const SECOND = "from peer to us";

/** Version, what is injected, what is expected, how a frame is described, and what it is not. */
const LINES: readonly [Version, injected: string, expected: string, words: string, other: string][] = [
  [4, "arp request", "arp request from peer target us", "> arp request from peer target us", "arp probe"],
  [4, "arp probe", "arp probe target us", "> arp probe from any target us", "arp request"],
  [4, "arp announcement", "arp announcement from peer", "> arp announcement from peer target peer", "arp reply"],
  [
    4,
    "arp reply mac 02:00:00:00:00:09",
    "arp reply mac 02:00:00:00:00:09",
    "> arp reply from peer target us",
    "arp reply mac 02:00:00:00:00:08",
  ],
  [
    4,
    "udp 10 ttl 3 tos 184 id 7 df",
    `udp 10 ttl 3 tos 184 id 7 df ${SECOND}`,
    "> udp 10 from peer to us",
    `udp 10 no-df ${SECOND}`,
  ],
  [
    6,
    "udp 0 ttl 3 tos 184 flow 1000",
    `udp 0 ttl 3 tos 184 flow 1000 {} ${SECOND}`,
    "> udp 0 from peer to us",
    `udp 0 flow 0 ${SECOND}`,
  ],
  [
    6,
    "udp 9 {hop-by-hop router-alert + opt 30 1 2 3, destination, routing 253 0 1}",
    `udp 9 ${SECOND}`,
    "> udp 9 from peer to us",
    `udp 9 ${SECOND} {}`,
  ],
  [
    6,
    "ip 253 100 from 2001:db8::99",
    "ip 253 100 from 2001:db8::99 to us",
    "> ip 253 100 from 2001:db8::99 to us",
    "ip 254 100 from 2001:db8::99 to us",
  ],
  [
    6,
    "icmp echo bytes 56",
    `icmp echo bytes 56 ${SECOND}`,
    "> icmp echo bytes 56 from peer to us",
    `icmp echo-reply bytes 56 ${SECOND}`,
  ],
  [
    6,
    "nd solicit us",
    "nd solicit us from peer to solicited-us <source 02:00:00:00:00:02, no nonce>",
    "> nd solicit us <source 02:00:00:00:00:02> from peer to solicited-us",
    "nd solicit us <>",
  ],
  [
    6,
    "nd solicit us from any",
    "nd solicit us from any <>",
    "> nd solicit us from any to solicited-us",
    "nd solicit us <source>",
  ],
  [
    6,
    "nd solicit us to us <nonce 1 2 3 4 5 6>",
    "nd solicit us to us <nonce>",
    "> nd solicit us <nonce 1 2 3 4 5 6> from peer to us",
    "nd solicit us <nonce 1 2 3 4 5 7>",
  ],
  [
    6,
    "nd advertise peer solicited override",
    "nd advertise peer solicited override to us",
    "> nd advertise peer solicited override <target 02:00:00:00:00:02> from peer to us",
    "nd advertise peer override",
  ],
  [
    6,
    "nd advertise 2001:db8::7 router",
    "nd advertise 2001:db8::7 router from 2001:db8::7 to all-nodes",
    "> nd advertise 2001:db8::7 router <target 02:00:00:00:00:02> from 2001:db8::7 to all-nodes",
    "nd advertise 2001:db8::8 router",
  ],
  [
    6,
    "nd router-solicit",
    "nd router-solicit from peer-local to all-routers",
    "> nd router-solicit <source 02:00:00:00:00:02> from peer-local to all-routers",
    "nd router-solicit <mtu 1400>",
  ],
  [
    6,
    "nd router-advertise hops 32 managed other lifetime 600 reachable 30 retrans 0.5 <prefix 2001:db8:5::/64 A 86400 infinity, mtu 1400, rdnss 600 2001:db8::53 2001:db8::54>",
    "nd router-advertise hops 32 managed other lifetime 600 reachable 30 retrans 0.5 <prefix 2001:db8:5::/64 A 86400 infinity, rdnss 600 2001:db8::53 2001:db8::54, no source>",
    "> nd router-advertise managed other <opt 3 64 64 0 1 81 128 255 255 255 255 0 0 0 0 32 1 13 184 0 5 0 0 0 0 0 0 0 0 0 0, mtu 1400, opt 25 0 0 0 0 2 88 32 1 13 184 0 0 0 0 0 0 0 0 0 0 0 83 32 1 13 184 0 0 0 0 0 0 0 0 0 0 0 84> from peer-local to all-nodes",
    "nd router-advertise hops 32 managed lifetime 600 reachable 30 retrans 0.5",
  ],
  [
    6,
    "nd redirect 2001:db8:9::1 via peer-local",
    "nd redirect 2001:db8:9::1 via peer-local",
    "> nd redirect peer-local from peer-local to us",
    "nd redirect 2001:db8:9::2 via peer-local",
  ],
  [
    4,
    "igmpv1 report 239.1.2.3",
    "igmpv1 report 239.1.2.3",
    "> igmpv1 report 239.1.2.3 from peer to 239.1.2.3",
    "igmpv2 report 239.1.2.3",
  ],
  [
    4,
    "igmpv2 report 239.1.2.3",
    "igmpv2 report 239.1.2.3",
    "> igmpv2 report 239.1.2.3 from peer to 239.1.2.3",
    "igmpv2 report 239.1.2.4",
  ],
  [
    4,
    "igmpv2 leave 239.1.2.3",
    "igmpv2 leave 239.1.2.3 to all-routers",
    "> igmpv2 leave 239.1.2.3 from peer to all-routers",
    "igmpv2 report 239.1.2.3",
  ],
  [4, "igmpv2 query within 2.5", "igmpv2 query", "> igmpv2 query from peer to all-nodes", "igmpv3 query"],
  [
    4,
    "igmpv3 query 239.1.2.3 <10.0.0.8, 10.0.0.9> suppress interval 1000",
    "igmpv3 query 239.1.2.3",
    "> igmpv3 query 239.1.2.3 from peer to 239.1.2.3",
    "igmpv3 query 239.1.2.4",
  ],
  [
    4,
    "igmpv3 report <to-ex 239.1.2.3, allow 239.1.2.4 10.0.0.9 10.0.0.8>",
    "igmpv3 report <allow 239.1.2.4 10.0.0.8 10.0.0.9, to-ex 239.1.2.3>",
    "> igmpv3 report <to-ex 239.1.2.3, allow 239.1.2.4 10.0.0.8 10.0.0.9> from peer to report-routers",
    "igmpv3 report <to-in 239.1.2.3>",
  ],
  [
    6,
    "mldv1 report ff05::9",
    "mldv1 report ff05::9 from peer-local",
    "> mldv1 report ff05::9 from peer-local to ff05::9",
    "mldv1 done ff05::9",
  ],
  [
    6,
    "mldv1 done ff05::9",
    "mldv1 done ff05::9 to all-routers",
    "> mldv1 done ff05::9 from peer-local to all-routers",
    "mldv1 report ff05::9",
  ],
  [
    6,
    "mldv1 query ff05::9 within 1",
    "mldv1 query ff05::9",
    "> mldv1 query ff05::9 from peer-local to ff05::9",
    "mldv2 query ff05::9",
  ],
  [
    6,
    "mldv2 query within 100",
    "mldv2 query to all-nodes",
    "> mldv2 query from peer-local to all-nodes",
    "mldv1 query",
  ],
  [
    6,
    "mldv2 report <is-ex solicited-us>",
    "mldv2 report <is-ex solicited-us>",
    "> mldv2 report <is-ex solicited-us> from peer-local to report-routers",
    "mldv2 report <is-in solicited-us>",
  ],
  [4, "fragment 0:16+ of udp 40", "fragment 0:16+", "> fragment 0:16+ id 28672 from peer to us", "fragment 0:16"],
  [
    6,
    "fragment 16:48 of udp 40 id 100000",
    "fragment 16:48 id 100000",
    "> fragment 16:48 id 100000 from peer to us",
    "fragment 16:48 id 100001",
  ],
  [
    6,
    "fragment 0:48 of udp 40",
    `fragment 0:48 of udp 40 ${SECOND}`,
    "> udp 40 from peer to us",
    `fragment 0:48 of udp 41 ${SECOND}`,
  ],
];

function eventOf(direction: Direction, text: string): PacketEvent {
  return readPacket(direction, text, (sentence) => assert.fail(`${text}: ${sentence}`));
}

for (const [version, injected, expected, words, other] of LINES) {
  test(`IPv${version}: ${injected}`, () => {
    const peer = new Peer(1, { arp: "auto", nd: "auto" }, NETWORKS[version]);
    const conversation = peer.conversation(1);
    // What the peer sends stands for what the stack would: but for that, it goes to the peer.
    const read = { ...readFrame(peer.frameOf(eventOf("in", injected), conversation)), destination: PEER_MAC };
    assert.equal(describeFrame(peer, read), words);
    // An echo is compared with what was injected last, which here is the echo itself.
    assert.equal(difference(eventOf("out", expected), read, conversation, peer), undefined);
    assert.notEqual(difference(eventOf("out", other), read, conversation, peer), undefined);
  });
}

/** What a version of IP does not have. */
const IMPOSSIBLE: readonly [Version, string, RegExp][] = [
  [6, "icmp source-quench", /IPv6 has no ICMP message source-quench/],
  [6, "udp 5 to broadcast", /there is no address broadcast in IPv6/],
  [6, "udp 5 bad-ip-checksum", /IPv6 has no bad-ip-checksum/],
  [4, "udp 5 from 2001:db8::9", /there is no address 2001:db8::9 in IPv4/],
  [4, "udp 5 {hop-by-hop}", /IPv4 has no extension headers/],
  [4, "nd solicit us", /there is no address peer-local in IPv4/],
];

for (const [version, line, reason] of IMPOSSIBLE) {
  test(`IPv${version} has no ${line}`, () => {
    const peer = new Peer(1, { arp: "auto", nd: "auto" }, NETWORKS[version]);
    assert.throws(() => peer.frameOf(eventOf("in", line), peer.conversation(1)), { code: "EFRAME", message: reason });
  });
}
