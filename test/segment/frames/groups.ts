// Who is a member of which group: IGMP (RFC 1112, RFC 2236, RFC 3376) and MLD (RFC 2710, RFC 3810). The second is the
// first with longer addresses inside ICMPv6, so that both are one message here.

import { checksum, concat, demand, equalBytes, fourBytes, isZero, twoBytes, viewOf } from "./bytes.ts";
import type { IcmpMessage } from "./icmp.ts";
import { type IpHeader, isGroup, PROTOCOL_HOP_BY_HOP } from "./ip.ts";

export const MLD_QUERY = 130;
export const MLD_REPORT_1 = 131;
export const MLD_DONE = 132;
export const MLD_REPORT_2 = 143;

const IGMP_QUERY = 0x11;
const IGMP_REPORT_1 = 0x12;
const IGMP_REPORT_2 = 0x16;
const IGMP_LEAVE = 0x17;
const IGMP_REPORT_3 = 0x22;

/** The option that makes routers look into the packet, in either version (RFC 2113 §2.1, RFC 2711 §2.1). */
export const ROUTER_ALERT_4 = Uint8Array.of(148, 4, 0, 0);
export const ROUTER_ALERT_6 = Uint8Array.of(5, 2, 0, 0);

/** Where reports with records go: all routers that speak the version with them. */
const RECORD_ROUTERS_4 = Uint8Array.of(224, 0, 0, 22);
const RECORD_ROUTERS_6 = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 22);

export interface GroupRecord {
  type: number;
  group: Uint8Array;
  sources: Uint8Array[];
}

export interface GroupMessage {
  protocol: "igmp" | "mld";
  /** Of the protocol: IGMP 1 to 3, MLD 1 and 2. */
  version: number;
  kind: "query" | "report" | "leave";
  /** What is asked about or reported; all zeros in a general query and in reports with records. */
  group: Uint8Array;
  /** Of a query: the time to answer in, in milliseconds. */
  within: number;
  /** Of a query with sources: what its sender is set to (RFC 3376 §4.1, RFC 3810 §5.1). */
  suppress: boolean;
  robustness: number;
  interval: number;
  sources: Uint8Array[];
  records: GroupRecord[];
}

/** The version of its protocol that has source lists and records. */
export function withSources({ protocol, version }: Pick<GroupMessage, "protocol" | "version">): boolean {
  return version === (protocol === "igmp" ? 3 : 2);
}

// ---- IGMP --------------------------------------------------------------------------------------------------------

export function buildIgmp(message: GroupMessage, damage = false): Uint8Array {
  const body = message.kind === "report" && withSources(message) ? buildRecords(message) : buildGroup(message);
  const code = message.kind === "query" && message.version > 1 ? igmpCode(message) : 0;
  const bytes = concat([Uint8Array.of(igmpType(message), code, 0, 0), body]);
  viewOf(bytes).setUint16(2, checksum(bytes) ^ (damage ? 1 : 0));
  return bytes;
}

function igmpType({ kind, version }: GroupMessage): number {
  if (kind === "query") return IGMP_QUERY;
  if (kind === "leave") return IGMP_LEAVE;
  return { 1: IGMP_REPORT_1, 2: IGMP_REPORT_2 }[version] ?? IGMP_REPORT_3;
}

// Tenths of a second; only version 3 has the long form.
function igmpCode({ within, version }: GroupMessage): number {
  const tenths = Math.round(within / 100);
  return version === 3 ? toCode(tenths, 8) : tenths;
}

export function readIgmp(ip: IpHeader, bytes: Uint8Array): GroupMessage {
  demand(bytes.length >= 8, "the IGMP message is cut off");
  demand(checksum(bytes) === 0, "the IGMP checksum is wrong");
  const [type, code] = bytes;
  const message = empty("igmp", 4);
  const body = bytes.slice(4);
  if (type === IGMP_QUERY) readQuery(message, body, bytes.length >= 12 ? 3 : code === 0 ? 1 : 2);
  else if (type === IGMP_REPORT_3) readRecords(message, body, 3);
  else if (type === IGMP_REPORT_2 || type === IGMP_LEAVE) readGroup(message, body, 2);
  else demand(type === IGMP_REPORT_1, `IGMP type ${type} is none there is`);
  if (type === IGMP_REPORT_1) readGroup(message, body, 1);
  if (type !== IGMP_QUERY) message.kind = type === IGMP_LEAVE ? "leave" : "report";
  message.within = message.kind === "query" ? fromCode(code, 8) * 100 : 0;
  demandWay(ip, message);
  return message;
}

// ---- MLD ---------------------------------------------------------------------------------------------------------

export function mldToIcmp(message: GroupMessage): IcmpMessage {
  const isRecords = message.kind === "report" && withSources(message);
  const code = withSources(message) ? toCode(message.within, 16) : message.within;
  const word = message.kind === "query" ? (code << 16) >>> 0 : 0;
  const body = isRecords ? buildRecords(message) : concat([fourBytes(word), buildGroup(message)]);
  return { type: mldType(message), code: 0, rest: viewOf(body).getUint32(0), payload: body.slice(4) };
}

function mldType({ kind, version }: GroupMessage): number {
  if (kind === "query") return MLD_QUERY;
  if (kind === "leave") return MLD_DONE;
  return version === 1 ? MLD_REPORT_1 : MLD_REPORT_2;
}

export function isMld(type: number): boolean {
  return [MLD_QUERY, MLD_REPORT_1, MLD_DONE, MLD_REPORT_2].includes(type);
}

