// Routes: the longest prefix that an address lies in says through which adapter, and to which neighbor, it goes. People
// set them, and routers do (RFC 4861 §6.3.4), whose routes end. A route through an adapter without a link counts only
// when there is no other.

import { DHCP_CLIENT, IPV6, ROUTES } from "profile";
import { News, RouteOrigin } from "../abi/addresses";
import { clearAddress, clearHost, copyAddress, isUnspecified, isV4, sameAddress, samePrefix } from "../base/address";
import { SEVERAL_ADAPTERS } from "../base/config";
import { postNews } from "../base/events";
import { FOREVER } from "../base/lifetimes";
import { ROUTE_BASE, ROUTE_BYTES } from "../base/memory";
import { adapterAt, hasLink } from "../device/adapter";
import { findNeighbor, invalidatePaths, NeighborState } from "../ethernet/neighbor";

// Strangers on the link can make routers and redirects up. What they may take leaves room for what is more to be relied
// on: redirects for routers, and both for people.
const LEFT_BY_ROUTERS: u32 = ROUTES / 4;
const LEFT_BY_REDIRECTS: u32 = ROUTES / 2;

/** How a route compares with others to the same prefix (RFC 4191 §2.1): the higher, the better. */
export const MEDIUM_PREFERENCE: u8 = 1;
/** That of a route that people set, of which its metric is taken off. */
export const BEST_PREFERENCE: u8 = 255;

@unmanaged
@final
export class Route {
  prefix0: u32;
  prefix1: u32;
  prefix2: u32;
  prefix3: u32;
  gateway0: u32;
  gateway1: u32;
  gateway2: u32;
  gateway3: u32;
  /** Bits, counted over all 128. */
  prefixLength: u8;
  adapter: u8;
  private originByte: u8;
  preference: u8;
  /** Second of the machine's clock at which it is forgotten; FOREVER: never; 0: the entry is free. */
  endsAt: u32;

  @inline get prefix(): usize {
    return changetype<usize>(this);
  }
  /** The next hop; unspecified when the destination itself is the neighbor. */
  @inline get gateway(): usize {
    return changetype<usize>(this) + offsetof<Route>("gateway0");
  }
  @inline get origin(): RouteOrigin {
    return this.originByte;
  }
  set origin(origin: RouteOrigin) {
    this.originByte = <u8>origin;
  }
}

if (offsetof<Route>() != ROUTE_BYTES) ERROR("ROUTE_BYTES does not agree with Route.");

export function routeAt(index: u32): Route {
  return changetype<Route>(ROUTE_BASE + index * ROUTE_BYTES);
}

/**
 * Adds a route, or changes the one for the same prefix and adapter: of a router, the one through the same gateway.
 * `gateway` 0 or unspecified: the destination is the neighbor. Null when there is no room for one of that origin.
 */
export function setRoute(
  prefix: usize,
  prefixLength: u32,
  gateway: usize,
  adapter: u32,
  origin: RouteOrigin,
  endsAt: u32,
): Route | null {
  const preference = origin == RouteOrigin.MANUAL ? BEST_PREFERENCE : MEDIUM_PREFERENCE;
  return setRankedRoute(prefix, prefixLength, gateway, adapter, origin, endsAt, preference);
}

/** The same with a preference. Of those that people set, there may be one with each. */
export function setRankedRoute(
  prefix: usize,
  prefixLength: u32,
  gateway: usize,
  adapter: u32,
  origin: RouteOrigin,
  endsAt: u32,
  preference: u8,
): Route | null {
  const route = entryFor(prefix, prefixLength, gateway, adapter, origin, preference);
  if (!route || (!route.endsAt && !hasRoomFor(origin))) return null;
  copyAddress(route.prefix, prefix);
  clearHost(route.prefix, prefixLength);
  if (gateway) copyAddress(route.gateway, gateway);
  else clearAddress(route.gateway);
  route.prefixLength = <u8>prefixLength;
  route.adapter = <u8>adapter;
  route.origin = origin;
  route.preference = preference;
  route.endsAt = endsAt;
  invalidatePaths();
  if (origin != RouteOrigin.MANUAL) postNews(News.ROUTERS);
  return route;
}

function hasRoomFor(origin: RouteOrigin): bool {
  if ((!IPV6 && !DHCP_CLIENT) || origin == RouteOrigin.MANUAL) return true;
  let free: u32 = 0;
  for (let i: u32 = 0; i < ROUTES; i++) if (!routeAt(i).endsAt) free++;
  return free > (origin == RouteOrigin.REDIRECT ? LEFT_BY_REDIRECTS : LEFT_BY_ROUTERS);
}

// The route that is to be changed, or a free entry; null when there is neither.
function entryFor(
  prefix: usize,
  prefixLength: u32,
  gateway: usize,
  adapter: u32,
  origin: RouteOrigin,
  preference: u8,
): Route | null {
  let free: Route | null = null;
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.endsAt) {
      if (!free) free = route;
      continue;
    }
    if (route.origin != origin || !leadsTo(route, prefix, prefixLength, adapter)) continue;
    if (origin == RouteOrigin.MANUAL && route.preference != preference) continue;
    if (origin != RouteOrigin.ROUTER || leadsThrough(route, gateway)) return route;
  }
  return free;
}

