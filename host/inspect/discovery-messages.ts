// Neighbor discovery (RFC 4861): what ICMPv6 says of neighbors and routers, with the options behind it.

import { type CarriedPlace, complain, type Quote } from "./carried.ts";
import { type DiscoveryOption, type Preference, preferenceAt, readDiscoveryOptions } from "./discovery-options.ts";
import type { Dissection } from "./dissection.ts";
import type { FieldReader } from "./fields.ts";
import { Icmp6Type } from "./protocol-names.ts";

interface WithOptions {
  options: DiscoveryOption[];
}

export interface RouterSolicitation extends WithOptions {
  kind: "router solicitation";
}

export interface RouterAdvertisement extends WithOptions {
  kind: "router advertisement";
  /** Recommended for what hosts send; 0: no word of it. */
  hopLimit: number;
  /** Addresses, and everything else, are to be had from DHCPv6. */
  managed: boolean;
  other: boolean;
  preference: Preference;
  /** Seconds that it is a default router; 0: it is none. */
  lifetime: number;
  /** Milliseconds that a neighbor counts as reachable, and between solicitations; 0: no word of it. */
  reachable: number;
  retransmission: number;
}

export interface NeighborSolicitation extends WithOptions {
  kind: "neighbor solicitation";
  target: string;
}

export interface NeighborAdvertisement extends WithOptions {
  kind: "neighbor advertisement";
  target: string;
  router: boolean;
  solicited: boolean;
  override: boolean;
}

export interface Redirect extends WithOptions {
  kind: "redirect";
  /** The better next hop, and what it is better for; the same where the destination itself is a neighbor. */
  target: string;
  destination: string;
}

export type DiscoveryMessage =
  | RouterSolicitation
  | RouterAdvertisement
  | NeighborSolicitation
  | NeighborAdvertisement
  | Redirect;

const HOP_LIMIT = 255;
const ADDRESS_BYTES = 16;

/** Bytes before the options. */
const FIXED_BYTES: Record<number, number> = {
  [Icmp6Type.ROUTER_SOLICITATION]: 8,
  [Icmp6Type.ROUTER_ADVERTISEMENT]: 16,
  [Icmp6Type.NEIGHBOR_SOLICITATION]: 24,
  [Icmp6Type.NEIGHBOR_ADVERTISEMENT]: 24,
  [Icmp6Type.REDIRECT]: 40,
};

export function isDiscovery(type: number): boolean {
  return FIXED_BYTES[type] !== undefined;
}

/** Goes on reading a message whose type, code and checksum `reader` has; answers the packets that it quotes. */
export function readDiscovery(result: Dissection, place: CarriedPlace, reader: FieldReader): Quote[] {
  const { frame, start, end } = place;
  const type = result.icmp?.type ?? 0;
  const fixedBytes = FIXED_BYTES[type] ?? 0;
  if (end - start < fixedBytes) {
    complain(result, place, `ICMPv6: ${end - start} bytes are too few for a message of ${fixedBytes}`);
    reader.raw("rest of header", 4, reader.layer.bytes - 4);
    return [];
  }
  // RFC 4861 §6.1, §7.1, §8.1: a router in between would have lowered it.
  const { hopLimit } = result.ipv6 ?? {};
  if (hopLimit !== HOP_LIMIT) complain(result, place, `ICMPv6: a hop limit of ${hopLimit} where ${HOP_LIMIT} must be`);
  reader.layer.bytes = fixedBytes;
  result.payload = frame.subarray(end, end);
  const options: DiscoveryOption[] = [];
  result.discovery = { ...readFixedPart(type, reader), options };
  return readDiscoveryOptions(result, { ...place, start: start + fixedBytes }, options);
}

type FixedPart = DiscoveryMessage extends infer M ? (M extends WithOptions ? Omit<M, "options"> : never) : never;

function readFixedPart(type: number, reader: FieldReader): FixedPart {
  if (type === Icmp6Type.ROUTER_ADVERTISEMENT) return readRouterAdvertisement(reader);
  if (type === Icmp6Type.NEIGHBOR_ADVERTISEMENT) return readNeighborAdvertisement(reader);
  reader.raw("reserved", 4, 4);
  if (type === Icmp6Type.ROUTER_SOLICITATION) return { kind: "router solicitation" };
  const target = reader.ipv6("target", 8);
  if (type === Icmp6Type.NEIGHBOR_SOLICITATION) return { kind: "neighbor solicitation", target };
  return { kind: "redirect", target, destination: reader.ipv6("destination", 8 + ADDRESS_BYTES) };
}

function readRouterAdvertisement(reader: FieldReader): Omit<RouterAdvertisement, "options"> {
  const hopLimit = reader.u8("hop limit", 4);
  const managed = reader.flag("addresses from DHCPv6", 5, 7);
  const other = reader.flag("other from DHCPv6", 5, 6);
  reader.flag("home agent", 5, 5);
  const preference = preferenceAt(reader, 5);
  reader.bits("reserved bits", 5, 1, 0, 3);
  const lifetime = reader.u16("router lifetime", 6, (seconds) => `${seconds} s`);
  const reachable = reader.u32("reachable time", 8, (milliseconds) => `${milliseconds} ms`);
  const retransmission = reader.u32("retransmission timer", 12, (milliseconds) => `${milliseconds} ms`);
  const times = { lifetime, reachable, retransmission };
  return { kind: "router advertisement", hopLimit, managed, other, preference, ...times };
}

function readNeighborAdvertisement(reader: FieldReader): Omit<NeighborAdvertisement, "options"> {
  const router = reader.flag("router", 4, 7);
  const solicited = reader.flag("solicited", 4, 6);
  const override = reader.flag("override", 4, 5);
  reader.bits("reserved bits", 4, 1, 0, 5);
  reader.raw("reserved", 5, 3);
  const target = reader.ipv6("target", 8);
  return { kind: "neighbor advertisement", target, router, solicited, override };
}
