// Compares what the stack has sent with what a script expects, and puts it in the notation of scripts.

import { formatMac } from "../../host/core/address.ts";
import { type Network, PEER_MAC } from "./addresses.ts";
import { blockBytes, type Conversation, streamBytes } from "./conversation.ts";
import { equalBytes, FLAG_BITS, type ReadFrame, type TcpSegment } from "./frames.ts";
import { arpDifference, describeArp } from "./lines/arp.ts";
import { describeDhcp, dhcpDifference } from "./lines/dhcp.ts";
import { describeDiscovery, discoveryDifference } from "./lines/discovery.ts";
import { describeEnds, type IpPattern, ipDifference } from "./lines/envelope.ts";
import { describeGroup, groupDifference } from "./lines/groups.ts";
import { describeIcmp, icmpDifference } from "./lines/icmp.ts";
import { ecnOf } from "./manners.ts";
import {
  ANY_BYTE,
  ECN_CODEPOINTS,
  envelopeOf,
  type FragmentPattern,
  type OptionPattern,
  type PacketEvent,
  type SegmentPattern,
} from "./patterns.ts";
import type { Peer } from "./peer.ts";

const SYN = FLAG_BITS.S;
const PSH = FLAG_BITS.P;
const ACK = FLAG_BITS["."];
const URG = FLAG_BITS.U;
/** Where a DHCP client without an address sends to. */
const EVERYBODY = "255.255.255.255";

/** Why a frame of the stack is not what a step expects, as a sentence; undefined when it is. */
export function difference(
  event: PacketEvent,
  read: ReadFrame,
  conversation: Conversation,
  peer: Peer,
): string | undefined {
  const { network, cause } = peer;
  switch (event.kind) {
    case "arp":
      return arpDifference(event.arp, read.arp, network);
    case "segment":
      return segmentDifference(event.segment, read, conversation, peer);
    case "icmp":
      return icmpDifference(event.icmp, read.icmp, network, cause) ?? envelopeDifference(event.icmp.ip, read, network);
    case "udp":
      return textOf(read.udp?.payload, event.udp.bytes, "UDP") ?? envelopeDifference(event.udp.ip, read, network);
    case "dhcp": {
      const { ip } = event.dhcp;
      const ends = { ...ip, from: ip.from ?? "any", to: ip.to ?? EVERYBODY };
      return dhcpDifference(event.dhcp, read.dhcp, network) ?? ipDifference(ends, read.ip, network);
    }
    case "other": {
      const { protocol, bytes, ip } = event.other;
      if (read.ip?.protocol !== protocol) return `its protocol is ${read.ip?.protocol ?? "none"}`;
      return textOf(read.other, bytes, `protocol ${protocol}`) ?? envelopeDifference(ip, read, network);
    }
    case "discovery":
      return (
        discoveryDifference(event.discovery, read.discovery, network) ??
        ipDifference(event.discovery.ip, read.ip, network)
      );
    case "group":
      return groupDifference(event.group, read.group, network) ?? ipDifference(event.group.ip, read.ip, network);
    case "fragment":
      return fragmentDifference(event.fragment, read, conversation, peer);
  }
}

/** A packet for one machine goes to the peer's Ethernet address, or to the one that the line says. */
export function wayDifference(event: PacketEvent, { ip, destination }: ReadFrame): string | undefined {
  const { mac = PEER_MAC } = envelopeOf(event) ?? {};
  const isForOne = ip !== undefined && (destination[0] & 1) === 0;
  return isForOne && !equalBytes(destination, mac) ? `it goes to ${formatMac(destination)}` : undefined;
}

/** The header of what the two machines send each other: between the usual two ends, where the line has no others. */
function envelopeDifference(pattern: IpPattern, { ip }: Pick<ReadFrame, "ip">, network: Network): string | undefined {
  return ipDifference({ ...pattern, from: pattern.from ?? "us", to: pattern.to ?? "peer" }, ip, network);
}

function textOf(payload: Uint8Array | undefined, bytes: number, name: string): string | undefined {
  if (payload === undefined) return `it carries no ${name}`;
  return payload.length === bytes ? undefined : `it has ${payload.length} bytes of data`;
}

function fragmentDifference(
  { first, last, more, of, ip }: FragmentPattern,
  read: ReadFrame,
  conversation: Conversation,
  peer: Peer,
): string | undefined {
  const piece = read.ip?.fragment;
  if (!piece) return "it is no fragment";
  const bytes = read.piece?.length ?? last - first;
  if (piece.offset !== first || piece.offset + bytes !== last) return "it is another piece";
  if (piece.more !== more) return more ? "no more follow" : "more follow";
  const whole = read.whole ?? (read.piece ? undefined : read);
  const different = ipDifference(ip, read.ip, peer.network);
  if (different || !of || !whole) return different;
  return difference(of, { ...read, ...whole }, conversation, peer);
}

/** Why a frame of the stack is not the segment expected. */
function segmentDifference(
  pattern: SegmentPattern,
  read: ReadFrame,
  conversation: Conversation,
  peer: Peer,
): string | undefined {
  const { tcp } = read;
  if (!tcp) return "it is no TCP segment";
  if (peer.conversationOf(tcp) !== conversation) return "it belongs to another conversation";
  conversation.noteTimestamp(tcp);
  return (
    headerDifference(pattern, tcp, conversation) ??
    textDifference(pattern, tcp) ??
    optionDifference(pattern.options, tcp, conversation) ??
    envelopeDifference(pattern.ip, read, peer.network) ??
    ecnDifference(pattern.ecn, read)
  );
}

