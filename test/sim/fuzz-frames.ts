// Frames to throw at a machine: segments that nearly fit its connections, packets of every kind with fields drawn at
// random, the same with damaged bytes (and, half of the time, checksums made good again), and plain noise.

import { State, Status } from "../../assembly/abi/status.ts";
import type { Random } from "../../host/random.ts";
import { ROUTER_ALERT_4 } from "../segment/frames/groups.ts";
import { groupMac, PROTOCOL_IGMP } from "../segment/frames/ip.ts";
import {
  buildArp,
  buildEthernet,
  buildIcmp,
  buildIpv4,
  buildTcp,
  buildUdp,
  checksum,
  concat,
  ETHER_ARP,
  ETHER_IPV4,
  FLAG_BITS,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  RAW_OPTION,
  type TcpOption,
} from "../segment/frames.ts";
import type { SocketRow } from "../segment/machine.ts";
import { LISTEN_PORT, OUR_IP, OUR_MAC, PEER_IP, PEER_MAC } from "../segment/peer.ts";

const ALL_HOSTS = Uint8Array.of(224, 0, 0, 1);
/** Groups that a socket should have joined: the first from all sources, the second from the peer. */
export const GROUPS = [Uint8Array.of(239, 1, 2, 3), Uint8Array.of(232, 1, 2, 3)];
const BROADCAST_MAC = new Uint8Array(6).fill(0xff);
const LONGEST_BODY = 1500;
/** Frames of the machine that are kept to be quoted or sent back. */
const KEPT = 16;

const { F: FIN, S: SYN, R: RST, P: PSH, ".": ACK } = FLAG_BITS;

type Maker = () => Uint8Array;

export class FrameSource {
  /** The machine's table of sockets, for sequence numbers that nearly fit. */
  rows: readonly SocketRow[] = [];
  readonly #kept: Uint8Array[] = [];
  readonly #makers: readonly { weight: number; make: Maker }[];

