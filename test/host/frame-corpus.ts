// Frames of every kind that the dissector knows, built by the peer of the segment scripts, which shares no code with it.

import { NETWORKS, type Version } from "../segment/addresses.ts";
import { Conversation } from "../segment/conversation.ts";
import { readPacket } from "../segment/patterns.ts";
import { Peer } from "../segment/peer.ts";

export interface CorpusFrame {
  /** As a segment script writes it, with the version of IP before it. */
  name: string;
  bytes: Uint8Array;
}

const GROUP_RECORDS_4 =
  "<is-in 239.1.2.3 10.0.0.8, is-ex 239.1.2.4, to-in 239.1.2.5, to-ex 239.1.2.6, allow 239.1.2.7 10.0.0.8 10.0.0.9, block 239.1.2.8 10.0.0.7>";
const GROUP_RECORDS_6 =
  "<is-ex solicited-us, to-ex ff05::9, allow ff05::10 2001:db8::7 2001:db8::8, block ff05::11 2001:db8::9>";

const LINES: readonly [Version, readonly string[]][] = [
  [
    4,
    [
      "arp request",
      "arp probe",
      "arp announcement from peer",
      "arp reply",
      "S 0:0(0) win 65535 <mss 1460, sackOK, wscale 7>",
      "P. 1:101(100) ack 1 win 1000",
      "udp 10 ttl 3 tos 184 id 7 df",
      "udp 0",
      "udp 33 bad-checksum",
      "udp 33 bad-ip-checksum",
      "udp 12 router-alert",
      "icmp echo bytes 56",
      "icmp echo-reply bytes 0",
      "icmp echo bytes 8 bad-checksum",
      "icmp port-unreachable",
      "icmp frag-needed mtu 1300",
      "icmp source-quench",
      "icmp time-exceeded",
      "icmp parameter-problem pointer 20",
      "fragment 0:16+ of udp 40",
      "fragment 16:48 of udp 40",
      "ip 253 100",
      "igmpv1 query",
      "igmpv1 report 239.1.2.3",
      "igmpv2 query within 2.5",
      "igmpv2 report 239.1.2.3",
      "igmpv2 leave 239.1.2.3",
      "igmpv3 query within 20",
      "igmpv3 query 239.1.2.3 <10.0.0.8, 10.0.0.9> suppress robustness 2 interval 1000",
      `igmpv3 report ${GROUP_RECORDS_4}`,
      "igmpv2 report 239.1.2.3 bad-checksum",
    ],
  ],
  [
    6,
    [
      "S 0:0(0) win 65535 <mss 1440, sackOK, wscale 7>",
      "P. 1:101(100) ack 1 win 1000",
      "P. 1:101(100) ack 1 win 1000 bad-checksum",
      "udp 0 ttl 3 tos 184 flow 1000",
      "udp 33 bad-checksum",
      "udp 9 {hop-by-hop router-alert + opt 30 1 2 3, destination, routing 253 0 1}",
      "udp 9 {destination opt 4 3}",
      "ip 253 100 from 2001:db8::99",
      "ip 59 0",
      "icmp echo bytes 56",
      "icmp echo-reply bytes 1",
      "icmp echo bytes 8 bad-checksum",
      "icmp net-unreachable",
      "icmp port-unreachable",
      "icmp prohibited",
      "icmp packet-too-big mtu 1280",
      "icmp time-exceeded",
      "icmp reassembly-exceeded",
      "icmp parameter-problem pointer 40",
      "icmp unrecognized-header pointer 6",
      "nd solicit us",
      "nd solicit us from any",
      "nd solicit us to us <source, nonce 1 2 3 4 5 6>",
      "nd advertise peer solicited override",
      "nd advertise 2001:db8::7 router from 2001:db8::7 to all-nodes",
      "nd router-solicit",
      "nd router-advertise hops 32 managed other lifetime 600 high reachable 30 retrans 0.5 <source, prefix 2001:db8:5::/64 LA 86400 14400, prefix 2001:db8:6::/64 A infinity infinity, mtu 1400, rdnss 600 2001:db8::53 2001:db8::54, opt 24 48 8 0 0 14 16 32 1 13 184 0 9 0 0, opt 31 0 0 0 0 2 88 7 101 120 97 109 112 108 101 3 99 111 109 0 0 0 0>",
      "nd router-advertise lifetime 0 low <>",
      "nd redirect 2001:db8:9::1 via peer-local",
      "nd redirect 2001:db8:9::1 via peer-local <target, opt 4 0 0 0 0 0 0 96 0 0 0 0 8 6 64 32 1 13 184 0 0 0 0 0 0 0 0 0 0 0 1 32 1 13 184 0 9 0 0 0 0 0 0 0 0 0 1 31 144 195 81 0 0 0 1>",
      "nd solicit us <opt 77 1 2 3>",
      "mldv1 query",
      "mldv1 query ff05::9 within 1",
      "mldv1 report ff05::9",
      "mldv1 done ff05::9",
      "mldv2 query within 100",
      "mldv2 query ff05::9 <2001:db8::7> suppress robustness 3 interval 125",
      `mldv2 report ${GROUP_RECORDS_6}`,
      "fragment 0:16+ of udp 40",
      "fragment 16:48 of udp 40 id 100000",
      "fragment 0:48 of udp 40",
    ],
  ],
];

/** Every frame, and some of them in virtual LANs. */
export const CORPUS: readonly CorpusFrame[] = LINES.flatMap(([version, lines]) =>
  lines.flatMap((line) => {
    const frame = { name: `IPv${version}: ${line}`, bytes: build(version, line) };
    return line.startsWith("udp 0") ? [frame, tagged(frame, [7]), tagged(frame, [100, 7])] : [frame];
  }),
);

function build(version: Version, line: string): Uint8Array {
  const peer = new Peer(1, { arp: "auto", nd: "auto" }, NETWORKS[version]);
  const conversation = new Conversation(1, 1);
  // What the stack has sent, for errors to quote: here the peer's own segment.
  conversation.lastPacket = peer.frameOf(read("S 0:0(0) win 1000 <mss 1400>"), conversation).slice(14);
  return peer.frameOf(read(line), conversation);
}

function read(line: string): ReturnType<typeof readPacket> {
  return readPacket("in", line, (sentence) => {
    throw new Error(`${line}: ${sentence}`);
  });
}

// With a tag of priority 5 for each VLAN, outermost first; of several, the outer ones are a provider's.
function tagged({ name, bytes }: CorpusFrame, vlans: readonly number[]): CorpusFrame {
  const tags = vlans.flatMap((vlan, i) => [i < vlans.length - 1 ? 0x88a8 : 0x8100, (5 << 13) | vlan]);
  const words = tags.flatMap((word) => [word >> 8, word & 255]);
  return {
    name: `${name} in VLAN ${vlans}`,
    bytes: Uint8Array.from([...bytes.slice(0, 12), ...words, ...bytes.slice(12)]),
  };
}
