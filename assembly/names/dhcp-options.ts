// What a server says besides the address: the mask, routers, routes, name servers, the domain, how large packets may be.
// All of it ends with the lease.

import { NAME_SERVERS } from "profile";
import { RouteOrigin } from "../abi/addresses";
import { Counter } from "../abi/counters";
import { clearAddress, isMulticast, setV4 } from "../base/address";
import { be16 } from "../base/bytes";
import { LEAST_V4_MTU, LINKS_DIFFER, MTU_BYTES } from "../base/config";
import { count } from "../base/counters";
import { NAMES_AREA, NAMES_AREA_BYTES } from "../base/memory";
import { adapterAt, setAdapterMtu } from "../device/adapter";
import { forgetServersOfLease, learnServerOfLease } from "../ip/name-servers";
import { removeRoutesOfLease, setRoute } from "../ip/route";
import { DOMAIN_BYTES, Lease } from "./dhcp-lease";
import { addressOption, Option, readOption } from "./dhcp-message";
import { NAME_BYTES, nameBytes, nameOfText } from "./dns-name";

/** Behind the area in which options are gathered: addresses that routes are made of. */
const PREFIX: usize = NAMES_AREA + 256;
const GATEWAY: usize = NAMES_AREA + 272;

/** Bits in front of an IPv4 address in its 16-byte form. */
const V4_PREFIX: u32 = 96;

if (NAMES_AREA_BYTES && NAMES_AREA_BYTES < 256 + 32) ERROR("NAMES_AREA_BYTES is too few.");

