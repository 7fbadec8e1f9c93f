// Bytes of frames: builds and reads Ethernet, ARP, both versions of IP and what they carry as a careful peer would. It
// shares no code with the stack it judges. Reading checks every length and checksum and throws `FrameError` with a
// sentence. Each format has its file in frames/; here a whole frame is taken apart.

import { type ArpPacket, readArp } from "./frames/arp.ts";
import { demand, FrameError, viewOf } from "./frames/bytes.ts";
import { CLIENT_PORT, type DhcpMessage, readDhcp, SERVER_PORT } from "./frames/dhcp.ts";
import { type DiscoveryMessage, isDiscovery, readDiscovery } from "./frames/discovery.ts";
import { ETHER_ARP, ETHER_IPV4, ETHER_IPV6, ETHERNET_HEADER } from "./frames/ethernet.ts";
import { type GroupMessage, isMld, readIgmp, readMld } from "./frames/groups.ts";
import { type IcmpMessage, readIcmp } from "./frames/icmp.ts";
import {
  type IpHeader,
  type IpPacket,
  isV6,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_IGMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "./frames/ip.ts";
import { readIpv4 } from "./frames/ipv4.ts";
import { readIpv6 } from "./frames/ipv6.ts";
import { readTcp, type TcpSegment } from "./frames/tcp.ts";
import { readUdp, type UdpDatagram } from "./frames/udp.ts";

export { type ArpPacket, buildArp } from "./frames/arp.ts";
export { checksum, concat, equalBytes, FrameError } from "./frames/bytes.ts";
export { buildEthernet, ETHER_ARP, ETHER_IPV4, ETHER_IPV6 } from "./frames/ethernet.ts";
export { buildIcmp, type IcmpMessage } from "./frames/icmp.ts";
export { type IpHeader, PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "./frames/ip.ts";
export { buildIpv4 } from "./frames/ipv4.ts";
export { buildIpv6 } from "./frames/ipv6.ts";
export { buildTcp, FLAG_BITS, RAW_OPTION, type TcpOption, type TcpSegment } from "./frames/tcp.ts";
export { buildUdp, type UdpDatagram } from "./frames/udp.ts";

/** What an IP packet carries, taken apart: exactly one is present. */
export interface Carried {
  tcp?: TcpSegment;
  udp?: UdpDatagram;
  /** What goes between the ports of DHCP. */
  dhcp?: DhcpMessage;
  /** Echoes and errors of either version. */
  icmp?: IcmpMessage;
  discovery?: DiscoveryMessage;
  group?: GroupMessage;
  /** A piece of something, which only the whole tells. */
  piece?: Uint8Array;
  /** Of another protocol. */
  other?: Uint8Array;
}

/** A frame taken apart: ARP, or an IP packet with what it carries. */
export interface ReadFrame extends Carried {
  destination: Uint8Array;
  source: Uint8Array;
  arp?: ArpPacket;
  ip?: IpHeader;
  /** The IP packet's bytes, for quoting in an ICMP error. */
  packet?: Uint8Array;
  /** Of the last fragment of a packet to come: what all of them are together. */
  whole?: Carried & { ip: IpHeader };
}

/** Takes a frame from the stack apart. Throws `FrameError` when a length, a checksum or a fixed field is wrong. */
export function readFrame(frame: Uint8Array): ReadFrame {
  demand(frame.length >= ETHERNET_HEADER, `the frame has ${frame.length} bytes, too few for an Ethernet header`);
  const ends = { destination: frame.slice(0, 6), source: frame.slice(6, 12) };
  const type = viewOf(frame).getUint16(12);
  const body = frame.slice(ETHERNET_HEADER);
  if (type === ETHER_ARP) return { ...ends, arp: readArp(body) };
  if (type === ETHER_IPV4) return { ...ends, ...readPacket(readIpv4(body)) };
  if (type === ETHER_IPV6) return { ...ends, ...readPacket(readIpv6(body)) };
  throw new FrameError(`Ethernet type 0x${type.toString(16)} is neither ARP nor IP`);
}

function readPacket({ ip, packet, payload }: IpPacket): Omit<ReadFrame, "destination" | "source"> {
  const isPiece = ip.fragment !== undefined && (ip.fragment.offset > 0 || ip.fragment.more);
  return { ip, packet, ...(isPiece ? { piece: payload } : readPayload(ip, payload)) };
}

/** Takes apart what a packet with this header carries, put together where it came in pieces. Throws `FrameError`. */
export function readPayload(ip: IpHeader, payload: Uint8Array): Carried {
  const ownVersion = isV6(ip.source) ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
  if (ip.protocol === PROTOCOL_TCP) return { tcp: readTcp(ip, payload) };
  if (ip.protocol === PROTOCOL_UDP) return readAnyUdp(readUdp(ip, payload));
  if (ip.protocol === PROTOCOL_IGMP && !isV6(ip.source)) return { group: readIgmp(ip, payload) };
  if (ip.protocol === ownVersion) return readAnyIcmp(ip, readIcmp(ip, payload));
  return { other: payload };
}

function readAnyUdp(udp: UdpDatagram): Carried {
  const isDhcp = [CLIENT_PORT, SERVER_PORT].includes(udp.sourcePort);
  return isDhcp ? { dhcp: readDhcp(udp.payload) } : { udp };
}

function readAnyIcmp(ip: IpHeader, icmp: IcmpMessage): Carried {
  if (!isV6(ip.source)) return { icmp };
  if (isDiscovery(icmp.type)) return { discovery: readDiscovery(ip, icmp) };
  if (isMld(icmp.type)) return { group: readMld(ip, icmp) };
  return { icmp };
}
