// What the peer in the box finds fault with in packets of either version of IP and in what they carry besides TCP, which
// frames.test.ts is about: since every frame of every script passes through it, what it refuses is nowhere to be seen.

import assert from "node:assert/strict";
import test from "node:test";
import { NETWORKS, OUR_MAC, PEER_MAC, type Version } from "./addresses.ts";
import { buildEthernet, ETHER_IPV6, readFrame } from "./frames.ts";
import { demandManners } from "./manners.ts";
import { readPacket } from "./patterns.ts";
import { Peer } from "./peer.ts";
import { Pieces } from "./pieces.ts";

function frameOf(version: Version, line: string): Uint8Array {
  const peer = new Peer(1, { arp: "auto", nd: "auto" }, NETWORKS[version]);
  const event = readPacket("in", line, (sentence) => assert.fail(sentence));
  return peer.frameOf(event, peer.conversation(1));
}

const REFUSED: readonly [Version, line: string, reason: RegExp][] = [
  [4, "udp 5 bad-ip-checksum", /IPv4 header checksum/],
  [4, "udp 5 ttl 0", /TTL 0/],
  [4, "fragment 0:8+ of udp 5 df", /is a fragment and must not be fragmented/],
  [4, "fragment 0:9+ of udp 5", /9 bytes, no multiple of 8/],
  [4, "fragment 65528:65540 of udp 5", /ends beyond the longest packet/],
  [6, "fragment 0:9+ of udp 5", /9 bytes, no multiple of 8/],
  [6, "fragment 65528:65540 of udp 5", /ends beyond the longest packet/],
  [6, "udp 5 ttl 0", /hop limit 0/],
  [6, "udp 5 bad-checksum", /UDP checksum/],
  [6, "S 0:0(0) bad-checksum", /TCP checksum/],
  [6, "icmp echo bytes 5 bad-checksum", /ICMP checksum/],
  [6, "udp 5 {destination, hop-by-hop}", /do not come first/],
  [6, "udp 5 {destination raw 30 5 0 0 0 0}", /option 30 ends behind its header/],
  [6, "udp 5 {destination raw 1 4 0 0 0 7}", /padding of IPv6 options is not zero/],
  [6, "nd solicit us ttl 254", /neighbor discovery with hop limit 254/],
  [6, "nd solicit us <raw 1 0 0 0 0 0 0 0>", /option 1 has length 0/],
  [6, "nd solicit all-nodes to all-nodes", /asks for a group/],
  [6, "nd solicit us to all-nodes", /group is not its target's/],
  [6, "nd solicit us <>", /no source link-layer address/],
  [6, "nd solicit us from any <source>", /from :: has a source link-layer address/],
  [6, "nd router-solicit from any <source>", /from :: has a source link-layer address/],
  [6, "nd advertise us solicited to all-nodes", /to a group says it is solicited/],
  [6, "nd advertise us from any", /comes from ::/],
  [6, "mldv1 report ff05::9 ttl 2", /time to live 2/],
  [6, "mldv1 report ff05::9 {}", /without router alert/],
  [6, "mldv1 report ff05::9 from peer", /not come from a link-local address/],
  [6, "mldv2 report <to-ex ff05::9> to all-nodes", /does not go to where reports go/],
  [6, "mldv2 report <to-ex peer>", /about an address that is no group/],
  [4, "igmpv2 report 239.1.2.3 to all-nodes", /does not go to where reports go/],
  [4, "igmpv2 report 239.1.2.3 bad-checksum", /IGMP checksum/],
];

for (const [version, line, reason] of REFUSED) {
  test(`IPv${version}: ${line}`, () => {
    assert.throws(() => readFrame(frameOf(version, line)), { code: "EFRAME", message: reason });
  });
}

test("a UDP datagram over IPv6 needs a checksum, one over IPv4 does not (RFC 8200 §8.1, RFC 768)", () => {
  const frame = frameOf(6, "udp 5");
  frame.fill(0, 14 + 40 + 6, 14 + 40 + 8);
  assert.throws(() => readFrame(frame), /over IPv6 has no checksum/);
});

test("what an IPv6 packet claims must be there, and what fills the frame must be zero", () => {
  const frame = frameOf(6, "udp 5");
  const long = frame.slice();
  new DataView(long.buffer).setUint16(18, 100);
  assert.throws(() => readFrame(long), /claims 140 bytes, the frame carries/);
  const padded = new Uint8Array(frame.length + 4);
  padded.set(frame);
  assert.equal(readFrame(padded).udp?.payload.length, 5);
  padded[frame.length + 3] = 1;
  assert.throws(() => readFrame(padded), /padding is not zero/);
});

/** An IPv6 packet without anything in it, as the stack would frame it. */
function emptyPacket(source: Uint8Array, destination: Uint8Array, mac: Uint8Array): Uint8Array {
  const packet = new Uint8Array(40);
  packet.set([0x60, 0, 0, 0, 0, 0, 59, 64]);
  packet.set(source, 8);
  packet.set(destination, 24);
  return buildEthernet(mac, OUR_MAC, ETHER_IPV6, packet);
}

test("an Ethernet address fits the IP address, and nobody speaks for the peer or for a group", () => {
  const { ours, peer, names } = NETWORKS[6];
  const group = names.get("all-nodes") as Uint8Array;
  const demand = (source: Uint8Array, destination: Uint8Array, mac: Uint8Array): void =>
    demandManners(readFrame(emptyPacket(source, destination, mac)), NETWORKS[6]);
  demand(ours, peer, PEER_MAC);
  demand(ours, group, Uint8Array.of(0x33, 0x33, 0, 0, 0, 1));
  assert.throws(() => demand(ours, group, PEER_MAC), /not its group's MAC/);
  assert.throws(() => demand(ours, peer, Uint8Array.of(0x33, 0x33, 0, 0, 0, 1)), /not the peer's MAC/);
  assert.throws(() => demand(ours, peer, new Uint8Array(6).fill(255)), /goes to all/);
  assert.throws(() => demand(group, peer, PEER_MAC), /comes from a group/);
  assert.throws(() => demand(peer, ours, PEER_MAC), /comes from the peer's address/);
  assert.throws(() => demand(ours, ours, PEER_MAC), /goes to the stack's own address/);
});

test("fragments are put together in any order, and may not overlap", () => {
  for (const version of [4, 6] as const) {
    const pieces = new Pieces();
    const add = (range: string): Uint8Array | undefined => {
      const { ip, piece } = readFrame(frameOf(version, `fragment ${range} of udp 40`));
      return ip && piece && pieces.add(ip, piece)?.payload;
    };
    assert.equal(add("16:32+"), undefined);
    assert.equal(add("32:48"), undefined);
    assert.equal(add("0:16+")?.length, 48);
    assert.equal(add("0:16+"), undefined);
    assert.throws(() => add("8:24+"), /overlap/);
  }
});
