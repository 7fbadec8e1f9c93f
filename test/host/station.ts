// A station at the far end of a wire that is driven by hand: it answers for its address, keeps every frame that comes, and
// sends whatever a test builds, tagged or not.

import type { Wire } from "../../host/wire/wire.ts";
import {
  buildArp,
  buildEthernet,
  buildIpv4,
  concat,
  ETHER_ARP,
  ETHER_IPV4,
  equalBytes,
  type IpHeader,
  PROTOCOL_UDP,
  type ReadFrame,
  readFrame,
} from "../segment/frames.ts";

const TAGGED = 0x8100;

export function ip(text: string): Uint8Array {
  return Uint8Array.from(text.split("."), Number);
}

export function mac(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
}

/** What an IPv4 packet of a test is made of; left out: the usual. */
export interface PacketOptions extends Partial<Omit<IpHeader, "source" | "destination">> {
  from: string;
  to: string;
}

export function buildPacket({ from, to, ...options }: PacketOptions, payload: Uint8Array): Uint8Array {
  const header = { protocol: PROTOCOL_UDP, ttl: 64, identification: 7, tos: 0, ...options };
  return buildIpv4({ source: ip(from), destination: ip(to), ...header }, payload);
}

/** The four bytes of a tag's control word and type, behind the addresses (IEEE 802.1Q). */
export function tag(frame: Uint8Array, control: number, type = TAGGED): Uint8Array {
  const word = Uint8Array.of(type >> 8, type & 0xff, control >> 8, control & 0xff);
  return concat([frame.subarray(0, 12), word, frame.subarray(12)]);
}

/** A frame without its tag, and the tag's control word; -1 when it has none. */
export function untag(frame: Uint8Array): { frame: Uint8Array; control: number } {
  if (((frame[12] << 8) | frame[13]) !== TAGGED) return { frame, control: -1 };
  return { frame: concat([frame.subarray(0, 12), frame.subarray(16)]), control: (frame[14] << 8) | frame[15] };
}

export class Station {
  readonly mac: Uint8Array;
  /** Frames as they came, but ARP's. */
  readonly frames: Uint8Array[] = [];
  /** Addresses that it has, and that it answers for. */
  readonly addresses: Uint8Array[];
  #wire: Wire;

  constructor(wire: Wire, station: string, ...addresses: string[]) {
    this.#wire = wire;
    this.mac = mac(station);
    this.addresses = addresses.map(ip);
    wire.attach({ receive: (frame) => this.#receive(frame.slice()), linkChanged: () => {} });
  }

  send(frame: Uint8Array): void {
    this.#wire.send(frame);
  }

  /** Sends an IP packet in a frame of its own to the station with that Ethernet address. */
  sendPacket(to: string, packet: Uint8Array): void {
    this.send(buildEthernet(mac(to), this.mac, ETHER_IPV4, packet));
  }

  /** What came since the last call, taken apart: lengths and checksums are right. */
  take(): ReadFrame[] {
    return this.frames.splice(0).map((frame) => readFrame(untag(frame).frame));
  }

  #receive(whole: Uint8Array): void {
    const { frame, control } = untag(whole);
    if (((frame[12] << 8) | frame[13]) !== ETHER_ARP) {
      this.frames.push(whole);
      return;
    }
    const { arp } = readFrame(frame);
    if (arp?.operation !== 1 || !this.addresses.some((own) => equalBytes(own, arp.targetIp))) return;
    const answer = {
      operation: 2,
      senderMac: this.mac,
      senderIp: arp.targetIp,
      targetMac: arp.senderMac,
      targetIp: arp.senderIp,
    };
    const reply = buildEthernet(arp.senderMac, this.mac, ETHER_ARP, buildArp(answer));
    this.send(control < 0 ? reply : tag(reply, control));
  }
}
