// Routes: the longest prefix that an address lies in says through which adapter, and to which neighbor, it goes.

import { ROUTES } from "profile";
import { clearHost, copyAddress, isUnspecified, samePrefix } from "../base/address";
import { ROUTE_BASE, ROUTE_BYTES } from "../base/memory";
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
  reserved0: u8;
  reserved1: u32;

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

/** Adds a route, or changes the gateway of one for the same prefix and adapter. False when the table is full. */
export function setRoute(prefix: usize, prefixLength: u32, gateway: usize, adapter: u32): bool {
  let entry: Route | null = null;
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.used) {
      if (!entry) entry = route;
    } else if (
      route.prefixLength == prefixLength &&
      route.adapter == adapter &&
      samePrefix(route.prefix, prefix, prefixLength)
    ) {
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
  entry.used = 1;
  invalidatePaths();
  return true;
}

/** The route for `destination`, through `adapter` alone unless that is ANY_ADAPTER; or null. */
export function findRoute(destination: usize, adapter: u32): Route | null {
  let best: Route | null = null;
  for (let i: u32 = 0; i < ROUTES; i++) {
    const route = routeAt(i);
    if (!route.used || (adapter != ANY_ADAPTER && route.adapter != adapter)) continue;
    if (best && route.prefixLength <= best.prefixLength) continue;
    if (samePrefix(route.prefix, destination, route.prefixLength)) best = route;
  }
  return best;
}

export const ANY_ADAPTER: u32 = 0xff;

/** Where a packet for `destination` goes next on this route. */
export function nextHop(route: Route, destination: usize): usize {
  return isUnspecified(route.gateway) ? destination : route.gateway;
}
