// What the dissector answers: the headers of one frame as typed values.

import type { DiscoveryMessage } from "./discovery-messages.ts";
import type { Layer } from "./fields.ts";
import type { GroupMessage } from "./group-messages.ts";
import type { TcpHeader } from "./tcp-header.ts";

export interface EthernetHeader {
  destination: string;
  source: string;
  /** Of what the frame carries, behind its VLAN tags. */
  etherType: number;
}

/** A tag of IEEE 802.1Q. */
export interface VlanTag {
  /** 0: none, the tag is there for its priority. */
  vlan: number;
  priority: number;
  dropEligible: boolean;
}

export interface ArpPacket {
  operation: number;
  senderMac: string;
  senderAddress: string;
  targetMac: string;
  targetAddress: string;
}

/** What the headers of both versions say. */
export interface IpHeader {
  version: 4 | 6;
  source: string;
  destination: string;
  /** Of what the packet carries: in IPv6, behind its extension headers. */
  protocol: number;
  moreFragments: boolean;
  /** Bytes. */
  fragmentOffset: number;
}

export interface Ipv4Header extends IpHeader {
  version: 4;
  ttl: number;
  identification: number;
  dontFragment: boolean;
  headerBytes: number;
  totalBytes: number;
}

export interface Ipv6Header extends IpHeader {
  version: 6;
  hopLimit: number;
  /** Differentiated services and congestion notification. */
  trafficClass: number;
  flowLabel: number;
  /** Of everything behind the fixed header. */
  payloadBytes: number;
  /** Numbers of the extension headers, in the order in which they lie there. */
  extensions: number[];
  /** Of a packet with a fragment header. */
  identification?: number;
}

export interface IcmpMessage {
  /** Of IP: types mean another thing in each. */
  version: 4 | 6;
  type: number;
  code: number;
  /** Of an echo request or reply. */
  identifier?: number;
  sequence?: number;
  /** What the next link carries, where a packet was too big for it; in ICMP (version 4) 0 when the router did not say. */
  mtu?: number;
  /** Where the problem lies: bytes from the start of the packet that is quoted. */
  pointer?: number;
  /** The router that a redirect of IPv4 recommends. */
  gateway?: string;
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
  /** Outermost first. */
  vlans?: VlanTag[];
  arp?: ArpPacket;
  /** `ipv4` or `ipv6`, whichever there is. */
  ip?: Ipv4Header | Ipv6Header;
  ipv4?: Ipv4Header;
  ipv6?: Ipv6Header;
  icmp?: IcmpMessage;
  /** What an ICMPv6 message says of neighbors and routers. */
  discovery?: DiscoveryMessage;
  /** What an IGMP message, or an ICMPv6 message of MLD, says of groups. */
  group?: GroupMessage;
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
