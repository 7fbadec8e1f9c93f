// The dissector: an Ethernet frame taken apart into headers, for programs (typed) and for people (fields). It reads
// whatever it is given: a damaged or cut-off frame gives what could be read, and the reasons why there is no more.

import { type Dissection, EtherType, etherTypeText, type Ipv4Header, isIcmpError, protocolText } from "./dissection.ts";
import { bigEndian, FieldReader, hex, internetChecksum } from "./fields.ts";
import { readTransport } from "./transport-headers.ts";

const ETHERNET_BYTES = 14;
const ARP_BYTES = 28;
const IPV4_SHORTEST = 20;

/** Takes a frame apart; `frame` begins with the destination address and has no FCS. Never throws. */
export function dissect(frame: Uint8Array): Dissection {
  const result: Dissection = { bytes: frame.length, payload: frame, layers: [], problems: [] };
  if (frame.length < ETHERNET_BYTES) {
    result.problems.push(`Ethernet: ${frame.length} bytes are too few for a header of ${ETHERNET_BYTES}`);
    return result;
  }
  const reader = new FieldReader("Ethernet", frame, 0, ETHERNET_BYTES);
  const destination = reader.mac("destination", 0);
  const source = reader.mac("source", 6);
  const etherType = reader.u16("type", 12, etherTypeText);
  result.ethernet = { destination, source, etherType };
  result.layers.push(reader.layer);
  result.payload = frame.subarray(ETHERNET_BYTES);
  if (etherType === EtherType.ARP) readArp(result, frame, ETHERNET_BYTES);
  if (etherType === EtherType.IPV4) readIpv4(result, frame, ETHERNET_BYTES, frame.length);
  noteRest(result, frame);
  return result;
}

function readArp(result: Dissection, frame: Uint8Array, start: number): void {
  if (frame.length - start < ARP_BYTES) {
    result.problems.push(`ARP: ${frame.length - start} bytes are too few for ${ARP_BYTES}`);
    return;
  }
  if (bigEndian(frame, start, 4) !== 0x0001_0800 || bigEndian(frame, start + 4, 2) !== 0x0604) {
    result.problems.push("ARP: it is not about Ethernet and IPv4 addresses");
    return;
  }
  const reader = new FieldReader("ARP", frame, start, ARP_BYTES);
  reader.u16("hardware", 0, () => "Ethernet");
  reader.u16("protocol", 2, () => "IPv4");
  reader.u8("hardware address bytes", 4);
  reader.u8("protocol address bytes", 5);
  const operation = reader.u16("operation", 6, (op) => (op === 1 ? "request" : op === 2 ? "reply" : `${op}`));
  const senderMac = reader.mac("sender's MAC", 8);
  const senderAddress = reader.ipv4("sender's address", 14);
  const targetMac = reader.mac("target's MAC", 18);
  const targetAddress = reader.ipv4("target's address", 24);
  result.arp = { operation, senderMac, senderAddress, targetMac, targetAddress };
  result.layers.push(reader.layer);
  result.payload = frame.subarray(start + ARP_BYTES, start + ARP_BYTES);
}

function readIpv4(result: Dissection, frame: Uint8Array, start: number, end: number, quoted = false): void {
  const room = end - start;
  const headerBytes = ((frame[start] ?? 0) & 15) * 4;
  if (room < IPV4_SHORTEST || (frame[start] ?? 0) >>> 4 !== 4 || headerBytes < IPV4_SHORTEST || headerBytes > room) {
    result.problems.push(`IPv4: no whole header of version 4 in ${room} bytes`);
    return;
  }
  const reader = new FieldReader("IPv4", frame, start, headerBytes);
  const ip = readIpv4Header(reader, headerBytes);
  result.ipv4 = ip;
  result.layers.push(reader.layer);
  if (internetChecksum(reader.slice(0, headerBytes)) !== 0)
    result.problems.push("IPv4: the header's checksum is wrong");
  if (ip.totalBytes < headerBytes || (ip.totalBytes > room && !quoted)) {
    result.problems.push(`IPv4: a total length of ${ip.totalBytes} does not fit ${room} bytes`);
    return;
  }
  const last = Math.min(end, start + ip.totalBytes);
  result.payload = frame.subarray(start + headerBytes, last);
  if (ip.fragmentOffset !== 0) return;
  readTransport(result, {
    frame,
    start: start + headerBytes,
    end: last,
    addresses: start + 12,
    protocol: ip.protocol,
    whole: !ip.moreFragments && !quoted,
    quoted,
  });
  // No error is sent about an error (RFC 1122 §3.2.2): what a quoted one quotes stays bytes.
  const quotes = result.icmp && isIcmpError(result.icmp.type) && !quoted;
  if (result.icmp && quotes) result.icmp.quoted = readQuoted(frame, result.payload.byteOffset - frame.byteOffset, last);
}

// The packet an ICMP error quotes is cut off; that is no damage.
function readQuoted(frame: Uint8Array, start: number, end: number): Dissection {
  const payload = frame.subarray(start, end);
  const result: Dissection = { bytes: payload.length, payload, layers: [], problems: [] };
  readIpv4(result, frame, start, end, true);
  return result;
}

function readIpv4Header(reader: FieldReader, headerBytes: number): Ipv4Header {
  reader.bits("version", 0, 1, 4, 4);
  reader.bits("header length", 0, 1, 0, 4, (words) => `${words * 4} bytes`);
  reader.bits("differentiated services", 1, 1, 2, 6);
  reader.bits("congestion notification", 1, 1, 0, 2);
  const totalBytes = reader.u16("total length", 2);
  const identification = reader.u16("identification", 4, hex);
  const dontFragment = reader.bits("don't fragment", 6, 1, 6, 1) === 1;
  const moreFragments = reader.bits("more fragments", 6, 1, 5, 1) === 1;
  const fragmentOffset = reader.bits("fragment offset", 6, 2, 0, 13, (units) => `${units * 8}`) * 8;
  const ttl = reader.u8("time to live", 8);
  const protocol = reader.u8("protocol", 9, protocolText);
  reader.u16("header checksum", 10, hex);
  const source = reader.ipv4("source", 12);
  const destination = reader.ipv4("destination", 16);
  if (headerBytes > IPV4_SHORTEST) reader.raw("options", IPV4_SHORTEST, headerBytes - IPV4_SHORTEST);
  const fragment = { identification, dontFragment, moreFragments, fragmentOffset };
  return { source, destination, protocol, ttl, headerBytes, totalBytes, ...fragment };
}

// What no header explains: the payload, and behind it what only fills the frame up to 60 bytes.
function noteRest(result: Dissection, frame: Uint8Array): void {
  const start = result.payload.byteOffset - frame.byteOffset;
  const end = start + result.payload.length;
  for (const [name, offset, stop] of [["Data", start, end] as const, ["Padding", end, frame.length] as const]) {
    const bytes = stop - offset;
    if (bytes === 0) continue;
    const field = { name: name.toLowerCase(), offset, bytes, text: `${bytes} bytes` };
    result.layers.push({ name, offset, bytes, fields: [field] });
  }
}
