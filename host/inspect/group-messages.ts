// What hosts and routers say of groups: IGMP in its three versions (RFC 1112, RFC 2236, RFC 3376), and MLD in its two
// (RFC 2710, RFC 3810), which is the same over ICMPv6.

import { type CarriedPlace, complain } from "./carried.ts";
import type { Dissection } from "./dissection.ts";
import { bigEndian, FieldReader, hex, internetChecksum } from "./fields.ts";
import { Icmp6Type } from "./protocol-names.ts";

interface OfProtocol {
  protocol: "IGMP" | "MLD";
  version: 1 | 2 | 3;
}

/** A router asks who is there. */
export interface GroupQuery extends OfProtocol {
  kind: "query";
  /** null: in any group. */
  group: string | null;
  /** Seconds in which to answer; 0 in IGMPv1, where it is ten. */
  within: number;
  /** From whom alone, in the last version of each protocol. */
  sources: string[];
  /** Routers are not to take this query for a reason to wait for answers. */
  suppress: boolean;
  /** How many losses in a row to reckon with, and the router's interval in seconds; 0: no word of it. */
  robustness: number;
  interval: number;
}

/** A host is in a group, or leaves it. */
export interface GroupReport extends OfProtocol {
  kind: "report" | "leave";
  group: string;
}

/** What a host wants of one group: "is" now, "to" from now on; "in" only these sources, "ex" all but these. */
export interface GroupRecord {
  type: "is-in" | "is-ex" | "to-in" | "to-ex" | "allow" | "block" | "unknown";
  group: string;
  sources: string[];
}

/** A host's groups, in the last version of each protocol. */
export interface GroupRecords extends OfProtocol {
  kind: "records";
  records: GroupRecord[];
}

export type GroupMessage = GroupQuery | GroupReport | GroupRecords;

/** Bytes of the shortest IGMP message. */
export const IGMP_SHORTEST = 8;

const IgmpType = { QUERY: 0x11, REPORT_V1: 0x12, REPORT_V2: 0x16, LEAVE: 0x17, REPORT_V3: 0x22 } as const;
const IGMP_NAMES: Record<number, string> = {
  [IgmpType.QUERY]: "query",
  [IgmpType.REPORT_V1]: "report, version 1",
  [IgmpType.REPORT_V2]: "report, version 2",
  [IgmpType.LEAVE]: "leave",
  [IgmpType.REPORT_V3]: "report, version 3",
};
const MLD_SHORTEST = 24;
const RECORDS_HEADER = 8;
const RECORD_TYPES = ["unknown", "is-in", "is-ex", "to-in", "to-ex", "allow", "block"] as const;

/** How a protocol writes addresses, and where they lie in its messages. */
interface Format {
  name: "IGMP" | "ICMPv6";
  addressBytes: 4 | 16;
  address: (reader: FieldReader, name: string, at: number) => string;
  nobody: string;
}

const IGMP: Format = {
  name: "IGMP",
  addressBytes: 4,
  address: (reader, n, at) => reader.ipv4(n, at),
  nobody: "0.0.0.0",
};
const MLD: Format = { name: "ICMPv6", addressBytes: 16, address: (reader, n, at) => reader.ipv6(n, at), nobody: "::" };

/** Reads an IGMP message into `result`. */
export function readIgmp(result: Dissection, place: CarriedPlace): void {
  const { frame, start, end } = place;
  const bytes = end - start;
  if (bytes < IGMP_SHORTEST) {
    result.problems.push(`IGMP: ${bytes} bytes are too few for a message of ${IGMP_SHORTEST}`);
    return;
  }
  const reader = new FieldReader("IGMP", frame, start, IGMP_SHORTEST);
  result.layers.push(reader.layer);
  result.payload = frame.subarray(start + IGMP_SHORTEST, end);
  const type = reader.u8("type", 0, (value) => IGMP_NAMES[value] ?? `type ${value}`);
  const isQuery = type === IgmpType.QUERY;
  const version = isQuery ? queryVersion(frame, place) : type === IgmpType.REPORT_V1 ? 1 : 2;
  const within = reader.u8(isQuery ? "response code" : "reserved", 1, (code) => `${code}`);
  reader.u16("checksum", 2, hex);
  if (place.whole && internetChecksum(frame.subarray(start, end)) !== 0)
    result.problems.push("IGMP: the checksum is wrong");
  if (type === IgmpType.REPORT_V3) {
    result.group = { protocol: "IGMP", version: 3, kind: "records", records: readRecords(result, place, reader, IGMP) };
    return;
  }
  const group = reader.ipv4("group", 4);
  if (isQuery) {
    const asked = { protocol: "IGMP", version, kind: "query", group: group === IGMP.nobody ? null : group } as const;
    const more = version === 3 ? readQueryRest(result, place, reader, 8, IGMP) : NO_MORE;
    result.group = { ...asked, within: (version === 3 ? floating8(within) : within) / 10, ...more };
  } else if (IGMP_NAMES[type] !== undefined) {
    result.group = { protocol: "IGMP", version, kind: type === IgmpType.LEAVE ? "leave" : "report", group };
  }
}

// RFC 3376 §7.1: by its length, and whether it names a time.
function queryVersion(frame: Uint8Array, { start, end }: CarriedPlace): 1 | 2 | 3 {
  if (end - start >= 12) return 3;
  return frame[start + 1] === 0 ? 1 : 2;
}

