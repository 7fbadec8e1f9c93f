// ICMP (RFC 792) and ICMPv6 (RFC 4443): echoes and errors here; what ICMPv6 says of neighbors, routers and groups in files
// of their own.

import { type CarriedPlace, complain, pseudoChecksum, type Quote } from "./carried.ts";
import { isDiscovery, readDiscovery } from "./discovery-messages.ts";
import type { Dissection, IcmpMessage } from "./dissection.ts";
import { FieldReader, hex, internetChecksum } from "./fields.ts";
import { isMld, readMld } from "./group-messages.ts";
import { Icmp6Type, IcmpType, icmpTypeText, isEcho, isIcmpError } from "./protocol-names.ts";

/** Bytes of the shortest message. */
export const ICMP_BYTES = 8;

const FRAGMENTATION_NEEDED = 4;

/** Reads the message at `place` into `result`; answers what it quotes. */
export function readIcmp(result: Dissection, place: CarriedPlace): Quote[] {
  const { frame, start, end, version } = place;
  const name = version === 4 ? "ICMP" : "ICMPv6";
  if (end - start < ICMP_BYTES) {
    result.problems.push(`${name}: ${end - start} bytes are too few for a header of ${ICMP_BYTES}`);
    return [];
  }
  const reader = new FieldReader(name, frame, start, ICMP_BYTES);
  const type = reader.u8("type", 0, (value) => icmpTypeText(version, value));
  const icmp: IcmpMessage = { version, type, code: reader.u8("code", 1) };
  reader.u16("checksum", 2, hex);
  result.icmp = icmp;
  result.layers.push(reader.layer);
  result.payload = frame.subarray(start + ICMP_BYTES, end);
  const sum = version === 4 ? internetChecksum(frame.subarray(start, end)) : pseudoChecksum(place, end);
  if (place.whole && sum !== 0) complain(result, place, `${name}: the checksum is wrong`);
  if (version === 6 && isDiscovery(type)) return readDiscovery(result, place, reader);
  if (version === 6 && isMld(type)) readMld(result, place, reader);
  else readRest(icmp, reader);
  // No error is sent about an error (RFC 1122 §3.2.2, RFC 4443 §2.4): what a quoted one quotes stays bytes.
  if (!isIcmpError(version, type) || place.quoted) return [];
  return [{ start: start + ICMP_BYTES, end, put: (quoted) => Object.assign(icmp, { quoted }) }];
}

// The four bytes behind the checksum, whose meaning depends on the type.
function readRest(icmp: IcmpMessage, reader: FieldReader): void {
  const { version, type, code } = icmp;
  if (isEcho(version, type)) {
    icmp.identifier = reader.u16("identifier", 4);
    icmp.sequence = reader.u16("sequence number", 6);
  } else if (version === 6 && type === Icmp6Type.PACKET_TOO_BIG) {
    icmp.mtu = reader.u32("MTU", 4);
  } else if (version === 6 && type === Icmp6Type.PARAMETER_PROBLEM) {
    icmp.pointer = reader.u32("pointer", 4);
  } else if (version === 4 && type === IcmpType.UNREACHABLE && code === FRAGMENTATION_NEEDED) {
    reader.u16("unused", 4);
    icmp.mtu = reader.u16("MTU", 6);
  } else if (version === 4 && type === IcmpType.PARAMETER_PROBLEM) {
    icmp.pointer = reader.u8("pointer", 4);
    reader.raw("unused", 5, 3);
  } else if (version === 4 && type === IcmpType.REDIRECT) {
    icmp.gateway = reader.ipv4("gateway", 4);
  } else {
    reader.u32("rest of header", 4, (value) => hex(value, 8));
  }
}
