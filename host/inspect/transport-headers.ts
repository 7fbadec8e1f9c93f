// The headers that IPv4 carries: ICMP (RFC 792), UDP (RFC 768) and TCP, with their checksums.

import { type Dissection, IcmpType, icmpText, Protocol } from "./dissection.ts";
import { bigEndian, FieldReader, hex, internetChecksum } from "./fields.ts";
import { readTcp, TCP_SHORTEST } from "./tcp-header.ts";

/** Where in the frame a transport message lies, and what its checksum needs to know of the IP header. */
export interface TransportPlace {
  frame: Uint8Array;
  start: number;
  end: number;
  /** Offset of the source address, which the destination address follows. */
  addresses: number;
  protocol: number;
  /** False for a first fragment and for a quoted packet, whose checksums cannot be checked. */
  whole: boolean;
  /** Quoted by an ICMP error, which keeps eight bytes of it and may leave out the rest (RFC 792). */
  quoted: boolean;
}

const ICMP_BYTES = 8;
const UDP_BYTES = 8;
const PORTS_BYTES = 4;
const SHORTEST: Record<number, number> = {
  [Protocol.ICMP]: ICMP_BYTES,
  [Protocol.UDP]: UDP_BYTES,
  [Protocol.TCP]: TCP_SHORTEST,
};

/** Reads the header at `place.start` into `result`; a protocol it does not know stays payload. */
export function readTransport(result: Dissection, place: TransportPlace): void {
  const { frame, start, end, protocol } = place;
  if ((protocol === Protocol.UDP || protocol === Protocol.TCP) && end - start >= PORTS_BYTES) {
    result.ports = { source: bigEndian(frame, start, 2), destination: bigEndian(frame, start + 2, 2) };
  }
  // What a quote leaves out of a header is no damage.
  if (place.quoted && end - start < (SHORTEST[protocol] ?? 0)) return;
  if (place.protocol === Protocol.ICMP) readIcmp(result, place);
  if (place.protocol === Protocol.UDP) readUdp(result, place);
  if (place.protocol === Protocol.TCP) readTcpSegment(result, place);
}

function readTcpSegment(result: Dissection, place: TransportPlace): void {
  const { frame, start, end } = place;
  const read = readTcp(frame, start, end, result.problems);
  if (!read) return;
  result.tcp = read.header;
  result.layers.push(read.reader.layer);
  result.payload = frame.subarray(start + read.header.headerBytes, end);
  if (place.whole && !checksumHolds(place, end)) result.problems.push("TCP: the checksum is wrong");
}

function readUdp(result: Dissection, place: TransportPlace): void {
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
  // RFC 768: a checksum of zero means that the sender made none.
  if (place.whole && checksum !== 0 && !checksumHolds(place, last)) result.problems.push("UDP: the checksum is wrong");
}

function readIcmp(result: Dissection, place: TransportPlace): void {
  const { frame, start, end } = place;
  if (end - start < ICMP_BYTES) {
    result.problems.push(`ICMP: ${end - start} bytes are too few for a header of ${ICMP_BYTES}`);
    return;
  }
  const reader = new FieldReader("ICMP", frame, start, ICMP_BYTES);
  const type = reader.u8("type", 0, (value) => icmpText(value, 0));
  const code = reader.u8("code", 1);
  reader.u16("checksum", 2, hex);
  result.icmp = { type, code };
  result.layers.push(reader.layer);
  result.payload = frame.subarray(start + ICMP_BYTES, end);
  if (type === IcmpType.ECHO_REQUEST || type === IcmpType.ECHO_REPLY) {
    result.icmp.identifier = reader.u16("identifier", 4);
    result.icmp.sequence = reader.u16("sequence number", 6);
  } else {
    reader.u32("rest of header", 4, (value) => hex(value, 8));
  }
  if (place.whole && internetChecksum(frame.subarray(start, end)) !== 0) {
    result.problems.push("ICMP: the checksum is wrong");
  }
}

// The sum covers a pseudo-header of addresses, protocol and length (RFC 9293 §3.1).
function checksumHolds(place: TransportPlace, end: number): boolean {
  const { frame, start, addresses, protocol } = place;
  const length = end - start;
  const tail = Uint8Array.of(0, protocol, length >>> 8, length & 255);
  return internetChecksum(frame.subarray(addresses, addresses + 8), tail, frame.subarray(start, end)) === 0;
}
