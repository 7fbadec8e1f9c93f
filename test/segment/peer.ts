// A peer in a box: the other machine of a segment script. It turns patterns into frames and frames into sentences,
// counts sequence numbers from the initial ones of each conversation, and answers ARP by itself.

import {
  buildArp,
  buildEthernet,
  buildIcmp,
  buildIpv4,
  buildTcp,
  buildUdp,
  ETHER_ARP,
  ETHER_IPV4,
  equalBytes,
  FLAG_BITS,
  FrameError,
  type IcmpMessage,
  type Ipv4Header,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  type ReadFrame,
  readFrame,
  type TcpSegment,
} from "./frames.ts";
import type { IcmpPattern, IpPattern, Modifier, OptionPattern, SegmentPattern, SequenceNumber } from "./script.ts";
import { ANY_BYTE } from "./script.ts";

const TIMESTAMP_OPTION = 8;

export const OUR_MAC = Uint8Array.of(0x02, 0, 0, 0, 0, 0x01);
export const OUR_IP = Uint8Array.of(10, 0, 0, 1);
export const PEER_MAC = Uint8Array.of(0x02, 0, 0, 0, 0, 0x02);
export const PEER_IP = Uint8Array.of(10, 0, 0, 2);
export const PREFIX_LENGTH = 24;
/** Port on which our listener listens, and which conversations that the peer opens go to. */
export const LISTEN_PORT = 8080;
/** Conversation n uses this port plus n at the peer's side. */
const PEER_PORT_BASE = 50_000;
/** Port of ours that nobody has opened, for UDP. */
const CLOSED_UDP_PORT = 9999;

const BROADCAST_MAC = Uint8Array.of(255, 255, 255, 255, 255, 255);
const BROADCAST_IP = Uint8Array.of(10, 0, 0, 255);
const MULTICAST_MAC = Uint8Array.of(0x01, 0, 0x5e, 0, 0, 1);
const MULTICAST_IP = Uint8Array.of(224, 0, 0, 1);
const LOOPBACK_IP = Uint8Array.of(127, 0, 0, 1);

/** Options of the IP header, by the modifier that asks for them (RFC 2113 §2.1; RFC 791 §3.1). */
const IP_OPTIONS: readonly [Modifier, Uint8Array][] = [
  ["router-alert", Uint8Array.of(148, 4, 0, 0)],
  ["source-route", Uint8Array.of(131, 7, 8, ...PEER_IP, 0)],
];

const SYN = FLAG_BITS.S;
const PSH = FLAG_BITS.P;
const ACK = FLAG_BITS["."];
const ECHO_IDENTIFIER = 0x1234_0001;

/** Byte `offset` of the stream that one side sends in every script, so that both ends can check what they get. */
export function streamByte(side: "ours" | "peer", offset: number): number {
  const mixed = Math.imul(offset + (side === "ours" ? 0x1000_0001 : 0x2000_0003), 0x9e37_79b1) >>> 0;
  return (mixed >>> 24) ^ (mixed & 0xff);
}

export function streamBytes(side: "ours" | "peer", offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => streamByte(side, offset + i));
}

/** One connection between the peer and the stack, seen from the peer. */
export class Conversation {
  readonly peerPort: number;
  ourPort = LISTEN_PORT;
  peerIss: number;
  /** The stack's initial sequence number, once it has sent a SYN. */
  ourIss: number | undefined;
  /** The last IP packet that the stack sent in it. */
  lastPacket: Uint8Array | undefined;
  /** The bytes of the stack's last TSval. */
  #timestamp: Uint8Array = new Uint8Array(4);

  constructor(
    readonly number: number,
    peerIss: number,
  ) {
    this.peerPort = PEER_PORT_BASE + number;
    this.peerIss = peerIss;
  }

  /** Remembers the timestamp of a segment of the stack, for the peer to echo. */
  noteTimestamp(tcp: TcpSegment): void {
    const option = tcp.options.find(({ kind }) => kind === TIMESTAMP_OPTION);
    if (option) this.#timestamp = option.data.slice(0, 4);
  }

