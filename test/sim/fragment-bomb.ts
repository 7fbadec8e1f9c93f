// First fragments of large datagrams, from ever other senders, whose rest never comes: each asks the victim to wait for a
// minute (the attack that RFC 1858 §2 and RFC 4963 §2 know). Made by patching one frame, so that there can be many.

import { Random } from "../../host/random.ts";
import { buildEthernet, buildIpv4, checksum, ETHER_IPV4, PROTOCOL_UDP } from "../segment/frames.ts";
import type { Forger } from "./flooded-wire.ts";
import { ELSEWHERE, type Victim } from "./forged-syns.ts";

const IP = 14;
const IDENTIFICATION = IP + 4;
const CHECKSUM = IP + 10;
const SOURCE = IP + 12;
const PAYLOAD = IP + 20;
/** As large as a fragment can be: the more room it takes. */
const BYTES = 1480;

export class FragmentBomb implements Forger {
  readonly #frame: Uint8Array;
  readonly #view: DataView;
  readonly #random: Random;

  constructor({ mac, address, port }: Victim, seed: number) {
    const header = { source: new Uint8Array(4), destination: address, protocol: PROTOCOL_UDP, ttl: 64, tos: 0 };
    const payload = new Uint8Array(BYTES);
    new DataView(payload.buffer).setUint16(2, port);
    const packet = buildIpv4({ ...header, identification: 0, fragment: { offset: 0, more: true } }, payload);
    this.#frame = buildEthernet(mac, Uint8Array.of(2, 0, 0, 0, 0, 9), ETHER_IPV4, packet);
    this.#view = new DataView(this.#frame.buffer);
    this.#random = new Random(seed, 13);
  }

  /** The next frame; it is good until the one after. */
  next(): Uint8Array {
    const view = this.#view;
    const [a, b] = ELSEWHERE.network;
    view.setUint32(SOURCE, ((a << 24) | (b << 16) | (this.#random.u32() >>> ELSEWHERE.prefixLength)) >>> 0);
    view.setUint16(IDENTIFICATION, this.#random.below(65_536));
    view.setUint16(CHECKSUM, 0);
    view.setUint16(CHECKSUM, checksum(this.#frame.subarray(IP, PAYLOAD)));
    return this.#frame;
  }
}
