// What IP carries: UDP (RFC 768) and TCP, with their checksums, here; ICMP and IGMP in files of their own.

import { type CarriedPlace, complain, pseudoChecksum, type Quote } from "./carried.ts";
import type { Dissection } from "./dissection.ts";
import { bigEndian, FieldReader, hex } from "./fields.ts";
import { IGMP_SHORTEST, readIgmp } from "./group-messages.ts";
import { ICMP_BYTES, readIcmp } from "./icmp-messages.ts";
import { Protocol } from "./protocol-names.ts";
import { readTcp, TCP_SHORTEST } from "./tcp-header.ts";

const UDP_BYTES = 8;
const PORTS_BYTES = 4;
const SHORTEST: Record<number, number> = {
  [Protocol.ICMP]: ICMP_BYTES,
  [Protocol.ICMPV6]: ICMP_BYTES,
  [Protocol.IGMP]: IGMP_SHORTEST,
  [Protocol.UDP]: UDP_BYTES,
  [Protocol.TCP]: TCP_SHORTEST,
};

/** Reads the message at `place` into `result` and answers what it quotes; an unknown protocol stays payload. */
export function readCarried(result: Dissection, place: CarriedPlace): Quote[] {
  const { frame, start, end, protocol, version } = place;
  if ((protocol === Protocol.UDP || protocol === Protocol.TCP) && end - start >= PORTS_BYTES) {
    result.ports = { source: bigEndian(frame, start, 2), destination: bigEndian(frame, start + 2, 2) };
  }
  // What a quote leaves out of a header is no damage.
  if (place.quoted && end - start < (SHORTEST[protocol] ?? 0)) return [];
  if (protocol === Protocol.UDP) readUdp(result, place);
  if (protocol === Protocol.TCP) readTcpSegment(result, place);
  if (protocol === Protocol.IGMP && version === 4) readIgmp(result, place);
  if (protocol !== (version === 4 ? Protocol.ICMP : Protocol.ICMPV6)) return [];
  return readIcmp(result, place);
}

function readTcpSegment(result: Dissection, place: CarriedPlace): void {
  const { frame, start, end } = place;
  const read = readTcp(frame, start, end, result.problems);
  if (!read) return;
  result.tcp = read.header;
  result.layers.push(read.reader.layer);
  result.payload = frame.subarray(start + read.header.headerBytes, end);
  if (place.whole && pseudoChecksum(place, end) !== 0) result.problems.push("TCP: the checksum is wrong");
}

function readUdp(result: Dissection, place: CarriedPlace): void {
  const { frame, start, end } = place;
  if (end - start < UDP_BYTES) {
    result.problems.push(`UDP: ${end - start} bytes are too few for a header of ${UDP_BYTES}`);
    return;
  }
  const reader = new FieldReader("UDP", frame, start, UDP_BYTES);
  const sourcePort = reader.u16("source port", 0);
  const destinationPort = reader.u16("destination port", 2);
  const bytes = reader.u16("length", 4);
  const checksum = reader.u16("checksum", 6, (value) => (value === 0 ? "none" : hex(value)));
  result.udp = { sourcePort, destinationPort, bytes };
  result.layers.push(reader.layer);
  if (bytes < UDP_BYTES || (place.whole && bytes > end - start)) {
    result.problems.push(`UDP: a length of ${bytes} does not fit ${end - start} bytes`);
    result.payload = frame.subarray(start + UDP_BYTES, end);
    return;
  }
  const last = Math.min(end, start + bytes);
  result.payload = frame.subarray(start + UDP_BYTES, last);
  if (checksum === 0) {
    // RFC 768: the sender made none. RFC 8200 §8.1: over IPv6 it must.
    if (place.version === 6) complain(result, place, "UDP: there is no checksum, which IPv6 demands");
  } else if (place.whole && pseudoChecksum(place, last) !== 0) {
    result.problems.push("UDP: the checksum is wrong");
  }
}
