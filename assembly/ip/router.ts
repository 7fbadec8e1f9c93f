// What routers say (RFC 4861 §6.3, §8): who they are, what is on the link, which prefixes addresses may be made from, how
// large packets may be, who looks names up, and who is nearer to a destination.

import { NAME_SERVERS } from "profile";
import { Autoconfig, RouteOrigin } from "../abi/addresses";
import { Counter } from "../abi/counters";
import { clearAddress, isLinkLocal, isMulticast, isV4, sameAddress } from "../base/address";
import { be16, be32 } from "../base/bytes";
import { NEVER } from "../base/clock";
import { MILLISECOND, ROUTER_TIMER, SECOND } from "../base/config";
import { count } from "../base/counters";
import { endOf, FOREVER, second } from "../base/lifetimes";
import { DISCOVERY_SCRATCH } from "../base/memory";
import { setTimer } from "../base/timers";
import { Adapter, adapterAt } from "../device/adapter";
import { Packet } from "../device/packet";
import { findAddressEntry } from "../ethernet/addresses";
import { Interface, interfaceAt, setReachableTime } from "../ethernet/interface";
import { findNeighbor, invalidatePaths } from "../ethernet/neighbor";
import { Arrival } from "./arrival";
import { heardRouter, takePrefix } from "./autoconfig";
import { findMac, findOption, isSoundMessage, learnNeighbor } from "./discovery";
import { LEAST_MTU } from "./ipv6";
import { expireNameServers, learnNameServer } from "./name-servers";
import {
  expireRoutes,
  findRoute,
  findRouterRoute,
  MEDIUM_PREFERENCE,
  makeRoomForRedirect,
  nextHop,
  removeRoute,
  setRoute,
} from "./route";
import { NdOption } from "./solicit";

/** Bytes of an advertisement, and of a redirect, up to the options. */
const ADVERT_BYTES: u32 = 16;
const REDIRECT_BYTES: u32 = 40;

/** Bits of a prefix option: what is in the prefix is on the link; addresses may be made from it. */
const ON_LINK: u32 = 0x80;
const AUTONOMOUS: u32 = 0x40;

/** Seconds that a redirect is believed: then the router is asked again by using it. */
const REDIRECT_SECONDS: u32 = 600;

/** The longest that a router may have us believe in a neighbor, or wait between solicitations, in milliseconds. */
const MOST_TIME: u32 = 3600000;
const MOST_RETRANS_TIME: u32 = 60000;
/** Below this a forged advertisement would have every neighbor given up before it can answer. */
const LEAST_RETRANS_TIME: u32 = 100;

/** Prefixes and servers that one advertisement may bring; more is more than anybody has. */
const MOST_OPTIONS: u32 = 16;

/** A router advertises itself (§6.3.4). Only adapters that were told to do listen to it. */
export function receiveRouterAdvertisement(arrival: Arrival): void {
  count(Counter.NdInRouterAdverts);
  if (!isSoundMessage(arrival, ADVERT_BYTES)) return;
  if (!isLinkLocal(arrival.source)) {
    count(Counter.NdInInvalid);
    return;
  }
  const adapter = adapterAt(arrival.adapter);
  const link = interfaceAt(adapter.index);
  if (!(link.mode & Autoconfig.ROUTERS)) return;
  const packet = arrival.packet;
  takeParameters(link, packet.data);
  takeMtu(adapter, link, packet);
  learnRouter(adapter.index, arrival.source, findMac(packet, ADVERT_BYTES, NdOption.SOURCE_MAC));
  const lifetime = be16(packet.data, 6);
  takeRouter(arrival, lifetime, <u32>load<u8>(packet.data, 5));
  takeOptions(adapter.index, packet);
  if (lifetime) heardRouter(adapter.index);
  routersTimeout();
}

// A router's Ethernet address, when there is an option with it; a neighbor that is known is one in any case.
function learnRouter(adapter: u32, address: usize, option: usize): void {
  const router = option
    ? learnNeighbor(adapter, address, load<u32>(option, 2), load<u16>(option, 6))
    : findNeighbor(adapter, address);
  if (router) router.isRouter = 1;
}

function takeParameters(link: Interface, p: usize): void {
  const hopLimit = load<u8>(p, 4);
  if (hopLimit) link.hopLimit = hopLimit;
  const reachable = be32(p, 8);
  if (reachable && reachable <= MOST_TIME) setReachableTime(link, reachable * MILLISECOND);
  const retrans = be32(p, 12);
  if (retrans && retrans <= MOST_RETRANS_TIME) link.retransTime = max<u32>(retrans, LEAST_RETRANS_TIME) * MILLISECOND;
}

function takeMtu(adapter: Adapter, link: Interface, packet: Packet): void {
  const option = findOption(packet, ADVERT_BYTES, NdOption.MTU);
  if (!option) return;
  const mtu = be32(option, 4);
  if (mtu < LEAST_MTU || mtu > <u32>adapter.mtu || mtu == link.mtu) return;
  link.mtu = <u16>mtu;
  invalidatePaths(); // connections reckon their segments anew
}