  /** `udpPort`: one that is open. */
  constructor(
    readonly random: Random,
    readonly udpPort: number,
  ) {
    this.#makers = [
      { weight: 60, make: () => this.#segment() },
      { weight: 15, make: () => this.#damaged(this.#segment()) },
      { weight: 5, make: () => this.#damaged(this.#icmp()) },
      { weight: 5, make: () => this.#icmp() },
      { weight: 4, make: () => this.#damaged(this.#udp()) },
      { weight: 3, make: () => this.#udp() },
      { weight: 3, make: () => this.#igmp() },
      { weight: 2, make: () => this.#damaged(this.#igmp()) },
      { weight: 3, make: () => this.#arp() },
      { weight: 3, make: () => this.#fragment() },
      { weight: 2, make: () => this.#echoed() },
      { weight: 2, make: () => this.#noise() },
    ];
  }

  /** Remembers a frame that the machine has sent. */
  keep(frame: Uint8Array): void {
    this.#kept.push(frame);
    if (this.#kept.length > KEPT) this.#kept.shift();
  }

  next(): Uint8Array {
    const total = this.#makers.reduce((sum, { weight }) => sum + weight, 0);
    let draw = this.random.below(total);
    for (const { weight, make } of this.#makers) {
      if (draw < weight) return make();
      draw -= weight;
    }
    return this.#noise();
  }

  // ---- whole packets ---------------------------------------------------------------------------------------------

  #segment(): Uint8Array {
    const row = this.#pick(this.rows);
    const isForRow = row !== undefined && this.random.chance(0.95);
    const word = (index: number): number => row?.words[index] ?? 0;
    const acknowledged = word(this.random.chance(0.7) ? Status.SND_NXT : Status.SND_UNA);
    const bytes = this.random.chance(0.4) ? 0 : this.random.below(this.random.chance(0.3) ? 1460 : 200);
    const segment = {
      sourcePort: isForRow && row.remotePort > 0 ? row.remotePort : 1 + this.random.below(65535),
      destinationPort: isForRow ? row.localPort : LISTEN_PORT,
      seq: (word(Status.RCV_NXT) + this.#near(word(Status.RCV_WND))) >>> 0,
      ack: (acknowledged + this.#near(100)) >>> 0,
      flags: this.#flags(row?.state ?? State.LISTEN),
      window: this.random.chance(0.2) ? 0 : this.random.below(65536),
      urgent: this.random.below(65536),
      options: this.random.chance(0.2) ? this.#options() : [],
      payload: this.#bytes(bytes),
    };
    return this.#packet(PROTOCOL_TCP, buildTcp(segment, PEER_IP, OUR_IP));
  }

  #icmp(): Uint8Array {
    const isError = this.random.chance(0.7);
    const quoted = this.#pick(this.#kept)?.slice(14) ?? this.#bytes(28);
    const icmp = {
      type: isError ? this.#one([3, 3, 4, 5, 11, 12]) : this.#one([0, 8, 13, this.random.below(256)]),
      code: this.random.below(isError ? 6 : 2),
      rest: this.random.u32(),
      payload: isError ? quoted.subarray(0, this.random.below(quoted.length + 1)) : this.#bytes(this.random.below(100)),
    };
    return this.#packet(PROTOCOL_ICMP, buildIcmp(icmp));
  }

  #udp(): Uint8Array {
    const destinationPort = this.random.chance(0.5) ? this.udpPort : this.random.below(65536);
    const udp = { sourcePort: this.random.below(65536), destinationPort, payload: this.#bytes(this.random.below(300)) };
    return this.#packet(PROTOCOL_UDP, buildUdp(udp, PEER_IP, OUR_IP));
  }

  /** A query or a report, mostly about a group that a socket is in, with as many sources as it says or not. */
  #igmp(): Uint8Array {
    const type = this.#one([0x11, 0x11, 0x11, 0x12, 0x16, 0x17, 0x22, this.random.below(256)]);
    const group = this.random.chance(0.5) ? this.#one(GROUPS) : this.#address();
    const sources = this.random.below(4);
    const tail = this.random.chance(0.5) ? [] : [this.random.below(256), this.random.below(256), 0, sources];
    const names = tail.length > 0 ? concat(Array.from({ length: sources }, () => this.#address())) : [];
    const payload = Uint8Array.of(type, this.random.below(256), 0, 0, ...group, ...tail, ...names);
    const destination = this.random.chance(0.7) ? ALL_HOSTS : group;
    const options = this.random.chance(0.8) ? ROUTER_ALERT_4 : new Uint8Array(0);
    const header = {
      source: PEER_IP,
      destination,
      protocol: PROTOCOL_IGMP,
      ttl: 1,
      identification: 0,
      tos: 0,
      options,
    };
    const frame = buildEthernet(groupMac(destination), PEER_MAC, ETHER_IPV4, buildIpv4(header, payload));
    repair(frame);
    return frame;
  }

  #arp(): Uint8Array {
    const arp = {
      operation: this.random.below(4),
      senderMac: this.random.chance(0.5) ? PEER_MAC : this.#bytes(6),
      senderIp: this.#address(),
      targetMac: this.random.chance(0.5) ? OUR_MAC : this.#bytes(6),
      targetIp: this.random.chance(0.8) ? OUR_IP : this.#address(),
    };
    const body = buildArp(arp);
    const damaged = this.random.chance(0.3) ? this.#spoil(body, 0) : body;
    return buildEthernet(this.random.chance(0.5) ? BROADCAST_MAC : OUR_MAC, PEER_MAC, ETHER_ARP, damaged);
  }

  /** A packet with an offset or More Fragments, or with IP options. */
  #fragment(): Uint8Array {
    const frame = this.#segment();
    const view = new DataView(frame.buffer);
    if (this.random.chance(0.6)) view.setUint16(20, this.random.below(0x4000));
    else frame[14] = 0x40 | this.random.below(16);
    repair(frame);
    return frame;
  }

  /** What the machine has sent, back to it. */
  #echoed(): Uint8Array {
    const frame = this.#pick(this.#kept)?.slice();
    if (!frame) return this.#noise();
    frame.set(OUR_MAC, 0);
    frame.set(PEER_MAC, 6);
    return frame;
  }

  #noise(): Uint8Array {
    const frame = this.#bytes(60 + this.random.below(LONGEST_BODY - 46));
    if (this.random.chance(0.9)) frame.set(OUR_MAC, 0);
    if (this.random.chance(0.8))
      new DataView(frame.buffer).setUint16(12, this.random.chance(0.9) ? ETHER_IPV4 : ETHER_ARP);
    return frame;
  }

  #packet(protocol: number, payload: Uint8Array): Uint8Array {
    const source = this.random.chance(0.95) ? PEER_IP : this.#address();
    const destination = this.random.chance(0.97) ? OUR_IP : this.#address();
    const identification = this.random.below(65536);
    const ttl = this.random.below(256);
    const packet = buildIpv4({ source, destination, protocol, ttl, identification, tos: 0 }, payload);
    const frame = buildEthernet(OUR_MAC, PEER_MAC, ETHER_IPV4, packet);
    if (source !== PEER_IP || destination !== OUR_IP) repair(frame);
    return frame;
  }

  // ---- damage ----------------------------------------------------------------------------------------------------

  #damaged(frame: Uint8Array): Uint8Array {
    let damaged = this.#spoil(frame, 14);
    if (this.random.chance(0.1)) damaged = damaged.slice(0, 60 + this.random.below(Math.max(1, damaged.length - 60)));
    if (this.random.chance(0.6)) repair(damaged);
    return damaged;
  }

  /** Other values in one to four bytes from `start` on, mostly in the headers. */
  #spoil(bytes: Uint8Array, start: number): Uint8Array {
    const spoiled = bytes.slice();
    for (let count = 1 + this.random.below(4); count > 0; count--) {
      const room = spoiled.length - start;
      const place = start + this.random.below(this.random.chance(0.8) ? Math.min(room, 60) : room);
      spoiled[place] = this.random.chance(0.3) ? this.#one([0, 1, 0x7f, 0x80, 0xff]) : this.random.below(256);
    }
    return spoiled;
  }

  // ---- draws -----------------------------------------------------------------------------------------------------

  /** A distance: often none, often within `span`, sometimes just outside, sometimes anywhere. */
  #near(span: number): number {
    const draw = this.random.unit();
    if (draw < 0.5) return 0;
    if (draw < 0.8) return this.random.below(span + 2);
    if (draw < 0.9) return this.random.below(3000) - 1500;
    return this.random.u32();
  }

  /** Mostly what carries a connection in that state on; resets are rare, or soon nothing would be left to hit. */
  #flags(state: State): number {
    const draw = this.random.unit();
    if (draw < 0.5 && state === State.LISTEN) return SYN;
    if (draw < 0.5 && state === State.SYN_SENT) return this.#one([SYN | ACK, SYN | ACK, SYN]);
    if (draw < 0.85) return this.#one([ACK, ACK | PSH]);
    if (draw < 0.91) return this.#one([FIN | ACK, FIN | ACK | PSH]);
    if (draw < 0.95) return this.#one([SYN, SYN | ACK]);
    if (draw < 0.97) return this.#one([RST, RST | ACK]);
    return this.random.below(256);
  }

  #options(): TcpOption[] {
    return Array.from({ length: 1 + this.random.below(4) }, () => {
      if (this.random.chance(0.3)) return { kind: RAW_OPTION, data: this.#bytes(this.random.below(8)) };
      const kind = this.#one([0, 1, 2, 3, 4, 5, 8, this.random.below(256)]);
      return { kind, data: this.#bytes(this.#one([0, 1, 2, 2, 8])) };
    });
  }

  #address(): Uint8Array {
    const special = [
      Uint8Array.of(10, 0, 0, this.random.below(256)),
      Uint8Array.of(0, 0, 0, 0),
      Uint8Array.of(255, 255, 255, 255),
      Uint8Array.of(127, 0, 0, 1),
      Uint8Array.of(224, 0, 0, this.random.below(4)),
      this.#bytes(4),
    ];
    return special[this.random.below(special.length)];
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.random.below(256));
  }

  #one<T>(values: readonly T[]): T {
    return values[this.random.below(values.length)];
  }

  #pick<T>(values: readonly T[]): T | undefined {
    return values[this.random.below(Math.max(1, values.length))];
  }
}

/** Makes the checksums of an IPv4 frame good again, as far as its lengths allow to find them. */
export function repair(frame: Uint8Array): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint16(12) !== ETHER_IPV4) return;
  const headerBytes = (frame[14] & 0x0f) * 4;
  const end = 14 + view.getUint16(16);
  if (headerBytes < 20 || 14 + headerBytes > end || end > frame.length) return;
  view.setUint16(24, 0);
  view.setUint16(24, checksum(frame.subarray(14, 14 + headerBytes)));
  const payload = frame.subarray(14 + headerBytes, end);
  const place = { [PROTOCOL_TCP]: 16, [PROTOCOL_UDP]: 6, [PROTOCOL_ICMP]: 2, [PROTOCOL_IGMP]: 2 }[frame[23]];
  if (place === undefined || payload.length < place + 2) return;
  const field = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  field.setUint16(place, 0);
  const hasNone = frame[23] === PROTOCOL_ICMP || frame[23] === PROTOCOL_IGMP;
  const pseudo = hasNone ? 0 : pseudoSum(frame.subarray(26, 34), frame[23], payload.length);
  field.setUint16(place, checksum(payload, pseudo));
}

function pseudoSum(addresses: Uint8Array, protocol: number, bytes: number): number {
  return (~checksum(addresses) & 0xffff) + protocol + bytes;
}