  /** The data of an option, with the stack's last timestamp where the script leaves that open. */
  filledIn(data: readonly number[]): Uint8Array {
    return Uint8Array.from(data, (byte, i) => (byte === ANY_BYTE ? (this.#timestamp[i % 4] ?? 0) : byte));
  }

  peerAbsolute(number: SequenceNumber): number {
    return number.absolute ? number.value >>> 0 : (this.peerIss + number.value) >>> 0;
  }

  ourAbsolute(number: SequenceNumber): number {
    return number.absolute ? number.value >>> 0 : ((this.ourIss ?? 0) + number.value) >>> 0;
  }

  /** Distance from the stack's initial sequence number, negative when before it. */
  ourRelative(absolute: number): number {
    return (absolute - (this.ourIss ?? 0)) | 0;
  }

  peerRelative(absolute: number): number {
    return (absolute - this.peerIss) | 0;
  }
}

export class Peer {
  readonly conversations = new Map<number, Conversation>();
  #identification = 1;

  constructor(
    readonly peerIss: number,
    readonly arp: "auto" | "silent" | "manual",
  ) {}

  conversation(number: number): Conversation {
    const found = this.conversations.get(number) ?? new Conversation(number, this.peerIss);
    this.conversations.set(number, found);
    return found;
  }

  // ---- building --------------------------------------------------------------------------------------------------

  /** The frame that carries a segment of the script. */
  segmentFrame(pattern: SegmentPattern, conversation: Conversation): Uint8Array {
    const { source, destination, mac } = this.#ends(pattern.modifiers);
    const syn = (pattern.flags & SYN) !== 0 ? 1 : 0;
    const tcp: TcpSegment = {
      sourcePort: conversation.peerPort,
      destinationPort: conversation.ourPort,
      seq: conversation.peerAbsolute(pattern.first),
      ack: pattern.ack === undefined ? 0 : conversation.ourAbsolute(pattern.ack),
      flags: pattern.flags,
      window: pattern.window ?? 65535,
      urgent: pattern.urgent ?? 0,
      options: (pattern.options ?? []).map(({ kind, data }) => ({ kind, data: conversation.filledIn(data) })),
      payload: streamBytes("peer", pattern.first.value + syn - 1, pattern.length),
    };
    const { modifiers } = pattern;
    const bytes = buildTcp(tcp, source, destination, modifiers.includes("bad-checksum"));
    const options = IP_OPTIONS.find(([name]) => modifiers.includes(name))?.[1];
    return this.#frame(PROTOCOL_TCP, bytes, source, destination, mac, modifiers.includes("bad-ip-checksum"), options);
  }

  /** The frame of an ICMP message: an echo, or an error about the conversation's last segment. */
  icmpFrame(pattern: IcmpPattern, conversation: Conversation): Uint8Array {
    const isEcho = pattern.type === 8 || pattern.type === 0;
    const icmp: IcmpMessage = {
      type: pattern.type,
      code: pattern.code,
      rest: isEcho ? ECHO_IDENTIFIER : pattern.rest,
      payload: isEcho ? streamBytes("peer", 0, pattern.bytes ?? 0) : this.#quote(pattern, conversation),
    };
    return this.#frame(PROTOCOL_ICMP, buildIcmp(icmp), PEER_IP, OUR_IP, OUR_MAC, false);
  }

  udpFrame(bytes: number, conversation: Conversation): Uint8Array {
    const udp = {
      sourcePort: conversation.peerPort,
      destinationPort: CLOSED_UDP_PORT,
      payload: streamBytes("peer", 0, bytes),
    };
    return this.#frame(PROTOCOL_UDP, buildUdp(udp, PEER_IP, OUR_IP), PEER_IP, OUR_IP, OUR_MAC, false);
  }

  arpFrame(operation: "request" | "reply"): Uint8Array {
    const isRequest = operation === "request";
    const arp = {
      operation: isRequest ? 1 : 2,
      senderMac: PEER_MAC,
      senderIp: PEER_IP,
      targetMac: isRequest ? new Uint8Array(6) : OUR_MAC,
      targetIp: OUR_IP,
    };
    return buildEthernet(isRequest ? BROADCAST_MAC : OUR_MAC, PEER_MAC, ETHER_ARP, buildArp(arp));
  }

  /** A reset that the stack must believe: its sequence number is exactly `rcvNxt`. */
  resetFrame(ourPort: number, peerPort: number, rcvNxt: number, sndNxt: number): Uint8Array {
    const tcp: TcpSegment = {
      sourcePort: peerPort,
      destinationPort: ourPort,
      seq: rcvNxt,
      ack: sndNxt,
      flags: FLAG_BITS.R | ACK,
      window: 0,
      urgent: 0,
      options: [],
      payload: new Uint8Array(0),
    };
    return this.#frame(PROTOCOL_TCP, buildTcp(tcp, PEER_IP, OUR_IP), PEER_IP, OUR_IP, OUR_MAC, false);
  }

  #ends(modifiers: readonly Modifier[]): { source: Uint8Array; destination: Uint8Array; mac: Uint8Array } {
    let [source, destination, mac] = [PEER_IP, OUR_IP, OUR_MAC];
    if (modifiers.includes("to-broadcast")) [destination, mac] = [BROADCAST_IP, BROADCAST_MAC];
    if (modifiers.includes("to-multicast")) [destination, mac] = [MULTICAST_IP, MULTICAST_MAC];
    if (modifiers.includes("from-broadcast")) source = BROADCAST_IP;
    if (modifiers.includes("from-multicast")) source = MULTICAST_IP;
    if (modifiers.includes("from-loopback")) source = LOOPBACK_IP;
    return { source, destination, mac };
  }

  #frame(
    protocol: number,
    payload: Uint8Array,
    source: Uint8Array,
    destination: Uint8Array,
    mac: Uint8Array,
    damage: boolean,
    options?: Uint8Array,
  ): Uint8Array {
    const identification = this.#identification++ & 0xffff;
    const header = { source, destination, protocol, ttl: 64, identification, tos: 0 };
    const packet = buildIpv4(header, payload, damage, options);
    return buildEthernet(mac, PEER_MAC, ETHER_IPV4, packet);
  }

  /** IP header and first 8 bytes of the stack's last packet, with another sequence number when the script says so. */
  #quote(pattern: IcmpPattern, conversation: Conversation): Uint8Array {
    const packet = conversation.lastPacket;
    if (packet === undefined) throw new FrameError("an ICMP error needs a packet of the stack to quote; none was sent");
    const quote = packet.slice(0, 28);
    if (pattern.quoting !== undefined) {
      const seq = conversation.ourAbsolute({ value: pattern.quoting, absolute: false });
      new DataView(quote.buffer).setUint32(24, seq);
    }
    return quote;
  }