// The way to everywhere, through the sender, for these seconds; 0: no longer.
function takeRouter(arrival: Arrival, lifetime: u32, flags: u32): void {
  const everywhere = DISCOVERY_SCRATCH;
  clearAddress(everywhere);
  const known = findRouterRoute(everywhere, 0, arrival.source, arrival.adapter);
  if (!lifetime) {
    if (known) removeRoute(known);
    return;
  }
  // One that is known needs no new paths.
  let route = known;
  if (route) route.endsAt = endOf(lifetime);
  else route = setRoute(everywhere, 0, arrival.source, arrival.adapter, RouteOrigin.ROUTER, endOf(lifetime));
  if (!route) {
    count(Counter.NdTablesFull);
    return;
  }
  const bits = (flags >> 3) & 3;
  const preference: u8 = bits == 1 ? 2 : bits == 3 ? 0 : MEDIUM_PREFERENCE; // RFC 4191 §2.1
  if (route.preference == preference) return;
  route.preference = preference;
  invalidatePaths();
}

function takeOptions(adapter: u32, packet: Packet): void {
  let from = ADVERT_BYTES;
  for (let options: u32 = 0; from < packet.length && options < MOST_OPTIONS; options++) {
    const p = packet.data + from;
    const bytes = <u32>load<u8>(p, 1) * 8;
    const type: u32 = load<u8>(p);
    if (type == NdOption.PREFIX && bytes == 32) takePrefixOption(adapter, p);
    else if (NAME_SERVERS && type == NdOption.NAME_SERVERS) takeNameServers(adapter, p, bytes);
    from += bytes;
  }
}

function takePrefixOption(adapter: u32, p: usize): void {
  const bits: u32 = load<u8>(p, 2);
  const flags: u32 = load<u8>(p, 3);
  const valid = be32(p, 4);
  const preferred = be32(p, 8);
  const prefix = p + 16;
  // No bits would have everything on the link.
  if (bits - 1 >= 128 || isLinkLocal(prefix) || isMulticast(prefix) || isV4(prefix)) return;
  if (flags & ON_LINK) {
    const known = findRouterRoute(prefix, bits, 0, adapter);
    if (!valid) {
      if (known) removeRoute(known);
    } else if (known) {
      known.endsAt = endOf(valid);
    } else if (!setRoute(prefix, bits, 0, adapter, RouteOrigin.ROUTER, endOf(valid))) {
      count(Counter.NdTablesFull);
    }
  }
  if (flags & AUTONOMOUS && bits == 64 && preferred <= valid) takePrefix(adapter, prefix, valid, preferred);
}

function takeNameServers(adapter: u32, p: usize, bytes: u32): void {
  if (bytes % 16 != 8) return; // not whole addresses (RFC 8106 §5.3.1)
  const lifetime = be32(p, 4);
  for (let at: u32 = 8; at + 16 <= bytes; at += 16) {
    learnNameServer(adapter, p + at, lifetime ? endOf(lifetime) : 0);
  }
}

/** What routers have said ends some time; the timer for that. */
export function routersTimeout(): void {
  const routes = expireRoutes(second());
  const next = NAME_SERVERS ? min<u32>(routes, expireNameServers(second())) : routes;
  setTimer(ROUTER_TIMER, next == FOREVER ? NEVER : <u64>next * SECOND);
}

/** A router says that another hop is nearer (§8). Only the router that is being used for the destination may. */
export function receiveRedirect(arrival: Arrival): void {
  count(Counter.NdInRedirects);
  if (!isSoundMessage(arrival, REDIRECT_BYTES)) return;
  const packet = arrival.packet;
  const target = packet.data + 8;
  const destination = packet.data + 24;
  const isNeighbor = sameAddress(target, destination);
  const adapter: u32 = arrival.adapter;
  const mayGo = isNeighbor || isLinkLocal(target);
  if (!mayGo || findAddressEntry(adapter, target) || !isFromRouterFor(arrival, destination)) {
    count(Counter.NdInInvalid);
    return;
  }
  const option = findMac(packet, REDIRECT_BYTES, NdOption.TARGET_MAC);
  if (!isNeighbor) learnRouter(adapter, target, option);
  else if (option) learnNeighbor(adapter, target, load<u32>(option, 2), load<u16>(option, 6));
  const gateway: usize = isNeighbor ? 0 : target;
  makeRoomForRedirect(destination, adapter);
  if (!setRoute(destination, 128, gateway, adapter, RouteOrigin.REDIRECT, endOf(REDIRECT_SECONDS))) {
    count(Counter.NdTablesFull);
  }
  routersTimeout();
}

function isFromRouterFor(arrival: Arrival, destination: usize): bool {
  if (isMulticast(destination) || isV4(destination) || !isLinkLocal(arrival.source)) return false;
  const route = findRoute(destination, arrival.adapter);
  return route !== null && sameAddress(nextHop(route, destination), arrival.source);
}
