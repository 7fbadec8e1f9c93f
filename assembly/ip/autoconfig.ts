// What an adapter does to get addresses by itself: one for its link, and those that routers' prefixes allow (RFC 4862),
// with identifiers that tell nothing of the machine (RFC 7217) or that change every day (RFC 8981); for IPv4 one from
// 169.254.0.0/16 (RFC 3927).

import { ADDRESSES, CLAIMS, DHCP_CLIENT, IPV6 } from "profile";
import { AddressOrigin, AddressState, Autoconfig, News, RouteOrigin } from "../abi/addresses";
import { Counter } from "../abi/counters";
import { isLinkLocal, isV4, samePrefix, setV4 } from "../base/address";
import { NEVER, now } from "../base/clock";
import { ADDRESS_TIMERS, INTERFACE_TIMERS, SECOND } from "../base/config";
import { count } from "../base/counters";
import { postNews } from "../base/events";
import { endOf, FOREVER, second, secondsUntil } from "../base/lifetimes";
import { IDENTITY, WORK_AREA } from "../base/memory";
import { random32 } from "../base/random";
import { sipHash } from "../base/siphash";
import { setTimer } from "../base/timers";
import { adapterAt } from "../device/adapter";
import { fillAddressEntry, findAddressEntry, OwnAddress, ownAddressAt, takeAddressEntry } from "../ethernet/addresses";
import { interfaceAt } from "../ethernet/interface";
import { invalidatePaths } from "../ethernet/neighbor";
import { awaitEnd, claim, Outcome, stepClaim, takeConflict, timerOf } from "./claim";
import { joinSolicitedNode, leaveSolicitedNode } from "./groups";
import { reportAll } from "./report";
import { removeRoutes, setRoute } from "./route";
import { sendRouterSolicitation } from "./solicit";

// RFC 4861 §10.
const ROUTER_SOLICITATIONS: u8 = 3;
const ROUTER_SOLICITATION_INTERVAL: u32 = 4 * SECOND;

/** Other identifiers that are tried when one is taken (RFC 7217 §7); for IPv4 there is no end of them (RFC 3927). */
const RETRIES: u8 = 3;

/** Seconds that a temporary address is preferred at most, and may stay after that (RFC 8981 §3.8). */
const TEMPORARY_PREFERRED: u32 = 86400;

/** A router cannot shorten what is left of an address's life below this, in seconds (RFC 4862 §5.5.3 (e)). */
const TWO_HOURS: u32 = 7200;

/** Entries that prefixes leave for addresses of other kinds: whoever is on the link can make prefixes up. */
const LEFT_BY_PREFIXES: u32 = ADDRESSES / 4;

const V4_LINK_LOCAL_LENGTH: u32 = 96 + 16;

// As far as 16 bits count.
function minute(): u16 {
  return <u16>(second() / 60);
}

/** Starts what `bits` of Autoconfig say on an adapter. False when there is no room for an address. */
export function autoconfigure(adapter: u32, bits: u32): bool {
  if (IPV6) {
    interfaceAt(adapter).mode |= <u8>bits;
    if (bits & (Autoconfig.LINK_LOCAL | Autoconfig.ROUTERS) && !hasLinkLocal(adapter) && !makeLinkLocal(adapter)) {
      return false;
    }
    if (bits & Autoconfig.ROUTERS) askForRouters(adapter);
  }
  return bits & Autoconfig.IPV4_LINK_LOCAL ? makeV4LinkLocal(adapter, 0) : true;
}

/** True once an IPv6 address for the link is there, or on its way. */
export function hasLinkLocal(adapter: u32): bool {
  for (let i: u32 = 0; i < ADDRESSES; i++) {
    const entry = ownAddressAt(i);
    if (entry.state == AddressState.FREE || entry.adapter != adapter || isV4(entry.address)) continue;
    if (isLinkLocal(entry.address)) return true;
  }
  return false;
}

function makeLinkLocal(adapter: u32): bool {
  const prefix = WORK_AREA;
  store<u64>(prefix, 0x80fe);
  if (!makeAddress(adapter, prefix, AddressOrigin.LINK_LOCAL, 0)) return false;
  return setRoute(prefix, 64, 0, adapter, RouteOrigin.MANUAL, FOREVER) !== null;
}

