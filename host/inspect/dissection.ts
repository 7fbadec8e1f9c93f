// What the dissector answers: the headers of one frame as typed values, and the words for the numbers in them.

import { hex, type Layer } from "./fields.ts";
import type { TcpHeader } from "./tcp-header.ts";

export interface EthernetHeader {
  destination: string;
  source: string;
  etherType: number;
}

export interface ArpPacket {
  operation: number;
  senderMac: string;
  senderAddress: string;
  targetMac: string;
  targetAddress: string;
}

export interface Ipv4Header {
  source: string;
  destination: string;
  protocol: number;
  ttl: number;
  identification: number;
  dontFragment: boolean;
  moreFragments: boolean;
  /** Bytes. */
  fragmentOffset: number;
  headerBytes: number;
  totalBytes: number;
}

export interface IcmpMessage {
  type: number;
  code: number;
  /** Of an echo request or reply. */
  identifier?: number;
  sequence?: number;
  /** The packet that an error message is about, as far as it is quoted. */
  quoted?: Dissection;
}

export interface UdpHeader {
  sourcePort: number;
  destinationPort: number;
  /** Header and data. */
  bytes: number;
}

/** What one frame (or, in an ICMP error, one quoted packet) holds. Members are there as far as the bytes go. */
export interface Dissection {
  /** Bytes taken apart, FCS not counted. */
  bytes: number;
  ethernet?: EthernetHeader;
  arp?: ArpPacket;
  ipv4?: Ipv4Header;
  icmp?: IcmpMessage;
  udp?: UdpHeader;
  tcp?: TcpHeader;
  /** Of TCP and UDP, also where no more than these was left of the header. */
  ports?: { source: number; destination: number };
  /** What the innermost header read carries: a view of the frame, padding not counted. */
  payload: Uint8Array;
  /** The same as fields, outermost header first. */
  layers: Layer[];
  /** What is wrong with it, one sentence each; empty for a sound frame. */
  problems: string[];
}

export const EtherType = { IPV4: 0x0800, ARP: 0x0806, VLAN: 0x8100, IPV6: 0x86dd } as const;
export const Protocol = { ICMP: 1, TCP: 6, UDP: 17 } as const;
export const IcmpType = {
  ECHO_REPLY: 0,
  UNREACHABLE: 3,
  SOURCE_QUENCH: 4,
  REDIRECT: 5,
  ECHO_REQUEST: 8,
  TIME_EXCEEDED: 11,
  PARAMETER_PROBLEM: 12,
} as const;

const ETHER_TYPE_NAMES: Record<number, string> = {
  [EtherType.IPV4]: "IPv4",
  [EtherType.ARP]: "ARP",
  [EtherType.VLAN]: "VLAN tag",
  [EtherType.IPV6]: "IPv6",
};
const PROTOCOL_NAMES: Record<number, string> = { 1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP" };
const ICMP_NAMES: Record<number, string> = {
  [IcmpType.ECHO_REPLY]: "echo reply",
  [IcmpType.UNREACHABLE]: "destination unreachable",
  [IcmpType.SOURCE_QUENCH]: "source quench",
  [IcmpType.REDIRECT]: "redirect",
  [IcmpType.ECHO_REQUEST]: "echo request",
  [IcmpType.TIME_EXCEEDED]: "time exceeded",
  [IcmpType.PARAMETER_PROBLEM]: "parameter problem",
};
const UNREACHABLE_NAMES = ["network", "host", "protocol", "port"];
const FRAGMENTATION_NEEDED = 4;

/** "IPv4", "ARP", ... or the number; below 1536 it is a length (IEEE 802.3), not a type. */
export function etherTypeText(etherType: number): string {
  return ETHER_TYPE_NAMES[etherType] ?? (etherType < 1536 ? `length ${etherType}` : hex(etherType));
}

export function protocolText(protocol: number): string {
  return PROTOCOL_NAMES[protocol] ?? `protocol ${protocol}`;
}

/** An ICMP type and code as words: "echo request", "port unreachable". */
export function icmpText(type: number, code: number): string {
  if (type === IcmpType.UNREACHABLE) {
    if (code === FRAGMENTATION_NEEDED) return "fragmentation needed";
    const what = UNREACHABLE_NAMES[code];
    if (what) return `${what} unreachable`;
  }
  const name = ICMP_NAMES[type] ?? `type ${type}`;
  return code === 0 ? name : `${name}, code ${code}`;
}

/** True for the types that report an error about a packet, which they quote. */
export function isIcmpError(type: number): boolean {
  const { UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM } = IcmpType;
  return [UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM].some((error) => error === type);
}
