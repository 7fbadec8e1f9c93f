// Messages of ICMPv6 (RFC 4443 §2.1) as every layer that has some writes them: type, code, checksum, body.

import { bswap16 } from "../base/bytes";
import { fold32, sumPseudoHeader } from "../base/checksum";
import { chainBytes, sumChain } from "../device/chain";
import { Packet } from "../device/packet";
import { Protocol } from "./protocol";

export const enum Icmp6Type {
  UNREACHABLE = 1,
  TOO_BIG = 2,
  TIME_EXCEEDED = 3,
  PARAMETER_PROBLEM = 4,
  ECHO = 128,
  ECHO_REPLY = 129,
  MLD_QUERY = 130,
  MLD_V1_REPORT = 131,
  MLD_DONE = 132,
  ROUTER_SOLICITATION = 133,
  ROUTER_ADVERTISEMENT = 134,
  NEIGHBOR_SOLICITATION = 135,
  NEIGHBOR_ADVERTISEMENT = 136,
  REDIRECT = 137,
  MLD_V2_REPORT = 143,
}

/** Puts type, code and checksum into the message in view, whose body stands from its fifth byte on. */
export function finishIcmp6(packet: Packet, type: u32, code: u32, source: usize, destination: usize): void {
  const p = packet.data;
  store<u32>(p, type | (code << 8));
  store<u16>(p, <u16>~sumIcmp6(packet, source, destination), 2);
}

/** The sum of the message in view with its pseudo-header: 0xffff of one that is whole. */
export function sumIcmp6(packet: Packet, source: usize, destination: usize): u32 {
  const pseudo = sumPseudoHeader(source, destination, Protocol.ICMPV6) + bswap16(chainBytes(packet));
  return fold32(pseudo + sumChain(packet));
}