/** Asks for routers until one has answered, at most three times. */
export function askForRouters(adapter: u32): void {
  interfaceAt(adapter).solicitations = 0;
  setTimer(INTERFACE_TIMERS + adapter, now());
}

/** The timer for asking has come. */
export function interfaceTimeout(timer: u32): void {
  const adapter = timer - INTERFACE_TIMERS;
  const link = interfaceAt(adapter);
  if (link.solicitations > ROUTER_SOLICITATIONS) return;
  // The first one waits for up to a second from the poll that it is asked in, so that many do not ask at once.
  const isFirst = link.solicitations++ == 0;
  if (!isFirst) sendRouterSolicitation(adapterAt(adapter));
  setTimer(timer, now() + (isFirst ? random32() % SECOND : ROUTER_SOLICITATION_INTERVAL));
}

/** A router has spoken: no need to ask again. Who has not asked yet does once, for what it said may not be all (§6.3.7). */
export function heardRouter(adapter: u32): void {
  const link = interfaceAt(adapter);
  if (link.solicitations > 1) setTimer(INTERFACE_TIMERS + adapter, NEVER);
  else link.solicitations = ROUTER_SOLICITATIONS;
}

/**
 * A router lets addresses be made from a prefix of 64 bits, valid and preferred for these seconds (RFC 4862 §5.5.3).
 */
export function takePrefix(adapter: u32, prefix: usize, valid: u32, preferred: u32): void {
  let isKnown = false;
  let hasTemporary = false;
  for (let i: u32 = 0; i < ADDRESSES; i++) {
    const entry = ownAddressAt(i);
    if (entry.state == AddressState.FREE || entry.adapter != adapter || !isFromPrefix(entry)) continue;
    if (!samePrefix(entry.address, prefix, 64)) continue;
    prolong(entry, valid, preferred);
    if (entry.origin == AddressOrigin.STABLE) isKnown = true;
    else if (entry.state != AddressState.DEPRECATED) hasTemporary = true;
  }
  if (!valid) return;
  if (!isKnown) makeFromPrefix(adapter, prefix, AddressOrigin.STABLE, valid, preferred);
  if (!hasTemporary && preferred && interfaceAt(adapter).mode & Autoconfig.TEMPORARY) {
    makeFromPrefix(adapter, prefix, AddressOrigin.TEMPORARY, valid, preferred);
  }
}

function isFromPrefix(entry: OwnAddress): bool {
  return entry.origin == AddressOrigin.STABLE || entry.origin == AddressOrigin.TEMPORARY;
}

// What a router says of a prefix counts for its addresses. It may end them soon, but not at once: whoever forges that
// must not be able to (§5.5.3 (e)). A temporary address ends a day or two after it was made, whatever a router says
// (RFC 8981 §3.4).
function prolong(entry: OwnAddress, valid: u32, preferred: u32): void {
  const left = secondsUntil(entry.validUntil);
  if (entry.origin == AddressOrigin.TEMPORARY) {
    const most = <u32>max<i32>(<i16>(entry.renewAt - minute()), 0) * 60;
    valid = min<u32>(valid, most + TEMPORARY_PREFERRED);
    preferred = min<u32>(preferred, most);
  }
  if (valid > TWO_HOURS || valid > left) entry.validUntil = endOf(valid);
  else if (left > TWO_HOURS) entry.validUntil = endOf(TWO_HOURS);
  entry.preferredUntil = endOf(preferred);
  if (!entry.isUsable) return;
  const state = preferred ? AddressState.PREFERRED : AddressState.DEPRECATED;
  if (entry.state != state) {
    entry.state = state;
    invalidatePaths();
    postNews(News.ADDRESSES);
  }
  if (!entry.probes) awaitEnd(entry);
}

function makeFromPrefix(adapter: u32, prefix: usize, origin: AddressOrigin, valid: u32, preferred: u32): void {
  if (!hasRoomForPrefix()) {
    count(Counter.NdTablesFull);
    return;
  }
  const entry = makeAddress(adapter, prefix, origin, 0);
  if (!entry) return;
  // Its life differs from machine to machine and from day to day, so that nobody changes in step (RFC 8981 §3.8).
  if (origin == AddressOrigin.TEMPORARY) {
    entry.renewAt = minute() + <u16>(TEMPORARY_PREFERRED / 60 - (random32() % (TEMPORARY_PREFERRED / 150)));
  }
  entry.validUntil = 0;
  prolong(entry, valid, preferred);
}

