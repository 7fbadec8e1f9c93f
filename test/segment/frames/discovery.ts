// Neighbor discovery: router and neighbor solicitations and advertisements, and redirects (RFC 4861 §4). They travel in
// ICMPv6 messages.

import { concat, demand, equalBytes, fillUp, isZero } from "./bytes.ts";
import type { IcmpMessage } from "./icmp.ts";
import { type IpHeader, isGroup, solicitedNode } from "./ip.ts";

export const ROUTER_SOLICITATION = 133;
export const ROUTER_ADVERTISEMENT = 134;
export const NEIGHBOR_SOLICITATION = 135;
export const NEIGHBOR_ADVERTISEMENT = 136;
export const REDIRECT = 137;

/** Options, by what they are for (RFC 4861 §4.6, RFC 8106 §5.1, RFC 3971 §5.3.2). */
export const OPTION_SOURCE = 1;
export const OPTION_TARGET = 2;
export const OPTION_PREFIX = 3;
export const OPTION_REDIRECTED = 4;
export const OPTION_MTU = 5;
export const OPTION_NONCE = 14;
export const OPTION_RDNSS = 25;

/** Not an option: `data` stands in the message as it is, for options that break the rules. */
export const RAW_DISCOVERY_OPTION = -1;

/** Bits of a neighbor advertisement's first word: from a router, solicited, override. */
export const NA_ROUTER = 0x8000_0000;
export const NA_SOLICITED = 0x4000_0000;
export const NA_OVERRIDE = 0x2000_0000;

/** Bytes between the first word and the options: timers, target, target and destination. */
const FIXED_BYTES: Readonly<Record<number, number>> = {
  [ROUTER_SOLICITATION]: 0,
  [ROUTER_ADVERTISEMENT]: 8,
  [NEIGHBOR_SOLICITATION]: 16,
  [NEIGHBOR_ADVERTISEMENT]: 16,
  [REDIRECT]: 32,
};

const HOP_LIMIT = 255;

export interface DiscoveryOption {
  kind: number;
  /** What stands behind kind and length. */
  data: Uint8Array;
}

export interface DiscoveryMessage {
  type: number;
  /** The word behind the checksum: flags, or an advertisement's hop limit, flags and lifetime. */
  word: number;
  /** Timers, target, or target and destination, as they stand in the message. */
  fixed: Uint8Array;
  options: DiscoveryOption[];
}

export function isDiscovery(type: number): boolean {
  return type in FIXED_BYTES;
}

export function discoveryToIcmp({ type, word, fixed, options }: DiscoveryMessage): IcmpMessage {
  return { type, code: 0, rest: word >>> 0, payload: concat([fixed, ...options.map(buildOption)]) };
}

/** The Ethernet addresses that a message tells of. */
export function linkAddresses({ options }: DiscoveryMessage): Uint8Array[] {
  return options.filter(({ kind }) => kind === OPTION_SOURCE || kind === OPTION_TARGET).map(({ data }) => data);
}

function buildOption({ kind, data }: DiscoveryOption): Uint8Array {
  if (kind === RAW_DISCOVERY_OPTION) return data;
  const filled = fillUp(data, 8, 6);
  return concat([Uint8Array.of(kind, (filled.length + 2) / 8), filled]);
}

/** Takes a message of the stack apart and demands what a receiver checks of it (RFC 4861 §6.1, §7.1, §8.1). */
export function readDiscovery(ip: IpHeader, icmp: IcmpMessage): DiscoveryMessage {
  const { type, code, rest, payload } = icmp;
  const fixedBytes = FIXED_BYTES[type];
  demand(ip.ttl === HOP_LIMIT, `neighbor discovery with hop limit ${ip.ttl}`);
  demand(code === 0, `neighbor discovery with code ${code}`);
  demand(payload.length >= fixedBytes, "the neighbor discovery message is cut off");
  const message: DiscoveryMessage = {
    type,
    word: rest,
    fixed: payload.slice(0, fixedBytes),
    options: readOptions(payload.subarray(fixedBytes)),
  };
  const unused = type === NEIGHBOR_ADVERTISEMENT ? 0x1fff_ffff : 0xffff_ffff;
  if (type !== ROUTER_ADVERTISEMENT) demand((rest & unused) === 0, "reserved bits of neighbor discovery are set");
  if (type === NEIGHBOR_SOLICITATION) demandSolicitation(ip, message);
  if (type === NEIGHBOR_ADVERTISEMENT) demandAdvertisement(ip, message);
  if (type === ROUTER_SOLICITATION) demandNoSourceWithoutAddress(ip, message);
  return message;
}

function readOptions(bytes: Uint8Array): DiscoveryOption[] {
  const options: DiscoveryOption[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + (bytes[at + 1] ?? 0) * 8;
    demand(end > at && end <= bytes.length, `neighbor discovery option ${bytes[at]} has length ${bytes[at + 1] ?? 0}`);
    options.push({ kind: bytes[at], data: bytes.slice(at + 2, end) });
    at = end;
  }
  return options;
}

function demandSolicitation(ip: IpHeader, { fixed, options }: DiscoveryMessage): void {
  demand(!isGroup(fixed), "a neighbor solicitation asks for a group");
  demandNoSourceWithoutAddress(ip, { options });
  if (!isGroup(ip.destination)) return;
  demand(equalBytes(ip.destination, solicitedNode(fixed)), "the solicitation's group is not its target's");
  const isNamed = isZero(ip.source) || options.some(({ kind }) => kind === OPTION_SOURCE);
  demand(isNamed, "a solicitation to a group has no source link-layer address (RFC 4861 §4.3)");
}

function demandAdvertisement(ip: IpHeader, { word, fixed }: DiscoveryMessage): void {
  demand(!isGroup(fixed), "a neighbor advertisement is about a group");
  demand(!isZero(ip.source), "a neighbor advertisement comes from ::");
  demand(!isGroup(ip.destination) || (word & NA_SOLICITED) === 0, "an advertisement to a group says it is solicited");
}

function demandNoSourceWithoutAddress(ip: IpHeader, { options }: Pick<DiscoveryMessage, "options">): void {
  const hasSource = options.some(({ kind }) => kind === OPTION_SOURCE);
  demand(
    !isZero(ip.source) || !hasSource,
    "a solicitation from :: has a source link-layer address (RFC 4861 §4.1, §4.3)",
  );
}
