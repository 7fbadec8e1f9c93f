// ARP for Ethernet and IPv4 (RFC 826).

import { concat, demand, equalBytes, viewOf } from "./bytes.ts";

export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

export interface ArpPacket {
  operation: number;
  senderMac: Uint8Array;
  senderIp: Uint8Array;
  targetMac: Uint8Array;
  targetIp: Uint8Array;
}

export function buildArp(arp: ArpPacket): Uint8Array {
  const fixed = new Uint8Array([0, 1, 8, 0, 6, 4, 0, arp.operation]);
  return concat([fixed, arp.senderMac, arp.senderIp, arp.targetMac, arp.targetIp]);
}

export function readArp(body: Uint8Array): ArpPacket {
  demand(body.length >= 28, `the ARP packet has ${body.length} bytes instead of 28`);
  demand(equalBytes(body.slice(0, 6), Uint8Array.of(0, 1, 8, 0, 6, 4)), "the ARP packet is not for Ethernet and IPv4");
  return {
    operation: viewOf(body).getUint16(6),
    senderMac: body.slice(8, 14),
    senderIp: body.slice(14, 18),
    targetMac: body.slice(18, 24),
    targetIp: body.slice(24, 28),
  };
}
