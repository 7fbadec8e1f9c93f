// Frames to throw at a machine, over either version of IP: segments that nearly fit its connections, packets of every kind
// with fields drawn at random, the same with damaged bytes (and, half of the time, checksums made good again), and plain
// noise.

import { State, Status } from "../../assembly/abi/status.ts";
import type { Random } from "../../host/random.ts";
import { BROADCAST_MAC, NETWORKS, type Network, OUR_MAC, PEER_MAC } from "../segment/addresses.ts";
import { discoveryToIcmp } from "../segment/frames/discovery.ts";
import { buildIgmp, mldToIcmp, ROUTER_ALERT_4, ROUTER_ALERT_6 } from "../segment/frames/groups.ts";
import {
  type ExtensionHeader,
  groupMac,
  type IpHeader,
  isGroup,
  PROTOCOL_DESTINATION,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_IGMP,
  PROTOCOL_ROUTING,
} from "../segment/frames/ip.ts";
import { padOptions } from "../segment/frames/ipv6.ts";
import {
  buildArp,
  buildEthernet,
  buildIcmp,
  buildIpv4,
  buildIpv6,
  buildTcp,
  buildUdp,
  ETHER_ARP,
  ETHER_IPV4,
  ETHER_IPV6,
  FLAG_BITS,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  RAW_OPTION,
  type TcpOption,
} from "../segment/frames.ts";
import type { SocketRow } from "../segment/machine.ts";
import { LISTEN_PORT } from "../segment/peer.ts";
import { drawDiscovery } from "./fuzz-discovery.ts";
import type { Draws } from "./fuzz-draws.ts";
import { drawGroups } from "./fuzz-groups.ts";
import { repair } from "./fuzz-repair.ts";

const LONGEST_BODY = 1500;
/** Frames of the machine that are kept to be quoted or sent back. */
const KEPT = 16;
/** Bytes in which damage does most: the headers, of IPv6 with those of neighbor discovery. */
const NEAR = { 4: 60, 6: 110 };
/** Hop limit of messages that no router has passed on. */
const LINK_HOPS = 255;

const { F: FIN, S: SYN, R: RST, P: PSH, ".": ACK } = FLAG_BITS;

type Maker = () => Uint8Array;

export class FrameSource {
  /** The machine's table of sockets, for sequence numbers that nearly fit. */
  rows: readonly SocketRow[] = [];
  readonly random: Random;
  readonly #kept: Uint8Array[] = [];
  readonly #makers: readonly { weight: number; make: Maker }[];

