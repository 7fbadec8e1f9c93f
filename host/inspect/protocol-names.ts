// The numbers that headers have for what they carry and say, and the words for them.

import { hex } from "./fields.ts";

export const EtherType = {
  IPV4: 0x0800,
  ARP: 0x0806,
  /** A customer's VLAN tag, and a provider's outside of it (IEEE 802.1Q). */
  VLAN: 0x8100,
  IPV6: 0x86dd,
  PROVIDER_VLAN: 0x88a8,
} as const;

/** Of IPv4's protocol field and IPv6's next header field; extension headers are among them. */
export const Protocol = {
  HOP_BY_HOP: 0,
  ICMP: 1,
  IGMP: 2,
  TCP: 6,
  UDP: 17,
  ROUTING: 43,
  FRAGMENT: 44,
  ICMPV6: 58,
  NOTHING: 59,
  DESTINATION: 60,
} as const;

export const IcmpType = {
  ECHO_REPLY: 0,
  UNREACHABLE: 3,
  SOURCE_QUENCH: 4,
  REDIRECT: 5,
  ECHO_REQUEST: 8,
  TIME_EXCEEDED: 11,
  PARAMETER_PROBLEM: 12,
} as const;

export const Icmp6Type = {
  UNREACHABLE: 1,
  PACKET_TOO_BIG: 2,
  TIME_EXCEEDED: 3,
  PARAMETER_PROBLEM: 4,
  ECHO_REQUEST: 128,
  ECHO_REPLY: 129,
  GROUP_QUERY: 130,
  GROUP_REPORT: 131,
  GROUP_DONE: 132,
  ROUTER_SOLICITATION: 133,
  ROUTER_ADVERTISEMENT: 134,
  NEIGHBOR_SOLICITATION: 135,
  NEIGHBOR_ADVERTISEMENT: 136,
  REDIRECT: 137,
  GROUP_RECORDS: 143,
} as const;

const ETHER_TYPE_NAMES: Record<number, string> = {
  [EtherType.IPV4]: "IPv4",
  [EtherType.ARP]: "ARP",
  [EtherType.VLAN]: "VLAN tag",
  [EtherType.IPV6]: "IPv6",
  [EtherType.PROVIDER_VLAN]: "provider's VLAN tag",
};
const PROTOCOL_NAMES: Record<number, string> = {
  [Protocol.HOP_BY_HOP]: "hop-by-hop options",
  [Protocol.ICMP]: "ICMP",
  [Protocol.IGMP]: "IGMP",
  [Protocol.TCP]: "TCP",
  [Protocol.UDP]: "UDP",
  [Protocol.ROUTING]: "routing header",
  [Protocol.FRAGMENT]: "fragment header",
  [Protocol.ICMPV6]: "ICMPv6",
  [Protocol.NOTHING]: "nothing",
  [Protocol.DESTINATION]: "destination options",
};
const ICMP_NAMES: Record<number, string> = {
  [IcmpType.ECHO_REPLY]: "echo reply",
  [IcmpType.UNREACHABLE]: "destination unreachable",
  [IcmpType.SOURCE_QUENCH]: "source quench",
  [IcmpType.REDIRECT]: "redirect",
  [IcmpType.ECHO_REQUEST]: "echo request",
  [IcmpType.TIME_EXCEEDED]: "time exceeded",
  [IcmpType.PARAMETER_PROBLEM]: "parameter problem",
};
const ICMP6_NAMES: Record<number, string> = {
  [Icmp6Type.UNREACHABLE]: "destination unreachable",
  [Icmp6Type.PACKET_TOO_BIG]: "packet too big",
  [Icmp6Type.TIME_EXCEEDED]: "time exceeded",
  [Icmp6Type.PARAMETER_PROBLEM]: "parameter problem",
  [Icmp6Type.ECHO_REQUEST]: "echo request",
  [Icmp6Type.ECHO_REPLY]: "echo reply",
  [Icmp6Type.GROUP_QUERY]: "group query",
  [Icmp6Type.GROUP_REPORT]: "group report",
  [Icmp6Type.GROUP_DONE]: "group left",
  [Icmp6Type.ROUTER_SOLICITATION]: "router solicitation",
  [Icmp6Type.ROUTER_ADVERTISEMENT]: "router advertisement",
  [Icmp6Type.NEIGHBOR_SOLICITATION]: "neighbor solicitation",
  [Icmp6Type.NEIGHBOR_ADVERTISEMENT]: "neighbor advertisement",
  [Icmp6Type.REDIRECT]: "redirect",
  [Icmp6Type.GROUP_RECORDS]: "group records",
};
/** By type and code, where the code says more than the type (RFC 792, RFC 1122 §3.2.2.1, RFC 4443 §3). */
const ICMP_CODE_NAMES: Record<number, readonly string[]> = {
  [IcmpType.UNREACHABLE]: [
    ...["network unreachable", "host unreachable", "protocol unreachable", "port unreachable"],
    "fragmentation needed",
  ],
};
const ICMP6_CODE_NAMES: Record<number, readonly string[]> = {
  [Icmp6Type.UNREACHABLE]: [
    ...["network unreachable", "administratively prohibited", "beyond the scope of the source"],
    ...["address unreachable", "port unreachable", "source address refused", "route refused"],
  ],
  [Icmp6Type.TIME_EXCEEDED]: ["time exceeded", "reassembly time exceeded"],
  [Icmp6Type.PARAMETER_PROBLEM]: ["parameter problem", "unknown next header", "unknown option"],
};

/** "IPv4", "ARP", ... or the number; below 1536 it is a length (IEEE 802.3), not a type. */
export function etherTypeText(etherType: number): string {
  return ETHER_TYPE_NAMES[etherType] ?? (etherType < 1536 ? `length ${etherType}` : hex(etherType));
}

export function protocolText(protocol: number): string {
  return PROTOCOL_NAMES[protocol] ?? `protocol ${protocol}`;
}

/** The type and code of a version's ICMP as words: "echo request", "port unreachable". */
export function icmpText(version: 4 | 6, type: number, code: number): string {
  const exact = (version === 4 ? ICMP_CODE_NAMES : ICMP6_CODE_NAMES)[type]?.[code];
  if (exact !== undefined) return exact;
  const name = icmpTypeText(version, type);
  return code === 0 ? name : `${name}, code ${code}`;
}

/** The type alone. */
export function icmpTypeText(version: 4 | 6, type: number): string {
  return (version === 4 ? ICMP_NAMES : ICMP6_NAMES)[type] ?? `type ${type}`;
}

/** True for the types that report an error about a packet, which they quote. */
export function isIcmpError(version: 4 | 6, type: number): boolean {
  // RFC 4443 §2.1: the errors of ICMPv6 are those below 128.
  if (version === 6) return type < Icmp6Type.ECHO_REQUEST;
  const { UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM } = IcmpType;
  return [UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM].some((error) => error === type);
}

export function isEcho(version: 4 | 6, type: number): boolean {
  const { ECHO_REQUEST, ECHO_REPLY } = version === 4 ? IcmpType : Icmp6Type;
  return type === ECHO_REQUEST || type === ECHO_REPLY;
}
