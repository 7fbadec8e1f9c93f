// A peer in a box: the other machine of a segment script. It turns patterns into frames and frames into what they are,
// counts sequence numbers from the initial ones of each conversation, and answers when the stack asks who it is.

import { macFor, NETWORKS, type Network, PEER_MAC } from "./addresses.ts";
import { Conversation, PEER_PORT_BASE, streamBytes } from "./conversation.ts";
import { ARP_REQUEST } from "./frames/arp.ts";
import { equalBytes, FrameError, isZero } from "./frames/bytes.ts";
import { buildDhcp, CLIENT_PORT, type DhcpMessage, SERVER_PORT } from "./frames/dhcp.ts";
import {
  type DiscoveryMessage,
  discoveryToIcmp,
  linkAddresses,
  NEIGHBOR_SOLICITATION,
  ROUTER_ADVERTISEMENT,
} from "./frames/discovery.ts";
import { buildIgmp, mldToIcmp } from "./frames/groups.ts";
import { buildIcmp } from "./frames/icmp.ts";
import { type IpHeader, PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_IGMP } from "./frames/ip.ts";
import {
  buildEthernet,
  buildIpv4,
  buildIpv6,
  buildTcp,
  buildUdp,
  ETHER_IPV4,
  ETHER_IPV6,
  FLAG_BITS,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  type ReadFrame,
  readFrame,
  readPayload,
  type TcpSegment,
} from "./frames.ts";
import { arpFrame } from "./lines/arp.ts";
import { type DhcpPattern, dhcpMessage } from "./lines/dhcp.ts";
import * as discovery from "./lines/discovery.ts";
import { headerFor, type IpPattern, type Modifier, type Usual } from "./lines/envelope.ts";
import * as groups from "./lines/groups.ts";
import { type Cause, type IcmpPattern, isEcho, quoteOf, typeAndCode, wordOf } from "./lines/icmp.ts";
import { demandManners } from "./manners.ts";
import {
  envelopeOf,
  type FragmentPattern,
  type PacketEvent,
  type SegmentPattern,
  type UdpPattern,
} from "./patterns.ts";
import { cut, Pieces } from "./pieces.ts";
import type { Answering } from "./script.ts";

export { OUR_IP, OUR_MAC, PEER_IP, PEER_MAC, PREFIX_LENGTH } from "./addresses.ts";
export { Conversation, LISTEN_PORT, streamByte, streamBytes } from "./conversation.ts";

/** Port of ours that nobody has opened, for UDP. */
const CLOSED_UDP_PORT = 9999;
/** Stands in the text of a segment whose bytes are not the stream's. */
const GARBAGE = 0xa5;
const ECHO_IDENTIFIER = 0x1234_0001;
/** Identification of what the peer sends in fragments, unless a line has another. */
const FRAGMENT_ID = 0x7000;

const { S: SYN, R: RST, ".": ACK } = FLAG_BITS;

/** A packet of the peer before it is cut and framed. */
interface Packet {
  header: IpHeader;
  payload: Uint8Array;
  /** Its IPv4 header checksum is spoiled. */
  damage: boolean;
}

/** Who answers when the stack asks for the Ethernet address of the peer, in either version. */
export interface Answers {
  arp: Answering;
  nd: Answering;
}

export class Peer {
  readonly conversations = new Map<number, Conversation>();
  /** What the last packet that it sent carried, and how. */
  cause: Cause = { payload: new Uint8Array(0), packets: [] };
  /** Ethernet addresses besides its own that it has told the stack of. */
  readonly #others: Uint8Array[] = [];
  /** True once it has advertised itself as a router. */
  #isRouter = false;
  readonly #pieces = new Pieces();
  #identification = 1;
  /** What the stack asked a DHCP server last. */
  #lastDhcp: DhcpMessage | undefined;

  constructor(
    readonly peerIss: number,
    readonly answers: Answers,
    readonly network: Network = NETWORKS[4],
  ) {}

  conversation(number: number): Conversation {
    const found = this.conversations.get(number) ?? new Conversation(number, this.peerIss);
    this.conversations.set(number, found);
    return found;
  }

  conversationOf(tcp: TcpSegment): Conversation {
    return this.conversation(tcp.destinationPort - PEER_PORT_BASE);
  }

  // ---- building --------------------------------------------------------------------------------------------------

  /** The frame of what a script injects. Throws `FrameError` when there is no such thing in its version of IP. */
  frameOf(event: PacketEvent, conversation: Conversation): Uint8Array {
    if (event.kind === "arp") {
      if (event.arp.mac) this.#others.push(event.arp.mac);
      return arpFrame(event.arp, this.network);
    }
    const isPiece = event.kind === "fragment";
    const whole = this.#packetOf(isPiece ? wholeOf(event.fragment) : event, conversation);
    const packet = isPiece ? pieceOf(whole, event.fragment) : whole;
    const bytes = this.#bytesOf(packet);
    // Neighbor discovery may come between a packet and the answer to it.
    const isBetween = event.kind === "discovery";
    const payload = isBetween ? this.cause.payload : whole.payload;
    this.cause = { payload, packets: isPiece || isBetween ? [...this.cause.packets, bytes] : [bytes] };
    const { mac } = envelopeOf(event) ?? {};
    if (mac) this.#others.push(mac);
    return this.#frame(packet.header, bytes, mac);
  }