  /** `udpPort`: one that is open. */
  constructor(
    readonly draws: Draws,
    readonly udpPort: number,
    readonly network: Network = NETWORKS[4],
  ) {
    this.random = draws.random;
    const isV6 = network.version === 6;
    this.#makers = [
      { weight: isV6 ? 40 : 60, make: () => this.#segment() },
      { weight: 15, make: () => this.#damaged(this.#segment()) },
      { weight: 5, make: () => this.#damaged(this.#icmp()) },
      { weight: 5, make: () => this.#icmp() },
      { weight: 4, make: () => this.#damaged(this.#udp()) },
      { weight: 3, make: () => this.#udp() },
      { weight: 3, make: () => this.#groups() },
      { weight: 2, make: () => this.#damaged(this.#groups()) },
      { weight: 3, make: () => this.#arp() },
      { weight: 3, make: () => this.#fragment() },
      { weight: 2, make: () => this.#echoed() },
      { weight: 2, make: () => this.#noise() },
      { weight: isV6 ? 20 : 0, make: () => this.#discovery() },
      { weight: isV6 ? 10 : 0, make: () => this.#damaged(this.#discovery()) },
    ];
  }

  /** Remembers a frame that the machine has sent. */
  keep(frame: Uint8Array): void {
    this.#kept.push(frame);
    if (this.#kept.length > KEPT) this.#kept.shift();
  }

  /** The last of them. */
  get last(): readonly Uint8Array[] {
    return this.#kept;
  }

  next(): Uint8Array {
    return this.draws.weighted(this.#makers);
  }

  // ---- whole packets ---------------------------------------------------------------------------------------------

  #segment(): Uint8Array {
    const row = this.draws.pick(this.rows);
    const isForRow = row !== undefined && this.random.chance(0.95);
    const word = (index: number): number => row?.words[index] ?? 0;
    const acknowledged = word(this.random.chance(0.7) ? Status.SND_NXT : Status.SND_UNA);
    const bytes = this.random.chance(0.4) ? 0 : this.random.below(this.random.chance(0.3) ? 1380 : 200);
    const segment = {
      sourcePort: isForRow && row.remotePort > 0 ? row.remotePort : 1 + this.random.below(65535),
      destinationPort: isForRow ? row.localPort : LISTEN_PORT,
      seq: (word(Status.RCV_NXT) + this.draws.near(word(Status.RCV_WND))) >>> 0,
      ack: (acknowledged + this.draws.near(100)) >>> 0,
      flags: this.#flags(row?.state ?? State.LISTEN),
      window: this.random.chance(0.2) ? 0 : this.random.below(65536),
      urgent: this.random.below(65536),
      options: this.random.chance(0.2) ? this.#options() : [],
      payload: this.draws.bytes(bytes),
    };
    return this.#packet(PROTOCOL_TCP, ({ source, destination }) => buildTcp(segment, source, destination));
  }

  #icmp(): Uint8Array {
    const isV6 = this.network.version === 6;
    const isError = this.random.chance(0.7);
    const quoted = this.draws.pick(this.#kept)?.slice(14) ?? this.draws.bytes(isV6 ? 60 : 28);
    const errors = isV6 ? [1, 1, 2, 2, 3, 4, 5] : [3, 3, 4, 5, 11, 12];
    const others = isV6 ? [128, 129, 130, 131, 132, 143] : [0, 8, 13];
    const icmp = {
      type: isError ? this.draws.one(errors) : this.draws.one([...others, this.random.below(256)]),
      code: this.random.below(isError ? 6 : 2),
      rest: this.random.chance(0.3) ? 1200 + this.random.below(400) : this.random.u32(),
      payload: isError
        ? quoted.subarray(0, this.random.below(Math.min(quoted.length, 1200) + 1))
        : this.draws.bytes(this.random.below(100)),
    };
    return this.#packet(isV6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP, (header) => buildIcmp(icmp, header));
  }

  #discovery(): Uint8Array {
    const address = (): Uint8Array => this.#address();
    const message = discoveryToIcmp(drawDiscovery(this.draws, address));
    const usual = this.random.chance(0.9) ? { ttl: LINK_HOPS } : {};
    const { names, peer, ours } = this.network;
    const named = (name: string): Uint8Array => names.get(name) ?? peer;
    const source = this.draws.one([peer, named("peer-local"), named("peer-local"), named("any"), address()]);
    const destination = this.draws.one([ours, named("all-nodes"), named("solicited-us"), address()]);
    return this.#packet(PROTOCOL_ICMPV6, (header) => buildIcmp(message, header), { ...usual, source, destination });
  }

  #udp(): Uint8Array {
    const destinationPort = this.random.chance(0.5) ? this.udpPort : this.random.below(65536);
    const payload = this.draws.bytes(this.random.below(300));
    const udp = { sourcePort: this.random.below(65536), destinationPort, payload };
    return this.#packet(PROTOCOL_UDP, ({ source, destination }) => buildUdp(udp, source, destination));
  }

  #groups(): Uint8Array {
    const message = drawGroups(this.draws, this.network.version, () => this.#address());
    const isV6 = this.network.version === 6;
    const { names, peer } = this.network;
    const destination = this.random.chance(0.7) ? names.get("all-nodes") : message.group;
    const extensions = [{ protocol: PROTOCOL_HOP_BY_HOP, data: padOptions(ROUTER_ALERT_6) }];
    const alert = isV6 ? { extensions } : { options: ROUTER_ALERT_4 };
    const usual = {
      ttl: this.random.chance(0.9) ? 1 : this.random.below(256),
      source: (isV6 && this.random.chance(0.9) && names.get("peer-local")) || peer,
      ...(destination && { destination }),
      ...(this.random.chance(0.9) && alert),
    };
    if (!isV6) return this.#packet(PROTOCOL_IGMP, () => buildIgmp(message), usual);
    return this.#packet(PROTOCOL_ICMPV6, (header) => buildIcmp(mldToIcmp(message), header), usual);
  }

  #arp(): Uint8Array {
    const { ours } = NETWORKS[4];
    const address = (): Uint8Array => this.#address(NETWORKS[4]);
    const arp = {
      operation: this.random.below(4),
      senderMac: this.random.chance(0.5) ? PEER_MAC : this.draws.bytes(6),
      senderIp: address(),
      targetMac: this.random.chance(0.5) ? OUR_MAC : this.draws.bytes(6),
      targetIp: this.random.chance(0.8) ? ours : address(),
    };
    const body = buildArp(arp);
    const damaged = this.random.chance(0.3) ? this.draws.spoil(body, 0, NEAR[4]) : body;
    return buildEthernet(this.random.chance(0.5) ? BROADCAST_MAC : OUR_MAC, PEER_MAC, ETHER_ARP, damaged);
  }

  /** A packet with an offset or More Fragments, or with IP options or extension headers. */
  #fragment(): Uint8Array {
    if (this.network.version === 6) return this.#extended();
    const frame = this.#segment();
    const view = new DataView(frame.buffer);
    if (this.random.chance(0.6)) view.setUint16(20, this.random.below(0x4000));
    else frame[14] = 0x40 | this.random.below(16);
    repair(frame);
    return frame;
  }

  #extended(): Uint8Array {
    const extensions = Array.from({ length: this.random.below(5) }, () => this.#extension());
    const piece = { offset: this.random.chance(0.5) ? 0 : this.random.below(65536) & 0xfff8, more: false };
    const fragment = this.random.chance(0.5) ? { ...piece, more: this.random.chance(0.5) } : undefined;
    const protocol = this.draws.one([PROTOCOL_UDP, PROTOCOL_TCP, PROTOCOL_ICMPV6, this.random.below(256)]);
    const payload = this.draws.bytes(this.random.below(200));
    const frame = this.#packet(protocol, () => payload, { extensions, ...(fragment && { fragment }) });
    if (this.random.chance(0.5)) repair(frame);
    return frame;
  }

  #extension(): ExtensionHeader {
    const protocol = this.draws.one([PROTOCOL_HOP_BY_HOP, PROTOCOL_DESTINATION, PROTOCOL_DESTINATION]);
    if (this.random.chance(0.3)) {
      return { protocol: PROTOCOL_ROUTING, data: Uint8Array.of(this.random.below(6), this.random.below(3)) };
    }
    const option = Uint8Array.of(this.random.below(256), 2, ...this.draws.bytes(2));
    return { protocol, data: this.random.chance(0.8) ? padOptions(option) : this.draws.bytes(this.random.below(40)) };
  }

  /** What the machine has sent, back to it. */
  #echoed(): Uint8Array {
    const frame = this.draws.pick(this.#kept)?.slice();
    if (!frame) return this.#noise();
    frame.set(OUR_MAC, 0);
    frame.set(PEER_MAC, 6);
    return frame;
  }

  #noise(): Uint8Array {
    const frame = this.draws.bytes(60 + this.random.below(LONGEST_BODY - 46));
    const type = this.network.version === 6 ? ETHER_IPV6 : ETHER_IPV4;
    if (this.random.chance(0.9)) frame.set(OUR_MAC, 0);
    if (this.random.chance(0.8)) new DataView(frame.buffer).setUint16(12, this.random.chance(0.9) ? type : ETHER_ARP);
    return frame;
  }

  #packet(protocol: number, carried: (header: IpHeader) => Uint8Array, fixed: Partial<IpHeader> = {}): Uint8Array {
    const { peer, ours, version } = this.network;
    const header: IpHeader = {
      source: this.random.chance(0.95) ? peer : this.#address(),
      destination: this.random.chance(0.97) ? ours : this.#address(),
      protocol,
      ttl: this.random.below(256),
      identification: this.random.below(65536),
      tos: 0,
      ...fixed,
    };
    const payload = carried(header);
    const mac = isGroup(header.destination) ? groupMac(header.destination) : OUR_MAC;
    if (version === 4) return buildEthernet(mac, PEER_MAC, ETHER_IPV4, buildIpv4(header, payload));
    return buildEthernet(mac, PEER_MAC, ETHER_IPV6, buildIpv6(header, payload));
  }

  // ---- damage ----------------------------------------------------------------------------------------------------

  #damaged(frame: Uint8Array): Uint8Array {
    let damaged = this.draws.spoil(frame, 14, NEAR[this.network.version]);
    if (this.random.chance(0.1)) damaged = damaged.slice(0, 60 + this.random.below(Math.max(1, damaged.length - 60)));
    if (this.random.chance(0.6)) repair(damaged);
    return damaged;
  }

  // ---- draws -----------------------------------------------------------------------------------------------------

  /** Mostly what carries a connection in that state on; resets are rare, or soon nothing would be left to hit. */
  #flags(state: State): number {
    const draw = this.random.unit();
    if (draw < 0.5 && state === State.LISTEN) return SYN;
    if (draw < 0.5 && state === State.SYN_SENT) return this.draws.one([SYN | ACK, SYN | ACK, SYN]);
    if (draw < 0.85) return this.draws.one([ACK, ACK | PSH]);
    if (draw < 0.91) return this.draws.one([FIN | ACK, FIN | ACK | PSH]);
    if (draw < 0.95) return this.draws.one([SYN, SYN | ACK]);
    if (draw < 0.97) return this.draws.one([RST, RST | ACK]);
    return this.random.below(256);
  }

  #options(): TcpOption[] {
    return Array.from({ length: 1 + this.random.below(4) }, () => {
      if (this.random.chance(0.3)) return { kind: RAW_OPTION, data: this.draws.bytes(this.random.below(8)) };
      const kind = this.draws.one([0, 1, 2, 3, 4, 5, 8, this.random.below(256)]);
      return { kind, data: this.draws.bytes(this.draws.one([0, 1, 2, 2, 8])) };
    });
  }

  #address({ version, names, ours }: Network = this.network): Uint8Array {
    if (this.random.chance(0.5)) return this.draws.one([...names.values()]);
    const beside = ours.slice();
    beside[beside.length - 1] = this.random.below(256);
    const elsewhere = version === 6 ? Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, this.random.below(64)) : this.draws.bytes(4);
    const far = new Uint8Array(ours.length);
    far.set(elsewhere);
    far[far.length - 1] = this.random.below(4);
    const linkLocal = Uint8Array.of(0xfe, 0x80, ...new Uint8Array(13), this.random.below(256));
    const special = version === 6 ? [linkLocal] : [BROADCAST_MAC.slice(0, 4), Uint8Array.of(224, 0, 0, 2)];
    return this.draws.one([beside, far, this.draws.bytes(ours.length), ...special]);
  }
}