/** Bits of the mask that a message has, counted from 0 to 32; what is usual with that address when it has none. */
export function maskOf(p: usize, bytes: u32, address: u32): u32 {
  const mask = bswap<u32>(addressOption(p, bytes, Option.MASK, NAMES_AREA));
  const length = <u32>popcnt<u32>(mask);
  // The bits of a mask stand together.
  if (length && <u32>clz<u32>(~mask) == length) return length;
  const first = address & 0xff;
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

/** Takes everything from a message into use, until second `endsAt`; what the lease brought before is forgotten. */
export function takeOptions(lease: Lease, p: usize, bytes: u32, endsAt: u32): void {
  removeRoutesOfLease(lease.index);
  setV4(PREFIX, lease.address);
  addRoute(lease, V4_PREFIX + lease.prefixLength, 0, endsAt);
  takeRoutes(lease, p, bytes, endsAt);
  takeServers(lease, p, bytes, endsAt);
  takeDomain(lease, p, bytes);
  takeMtu(lease, p, bytes);
  lease.timeServer = addressOption(p, bytes, Option.TIME_SERVERS, NAMES_AREA);
}

/** Forgets what came with a lease. */
export function dropOptions(lease: Lease): void {
  removeRoutesOfLease(lease.index);
  if (NAME_SERVERS) forgetServersOfLease(lease.index);
  lease.router = 0;
  lease.timeServer = 0;
  store<u8>(lease.domain, 0);
  if (LINKS_DIFFER && lease.usualMtu) setAdapterMtu(adapterAt(lease.index), lease.usualMtu);
  lease.usualMtu = 0;
}

// Where static routes are told, the router option says nothing (RFC 3442).
function takeRoutes(lease: Lease, p: usize, bytes: u32, endsAt: u32): void {
  lease.router = 0;
  const length = readOption(p, bytes, Option.STATIC_ROUTES, NAMES_AREA, 255);
  if (length > 0 && length <= 255 && areSoundRoutes(length)) {
    takeStaticRoutes(lease, length, endsAt);
    return;
  }
  if (length >= 0) count(Counter.DhcpInBadOptions);
  const router = addressOption(p, bytes, Option.ROUTERS, NAMES_AREA);
  if (!isHost(router)) return;
  lease.router = router;
  setV4(PREFIX, 0);
  setV4(GATEWAY, router);
  addRoute(lease, V4_PREFIX, GATEWAY, endsAt);
}

/** Bytes of the gathered option that one route takes: its length, as much of the prefix as that says, the router. */
function routeBytes(at: u32): u32 {
  return 5 + (<u32>load<u8>(NAMES_AREA + at) + 7) / 8;
}

function areSoundRoutes(length: u32): bool {
  let at: u32 = 0;
  while (at < length) {
    if (load<u8>(NAMES_AREA + at) > 32) return false;
    at += routeBytes(at);
  }
  return at == length;
}

function takeStaticRoutes(lease: Lease, length: u32, endsAt: u32): void {
  for (let at: u32 = 0; at < length; at += routeBytes(at)) {
    const bits: u32 = load<u8>(NAMES_AREA + at);
    const prefixBytes = (bits + 7) / 8;
    let prefix: u32 = 0;
    for (let i: u32 = 0; i < prefixBytes; i++) prefix |= (<u32>load<u8>(NAMES_AREA + at + 1 + i)) << (i * 8);
    const router = load<u32>(NAMES_AREA + at + 1 + prefixBytes);
    setV4(PREFIX, prefix);
    if (router) setV4(GATEWAY, router);
    else clearAddress(GATEWAY);
    if (router && !isHost(router)) continue;
    if (!bits) lease.router = router;
    addRoute(lease, V4_PREFIX + bits, GATEWAY, endsAt);
  }
}

function isHost(address: u32): bool {
  const first = address & 0xff;
  return first != 0 && first != 127 && first < 224;
}

function addRoute(lease: Lease, bits: u32, gateway: usize, endsAt: u32): void {
  if (!setRoute(PREFIX, bits, gateway, lease.index, RouteOrigin.LEASE, endsAt)) count(Counter.DhcpNoRoom);
}

function takeServers(lease: Lease, p: usize, bytes: u32, endsAt: u32): void {
  if (!NAME_SERVERS) return;
  forgetServersOfLease(lease.index);
  const length = readOption(p, bytes, Option.NAME_SERVERS, NAMES_AREA, 255);
  for (let at = 0; at + 4 <= min<i32>(length, 252); at += 4) {
    setV4(PREFIX, load<u32>(NAMES_AREA + at));
    if (isMulticast(PREFIX) || !load<u32>(PREFIX, 12)) continue;
    learnServerOfLease(lease.index, PREFIX, endsAt);
  }
}

// A domain is text, of which some servers send a zero at the end.
function takeDomain(lease: Lease, p: usize, bytes: u32): void {
  store<u8>(lease.domain, 0);
  let length = readOption(p, bytes, Option.DOMAIN, NAMES_AREA, 255);
  if (length < 1 || length > 255) return;
  if (!load<u8>(NAMES_AREA + length - 1)) length--;
  const name = PREFIX + 32;
  if (<u32>length > DOMAIN_BYTES || nameOfText(NAMES_AREA, length, name) < 0) {
    count(Counter.DhcpInBadOptions);
    return;
  }
  const whole = nameBytes(name);
  if (whole <= DOMAIN_BYTES) memory.copy(lease.domain, name, whole);
}

function takeMtu(lease: Lease, p: usize, bytes: u32): void {
  if (!LINKS_DIFFER || readOption(p, bytes, Option.MTU, NAMES_AREA, 2) != 2) return;
  const mtu = be16(NAMES_AREA);
  if (mtu < LEAST_V4_MTU || mtu > MTU_BYTES) {
    count(Counter.DhcpInBadOptions);
    return;
  }
  const adapter = adapterAt(lease.index);
  if (adapter.mtu == <u16>mtu) return;
  if (!lease.usualMtu) lease.usualMtu = adapter.mtu;
  setAdapterMtu(adapter, mtu);
}

if (NAMES_AREA_BYTES && NAMES_AREA_BYTES < 256 + 64 + NAME_BYTES + 1) ERROR("NAMES_AREA_BYTES is too few for names.");
