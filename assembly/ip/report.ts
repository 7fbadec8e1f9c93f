// When groups are reported to the routers on a link, and how: one machine for IGMP and MLD, whose rules are the same
// (RFC 3376 §5, RFC 3810 §6, reduced to the filters of RFC 5790).
//
//   a change     told at once, and again after a random time, as often as the robustness variable says
//   a question   answered after a random time within what the router allows, so that hosts do not speak in chorus
//   older router everything in its version's messages, one for each group, while one is around (RFC 3376 §7.2)
//
// All of it has one timer, set to whatever comes first.

import { GROUPS, IPV6 } from "profile";
import { isV4, sameAddress } from "../base/address";
import { NEVER, now } from "../base/clock";
import { ALL_ADAPTERS, GROUP_TIMER, MILLISECOND, SECOND } from "../base/config";
import { QUERIER_BASE, QUERIER_BYTES, QUERIERS } from "../base/memory";
import { random32 } from "../base/random";
import { setTimer } from "../base/timers";
import { isWired } from "../device/adapter";
import { Group, groupAt, isAbout, isExclude, isFirst, isReported, isSourceSpecific, isWanted } from "./group-table";
import { addRecord, addSource, beginReport, endReport, OlderMessage, RecordType, sendOlder } from "./report-message";

/** What an adapter knows of the router that asks about groups of one version of IP. */
@unmanaged
@final
class Querier {
  /** When changes are to be told, for the first time or again; and when all groups are to be reported. */
  changeAt: u64;
  answerAt: u64;
  /** Until when a router of IGMPv1, or of IGMPv2 or MLDv1, counts as present. */
  oldestUntil: u64;
  olderUntil: u64;
  /** Seconds between its general queries. */
  interval: u32;
  /** How often a change is told. */
  robustness: u8;
  reserved0: u8;
  reserved1: u16;
}

if (offsetof<Querier>() != QUERIER_BYTES) ERROR("QUERIER_BYTES does not agree with Querier.");

/** RFC 3376 §8: what holds until a router says otherwise, and for the older versions. */
const ROBUSTNESS: u32 = 2;
const QUERY_INTERVAL: u32 = 125;
/** Milliseconds within which a change is told again (§8.11; RFC 2236 §8.10). */
const REPORT_INTERVAL: u32 = 1000;
const OLDER_REPORT_INTERVAL: u32 = 10000;

/** Versions of the routers that a host may have to do with. */
export const enum RouterVersion {
  /** IGMPv1. */
  OLDEST = 1,
  /** IGMPv2, MLDv1. */
  OLDER = 2,
  /** IGMPv3, MLDv2. */
  CURRENT = 3,
}

/** Which sources of a group a record is about. */
const enum Pick {
  WANTED = 0,
  ASKED = 1,
  NEW = 2,
  GONE = 3,
}

function querierAt(adapter: u32, isV6: bool): Querier {
  const index = IPV6 ? adapter * 2 + (isV6 ? 1 : 0) : adapter;
  return changetype<Querier>(QUERIER_BASE + index * QUERIER_BYTES);
}

function isOfVersion(row: Group, adapter: u32, isV6: bool): bool {
  return row.isUsed && row.adapter == adapter && (!IPV6 || isV4(row.group) != isV6);
}

function versionOf(querier: Querier): RouterVersion {
  if (querier.oldestUntil > now()) return RouterVersion.OLDEST;
  return querier.olderUntil > now() ? RouterVersion.OLDER : RouterVersion.CURRENT;
}

/** An adapter is new, or its link is: no router has spoken yet, and nothing waits to be said. */
export function forgetQueriers(adapter: u32): void {
  for (let version: u32 = 0; version < 1 + IPV6; version++) {
    const querier = querierAt(adapter, version != 0);
    querier.changeAt = NEVER;
    querier.answerAt = NEVER;
    querier.oldestUntil = 0;
    querier.olderUntil = 0;
    querier.interval = QUERY_INTERVAL;
    querier.robustness = <u8>ROBUSTNESS;
  }
}

// ---- what there is to tell -----------------------------------------------------------------------------------------

/** The filter has changed by this row: it became wanted, or nobody wants it any more. */
export function reportChange(row: Group): void {
  if (!isReported(row.group)) return;
  const querier = querierAt(row.adapter, !isV4(row.group));
  row.changes = querier.robustness;
  querier.changeAt = now();
  setNextTimer();
}

/** The filter takes every source from now on: there is nothing to tell of single ones any more. */
export function reportWider(all: Group): void {
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (isAbout(row, all.adapter, all.group)) row.changes = 0;
  }
  reportChange(all);
}

/** A source came or went while every source is taken: the filter is the same. */
export function reportUnchanged(row: Group): void {
  row.changes = 0;
}

/** The link is up again, or another one: whatever router is there now knows nothing of us. */
export function reportAgain(adapter: u32): void {
  forgetQueriers(adapter);
  for (let version: u32 = 0; version < 1 + IPV6; version++) reportAll(adapter, version != 0);
}

