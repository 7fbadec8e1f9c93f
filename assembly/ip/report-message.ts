// Messages that report groups, written: IGMPv3's and MLDv2's, which list many groups with their sources (RFC 3376 §4.2,
// RFC 3810 §5.2), and those of the older versions, which name one (RFC 1112, RFC 2236 §2, RFC 2710 §3). Both versions
// of IP have the same fields in the same order; only addresses and message types differ.

import { IPV6 } from "profile";
import { Counter } from "../abi/counters";
import { copyAddress, isV4, setV4 } from "../base/address";
import { be16, setBe16 } from "../base/bytes";
import { ETHERNET_HEADER_BYTES, FRAME_OFFSET } from "../base/config";
import { count } from "../base/counters";
import { GROUP_AREA, REPORT_BYTES, REPORT_STATE } from "../base/memory";
import { adapterAt } from "../device/adapter";
import { Packet, release, takePacket } from "../device/packet";
import { interfaceAt } from "../ethernet/interface";
import { Icmp6Type } from "./icmpv6";
import { IGMP_HEADERS, IgmpType, sendIgmp } from "./igmp";
import { MLD_HEADERS, sendMld } from "./mld";

/** Kinds of record in a report (RFC 3376 §4.2.12). */
export const enum RecordType {
  IS_INCLUDE = 1,
  IS_EXCLUDE = 2,
  TO_INCLUDE = 3,
  TO_EXCLUDE = 4,
  ALLOW = 5,
  BLOCK = 6,
}

/** What is said of one group to routers of the older versions. */
export const enum OlderMessage {
  V1_REPORT = 0,
  V2_REPORT = 1,
  LEAVE = 2,
}

/** A report begins with eight bytes, the last two of which count its records; a record with four and its group. */
const REPORT_HEADER: u32 = 8;
const RECORD_COUNT: usize = 6;
const RECORD_HEADER: u32 = 4;
const SOURCE_COUNT: usize = 2;

/** To the routers that read reports (224.0.0.22, ff02::16), and to all routers (224.0.0.2, ff02::2): the last byte. */
const REPORT_ROUTERS: u32 = 0x16;
const ALL_ROUTERS: u32 = 0x02;

/** Room in front of a message for the longest headers that it may get. */
const HEADROOM: u32 = FRAME_OFFSET + ETHERNET_HEADER_BYTES + (IPV6 ? MLD_HEADERS : IGMP_HEADERS);

/** The report that is being written. */
@unmanaged
@final
class Draft {
  packet: Packet | null;
  adapter: u32;
  /** Where the record lies that was begun last, its group, and of which type it is; 0: none was. */
  record: usize;
  group: usize;
  type: u32;
  isV6: bool;
  /** True when something was left out for want of a packet. */
  failed: bool;
  reserved: u16;
}

if (offsetof<Draft>() > REPORT_BYTES && REPORT_BYTES) ERROR("REPORT_STATE is too small for Draft.");

const draft: Draft = changetype<Draft>(REPORT_STATE);
const DESTINATION: usize = GROUP_AREA + 32;

/** Begins a report about groups of one version of IP. */
export function beginReport(adapter: u32, isV6: bool): void {
  draft.packet = null;
  draft.adapter = adapter;
  draft.isV6 = isV6;
  draft.failed = false;
  draft.type = 0;
}

/** Begins a record; where it does not fit, in the next packet. `group` must stay where it is until the next record. */
export function addRecord(type: RecordType, group: usize): void {
  const bytes = RECORD_HEADER + addressBytes();
  const packet = packetWithRoom(bytes);
  draft.type = type;
  draft.group = group;
  if (!packet) return;
  const p = packet.data + packet.length;
  packet.length += bytes;
  store<u32>(p, type);
  putAddress(p + RECORD_HEADER, group);
  draft.record = p;
  setBe16(packet.data, be16(packet.data, RECORD_COUNT) + 1, RECORD_COUNT);
}

