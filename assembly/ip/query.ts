// What routers and other hosts say of groups, received: queries of every version, and the reports of older hosts. Other
// reports and leaves are for routers (RFC 3376 §5, RFC 3810 §6).

import { IPV6 } from "profile";
import { Counter } from "../abi/counters";
import { copyAddress, isLinkLocal, isMulticast, isUnspecified, sameAddress, setV4 } from "../base/address";
import { be16 } from "../base/bytes";
import { sumBytes } from "../base/checksum";
import { count } from "../base/counters";
import { GROUP_AREA } from "../base/memory";
import { Arrival } from "./arrival";
import { isAllHosts } from "./group-table";
import { Icmp6Type } from "./icmpv6";
import { hasRouterAlert, IgmpType } from "./igmp";
import { hasHopByHopAlert } from "./mld";
import {
  adoptVariables,
  answerTime,
  askedForAll,
  askedForGroup,
  heardReport,
  heardRouter,
  RouterVersion,
} from "./report";

// Where things lie in a message: the group is at 4 (IGMP) or 8 (MLD), and behind it, in the current versions' queries:
const FLAGS: usize = 0;
const INTERVAL: usize = 1;
const SOURCE_COUNT: usize = 2;
const SOURCES: u32 = 4;
const ROBUSTNESS_MASK: u32 = 7;

const LEAST_IGMP_BYTES: u32 = 8;
const LEAST_MLD_BYTES: u32 = 24;
/** IGMPv1's queries say nothing of time: ten seconds (RFC 3376 §7.2.1), in milliseconds. */
const V1_WAIT: u32 = 10000;
/** IGMP counts in tenths of a second, here in milliseconds. */
const TENTH: u32 = 100;

const GROUP: usize = GROUP_AREA + 48;
const SOURCE: usize = GROUP_AREA + 64;

/** Handles an IGMP message, whose header is in view. */
export function receiveIgmp(arrival: Arrival): void {
  count(Counter.IgmpInMsgs);
  const packet = arrival.packet;
  const p = packet.data;
  if (packet.length < LEAST_IGMP_BYTES || sumBytes(p, packet.length) != 0xffff) {
    count(Counter.IgmpInErrors);
    return;
  }
  setV4(GROUP, load<u32>(p, 4));
  const type: u32 = load<u8>(p);
  if (type == IgmpType.QUERY) {
    receiveIgmpQuery(arrival);
  } else if (type == IgmpType.V1_REPORT || type == IgmpType.V2_REPORT) {
    count(Counter.IgmpInReports);
    if (sameAddress(GROUP, arrival.destination)) heardReport(arrival.adapter, GROUP);
  }
}

// The length and the second byte tell the versions apart (RFC 3376 §7.1). What comes without the router alert, or asks
// for all groups elsewhere than at all hosts, is not from this link (§9.1).
function receiveIgmpQuery(arrival: Arrival): void {
  const packet = arrival.packet;
  const code: u32 = load<u8>(packet.data, 1);
  const isOlder = packet.length == LEAST_IGMP_BYTES;
  const isOldest = isOlder && !code;
  const isFromLink = isOldest || hasRouterAlert(arrival.header, arrival.headerBytes);
  if (!isFromLink || (isUnspecified(GROUP) && !isAllHosts(arrival.destination))) {
    count(Counter.IgmpInForeign);
    return;
  }
  if (isOldest) handleQuery(arrival, RouterVersion.OLDEST, V1_WAIT, 8, 4);
  else if (isOlder) handleQuery(arrival, RouterVersion.OLDER, code * TENTH, 8, 4);
  else handleQuery(arrival, RouterVersion.CURRENT, fromFloat(code, 4) * TENTH, 8, 4);
}