  // ---- reading ---------------------------------------------------------------------------------------------------

  /** Reads a frame of the stack and checks what holds for every frame. ARP requests are answered through `reply`. */
  receive(frame: Uint8Array, reply: (frame: Uint8Array) => void): ReadFrame {
    const read = readFrame(frame);
    if (!equalBytes(read.source, OUR_MAC)) throw new FrameError("the frame's source is not the stack's MAC address");
    if (read.arp) {
      const asksForPeer = read.arp.operation === 1 && equalBytes(read.arp.targetIp, PEER_IP);
      if (asksForPeer && this.arp === "auto") reply(this.arpFrame("reply"));
      return read;
    }
    if (!equalBytes(read.destination, PEER_MAC)) throw new FrameError("the frame's destination is not the peer's MAC");
    if (!equalBytes(read.ip?.source ?? OUR_IP, OUR_IP)) throw new FrameError("the packet's source is not the stack's");
    if (!equalBytes(read.ip?.destination ?? PEER_IP, PEER_IP)) throw new FrameError("the packet is not for the peer");
    if (read.tcp) this.#follow(read.tcp, read.packet as Uint8Array);
    return read;
  }

  /** Learns from a segment: the stack's port and initial sequence number, and the packet for a later quote. */
  #follow(tcp: TcpSegment, packet: Uint8Array): void {
    const conversation = this.conversation(tcp.destinationPort - PEER_PORT_BASE);
    if (tcp.flags & SYN) {
      conversation.ourIss ??= tcp.seq;
      conversation.ourPort = tcp.sourcePort;
    }
    conversation.lastPacket = packet;
  }

  conversationOf(tcp: TcpSegment): Conversation {
    return this.conversation(tcp.destinationPort - PEER_PORT_BASE);
  }

  /** Why a segment of the stack is not the one expected, as a sentence; undefined when it is. */
  difference(pattern: SegmentPattern, tcp: TcpSegment, conversation: Conversation): string | undefined {
    conversation.noteTimestamp(tcp);
    const ignored = pattern.flags & PSH ? 0 : PSH;
    if (tcp.sourcePort !== conversation.ourPort) return `it comes from port ${tcp.sourcePort}`;
    if ((tcp.flags & ~ignored) !== pattern.flags) return "the flags differ";
    if (tcp.seq !== conversation.ourAbsolute(pattern.first)) return "the sequence number differs";
    if (tcp.payload.length !== pattern.length) return "the length differs";
    if (pattern.ack !== undefined && tcp.ack !== conversation.peerAbsolute(pattern.ack)) return "the ACK differs";
    if (pattern.window !== undefined && tcp.window !== pattern.window) return "the window differs";
    if (pattern.urgent !== undefined && tcp.urgent !== pattern.urgent) return "the urgent pointer differs";
    const offset = pattern.first.value + (pattern.flags & SYN ? 1 : 0) - 1;
    if (!equalBytes(tcp.payload, streamBytes("ours", offset, pattern.length)))
      return "the data is not what was written";
    return optionDifference(pattern.options, tcp);
  }

  /** A segment in the notation of scripts. */
  describe(tcp: TcpSegment): string {
    const conversation = this.conversationOf(tcp);
    const letters = Object.entries(FLAG_BITS).filter(([, bit]) => tcp.flags & bit);
    const flags = letters.map(([letter]) => letter).join("") || "-";
    const first = conversation.ourRelative(tcp.seq);
    const ack = tcp.flags & ACK ? ` ack ${conversation.peerRelative(tcp.ack)}` : "";
    const options = tcp.options.map(({ kind, data }) => `opt ${[kind, ...data].join(" ")}`).join(", ");
    const target = conversation.number === 1 ? "" : `${conversation.number}: `;
    const length = tcp.payload.length;
    return `${target}> ${flags} ${first}:${first + length}(${length})${ack} win ${tcp.window}${options && ` <${options}>`}`;
  }
}