/** All groups are told of as if they had just been joined. */
export function reportAll(adapter: u32, isV6: bool): void {
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (!isOfVersion(row, adapter, isV6)) continue;
    row.changes = 0;
    row.answerAt = NEVER;
    row.reportedLast = 0;
    if (row.users && (row.isForAll || !isExclude(adapter, row.group))) reportChange(row);
  }
  setNextTimer();
}

// ---- what routers ask ----------------------------------------------------------------------------------------------

/** A query of this version has come, which allows `wait` milliseconds for answers. */
export function heardRouter(adapter: u32, isV6: bool, version: RouterVersion, wait: u32): void {
  if (version == RouterVersion.CURRENT) return;
  const querier = querierAt(adapter, isV6);
  const before = versionOf(querier);
  // Older Version Querier Present Timeout (§8.12).
  const seconds = <u64>querier.robustness * <u64>querier.interval;
  const until = now() + seconds * SECOND + <u64>wait * MILLISECOND;
  if (version == RouterVersion.OLDEST) querier.oldestUntil = until;
  else querier.olderUntil = until;
  if (versionOf(querier) == before) return;
  // "Whenever a host changes its compatibility mode, it cancels all its pending response and retransmission timers."
  querier.answerAt = NEVER;
  querier.changeAt = NEVER;
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (!isOfVersion(row, adapter, isV6)) continue;
    row.changes = 0;
    row.answerAt = NEVER;
  }
}

/** A router of the current version says how often it asks (seconds) and how often it wants to be told; 0: as usual. */
export function adoptVariables(adapter: u32, isV6: bool, robustness: u32, interval: u32): void {
  const querier = querierAt(adapter, isV6);
  querier.robustness = <u8>(robustness ? robustness : ROBUSTNESS);
  querier.interval = interval ? interval : QUERY_INTERVAL;
}

/** A router asks for all groups; the answer has `wait` milliseconds. */
export function askedForAll(adapter: u32, isV6: bool, wait: u32): void {
  const querier = querierAt(adapter, isV6);
  if (versionOf(querier) == RouterVersion.CURRENT) {
    querier.answerAt = min<u64>(querier.answerAt, answerTime(wait));
    setNextTimer();
    return;
  }
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (isOfVersion(row, adapter, isV6) && isFirst(row)) askedForGroup(adapter, row.group, 0, answerTime(wait));
  }
}

/** A moment within the next `wait` milliseconds. */
export function answerTime(wait: u32): u64 {
  return now() + ((<u64>random32() * wait) >> 32) * MILLISECOND;
}

/**
 * A router asks for one group, or for a source of it (0: for no one in particular), to be answered at `time` or with
 * what is to be answered before (§5.2). While every source is taken, the answer says so, whatever source was asked for.
 */
export function askedForGroup(adapter: u32, group: usize, source: usize, time: u64): void {
  if (!isReported(group) || querierAt(adapter, !isV4(group)).answerAt <= time) return;
  let at = time;
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (isAbout(row, adapter, group)) at = min<u64>(at, row.answerAt);
  }
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (!isAbout(row, adapter, group)) continue;
    if (row.answerAt != NEVER || !source || row.isForAll || sameAddress(row.source, source)) row.answerAt = at;
  }
  setNextTimer();
}

/** Another host has reported the group in an older version: one report is enough for such routers (RFC 2236 §3). */
export function heardReport(adapter: u32, group: usize): void {
  // Whoever is in a source-specific group is not to be silenced by it (RFC 4604 §2.2.3).
  if (versionOf(querierAt(adapter, !isV4(group))) == RouterVersion.CURRENT || isSourceSpecific(group)) return;
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (!row.users || !isAbout(row, adapter, group)) continue;
    row.answerAt = NEVER;
    row.changes = 0;
    row.reportedLast = 0;
  }
}

// ---- when the time has come ----------------------------------------------------------------------------------------

/** Says what is due. */
export function reportTimeout(): void {
  for (let adapter: u32 = 0; adapter < ALL_ADAPTERS; adapter++) {
    if (!isWired(adapter)) continue;
    for (let version: u32 = 0; version < 1 + IPV6; version++) reportDue(adapter, version != 0);
  }
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (row.isUsed && row.answerAt <= now()) answerForGroup(row);
  }
  setNextTimer();
}

function reportDue(adapter: u32, isV6: bool): void {
  const querier = querierAt(adapter, isV6);
  const version = versionOf(querier);
  if (querier.changeAt <= now()) {
    querier.changeAt = NEVER;
    const isCurrent = version == RouterVersion.CURRENT;
    const more = isCurrent ? tellChanges(adapter, isV6) : tellOlder(adapter, isV6, version);
    if (more) querier.changeAt = answerTime(isCurrent ? REPORT_INTERVAL : OLDER_REPORT_INTERVAL);
  }
  if (querier.answerAt <= now()) {
    querier.answerAt = NEVER;
    answerForAll(adapter, isV6);
  }
}