  /** A reset that the stack must believe: its sequence number is exactly `rcvNxt`. */
  resetFrame(ourPort: number, peerPort: number, rcvNxt: number, sndNxt: number): Uint8Array {
    const reset: TcpSegment = {
      sourcePort: peerPort,
      destinationPort: ourPort,
      seq: rcvNxt,
      ack: sndNxt,
      flags: RST | ACK,
      window: 0,
      urgent: 0,
      options: [],
      payload: new Uint8Array(0),
    };
    const packet = this.#packet({ modifiers: [] }, PROTOCOL_TCP, this.#ends, ({ source, destination }) =>
      buildTcp(reset, source, destination),
    );
    return this.#frame(packet.header, this.#bytesOf(packet));
  }

  get #ends(): Usual {
    return { from: this.network.peer, to: this.network.ours };
  }

  #packetOf(event: PacketEvent, conversation: Conversation): Packet {
    switch (event.kind) {
      case "segment":
        return this.#segment(event.segment, conversation);
      case "icmp":
        return this.#icmp(event.icmp, conversation);
      case "udp":
        return this.#udp(event.udp, conversation);
      case "dhcp":
        return this.#dhcp(event.dhcp);
      case "discovery":
        return this.#discovery(event.discovery);
      case "group":
        return this.#group(event.group);
      case "other":
        return this.#packet(event.other.ip, event.other.protocol, this.#ends, () => {
          return streamBytes("peer", 0, event.other.bytes);
        });
      default:
        throw new FrameError(`${event.kind} is no packet`);
    }
  }

  #segment(pattern: SegmentPattern, conversation: Conversation): Packet {
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
    const { ip, ecn = 0 } = pattern;
    if (has(ip, "garbage")) tcp.payload.fill(GARBAGE);
    const marked = { ...ip, tos: (ip.tos ?? 0) | ecn };
    return this.#packet(marked, PROTOCOL_TCP, this.#ends, ({ source, destination }) =>
      buildTcp(tcp, source, destination, has(ip, "bad-checksum")),
    );
  }

  /** An echo, or an error about the conversation's last segment. */
  #icmp(pattern: IcmpPattern, conversation: Conversation): Packet {
    const { network } = this;
    const [type, code] = typeAndCode(pattern, network);
    const rest = isEcho(pattern) ? ECHO_IDENTIFIER : (wordOf(pattern, network) ?? 0);
    const payload = isEcho(pattern) ? streamBytes("peer", 0, pattern.bytes ?? 0) : quote(pattern, conversation);
    return this.#packet(pattern.ip, this.#icmpProtocol, this.#ends, (header) =>
      buildIcmp({ type, code, rest, payload }, header, has(pattern.ip, "bad-checksum")),
    );
  }

  #udp({ bytes, ip }: UdpPattern, conversation: Conversation): Packet {
    const udp = {
      sourcePort: conversation.peerPort,
      destinationPort: CLOSED_UDP_PORT,
      payload: streamBytes("peer", 0, bytes),
    };
    return this.#packet(ip, PROTOCOL_UDP, this.#ends, ({ source, destination }) =>
      buildUdp(udp, source, destination, has(ip, "bad-checksum")),
    );
  }

  // From the server to everybody, since who is to get it has no address yet.
  #dhcp(pattern: DhcpPattern): Packet {
    const payload = buildDhcp(dhcpMessage(pattern, this.#lastDhcp, this.network));
    const udp = { sourcePort: SERVER_PORT, destinationPort: CLIENT_PORT, payload };
    const usual = { from: this.network.peer, to: new Uint8Array(4).fill(0xff) };
    return this.#packet(pattern.ip, PROTOCOL_UDP, usual, ({ source, destination }) =>
      buildUdp(udp, source, destination, has(pattern.ip, "bad-checksum")),
    );
  }

  #discovery(pattern: discovery.DiscoveryPattern, to?: Uint8Array): Packet {
    const ends = discovery.usualEnds(pattern, this.network);
    const usual = to === undefined ? ends : { ...ends, to };
    return this.#packet(pattern.ip, this.#icmpProtocol, usual, (header) => {
      const message = discovery.discoveryMessage(pattern, this.network, header.source);
      this.#isRouter ||= message.type === ROUTER_ADVERTISEMENT;
      this.#others.push(...linkAddresses(message));
      return buildIcmp({ ...discoveryToIcmp(message), code: pattern.code }, header, has(pattern.ip, "bad-checksum"));
    });
  }

  #group(pattern: groups.GroupPattern): Packet {
    const message = groups.groupMessage(pattern, this.network);
    const usual = groups.usualEnds(pattern, this.network);
    const damage = has(pattern.ip, "bad-checksum");
    if (message.protocol === "igmp") {
      return this.#packet(pattern.ip, PROTOCOL_IGMP, usual, () => buildIgmp(message, damage));
    }
    return this.#packet(pattern.ip, PROTOCOL_ICMPV6, usual, (header) => buildIcmp(mldToIcmp(message), header, damage));
  }

  get #icmpProtocol(): number {
    return this.network.version === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;
  }

  #packet(ip: IpPattern, protocol: number, usual: Usual, payload: (header: IpHeader) => Uint8Array): Packet {
    const header = headerFor(ip, this.network, protocol, usual);
    return { header, payload: payload(header), damage: has(ip, "bad-ip-checksum") };
  }

  #bytesOf({ header, payload, damage }: Packet): Uint8Array {
    if (header.source.length === 16) return buildIpv6(header, payload);
    const identification = header.identification || this.#identification++ & 0xffff;
    return buildIpv4({ ...header, identification }, payload, damage);
  }

  #frame({ destination, source }: IpHeader, packet: Uint8Array, mac: Uint8Array = PEER_MAC): Uint8Array {
    const type = source.length === 16 ? ETHER_IPV6 : ETHER_IPV4;
    return buildEthernet(macFor(this.network, destination), mac, type, packet);
  }

  // ---- reading ---------------------------------------------------------------------------------------------------

  /** Reads a frame of the stack and checks what holds for every frame. Who asks for the peer is answered by `reply`. */
  receive(frame: Uint8Array, reply: (frame: Uint8Array) => void): ReadFrame {
    const read = readFrame(frame);
    demandManners(read, this.network, this.#others);
    if (read.arp) this.#answerArp(read, reply);
    if (read.discovery) this.#answerSolicitation(read, read.discovery, reply);
    if (read.dhcp) this.#lastDhcp = read.dhcp;
    if (read.tcp) this.#follow(read.tcp, read.packet as Uint8Array);
    if (read.piece && read.ip) {
      const whole = this.#pieces.add(read.ip, read.piece);
      if (whole) read.whole = { ip: whole.ip, ...readPayload(whole.ip, whole.payload) };
    }
    return read;
  }

  #answerArp({ arp }: ReadFrame, reply: (frame: Uint8Array) => void): void {
    const asksForPeer = arp?.operation === ARP_REQUEST && equalBytes(arp.targetIp, this.network.peer);
    if (!asksForPeer || this.answers.arp !== "auto") return;
    reply(arpFrame({ kind: "reply", from: undefined, target: undefined, mac: undefined }, this.network));
  }

  #answerSolicitation({ ip }: ReadFrame, message: DiscoveryMessage, reply: (frame: Uint8Array) => void): void {
    const { names } = this.network;
    const asked = ["peer", "peer-local"].find((name) => equalBytes(names.get(name) ?? message.fixed, message.fixed));
    if (message.type !== NEIGHBOR_SOLICITATION || !asked || !ip || isZero(ip.source)) return;
    if (this.answers.nd !== "auto") return;
    const answer = this.#discovery(discovery.answerFor(asked, this.#isRouter), ip.source);
    reply(this.#frame(answer.header, this.#bytesOf(answer)));
  }

  /** Learns from a segment: the stack's port and initial sequence number, and the packet for a later quote. */
  #follow(tcp: TcpSegment, packet: Uint8Array): void {
    const conversation = this.conversationOf(tcp);
    if (tcp.flags & SYN) {
      conversation.ourIss ??= tcp.seq;
      conversation.ourPort = tcp.sourcePort;
    }
    conversation.lastPacket = packet;
  }
}

function has(ip: IpPattern, modifier: Modifier): boolean {
  return ip.modifiers.includes(modifier);
}

function quote({ quoting }: IcmpPattern, conversation: Conversation): Uint8Array {
  const packet = conversation.lastPacket;
  if (packet === undefined) throw new FrameError("an ICMP error needs a packet of the stack to quote; none was sent");
  const seq = quoting === undefined ? undefined : conversation.ourAbsolute({ value: quoting, absolute: false });
  return quoteOf(packet, seq);
}

function wholeOf({ of }: FragmentPattern): PacketEvent {
  if (of === undefined) throw new FrameError("a fragment is one of a packet");
  return of;
}

/** The piece of a packet that a line asks for. */
function pieceOf({ header, payload, damage }: Packet, { first, last, more }: FragmentPattern): Packet {
  const identification = header.identification || FRAGMENT_ID;
  const fragment = { offset: first, more };
  return { header: { ...header, identification, fragment }, payload: cut(payload, first, last), damage };
}
