// Claiming an address: others on the link are asked whether they have it before it is used, and a conflict with one in
// use is noticed and answered. One way for both versions: ARP probes (RFC 5227) and neighbor solicitations from nobody
// (RFC 4862 §5.4) differ in their number and their intervals only.

import { CLAIMS, IPV6 } from "profile";
import { AddressState, News } from "../abi/addresses";
import { Counter } from "../abi/counters";
import { isV4 } from "../base/address";
import { NEVER, now } from "../base/clock";
import { ADDRESS_TIMERS, SECOND } from "../base/config";
import { count } from "../base/counters";
import { postNews } from "../base/events";
import { FOREVER, second } from "../base/lifetimes";
import { random32 } from "../base/random";
import { setTimer } from "../base/timers";
import { adapterAt } from "../device/adapter";
import { indexOfAddress, OwnAddress } from "../ethernet/addresses";
import { sendArpAnnouncement, sendArpProbe } from "../ethernet/arp";
import { retransTime } from "../ethernet/interface";
import { invalidatePaths } from "../ethernet/neighbor";
import { sendDuplicateProbe } from "./solicit";

// RFC 5227 §1.1; RFC 4862 §5.1 has DupAddrDetectTransmits of 1.
const PROBES_V4: u8 = 3;
const PROBES_V6: u8 = 1;
const PROBE_MIN: u32 = SECOND;
const ANNOUNCE_WAIT: u32 = 2 * SECOND;
const ANNOUNCE_INTERVAL: u32 = 2 * SECOND;
const ANNOUNCEMENTS: u8 = 2;
const MAX_CONFLICTS: u8 = 10;
const RATE_LIMIT_INTERVAL: u32 = 60 * SECOND;
/** Seconds in which an address is defended once. */
const DEFEND_INTERVAL: u16 = 10;

/**
 * Begins to claim an address at the poll that follows, which knows what time it is: the first question goes out within a
 * second of that, so that many do not ask at once.
 */
export function claim(entry: OwnAddress): void {
  entry.state = AddressState.TENTATIVE;
  entry.probes = probesFor(entry) + 1;
  wait(entry, 0);
}

function probesFor(entry: OwnAddress): u8 {
  return isV4(entry.address) ? PROBES_V4 : PROBES_V6;
}

/**
 * The next step of a claim, or of an announcement, when its time has come. True when the address has just become
 * usable.
 */
export function stepClaim(entry: OwnAddress): bool {
  const isFour = isV4(entry.address);
  if (entry.state == AddressState.TENTATIVE && entry.probes) {
    if (--entry.probes == probesFor(entry)) {
      wait(entry, firstPause(entry));
      return false;
    }
    if (isFour) sendArpProbe(adapterAt(entry.adapter), entry.address);
    else sendDuplicateProbe(adapterAt(entry.adapter), entry.address);
    wait(entry, isFour ? pauseV4(entry) : <u32>retransTime(entry.adapter));
    return false;
  }
  const isNew = entry.state == AddressState.TENTATIVE;
  if (isNew) {
    entry.state = AddressState.PREFERRED;
    entry.probes = isFour ? ANNOUNCEMENTS : 0;
    invalidatePaths(); // a better source may be there now
    postNews(News.ADDRESSES);
  }
  if (entry.probes) {
    entry.probes--;
    sendArpAnnouncement(adapterAt(entry.adapter), entry.address);
  }
  if (entry.probes) wait(entry, ANNOUNCE_INTERVAL);
  else awaitEnd(entry);
  return isNew;
}

// Whose addresses all turn out to be taken becomes slow (RFC 5227 §2.1.1, RFC 3927 §2.2.1).
function firstPause(entry: OwnAddress): u32 {
  const isSlow = isV4(entry.address) && entry.collisions >= MAX_CONFLICTS;
  return (isSlow ? RATE_LIMIT_INTERVAL : 0) + (random32() % SECOND);
}

function pauseV4(entry: OwnAddress): u32 {
  return entry.probes ? PROBE_MIN + (random32() % SECOND) : ANNOUNCE_WAIT;
}

function wait(entry: OwnAddress, delay: u32): void {
  setTimer(timerOf(entry), now() + delay);
}

export function timerOf(entry: OwnAddress): u32 {
  return ADDRESS_TIMERS + indexOfAddress(entry);
}

/** Sets the timer for the end of an address's being preferred, or of its being valid. */
export function awaitEnd(entry: OwnAddress): void {
  const end =
    entry.state == AddressState.PREFERRED ? min<u32>(entry.preferredUntil, entry.validUntil) : entry.validUntil;
  setTimer(timerOf(entry), end == FOREVER ? NEVER : <u64>end * SECOND);
}

/** What a conflict has done to an address. */
export const enum Outcome {
  /** It stays, and was defended if it was time for that. */
  KEPT = 0,
  /** It is not ours: the claim has failed. */
  LOST = 1,
  /** It was in use, and another insists on it (RFC 5227 §2.4 (b)). */
  CONTESTED = 2,
}

/** Somebody else on the link has, or claims, this address. */
export function takeConflict(entry: OwnAddress): Outcome {
  count(IPV6 && !isV4(entry.address) ? Counter.NdInConflicts : Counter.ArpInConflicts);
  postNews(News.CONFLICT);
  if (!CLAIMS || entry.state == AddressState.DUPLICATE) return Outcome.KEPT;
  if (entry.state == AddressState.TENTATIVE) {
    entry.state = AddressState.DUPLICATE;
    setTimer(timerOf(entry), NEVER);
    postNews(News.ADDRESSES);
    return Outcome.LOST;
  }
  if (!isV4(entry.address)) return Outcome.KEPT;
  const time = <u16>second() | 1; // 0 means never
  if (entry.defendedAt && <u16>(time - entry.defendedAt) < DEFEND_INTERVAL) return Outcome.CONTESTED;
  entry.defendedAt = time;
  sendArpAnnouncement(adapterAt(entry.adapter), entry.address);
  return Outcome.KEPT;
}
