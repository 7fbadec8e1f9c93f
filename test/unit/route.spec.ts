// Routes: which of several is used, and what is left when one is removed.

import { ROUTES } from "profile";
import { RouteOrigin } from "../../assembly/abi/addresses";
import { setV4 } from "../../assembly/base/address";
import { FOREVER } from "../../assembly/base/lifetimes";
import { ROUTE_BASE, ROUTE_BYTES } from "../../assembly/base/memory";
import { Adapter, adapterAt, keepAdapter, nextAdapter, startDevices } from "../../assembly/device/adapter";
import { ANY_ADAPTER, BEST_PREFERENCE, findRoute, Route, removeRoutes, setRankedRoute } from "../../assembly/ip/route";

const PREFIX: usize = memory.data(16, 8);
const GATEWAY: usize = memory.data(16, 8);
const DESTINATION: usize = memory.data(16, 8);

/** An IPv4 address as its four bytes, first highest. */
function address(at: usize, value: u32): usize {
  setV4(at, bswap<u32>(value));
  return at;
}

/** A route to `prefix`/`bits` through `adapter`; the gateway's last byte tells it from others. */
function add(prefix: u32, bits: u32, adapter: u32, metric: u32, gateway: u32): bool {
  const preference: u8 = BEST_PREFERENCE - <u8>metric;
  const via = address(GATEWAY, 0x0a000000 | gateway);
  const to = address(PREFIX, prefix);
  return setRankedRoute(to, 96 + bits, via, adapter, RouteOrigin.MANUAL, FOREVER, preference) !== null;
}

/** Last byte of the gateway to `destination`; 0: no route. */
function gatewayTo(destination: u32, adapter: u32 = ANY_ADAPTER): u32 {
  const route: Route | null = findRoute(address(DESTINATION, destination), adapter);
  return route ? load<u8>(route.gateway, 15) : 0;
}

function remove(prefix: u32, bits: u32, adapter: u32): bool {
  return removeRoutes(address(PREFIX, prefix), 96 + bits, adapter, true);
}

describe("routes", () => {
  beforeEach(() => {
    memory.fill(ROUTE_BASE, 0, ROUTES * ROUTE_BYTES);
    startDevices(0);
    for (let i = 0; i < 2; i++) {
      const adapter: Adapter = nextAdapter()!;
      adapter.up = 1;
      keepAdapter();
    }
  });

  it("are chosen by the longest prefix that the destination lies in", () => {
    add(0, 0, 0, 0, 1);
    add(0xc6336400, 24, 0, 9, 2);
    add(0xc6336480, 25, 1, 99, 3);
    add(0xc63364ff, 32, 0, 0, 4);
    expect<u32>(gatewayTo(0x01020304)).toBe(1);
    expect<u32>(gatewayTo(0xc6336401)).toBe(2);
    expect<u32>(gatewayTo(0xc6336481)).toBe(3);
    expect<u32>(gatewayTo(0xc63364ff)).toBe(4);
    expect<u32>(gatewayTo(0xc6336481, 0)).toBe(2);
    expect<u32>(gatewayTo(0x01020304, 1)).toBe(0);
  });

  it("to one destination differ by their metric, and the lowest is used", () => {
    add(0, 0, 0, 20, 1);
    add(0, 0, 1, 10, 2);
    add(0, 0, 1, 30, 3);
    expect<u32>(gatewayTo(0x01020304)).toBe(2);
    add(0, 0, 0, 5, 4);
    expect<u32>(gatewayTo(0x01020304)).toBe(4);
    add(0, 0, 0, 5, 5); // the same but for the gateway
    expect<u32>(gatewayTo(0x01020304)).toBe(5);
  });

  it("through an adapter without a link count only when there is no other", () => {
    add(0, 0, 1, 10, 1);
    add(0xc6336400, 24, 0, 0, 2);
    expect<u32>(gatewayTo(0xc6336401)).toBe(2);
    adapterAt(0).up = 0;
    expect<u32>(gatewayTo(0xc6336401)).toBe(1);
    adapterAt(1).up = 0;
    expect<u32>(gatewayTo(0xc6336401)).toBe(2);
    adapterAt(0).up = 1;
    expect<u32>(gatewayTo(0xc6336401)).toBe(2);
  });

  it("that are removed leave the others, and their place", () => {
    add(0, 0, 0, 0, 1);
    add(0, 0, 0, 7, 2);
    add(0, 0, 1, 9, 3);
    add(0, 1, 0, 0, 4);
    expect<bool>(remove(0, 0, 0)).toBe(true);
    expect<u32>(gatewayTo(0xf0000000)).toBe(3);
    expect<u32>(gatewayTo(0x01000000)).toBe(4);
    expect<bool>(remove(0, 0, 0)).toBe(false);
    for (let i: u32 = 0; i < ROUTES - 2; i++) expect<bool>(add(0x0a000000 | (i << 8), 24, 0, 0, 9)).toBe(true);
    expect<bool>(add(0xc0000000, 8, 0, 0, 9)).toBe(false);
  });
});