/** Why the IP header of a segment is not the one expected; undefined when it is. */
export function ipDifference(pattern: IpPattern, ip: Ipv4Header | undefined): string | undefined {
  if (pattern.ttl !== undefined && ip?.ttl !== pattern.ttl) return `its time to live is ${ip?.ttl}`;
  if (pattern.tos !== undefined && ip?.tos !== pattern.tos) return `its differentiated services byte is ${ip?.tos}`;
  if (pattern.id !== undefined && ip?.identification !== pattern.id)
    return `its identification is ${ip?.identification}`;
  return undefined;
}

function optionDifference(patterns: readonly OptionPattern[] | undefined, tcp: TcpSegment): string | undefined {
  if (patterns === undefined) return undefined;
  if (patterns.length === 0) return tcp.options.length > 0 ? "it carries options" : undefined;
  for (const pattern of patterns) {
    const found = tcp.options.find(({ kind }) => kind === pattern.kind);
    if (!found) return `the option ${pattern.name} is missing`;
    const wanted = pattern.data.map((byte, i) => (byte === ANY_BYTE ? (found.data[i] ?? 0) : byte));
    if (!equalBytes(found.data, Uint8Array.from(wanted))) return `the option ${pattern.name} has another value`;
  }
  return undefined;
}

/** Any frame of the stack, in a few words. */
export function describeFrame(peer: Peer, read: ReadFrame): string {
  if (read.tcp) return peer.describe(read.tcp);
  if (read.icmp) return `> icmp type ${read.icmp.type} code ${read.icmp.code}`;
  if (read.udp) return `> udp ${read.udp.payload.length}`;
  return `> arp ${read.arp?.operation === 1 ? "request" : "reply"}`;
}

/** True when an ICMP error quotes the header and the first 8 bytes of the packet that caused it (RFC 792). */
export function quotes(icmp: IcmpMessage, packet: Uint8Array): boolean {
  return icmp.payload.length >= 28 && equalBytes(icmp.payload.slice(0, 28), packet.slice(0, 28));
}