export function readMld(ip: IpHeader, icmp: IcmpMessage): GroupMessage {
  const message = empty("mld", 16);
  const { type, rest, payload } = icmp;
  if (type === MLD_REPORT_2) readRecords(message, concat([fourBytes(rest), payload]), 2);
  else if (type === MLD_QUERY) readQuery(message, payload, payload.length >= 20 ? 2 : 1);
  else readGroup(message, payload, 1);
  if (type !== MLD_QUERY) message.kind = type === MLD_DONE ? "leave" : "report";
  if (type === MLD_QUERY) message.within = fromCode(rest >>> 16, 16);
  demandWay(ip, message);
  return message;
}

// ---- both --------------------------------------------------------------------------------------------------------

function empty(protocol: "igmp" | "mld", addressBytes: number): GroupMessage {
  const group = new Uint8Array(addressBytes);
  const settings = { within: 0, suppress: false, robustness: 0, interval: 0 };
  return { protocol, version: 1, kind: "query", group, ...settings, sources: [], records: [] };
}

function buildGroup(message: GroupMessage): Uint8Array {
  const { kind, group, suppress, robustness, interval, sources } = message;
  if (kind !== "query" || !withSources(message)) return group;
  const settings = Uint8Array.of((suppress ? 8 : 0) | robustness, toCode(interval, 8));
  return concat([group, settings, twoBytes(sources.length), ...sources]);
}

function buildRecords({ records }: GroupMessage): Uint8Array {
  const bodies = records.map(({ type, group, sources }) =>
    concat([Uint8Array.of(type, 0), twoBytes(sources.length), group, ...sources]),
  );
  return concat([twoBytes(0), twoBytes(records.length), ...bodies]);
}

function readGroup(message: GroupMessage, body: Uint8Array, version: number): void {
  const size = message.group.length;
  demand(body.length === size, `the ${message.protocol} message has ${body.length} bytes instead of ${size}`);
  message.version = version;
  message.group = body;
}

function readQuery(message: GroupMessage, body: Uint8Array, version: number): void {
  const size = message.group.length;
  const isLong = withSources({ protocol: message.protocol, version });
  readGroup(message, isLong ? body.slice(0, size) : body, version);
  if (!isLong) return;
  message.suppress = (body[size] & 8) !== 0;
  message.robustness = body[size] & 7;
  message.interval = fromCode(body[size + 1], 8);
  const sources = body.slice(size + 4);
  demand(sources.length === viewOf(body).getUint16(size + 2) * size, "the query has not as many sources as it says");
  message.sources = addresses(sources, size);
}

function readRecords(message: GroupMessage, body: Uint8Array, version: number): void {
  const size = message.group.length;
  const view = viewOf(body);
  message.version = version;
  let at = 4;
  for (let left = view.getUint16(2); left > 0; left--) {
    demand(at + 4 + size <= body.length, "a group record is cut off");
    demand(body[at] >= 1 && body[at] <= 6 && body[at + 1] === 0, `a group record has type ${body[at]}`);
    const end = at + 4 + size + view.getUint16(at + 2) * size;
    demand(end <= body.length, "the sources of a group record are cut off");
    const group = body.slice(at + 4, at + 4 + size);
    message.records.push({ type: body[at], group, sources: addresses(body.slice(at + 4 + size, end), size) });
    at = end;
  }
  demand(at === body.length, "something follows the last group record");
}

function addresses(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: bytes.length / size }, (_, i) => bytes.slice(i * size, (i + 1) * size));
}

/** Demands that a message of a member goes the way it must (RFC 2236 §2, §3, RFC 3376 §4, RFC 2710 §3, RFC 3810 §5). */
function demandWay(ip: IpHeader, message: GroupMessage): void {
  const isV4 = message.protocol === "igmp";
  demand(ip.ttl === 1, `a message about groups with time to live ${ip.ttl}`);
  demand((isV4 && message.version === 1) || alerts(ip), "a message about groups without router alert");
  demand(isV4 || isZero(ip.source) || isLinkLocal(ip.source), "an MLD message does not come from a link-local address");
  if (message.kind !== "report") return;
  const routers = isV4 ? RECORD_ROUTERS_4 : RECORD_ROUTERS_6;
  const wanted = withSources(message) ? routers : message.group;
  demand(equalBytes(ip.destination, wanted), "a report does not go to where reports go");
  const groups = withSources(message) ? message.records.map(({ group }) => group) : [message.group];
  demand(groups.every(isGroup), "a report is about an address that is no group");
}

function alerts({ options, extensions = [] }: IpHeader): boolean {
  const first = extensions[0];
  if (first?.protocol === PROTOCOL_HOP_BY_HOP) return equalBytes(first.data.slice(0, 4), ROUTER_ALERT_6);
  return options !== undefined && equalBytes(options.slice(0, 4), ROUTER_ALERT_4);
}

function isLinkLocal(address: Uint8Array): boolean {
  return address[0] === 0xfe && address[1] >> 6 === 2;
}

/** A number as a code of `bits`: itself, or with an exponent of three bits (RFC 3376 §4.1.1, RFC 3810 §5.1.3). */
function toCode(value: number, bits: number): number {
  const half = 2 ** (bits - 1);
  if (value < half) return value;
  const mantissaBits = bits - 4;
  let exponent = 0;
  while (value >> (exponent + 3) >= 2 ** (mantissaBits + 1)) exponent++;
  return half | (exponent << mantissaBits) | ((value >> (exponent + 3)) & (2 ** mantissaBits - 1));
}

function fromCode(code: number, bits: number): number {
  if (code < 2 ** (bits - 1)) return code;
  const mantissaBits = bits - 4;
  const exponent = (code >> mantissaBits) & 7;
  return ((code & (2 ** mantissaBits - 1)) | (2 ** mantissaBits)) << (exponent + 3);
}