/** Handles an MLD message, whose ICMPv6 header is in view and whose checksum is good. */
export function receiveMld(arrival: Arrival): void {
  if (!IPV6) return;
  count(Counter.IgmpInMsgs);
  const packet = arrival.packet;
  const p = packet.data;
  const type: u32 = load<u8>(p);
  if (type != Icmp6Type.MLD_QUERY && type != Icmp6Type.MLD_V1_REPORT) return; // for routers
  if (packet.length < LEAST_MLD_BYTES) {
    count(Counter.IgmpInErrors);
    return;
  }
  if (!isFromThisLink(arrival)) {
    count(Counter.IgmpInForeign);
    return;
  }
  copyAddress(GROUP, p + 8);
  if (type == Icmp6Type.MLD_V1_REPORT) {
    count(Counter.IgmpInReports);
    if (sameAddress(GROUP, arrival.destination)) heardReport(arrival.adapter, GROUP);
    return;
  }
  const code = be16(p, 4);
  if (packet.length == LEAST_MLD_BYTES) handleQuery(arrival, RouterVersion.OLDER, code, LEAST_MLD_BYTES, 16);
  else handleQuery(arrival, RouterVersion.CURRENT, fromFloat(code, 12), LEAST_MLD_BYTES, 16);
}

// RFC 3810 §6.2: a link-local sender, one hop, and the router alert; all groups are asked for at all nodes.
function isFromThisLink(arrival: Arrival): bool {
  const isQuery = load<u8>(arrival.packet.data) == Icmp6Type.MLD_QUERY;
  if (arrival.ttl != 1 || !hasHopByHopAlert(arrival.header)) return false;
  if (!isLinkLocal(arrival.source) && (isQuery || !isUnspecified(arrival.source))) return false;
  return !isQuery || !isUnspecified(arrival.packet.data + 8) || isAllHosts(arrival.destination);
}

// A query about GROUP, which allows `wait` milliseconds; `older` bytes are those that every version has, and `width`
// those of an address.
function handleQuery(arrival: Arrival, version: RouterVersion, wait: u32, older: u32, width: u32): void {
  const adapter: u32 = arrival.adapter;
  const isV6 = IPV6 != 0 && width == 16;
  const behind = arrival.packet.data + older;
  const isCurrent = version == RouterVersion.CURRENT;
  if (!isWhole(arrival.packet.length, isCurrent, behind, older, width)) {
    count(Counter.IgmpInErrors);
    return;
  }
  count(Counter.IgmpInQueries);
  heardRouter(adapter, isV6, version, wait);
  if (isCurrent) {
    adoptVariables(adapter, isV6, load<u8>(behind, FLAGS) & ROBUSTNESS_MASK, fromFloat(load<u8>(behind, INTERVAL), 4));
  }
  if (isUnspecified(GROUP)) askedForAll(adapter, isV6, wait);
  else askAbout(adapter, behind + SOURCES, isCurrent ? be16(behind, SOURCE_COUNT) : 0, width, answerTime(wait));
}

// A query is about a group or about all, has room for what it counts, and names sources only of a group. Lengths between
// those of two versions are nobody's (RFC 3376 §7.1).
function isWhole(bytes: u32, isCurrent: bool, behind: usize, older: u32, width: u32): bool {
  const isGeneral = isUnspecified(GROUP);
  if (!isGeneral && !isMulticast(GROUP)) return false;
  if (!isCurrent) return true;
  if (bytes < older + SOURCES) return false;
  const sources = be16(behind, SOURCE_COUNT);
  return older + SOURCES + sources * width <= bytes && !(isGeneral && sources);
}

function askAbout(adapter: u32, sources: usize, count: u32, width: u32, time: u64): void {
  if (!count) askedForGroup(adapter, GROUP, 0, time);
  for (let i: u32 = 0; i < count; i++) {
    const source = sources + i * width;
    if (width == 16) copyAddress(SOURCE, source);
    else setV4(SOURCE, load<u32>(source));
    askedForGroup(adapter, GROUP, SOURCE, time);
  }
}

/**
 * The value of a code whose upper half, when its first bit is set, counts in a floating form: `mantissaBits` of mantissa
 * behind three of exponent (RFC 3376 §4.1.1, RFC 3810 §5.1.3).
 */
export function fromFloat(code: u32, mantissaBits: u32): u32 {
  const top: u32 = 1 << (mantissaBits + 3);
  if (code < top) return code;
  const mantissa = code & ((1 << mantissaBits) - 1);
  const exponent = (code >> mantissaBits) & 7;
  return (mantissa | (1 << mantissaBits)) << (exponent + 3);
}
