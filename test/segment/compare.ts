// Compares what the stack has sent with what a script expects, and puts it in the notation of scripts.

import { equalBytes, FLAG_BITS, type IcmpMessage, type Ipv4Header, type ReadFrame, type TcpSegment } from "./frames.ts";
import { ANY_BYTE, ECN_CODEPOINTS, type IpPattern, type OptionPattern, type SegmentPattern } from "./patterns.ts";
import { blockBytes, type Conversation, ecnOf, type Peer, streamBytes } from "./peer.ts";

const SYN = FLAG_BITS.S;
const PSH = FLAG_BITS.P;
const ACK = FLAG_BITS["."];
const URG = FLAG_BITS.U;

/** Why a frame of the stack is not the segment expected, as a sentence; undefined when it is. */
export function segmentDifference(
  pattern: SegmentPattern,
  read: ReadFrame,
  conversation: Conversation,
): string | undefined {
  const { tcp } = read;
  if (!tcp) return "it is no TCP segment";
  conversation.noteTimestamp(tcp);
  return (
    headerDifference(pattern, tcp, conversation) ??
    textDifference(pattern, tcp) ??
    optionDifference(pattern.options, tcp, conversation) ??
    ipDifference(pattern.ip, read.ip) ??
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

function ipDifference(pattern: IpPattern, ip: Ipv4Header | undefined): string | undefined {
  if (pattern.ttl !== undefined && ip?.ttl !== pattern.ttl) return `its time to live is ${ip?.ttl}`;
  if (pattern.tos !== undefined && ip?.tos !== pattern.tos) return `its differentiated services byte is ${ip?.tos}`;
  if (pattern.id !== undefined && ip?.identification !== pattern.id)
    return `its identification is ${ip?.identification}`;
  return undefined;
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

/** True when an ICMP error quotes the header and the first 8 bytes of the packet that caused it (RFC 792). */
export function quotes(icmp: IcmpMessage, packet: Uint8Array): boolean {
  return icmp.payload.length >= 28 && equalBytes(icmp.payload.slice(0, 28), packet.slice(0, 28));
}

// ---- in words ----------------------------------------------------------------------------------------------------

/** Any frame of the stack, in a few words. */
export function describeFrame(peer: Peer, read: ReadFrame): string {
  if (read.tcp) return describeSegment(peer.conversationOf(read.tcp), read.tcp, read);
  if (read.icmp) return `> icmp type ${read.icmp.type} code ${read.icmp.code}`;
  if (read.udp) return `> udp ${read.udp.payload.length}`;
  return `> arp ${read.arp?.operation === 1 ? "request" : "reply"}`;
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