// What routers say fills no more of the table than leaves room for what people choose.
function hasRoomForPrefix(): bool {
  let free: u32 = 0;
  for (let i: u32 = 0; i < ADDRESSES; i++) if (ownAddressAt(i).state == AddressState.FREE) free++;
  return free > LEFT_BY_PREFIXES;
}

// Makes an address of the 64 bits at `prefix` and an identifier, and claims it; null when there is no room.
function makeAddress(adapter: u32, prefix: usize, origin: AddressOrigin, collisions: u8): OwnAddress | null {
  const address = WORK_AREA;
  store<u64>(address, load<u64>(prefix));
  const isTemporary = origin == AddressOrigin.TEMPORARY;
  const identifier = isTemporary ? randomIdentifier() : stableIdentifier(adapter, load<u64>(prefix), collisions);
  store<u64>(address, identifier, 8);
  const isNew = findAddressEntry(adapter, address) === null;
  const entry = takeAddressEntry(adapter, address);
  if (!entry) {
    count(Counter.NdTablesFull);
    return null;
  }
  if (isNew) joinSolicitedNode(adapter, address);
  fillAddressEntry(entry, adapter, address, 64, origin);
  entry.collisions = collisions;
  claim(entry);
  return entry;
}

// RFC 7217 §5: a keyed hash of the prefix, the adapter and the number of collisions; not one of those that are kept for
// other uses (RFC 5453).
function stableIdentifier(adapter: u32, prefix: u64, collisions: u8): u64 {
  const input = WORK_AREA + 16;
  const link = adapterAt(adapter);
  store<u64>(input, prefix);
  store<u64>(input, ((<u64>link.macHigh) << 32) | link.macLow, 8);
  let identifier: u64 = 0;
  for (let count: u64 = collisions; isReserved(identifier); count += 256) {
    store<u64>(input, count, 16);
    identifier = sipHash(IDENTITY, input, 3);
  }
  return identifier;
}

function randomIdentifier(): u64 {
  let identifier: u64 = 0;
  while (isReserved(identifier)) identifier = ((<u64>random32()) << 32) | random32();
  return identifier;
}

function isReserved(identifier: u64): bool {
  return identifier == 0 || (identifier & 0x00ffffffffffffff) == 0x00fffffffffffffd;
}

function makeV4LinkLocal(adapter: u32, collisions: u8): bool {
  const address = WORK_AREA;
  const host: u32 = 0x100 + (random32() % 0xfe00); // the first and the last 256 are kept (RFC 3927 §2.1)
  setV4(address, bswap<u32>(0xa9fe0000 | host));
  const entry = takeAddressEntry(adapter, address);
  if (!entry) return false;
  fillAddressEntry(entry, adapter, address, V4_LINK_LOCAL_LENGTH, AddressOrigin.LINK_LOCAL);
  entry.collisions = collisions;
  claim(entry);
  return setRoute(address, V4_LINK_LOCAL_LENGTH, 0, adapter, RouteOrigin.MANUAL, FOREVER) !== null;
}

/**
 * An address's timer has come: its claim goes on, or it grows old. Gives it when its time is over, for the caller to end
 * what uses it and to `retire` it.
 */
export function addressTimeout(timer: u32): OwnAddress | null {
  const entry = ownAddressAt(timer - ADDRESS_TIMERS);
  if (entry.state == AddressState.TENTATIVE || entry.probes) {
    const isNew = stepClaim(entry);
    // Routers heard of the groups only from nobody until now (RFC 3590 §4).
    if (IPV6 && isNew && !isV4(entry.address) && isLinkLocal(entry.address)) reportAll(entry.adapter, true);
    return null;
  }
  if (entry.validUntil <= second()) return entry;
  if (entry.state == AddressState.PREFERRED && entry.preferredUntil <= second()) {
    entry.state = AddressState.DEPRECATED;
    if (entry.origin == AddressOrigin.TEMPORARY) replaceTemporary(entry);
    invalidatePaths();
    postNews(News.ADDRESSES);
  }
  awaitEnd(entry);
  return null;
}