/** Adds a source to the record of this type and group, which begins with its first, and anew where a packet is full. */
export function addSource(type: RecordType, group: usize, source: usize): void {
  let packet = draft.packet;
  const isOpen = draft.type == type && draft.group == group;
  if (!isOpen || !packet || packet.length + addressBytes() > room()) {
    // A record that only just fits has no room for its source: then it goes into the next packet with it.
    packetWithRoom(RECORD_HEADER + 2 * addressBytes());
    addRecord(type, group);
    packet = draft.packet;
  }
  if (!packet) return;
  putAddress(packet.data + packet.length, source);
  packet.length += addressBytes();
  setBe16(draft.record, be16(draft.record, SOURCE_COUNT) + 1, SOURCE_COUNT);
}

/** Sends what has been written. False: something was left out for want of a packet. */
export function endReport(): bool {
  flush();
  return !draft.failed;
}

/** Sends a message of an older version about one group: a report to the group itself, a leave to all routers. */
export function sendOlder(adapter: u32, kind: OlderMessage, group: usize): bool {
  beginReport(adapter, IPV6 != 0 && !isV4(group));
  const packet = takeMessage();
  if (!packet) return false;
  // MLD has a reserved word in front of the group.
  const at: u32 = draft.isV6 ? 8 : 4;
  store<u64>(packet.data, 0);
  putAddress(packet.data + at, group);
  packet.length = at + addressBytes();
  if (kind == OlderMessage.LEAVE) setRouters(ALL_ROUTERS);
  else copyAddress(DESTINATION, group);
  count(kind == OlderMessage.LEAVE ? Counter.IgmpOutLeaves : Counter.IgmpOutReports);
  if (kind == OlderMessage.LEAVE) send(packet, IgmpType.LEAVE, Icmp6Type.MLD_DONE);
  else if (kind == OlderMessage.V2_REPORT) send(packet, IgmpType.V2_REPORT, Icmp6Type.MLD_V1_REPORT);
  else send(packet, IgmpType.V1_REPORT, Icmp6Type.MLD_V1_REPORT);
  return true;
}

// The packet that is being written when `bytes` more fit into it, else a new one; null when there is none.
function packetWithRoom(bytes: u32): Packet | null {
  let packet = draft.packet;
  if (packet && packet.length + bytes <= room()) return packet;
  flush();
  packet = takeMessage();
  draft.packet = packet;
  if (!packet) return null;
  store<u64>(packet.data, 0);
  packet.length = REPORT_HEADER;
  return packet;
}

function takeMessage(): Packet | null {
  const packet = takePacket();
  if (packet) packet.data = packet.buffer + HEADROOM;
  else draft.failed = true;
  return packet;
}

// Bytes that a message may have.
function room(): u32 {
  if (IPV6 && draft.isV6) return <u32>interfaceAt(draft.adapter).mtu - MLD_HEADERS;
  return <u32>adapterAt(draft.adapter).mtu - IGMP_HEADERS;
}

function flush(): void {
  const packet = draft.packet;
  if (!packet) return;
  draft.packet = null;
  draft.type = 0;
  setRouters(REPORT_ROUTERS);
  count(Counter.IgmpOutReports);
  send(packet, IgmpType.V3_REPORT, Icmp6Type.MLD_V2_REPORT);
}

// Of both types the one of the draft's version.
function send(packet: Packet, igmp: IgmpType, mld: Icmp6Type): void {
  const adapter = adapterAt(draft.adapter);
  if (IPV6 && draft.isV6) sendMld(adapter, packet, mld, DESTINATION);
  else sendIgmp(adapter, packet, igmp, DESTINATION);
  release(packet);
}

// 224.0.0.N or ff02::N.
function setRouters(last: u32): void {
  if (!draft.isV6) {
    setV4(DESTINATION, 0xe0 | (last << 24));
    return;
  }
  store<u64>(DESTINATION, 0x02ff);
  store<u64>(DESTINATION, (<u64>last) << 56, 8);
}

function addressBytes(): u32 {
  return draft.isV6 ? 16 : 4;
}

// An IPv4 address is the last four of its sixteen bytes.
function putAddress(target: usize, address: usize): void {
  if (draft.isV6) copyAddress(target, address);
  else store<u32>(target, load<u32>(address, 12));
}
