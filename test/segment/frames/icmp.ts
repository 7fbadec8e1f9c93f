// ICMP messages of both versions (RFC 792, RFC 4443): echoes and errors; what has a format of its own is read further in
// discovery.ts and groups.ts.

import { checksum, concat, demand, fourBytes, pseudoHeaderSum, viewOf } from "./bytes.ts";
import { type IpHeader, isV6, PROTOCOL_ICMPV6 } from "./ip.ts";

const HEADER = 8;

export interface IcmpMessage {
  type: number;
  code: number;
  /** The four bytes after the checksum: identifier and sequence number, next-hop MTU, or unused. */
  rest: number;
  payload: Uint8Array;
}

/** A message with its checksum, which in IPv6 covers a pseudo header (RFC 4443 §2.3). `damage` spoils it. */
export function buildIcmp(
  icmp: IcmpMessage,
  ends: Pick<IpHeader, "source" | "destination"> | undefined = undefined,
  damage = false,
): Uint8Array {
  const bytes = concat([Uint8Array.of(icmp.type, icmp.code, 0, 0), fourBytes(icmp.rest), icmp.payload]);
  viewOf(bytes).setUint16(2, checksum(bytes, sumOfEnds(ends, bytes.length)) ^ (damage ? 1 : 0));
  return bytes;
}

/** Takes the message in a packet of either version apart. Throws `FrameError`. */
export function readIcmp(ip: IpHeader, bytes: Uint8Array): IcmpMessage {
  demand(bytes.length >= HEADER, "the ICMP header is cut off");
  demand(checksum(bytes, sumOfEnds(ip, bytes.length)) === 0, "the ICMP checksum is wrong");
  return { type: bytes[0], code: bytes[1], rest: viewOf(bytes).getUint32(4), payload: bytes.slice(HEADER) };
}

function sumOfEnds(ends: Pick<IpHeader, "source" | "destination"> | undefined, bytes: number): number {
  if (ends === undefined || !isV6(ends.source)) return 0;
  return pseudoHeaderSum(ends.source, ends.destination, PROTOCOL_ICMPV6, bytes);
}