export function isMld(type: number): boolean {
  const { GROUP_QUERY, GROUP_REPORT, GROUP_DONE, GROUP_RECORDS } = Icmp6Type;
  return [GROUP_QUERY, GROUP_REPORT, GROUP_DONE, GROUP_RECORDS].some((each) => each === type);
}

/** Goes on reading an ICMPv6 message of MLD whose type, code and checksum `reader` has. */
export function readMld(result: Dissection, place: CarriedPlace, reader: FieldReader): void {
  const { frame, start, end } = place;
  const type = result.icmp?.type ?? 0;
  if (type === Icmp6Type.GROUP_RECORDS) {
    result.group = { protocol: "MLD", version: 2, kind: "records", records: readRecords(result, place, reader, MLD) };
    return;
  }
  if (end - start < MLD_SHORTEST) {
    complain(result, place, `ICMPv6: ${end - start} bytes are too few for a message of ${MLD_SHORTEST}`);
    reader.raw("rest of header", 4, reader.layer.bytes - 4);
    return;
  }
  reader.layer.bytes = MLD_SHORTEST;
  result.payload = frame.subarray(start + MLD_SHORTEST, end);
  // RFC 3810 §8.1.
  const version = type === Icmp6Type.GROUP_QUERY && end - start >= MLD_SHORTEST + 4 ? 2 : 1;
  const within = reader.u16("response delay", 4);
  reader.u16("reserved", 6);
  const group = reader.ipv6("group", 8);
  if (type === Icmp6Type.GROUP_QUERY) {
    const asked = { protocol: "MLD", version, kind: "query", group: group === MLD.nobody ? null : group } as const;
    const more = version === 2 ? readQueryRest(result, place, reader, MLD_SHORTEST, MLD) : NO_MORE;
    result.group = { ...asked, within: (version === 2 ? floating16(within) : within) / 1000, ...more };
  } else {
    result.group = { protocol: "MLD", version, kind: type === Icmp6Type.GROUP_DONE ? "leave" : "report", group };
  }
}

const NO_MORE = { suppress: false, robustness: 0, interval: 0, sources: [] as string[] };

// What the last version of each protocol has behind the group that is asked for.
function readQueryRest(result: Dissection, place: CarriedPlace, reader: FieldReader, at: number, format: Format) {
  const { frame, start, end } = place;
  const count = bigEndian(frame, start + at + 2, 2);
  const room = Math.floor((end - start - at - 4) / format.addressBytes);
  if (count > room) complain(result, place, `${format.name}: ${count} sources, and room for ${room}`);
  reader.layer.bytes = at + 4 + Math.min(count, room) * format.addressBytes;
  reader.bits("reserved bits", at, 1, 4, 4);
  const suppress = reader.flag("suppress router-side processing", at, 3);
  const robustness = reader.bits("robustness", at, 1, 0, 3);
  const interval = floating8(reader.u8("query interval", at + 1, (code) => `${floating8(code)} s`));
  reader.u16("sources", at + 2);
  const sources = sourcesAt(reader, at + 4, Math.min(count, room), format);
  result.payload = frame.subarray(start + reader.layer.bytes, end);
  return { suppress, robustness, interval, sources };
}

function readRecords(result: Dissection, place: CarriedPlace, header: FieldReader, format: Format): GroupRecord[] {
  const { frame, start, end } = place;
  header.u16("reserved", 4);
  const count = header.u16("records", 6);
  const records: GroupRecord[] = [];
  let at = start + RECORDS_HEADER;
  while (records.length < count) {
    const bytes = 4 + format.addressBytes * (1 + bigEndian(frame, at + 2, 2)) + 4 * (frame[at + 1] ?? 0);
    if (at + bytes > end) {
      complain(result, place, `${format.name}: ${count} records, and ${records.length} are there`);
      break;
    }
    const reader = new FieldReader("Record", frame, at, bytes);
    result.layers.push(reader.layer);
    records.push(readRecord(reader, format));
    at += bytes;
  }
  result.payload = frame.subarray(at, end);
  return records;
}

function readRecord(reader: FieldReader, format: Format): GroupRecord {
  const nameOf = (value: number): GroupRecord["type"] => RECORD_TYPES[value] ?? "unknown";
  const type = nameOf(reader.u8("type", 0, nameOf));
  const auxiliary = reader.u8("auxiliary data", 1, (words) => `${words * 4} bytes`) * 4;
  const count = reader.u16("sources", 2);
  const group = format.address(reader, "group", 4);
  const sources = sourcesAt(reader, 4 + format.addressBytes, count, format);
  if (auxiliary > 0) reader.raw("auxiliary data", reader.layer.bytes - auxiliary, auxiliary);
  return { type, group, sources };
}

function sourcesAt(reader: FieldReader, at: number, count: number, { address, addressBytes }: Format): string[] {
  return Array.from({ length: count }, (_, i) => address(reader, "source", at + i * addressBytes));
}

// Large values have an exponent (RFC 3376 §4.1.1, RFC 3810 §5.1.3).
function floating8(code: number): number {
  return code < 128 ? code : ((code & 15) | 16) << (((code >> 4) & 7) + 3);
}

function floating16(code: number): number {
  return code < 32768 ? code : ((code & 0xfff) | 0x1000) << (((code >> 12) & 7) + 3);
}
