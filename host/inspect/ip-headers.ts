// The headers of both versions of IP: IPv4 (RFC 791), and IPv6 (RFC 8200) with the extension headers behind it.

import type { CarriedPlace } from "./carried.ts";
import type { Dissection, Ipv4Header, Ipv6Header } from "./dissection.ts";
import { bigEndian, FieldReader, hex, internetChecksum } from "./fields.ts";
import { readExtensions } from "./ipv6-extensions.ts";
import { protocolText } from "./protocol-names.ts";

const IPV4_SHORTEST = 20;
const IPV6_BYTES = 40;

/**
 * Reads the IPv4 header at `start` into `result`. Answers where the message behind it lies; null where there is none to
 * be read: the header is damaged, or this is a later fragment.
 */
export function readIpv4(
  result: Dissection,
  frame: Uint8Array,
  start: number,
  end: number,
  quoted: boolean,
): CarriedPlace | null {
  const room = end - start;
  const headerBytes = ((frame[start] ?? 0) & 15) * 4;
  if (room < IPV4_SHORTEST || (frame[start] ?? 0) >>> 4 !== 4 || headerBytes < IPV4_SHORTEST || headerBytes > room) {
    result.problems.push(`IPv4: no whole header of version 4 in ${room} bytes`);
    return null;
  }
  const reader = new FieldReader("IPv4", frame, start, headerBytes);
  const ip = readIpv4Header(reader, headerBytes);
  result.ip = ip;
  result.ipv4 = ip;
  result.layers.push(reader.layer);
  if (internetChecksum(reader.slice(0, headerBytes)) !== 0)
    result.problems.push("IPv4: the header's checksum is wrong");
  if (ip.totalBytes < headerBytes || (ip.totalBytes > room && !quoted)) {
    result.problems.push(`IPv4: a total length of ${ip.totalBytes} does not fit ${room} bytes`);
    return null;
  }
  const place = { frame, start: start + headerBytes, end: Math.min(end, start + ip.totalBytes), quoted };
  result.payload = frame.subarray(place.start, place.end);
  if (ip.fragmentOffset !== 0) return null;
  const whole = !ip.moreFragments && !quoted;
  return { ...place, version: 4, addresses: reader.slice(12, 8), protocol: ip.protocol, whole };
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
  return { version: 4, source, destination, protocol, ttl, headerBytes, totalBytes, ...fragment };
}

/** The same for IPv6, with its extension headers; null also where there is nothing behind them that could be read. */
export function readIpv6(
  result: Dissection,
  frame: Uint8Array,
  start: number,
  end: number,
  quoted: boolean,
): CarriedPlace | null {
  const room = end - start;
  if (room < IPV6_BYTES || (frame[start] ?? 0) >>> 4 !== 6) {
    result.problems.push(`IPv6: no whole header of version 6 in ${room} bytes`);
    return null;
  }
  const reader = new FieldReader("IPv6", frame, start, IPV6_BYTES);
  const ip = readIpv6Header(reader);
  result.ip = ip;
  result.ipv6 = ip;
  result.layers.push(reader.layer);
  result.payload = frame.subarray(start + IPV6_BYTES, end);
  if (IPV6_BYTES + ip.payloadBytes > room && !quoted) {
    result.problems.push(`IPv6: a payload of ${ip.payloadBytes} bytes does not fit ${room - IPV6_BYTES} bytes`);
    return null;
  }
  const last = Math.min(end, start + IPV6_BYTES + ip.payloadBytes);
  const chain = readExtensions(result, ip, { frame, start: start + IPV6_BYTES, end: last, quoted });
  result.payload = frame.subarray(chain.end, last);
  if (!chain.isWhole || ip.fragmentOffset !== 0) return null;
  const whole = !ip.moreFragments && !quoted && !chain.isRouted;
  const { protocol } = ip;
  return { frame, start: chain.end, end: last, version: 6, addresses: reader.slice(8, 32), protocol, whole, quoted };
}

function readIpv6Header(reader: FieldReader): Ipv6Header {
  reader.bits("version", 0, 1, 4, 4);
  const services = reader.bits("differentiated services", 0, 2, 6, 6);
  const congestion = reader.bits("congestion notification", 1, 1, 4, 2);
  const flowLabel = reader.bits("flow label", 0, 4, 0, 20, (label) => hex(label, 5));
  const payloadBytes = reader.u16("payload length", 4);
  const protocol = reader.u8("next header", 6, protocolText);
  const hopLimit = reader.u8("hop limit", 7);
  const source = reader.ipv6("source", 8);
  const destination = reader.ipv6("destination", 24);
  const trafficClass = (services << 2) | congestion;
  const unfragmented = { moreFragments: false, fragmentOffset: 0 };
  const header = {
    version: 6,
    source,
    destination,
    protocol,
    hopLimit,
    trafficClass,
    flowLabel,
    payloadBytes,
  } as const;
  return { ...header, ...unfragmented, extensions: [] };
}

/** The version that the packet at `start` says it has. */
export function versionAt(frame: Uint8Array, start: number): number {
  return bigEndian(frame, start, 1) >>> 4;
}
