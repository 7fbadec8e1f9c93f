// UDP datagrams over either version of IP (RFC 768, RFC 8200 §8.1).

import { checksum, concat, demand, pseudoHeaderSum, viewOf } from "./bytes.ts";
import { type IpHeader, isV6, PROTOCOL_UDP } from "./ip.ts";

const HEADER = 8;

export interface UdpDatagram {
  sourcePort: number;
  destinationPort: number;
  payload: Uint8Array;
}

export function buildUdp(udp: UdpDatagram, source: Uint8Array, destination: Uint8Array, damage = false): Uint8Array {
  const bytes = concat([new Uint8Array(HEADER), udp.payload]);
  const view = viewOf(bytes);
  view.setUint16(0, udp.sourcePort);
  view.setUint16(2, udp.destinationPort);
  view.setUint16(4, bytes.length);
  const sum = checksum(bytes, pseudoHeaderSum(source, destination, PROTOCOL_UDP, bytes.length)) || 0xffff;
  view.setUint16(6, sum ^ (damage ? 1 : 0));
  return bytes;
}

export function readUdp(ip: IpHeader, bytes: Uint8Array): UdpDatagram {
  demand(bytes.length >= HEADER, "the UDP header is cut off");
  const view = viewOf(bytes);
  demand(view.getUint16(4) === bytes.length, `UDP length ${view.getUint16(4)} in a payload of ${bytes.length} bytes`);
  demand(!isV6(ip.source) || view.getUint16(6) !== 0, "the UDP datagram over IPv6 has no checksum");
  const sum = checksum(bytes, pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_UDP, bytes.length));
  demand(sum === 0, "the UDP checksum is wrong");
  return { sourcePort: view.getUint16(0), destinationPort: view.getUint16(2), payload: bytes.slice(HEADER) };
}