// True of a route for just this prefix through this adapter. A prefix of no bits is that of one version.
function leadsTo(route: Route, prefix: usize, prefixLength: u32, adapter: u32): bool {
  if (route.prefixLength != prefixLength || route.adapter != adapter || isV4(route.prefix) != isV4(prefix))
    return false;
  return samePrefix(route.prefix, prefix, prefixLength);
}

function leadsThrough(route: Route, gateway: usize): bool {
  return gateway ? sameAddress(route.gateway, gateway) : isUnspecified(route.gateway);
}

/**
 * Sees to it that a redirect finds an entry where redirects have any: the one that ends first gives way, unless there is
 * one for the same destination already.
 */
export function makeRoomForRedirect(destination: usize, adapter: u32): void {
  if (hasRoomFor(RouteOrigin.REDIRECT)) return;
  let oldest: Route | null = null;
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.endsAt || route.origin != RouteOrigin.REDIRECT) continue;
    if (route.adapter == adapter && sameAddress(route.prefix, destination)) return;
    if (!oldest || route.endsAt < oldest.endsAt) oldest = route;
  }
  if (oldest) removeRoute(oldest);
}

/** The route that a router has told of, or null. */
export function findRouterRoute(prefix: usize, prefixLength: u32, gateway: usize, adapter: u32): Route | null {
  const route = entryFor(prefix, prefixLength, gateway, adapter, RouteOrigin.ROUTER, 0);
  return route && route.endsAt ? route : null;
}

/** Forgets a route. */
export function removeRoute(route: Route): void {
  route.endsAt = 0;
  invalidatePaths();
  postNews(News.ROUTERS);
}

/** Removes the routes for just this prefix through an adapter: those to neighbors, or also those through a gateway. */
export function removeRoutes(prefix: usize, prefixLength: u32, adapter: u32, throughGateways: bool): bool {
  let removed = false;
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.endsAt || !leadsTo(route, prefix, prefixLength, adapter)) continue;
    if (!throughGateways && !isUnspecified(route.gateway)) continue;
    removeRoute(route);
    removed = true;
  }
  return removed;
}

/** Forgets the routes through an adapter that came with its lease. */
export function removeRoutesOfLease(adapter: u32): void {
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (route.endsAt && route.adapter == adapter && route.origin == RouteOrigin.LEASE) removeRoute(route);
  }
}

/** The route for `destination`, through `adapter` alone unless that is ANY_ADAPTER; or null. */
export function findRoute(destination: usize, adapter: u32): Route | null {
  let best: Route | null = null;
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.endsAt || (adapter != ANY_ADAPTER && route.adapter != adapter)) continue;
    // A prefix of no bits is that of one version.
    if (!samePrefix(route.prefix, destination, route.prefixLength)) continue;
    if (isV4(route.prefix) != isV4(destination)) continue;
    if (!best || isBetterRoute(route, best)) best = route;
  }
  return best;
}

// A link that is there, then the longer prefix. Of two routers that people have set the one with the lower metric; of
// others the one that answers, and of those the preferred one (RFC 4861 §6.3.6, RFC 4191 §3.2).
function isBetterRoute(one: Route, other: Route): bool {
  if (SEVERAL_ADAPTERS && isUp(one) != isUp(other)) return isUp(one);
  if (one.prefixLength != other.prefixLength) return one.prefixLength > other.prefixLength;
  if (one.origin == RouteOrigin.MANUAL && other.origin == RouteOrigin.MANUAL) return one.preference > other.preference;
  const first = standingOf(one);
  const second = standingOf(other);
  return first != second ? first > second : one.preference > other.preference;
}

function isUp(route: Route): bool {
  return hasLink(adapterAt(route.adapter));
}

function standingOf(route: Route): u32 {
  if (isUnspecified(route.gateway)) return 2;
  const neighbor = findNeighbor(route.adapter, route.gateway);
  if (!neighbor) return 1;
  return neighbor.state == NeighborState.INCOMPLETE ? 0 : 2;
}

/** Forgets the routes whose time is over at `second`; the second at which the next one ends. */
export function expireRoutes(second: u32): u32 {
  let next = FOREVER;
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.endsAt) continue;
    if (route.endsAt <= second) removeRoute(route);
    else next = min<u32>(next, route.endsAt);
  }
  return next;
}

/** Forgets what `gateway` is the next hop of, as far as routers said so: it is no router any more (RFC 4861 §7.2.5). */
export function forgetRouter(gateway: usize, adapter: u32): void {
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.endsAt || route.adapter != adapter || route.origin == RouteOrigin.MANUAL) continue;
    if (sameAddress(route.gateway, gateway)) removeRoute(route);
  }
}

/**
 * A neighbor does not answer: where redirects have led to it, the routers are asked again (RFC 4861 §7.3.3), rather than
 * nobody for as long as a redirect is believed.
 */
export function forgetRedirectsTo(address: usize, adapter: u32): void {
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.endsAt || route.adapter != adapter || route.origin != RouteOrigin.REDIRECT) continue;
    if (sameAddress(nextHop(route, route.prefix), address)) removeRoute(route);
  }
}

/** In place of an adapter's number: whichever a route names; and none at all. */
export const ANY_ADAPTER: u32 = 0xff;
export const NO_ADAPTER: u32 = 0xfe;

/** Where a packet for `destination` goes next on this route. */
export function nextHop(route: Route, destination: usize): usize {
  return isUnspecified(route.gateway) ? destination : route.gateway;
}