function headerDifference(pattern: SegmentPattern, tcp: TcpSegment, conversation: Conversation): string | undefined {
  const ignored = pattern.flags & PSH ? 0 : PSH;
  if (tcp.sourcePort !== conversation.ourPort) return `it comes from port ${tcp.sourcePort}`;
  if ((tcp.flags & ~ignored) !== pattern.flags) return "the flags differ";
  if (tcp.seq !== conversation.ourAbsolute(pattern.first)) return "the sequence number differs";
  if (tcp.payload.length !== pattern.length) return "the length differs";
  if (pattern.ack !== undefined && tcp.ack !== conversation.peerAbsolute(pattern.ack)) return "the ACK differs";
  if (pattern.window !== undefined && tcp.window !== pattern.window) return "the window differs";
  if (pattern.urgent !== undefined && tcp.urgent !== pattern.urgent) return "the urgent pointer differs";
  return undefined;
}

function textDifference(pattern: SegmentPattern, tcp: TcpSegment): string | undefined {
  const offset = pattern.first.value + (pattern.flags & SYN ? 1 : 0) - 1;
  const isRight = equalBytes(tcp.payload, streamBytes("ours", offset, pattern.length));
  return isRight ? undefined : "the data is not what was written";
}

function ecnDifference(wanted: number | undefined, read: ReadFrame): string | undefined {
  return wanted === undefined || wanted === ecnOf(read) ? undefined : `its ECN field is ${ecnName(ecnOf(read))}`;
}

function optionDifference(
  patterns: readonly OptionPattern[] | undefined,
  tcp: TcpSegment,
  conversation: Conversation,
): string | undefined {
  if (patterns === undefined) return undefined;
  if (patterns.length === 0) return tcp.options.length > 0 ? "it carries options" : undefined;
  for (const pattern of patterns) {
    const found = tcp.options.find(({ kind }) => kind === pattern.kind);
    if (pattern.absent && found) return `it carries the option ${pattern.name}`;
    if (pattern.absent) continue;
    if (!found) return `the option ${pattern.name} is missing`;
    if (!equalBytes(found.data, wantedData(pattern, found.data, conversation)))
      return `the option ${pattern.name} has another value`;
  }
  return undefined;
}

function wantedData({ data, blocks }: OptionPattern, found: Uint8Array, conversation: Conversation): Uint8Array {
  if (blocks) return blockBytes(blocks, (number) => conversation.peerAbsolute(number));
  return Uint8Array.from(data, (byte, i) => (byte === ANY_BYTE ? (found[i] ?? 0) : byte));
}

// ---- in words ----------------------------------------------------------------------------------------------------

/** Any frame of the stack, in a few words. */
export function describeFrame(peer: Peer, read: ReadFrame): string {
  const { network } = peer;
  if (read.arp) return describeArp(read.arp, network);
  if (read.tcp) return describeSegment(peer.conversationOf(read.tcp), read.tcp, read);
  return describePacket(read, network) + (read.ip ? describeEnds(read.ip, network) : "");
}

function describePacket(read: ReadFrame, network: Network): string {
  if (read.dhcp) return describeDhcp(read.dhcp, network);
  const { icmp, udp, discovery, group, piece, other, ip } = read;
  if (icmp) return describeIcmp(icmp, network);
  if (udp) return `> udp ${udp.payload.length}`;
  if (discovery) return describeDiscovery(discovery, network);
  if (group) return describeGroup(group, network);
  if (other) return `> ip ${ip?.protocol} ${other.length}`;
  const { offset = 0, more = false } = ip?.fragment ?? {};
  return `> fragment ${offset}:${offset + (piece?.length ?? 0)}${more ? "+" : ""} id ${ip?.identification}`;
}

function describeSegment(conversation: Conversation, tcp: TcpSegment, read: ReadFrame): string {
  const letters = Object.entries(FLAG_BITS).filter(([, bit]) => tcp.flags & bit);
  const flags = letters.map(([letter]) => letter).join("") || "-";
  const first = conversation.ourRelative(tcp.seq);
  const words = [">", flags, `${first}:${first + tcp.payload.length}(${tcp.payload.length})`];
  if (tcp.flags & ACK) words.push(`ack ${conversation.peerRelative(tcp.ack)}`);
  words.push(`win ${tcp.window}`);
  if (tcp.flags & URG) words.push(`urg ${tcp.urgent}`);
  if (ecnOf(read) !== 0) words.push(ecnName(ecnOf(read)));
  const options = tcp.options.map(({ kind, data }) => describeOption(kind, data, conversation));
  if (options.length > 0) words.push(`<${options.join(", ")}>`);
  return (conversation.number === 1 ? "" : `${conversation.number}: `) + words.join(" ");
}

function describeOption(kind: number, data: Uint8Array, conversation: Conversation): string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (kind === 2 && data.length === 2) return `mss ${view.getUint16(0)}`;
  if (kind === 3 && data.length === 1) return `wscale ${data[0]}`;
  if (kind === 4 && data.length === 0) return "sackOK";
  if (kind === 8 && data.length === 8) return `timestamp ${view.getUint32(0)} ${view.getUint32(4)}`;
  if (kind === 28 && data.length === 2) return `uto ${view.getUint16(0)}`;
  if (kind === 5 && data.length % 8 === 0) {
    const edge = (i: number): number => conversation.peerRelative(view.getUint32(i * 4));
    return `sack${Array.from({ length: data.length / 8 }, (_, i) => ` ${edge(2 * i)}:${edge(2 * i + 1)}`).join("")}`;
  }
  return `opt ${[kind, ...data].join(" ")}`;
}

function ecnName(codepoint: number): string {
  return [...ECN_CODEPOINTS].find(([, value]) => value === codepoint)?.[0] ?? String(codepoint);
}