/** Takes an address away whose time is over. One that the machine chose for an IPv4 link it chooses anew. */
export function retire(entry: OwnAddress): void {
  const adapter: u32 = entry.adapter;
  const isChosen = isV4(entry.address) && entry.origin == AddressOrigin.LINK_LOCAL;
  const collisions = moreCollisions(entry);
  endAddress(entry);
  if (isChosen) makeV4LinkLocal(adapter, collisions);
}

function moreCollisions(entry: OwnAddress): u8 {
  return entry.collisions < u8.MAX_VALUE ? entry.collisions + 1 : u8.MAX_VALUE;
}

/** Takes an address away. */
export function endAddress(entry: OwnAddress): void {
  entry.state = AddressState.FREE;
  if (IPV6 && !isV4(entry.address)) leaveSolicitedNode(entry.adapter, entry.address);
  setTimer(timerOf(entry), NEVER);
  invalidatePaths();
  postNews(News.ADDRESSES);
}

// A day is over: the next one's address is made, while the router's prefix lasts.
function replaceTemporary(old: OwnAddress): void {
  for (let i: u32 = 0; i < ADDRESSES; i++) {
    const entry = ownAddressAt(i);
    if (entry.origin != AddressOrigin.STABLE || entry.state != AddressState.PREFERRED) continue;
    if (entry.adapter != old.adapter || !samePrefix(entry.address, old.address, 64)) continue;
    const valid = secondsUntil(entry.validUntil);
    const preferred = secondsUntil(entry.preferredUntil);
    if (preferred) makeFromPrefix(old.adapter, old.address, AddressOrigin.TEMPORARY, valid, preferred);
    return;
  }
}

/**
 * Lets an address end in this turn or the next: its timer finds its time to be over, and ends all that uses it, too.
 */
export function endSoon(entry: OwnAddress): void {
  entry.probes = 0;
  entry.validUntil = 0;
  if (entry.state == AddressState.TENTATIVE) entry.state = AddressState.DUPLICATE; // not ours, and not to be claimed on
  setTimer(timerOf(entry), now());
}

/** Lets the IPv4 addresses that the machine made for an adapter's link end: it has a better one (RFC 3927 §1.9). */
export function endLinkLocalV4(adapter: u32): void {
  for (let i: u32 = 0; i < ADDRESSES; i++) {
    const entry = ownAddressAt(i);
    if (entry.state == AddressState.FREE || entry.adapter != adapter || !isV4(entry.address)) continue;
    if (entry.origin != AddressOrigin.LINK_LOCAL) continue;
    entry.origin = AddressOrigin.LEASE; // so that it is not chosen anew
    removeRoutes(entry.address, entry.prefixLength, adapter, false);
    endSoon(entry);
  }
}

/** An address that is lent may be used until second `end`. */
export function prolongLease(entry: OwnAddress, end: u32): void {
  entry.validUntil = end;
  if (entry.isUsable && !entry.probes) awaitEnd(entry);
}

/** Makes an address usable without asking others whether they have it. */
export function useAtOnce(entry: OwnAddress): void {
  entry.state = AddressState.PREFERRED;
  awaitEnd(entry);
  invalidatePaths();
  postNews(News.ADDRESSES);
}

/**
 * Somebody else has this address, or claims it. What the machine has chosen itself it chooses anew. True of one that was
 * lent to it and that it can use no more.
 */
export function addressConflict(entry: OwnAddress): bool {
  const outcome = takeConflict(entry);
  if (!CLAIMS || outcome == Outcome.KEPT || entry.origin == AddressOrigin.MANUAL) return false;
  if (DHCP_CLIENT && entry.origin == AddressOrigin.LEASE) return true;
  giveWay(entry, outcome);
  return false;
}

function giveWay(entry: OwnAddress, outcome: Outcome): void {
  if (outcome == Outcome.CONTESTED) {
    endSoon(entry);
    return;
  }
  if (isV4(entry.address)) {
    retire(entry);
    return;
  }
  const collisions = moreCollisions(entry);
  const adapter: u32 = entry.adapter;
  if (collisions > RETRIES) return; // stays DUPLICATE, for all to see
  const valid = entry.validUntil;
  const preferred = entry.preferredUntil;
  const renewAt = entry.renewAt;
  endAddress(entry);
  const next = makeAddress(adapter, entry.address, entry.origin, collisions);
  if (!next) return;
  next.validUntil = valid;
  next.preferredUntil = preferred;
  next.renewAt = renewAt;
}