function setNextTimer(): void {
  let next = NEVER;
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (row.isUsed) next = min<u64>(next, row.answerAt);
  }
  for (let i: u32 = 0; i < QUERIERS; i++) {
    if (!isWired(i / (1 + IPV6))) continue;
    const querier = changetype<Querier>(QUERIER_BASE + i * QUERIER_BYTES);
    next = min<u64>(next, min<u64>(querier.changeAt, querier.answerAt));
  }
  setTimer(GROUP_TIMER, next);
}

// ---- reports -------------------------------------------------------------------------------------------------------

// What the filters of all groups are (§5.2, current-state records).
function answerForAll(adapter: u32, isV6: bool): void {
  beginReport(adapter, isV6);
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (!isOfVersion(row, adapter, isV6) || !isReported(row.group) || !isFirst(row)) continue;
    if (isExclude(adapter, row.group)) addRecord(RecordType.IS_EXCLUDE, row.group);
    else addSources(RecordType.IS_INCLUDE, row, Pick.WANTED);
  }
  endReport(); // what found no packet is asked for again
}

// What the filter of one group is, of the sources that were asked for.
function answerForGroup(first: Group): void {
  const adapter: u32 = first.adapter;
  const isV6 = !isV4(first.group);
  const version = versionOf(querierAt(adapter, isV6));
  if (version != RouterVersion.CURRENT) {
    if (isWanted(adapter, first.group)) sendReport(first, version);
  } else {
    beginReport(adapter, isV6);
    if (isExclude(adapter, first.group)) addRecord(RecordType.IS_EXCLUDE, first.group);
    else addSources(RecordType.IS_INCLUDE, first, Pick.ASKED);
    endReport();
  }
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (isAbout(row, adapter, first.group)) row.answerAt = NEVER;
  }
}

// Changes of filters (§5.1). True: some are to be told again.
function tellChanges(adapter: u32, isV6: bool): bool {
  beginReport(adapter, isV6);
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (isOfVersion(row, adapter, isV6) && isFirst(row)) addChanges(row);
  }
  const all = endReport();
  let more = false;
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (!isOfVersion(row, adapter, isV6) || !row.changes) continue;
    if (all) row.changes--;
    if (row.changes) more = true;
  }
  return more;
}

function addChanges(first: Group): void {
  const exclude = isExclude(first.adapter, first.group);
  if (hasModeChanged(first)) {
    addRecord(exclude ? RecordType.TO_EXCLUDE : RecordType.TO_INCLUDE, first.group);
    if (!exclude) addSources(RecordType.TO_INCLUDE, first, Pick.WANTED);
  } else if (!exclude) {
    addSources(RecordType.ALLOW, first, Pick.NEW);
    addSources(RecordType.BLOCK, first, Pick.GONE);
  }
}

function hasModeChanged(first: Group): bool {
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (row.changes && isAbout(row, first.adapter, first.group) && row.isForAll) return true;
  }
  return false;
}

function addSources(type: RecordType, first: Group, pick: Pick): void {
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (!isAbout(row, first.adapter, first.group) || row.isForAll || !isPicked(row, pick)) continue;
    addSource(type, first.group, row.source);
  }
}

function isPicked(row: Group, pick: Pick): bool {
  switch (pick) {
    case Pick.NEW:
      return row.users != 0 && row.changes != 0;
    case Pick.GONE:
      return row.users == 0;
    case Pick.ASKED:
      return row.users != 0 && row.answerAt != NEVER;
    default:
      return row.users != 0;
  }
}

// Changes as older routers hear of them: groups alone, each in a message of its own. True: some are to be told again.
function tellOlder(adapter: u32, isV6: bool, version: RouterVersion): bool {
  let more = false;
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (!isOfVersion(row, adapter, isV6) || !row.changes) continue;
    const told = isWanted(adapter, row.group) ? sendReport(row, version) : sendLeave(row, version);
    if (settle(row, told)) more = true;
  }
  return more;
}

function sendReport(row: Group, version: RouterVersion): bool {
  const kind = version == RouterVersion.OLDEST ? OlderMessage.V1_REPORT : OlderMessage.V2_REPORT;
  if (!sendOlder(row.adapter, kind, row.group)) return false;
  markReported(row);
  return true;
}

// Who has not reported the group last leaves in silence, as IGMPv1 does always.
function sendLeave(row: Group, version: RouterVersion): bool {
  if (!row.reportedLast || version == RouterVersion.OLDEST) return true;
  return sendOlder(row.adapter, OlderMessage.LEAVE, row.group);
}

function markReported(some: Group): void {
  for (let i: u32 = 0; i < GROUPS; i++) {
    const row = groupAt(i);
    if (isAbout(row, some.adapter, some.group)) row.reportedLast = 1;
  }
}

// One message tells of all rows of a group; `row` keeps count of it. True: it is to be told again.
function settle(row: Group, told: bool): bool {
  const isOver = told && !isWanted(row.adapter, row.group);
  for (let i: u32 = 0; i < GROUPS; i++) {
    const other = groupAt(i);
    if (other !== row && isAbout(other, row.adapter, row.group)) other.changes = 0;
  }
  if (isOver) row.changes = 0;
  else if (told) row.changes--;
  return row.changes != 0;
}
