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
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  type ReadFrame,
  readFrame,
  type TcpSegment,
} from "./frames.ts";
import {
  ANY_BYTE,
  bigEndian,
  type IcmpPattern,
  type Modifier,
  type OptionPattern,
  type SegmentPattern,
  type SequenceNumber,
} from "./patterns.ts";

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
const ACK = FLAG_BITS["."];
/** Stands in the text of a segment whose bytes are not the stream's. */
const GARBAGE = 0xa5;
const ECHO_IDENTIFIER = 0x1234_0001;

/** Byte `offset` of the stream that one side sends in every script, so that both ends can check what they get. */
export function streamByte(side: "ours" | "peer", offset: number): number {
  const mixed = Math.imul(offset + (side === "ours" ? 0x1000_0001 : 0x2000_0003), 0x9e37_79b1) >>> 0;
  return (mixed >>> 24) ^ (mixed & 0xff);
}

export function streamBytes(side: "ours" | "peer", offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => streamByte(side, offset + i));
}

/** Blocks of a SACK option as they stand in the header. */
export function blockBytes(
  blocks: NonNullable<OptionPattern["blocks"]>,
  absolute: (number: SequenceNumber) => number,
): Uint8Array {
  return Uint8Array.from(blocks.flatMap((edges) => edges.flatMap((edge) => bigEndian(absolute(edge)))));
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

  /** The stack's last TSval; 0 when it has sent none. */
  get lastTimestamp(): number {
    return new DataView(this.#timestamp.buffer).getUint32(0);
  }

  /** The data of an option that the peer sends: its blocks, or bytes with the stack's last timestamp where they are open. */
  optionData({ data, blocks }: OptionPattern): Uint8Array {
    if (blocks) return blockBytes(blocks, (number) => this.ourAbsolute(number));
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
      options: (pattern.options ?? []).map((each) => ({ kind: each.kind, data: conversation.optionData(each) })),
      payload: streamBytes("peer", pattern.first.value + syn - 1, pattern.length),
    };
    const { modifiers } = pattern;
    if (modifiers.includes("garbage")) tcp.payload.fill(GARBAGE);
    const bytes = buildTcp(tcp, source, destination, modifiers.includes("bad-checksum"));
    const options = IP_OPTIONS.find(([name]) => modifiers.includes(name))?.[1];
    const damage = modifiers.includes("bad-ip-checksum");
    return this.#frame(PROTOCOL_TCP, bytes, source, destination, mac, damage, options, pattern.ecn);
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
    tos = 0,
  ): Uint8Array {
    const identification = this.#identification++ & 0xffff;
    const header = { source, destination, protocol, ttl: 64, identification, tos };
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
    if (read.tcp) {
      const isText = read.tcp.payload.length > 0 && (read.tcp.flags & SYN) === 0;
      if (!isText && ecnOf(read) !== 0) throw new FrameError("a segment without text may be marked (RFC 3168 §6.1)");
      this.#follow(read.tcp, read.packet as Uint8Array);
    }
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
}

/** The ECN field of a packet (RFC 3168 §5). */
export function ecnOf(read: ReadFrame): number {
  return (read.ip?.tos ?? 0) & 3;
}
