// What the headers of both versions of IP have in common. The version is told by the length of the addresses.

export const PROTOCOL_HOP_BY_HOP = 0;
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_IGMP = 2;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ROUTING = 43;
export const PROTOCOL_FRAGMENT = 44;
export const PROTOCOL_ICMPV6 = 58;
export const PROTOCOL_NO_NEXT = 59;
export const PROTOCOL_DESTINATION = 60;

export interface IpHeader {
  /** 4 bytes or 16. */
  source: Uint8Array;
  destination: Uint8Array;
  /** What is carried; in IPv6 behind all extension headers. */
  protocol: number;
  /** Time to live, or hop limit. */
  ttl: number;
  /** In IPv6 that of the fragment header, 0 without one. */
  identification: number;
  /** Differentiated services byte with its ECN bits, or traffic class. */
  tos: number;
  /** IPv4 only. */
  dontFragment?: boolean;
  /** IPv4 only: whole words. */
  options?: Uint8Array;
  /** IPv6 only. */
  flowLabel?: number;
  extensions?: ExtensionHeader[];
  /** Present when the packet is a fragment; in IPv6 also one that is the whole (RFC 6946). */
  fragment?: Piece;
}

/** Where a fragment belongs: bytes from the beginning, and whether more follow. */
export interface Piece {
  offset: number;
  more: boolean;
}

/** An IPv6 extension header: its own number, and what stands behind its first two bytes (RFC 8200 §4). */
export interface ExtensionHeader {
  protocol: number;
  data: Uint8Array;
}

/** An IP packet taken apart. */
export interface IpPacket {
  ip: IpHeader;
  /** All its bytes, for quoting in an ICMP error. */
  packet: Uint8Array;
  payload: Uint8Array;
}

export function isV6(address: Uint8Array): boolean {
  return address.length === 16;
}

/** True of a group's address (RFC 1112 §4, RFC 4291 §2.7). */
export function isGroup(address: Uint8Array): boolean {
  return isV6(address) ? address[0] === 0xff : address[0] >> 4 === 0xe;
}

/** The Ethernet address that packets for a group go to (RFC 1112 §6.4, RFC 2464 §7). */
export function groupMac(group: Uint8Array): Uint8Array {
  if (isV6(group)) return Uint8Array.of(0x33, 0x33, ...group.subarray(12));
  return Uint8Array.of(0x01, 0x00, 0x5e, group[1] & 0x7f, group[2], group[3]);
}

/** The group in which whoever has `address` is asked for (RFC 4291 §2.7.1). */
export function solicitedNode(address: Uint8Array): Uint8Array {
  return Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...address.subarray(13));
}
