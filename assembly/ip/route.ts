// Routes: the longest prefix that an address lies in says through which adapter, and to which neighbor, it goes. Among
// routes with the same prefix the lowest metric counts; a route through an adapter without a link only when there is
// no other.

import { ROUTES } from "profile";
import { clearHost, copyAddress, isUnspecified, samePrefix } from "../base/address";
import { SEVERAL_ADAPTERS } from "../base/config";
import { ROUTE_BASE, ROUTE_BYTES } from "../base/memory";
import { adapterAt, hasLink } from "../device/adapter";
import { invalidatePaths } from "../ethernet/neighbor";

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
  used: u8;
  reserved: u8;
  /** The lower, the better. */
  metric: u32;

  @inline get prefix(): usize {
    return changetype<usize>(this);
  }
  /** The next hop; unspecified when the destination itself is the neighbor. */
  @inline get gateway(): usize {
    return changetype<usize>(this) + offsetof<Route>("gateway0");
  }
}

if (offsetof<Route>() != ROUTE_BYTES) ERROR("ROUTE_BYTES does not agree with Route.");

export function routeAt(index: u32): Route {
  return changetype<Route>(ROUTE_BASE + index * ROUTE_BYTES);
}

/**
 * Adds a route, or changes the gateway of one with the same prefix, adapter and metric. False when the table is full.
 */
export function setRoute(prefix: usize, prefixLength: u32, gateway: usize, adapter: u32, metric: u32 = 0): bool {
  let entry: Route | null = null;
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.used) {
      if (!entry) entry = route;
    } else if (route.metric == metric && leads(route, prefix, prefixLength, adapter)) {
      entry = route;
      break;
    }
  }
  if (!entry) return false;
  copyAddress(entry.prefix, prefix);
  clearHost(entry.prefix, prefixLength);
  copyAddress(entry.gateway, gateway);
  entry.prefixLength = <u8>prefixLength;
  entry.adapter = <u8>adapter;
  entry.metric = metric;
  entry.used = 1;
  invalidatePaths();
  return true;
}

// True of a route for just this prefix through this adapter.
function leads(route: Route, prefix: usize, prefixLength: u32, adapter: u32): bool {
  return (
    route.prefixLength == prefixLength && route.adapter == adapter && samePrefix(route.prefix, prefix, prefixLength)
  );
}

/** Removes the routes for just this prefix through an adapter: those to neighbors, or also those through a gateway. */
export function removeRoutes(prefix: usize, prefixLength: u32, adapter: u32, throughGateways: bool): bool {
  let removed = false;
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.used || !leads(route, prefix, prefixLength, adapter)) continue;
    if (!throughGateways && !isUnspecified(route.gateway)) continue;
    route.used = 0;
    removed = true;
  }
  if (removed) invalidatePaths();
  return removed;
}

/** The route for `destination`, through `adapter` alone unless that is ANY_ADAPTER; or null. */
export function findRoute(destination: usize, adapter: u32): Route | null {
  let best: Route | null = null;
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.used || (adapter != ANY_ADAPTER && route.adapter != adapter)) continue;
    if (best && !isBetter(route, best)) continue;
    if (samePrefix(route.prefix, destination, route.prefixLength)) best = route;
  }
  return best;
}

function isBetter(route: Route, best: Route): bool {
  if (SEVERAL_ADAPTERS && isUp(route) != isUp(best)) return isUp(route);
  if (route.prefixLength != best.prefixLength) return route.prefixLength > best.prefixLength;
  return route.metric < best.metric;
}

function isUp(route: Route): bool {
  return hasLink(adapterAt(route.adapter));
}

/** In place of an adapter's number: whichever a route names; and none at all. */
export const ANY_ADAPTER: u32 = 0xff;
export const NO_ADAPTER: u32 = 0xfe;

/** Where a packet for `destination` goes next on this route. */
export function nextHop(route: Route, destination: usize): usize {
  return isUnspecified(route.gateway) ? destination : route.gateway;
}
