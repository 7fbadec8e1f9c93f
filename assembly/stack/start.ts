// Power-on: every table to its first state, adapters and addresses as they are added.

import { ADAPTERS, ADDRESSES, CLAIMS, DHCP_CLIENT, GROUPS, IPV6, LOOPBACK, MTU } from "profile";
import { Autoconfig, RouteOrigin } from "../abi/addresses";
import { Errno } from "../abi/errno";
import { startApplications } from "../application/dispatch";
import { isLinkLocal, isLoopback, isMulticast, isUnspecified, isV4, isV4Form } from "../base/address";
import { APPLICATIONS, FRAGMENTS } from "../base/config";
import { FOREVER } from "../base/lifetimes";
import { IDENTITY } from "../base/memory";
import { random32, SECRET, startRandom } from "../base/random";
import { startTimers } from "../base/timers";
import { isLink, startDevices } from "../device/adapter";
import { startAdapter } from "../device/driver";
import { startPackets } from "../device/packet";
import { addOwnAddress, findAddressEntry } from "../ethernet/addresses";
import { startInterface, startLoopbackInterface } from "../ethernet/interface";
import { startNeighbors } from "../ethernet/neighbor";
import { autoconfigure } from "../ip/autoconfig";
import { claim } from "../ip/claim";
import { joinSolicitedNode, startGroups } from "../ip/groups";
import { startIp } from "../ip/output";
import { startReassembly } from "../ip/reassembly";
import { BEST_PREFERENCE, setRankedRoute, setRoute } from "../ip/route";
import { leaseFor } from "../names/dhcp-client";
import { LeaseWish } from "../names/dhcp-lease";
import { isReadable } from "../socket/pointers";
import { startDatagrams } from "../transport/datagram";
import { startRoom } from "../transport/tcp/room";
import { startHandshakes } from "../transport/tcp/syn-queue";
import { startTcbs } from "../transport/tcp/tcb";
import { startTimeWaits } from "../transport/tcp/time-wait";

/** Bits in front of an IPv4 address in its 16-byte form. */
const V4_PREFIX: u32 = 96;

export function startStack(dmaBase: u32, seed0: u32, seed1: u32, seed2: u32, seed3: u32): void {
  startRandom(seed0, seed1, seed2, seed3);
  if (IPV6) memory.copy(IDENTITY, SECRET, 16);
  startTimers();
  startPackets();
  startDevices(dmaBase);
  startNeighbors();
  startIp(random32());
  startTcbs();
  startRoom();
  startHandshakes();
  startTimeWaits();
  startDatagrams();
  if (FRAGMENTS) startReassembly();
  if (IPV6 && LOOPBACK) startLoopbackInterface(MTU);
  if (APPLICATIONS) startApplications();
}

/** Starts the MAC at `base`: the adapter's index, ENFILE when the profile has no more, EINVAL when no MAC answers. */
export function plugAdapter(base: u32, macHigh: u32, macLow: u32): i32 {
  if (macHigh & 0x100) return -Errno.EINVAL; // a group address
  // The words count the first byte highest, as people read; the MAC has it lowest.
  const low = bswap<u32>((macHigh << 16) | (macLow >> 16));
  const high: u32 = bswap<u16>(<u16>macLow);
  const adapter = startAdapter(base, low, high);
  if (!adapter) return -Errno.ENFILE;
  if (!adapter.base) return -Errno.EINVAL;
  if (IPV6) startInterface(adapter.index, adapter.mtu);
  if (GROUPS) startGroups(adapter);
  return adapter.index;
}

/**
 * Gives an adapter an address; the network that its prefix names is reached through it. `claimed`: others are asked first
 * whether they have it, and `describeAddress` tells when it is ours.
 */
export function configureAddress(adapter: u32, address: usize, prefixLength: u32, claimed: bool): i32 {
  if (!isReadable(address, 16)) return -Errno.EFAULT;
  if (!isLink(adapter) || isUnspecified(address) || isMulticast(address) || isLoopback(address)) return -Errno.EINVAL;
  const bits = wholeLength(address, prefixLength);
  if (bits > 128) return -Errno.EINVAL;
  if (!IPV6 && !isV4Form(address)) return -Errno.EPROTONOSUPPORT;
  const isNew = findAddressEntry(adapter, address) === null;
  const entry = addOwnAddress(adapter, address, bits);
  if (!entry) return -Errno.ENFILE;
  if (IPV6 && isNew && !isV4(address)) joinSolicitedNode(adapter, address);
  if (!setRoute(address, bits, 0, adapter, RouteOrigin.MANUAL, FOREVER)) return -Errno.ENFILE;
  if (CLAIMS && claimed) claim(entry);
  if (IPV6 && !isV4(address) && !isLinkLocal(address) && !autoconfigure(adapter, Autoconfig.LINK_LOCAL)) {
    return -Errno.ENFILE;
  }
  return 0;
}

/** What an adapter does by itself from now on: bits of Autoconfig. */
export function configureAdapter(adapter: u32, bits: u32): i32 {
  if (!isLink(adapter)) return -Errno.EINVAL;
  if (DHCP_CLIENT && bits & Autoconfig.DHCP) {
    const refused = configureLease(adapter, bits);
    if (refused) return refused;
    bits &= ~(<u32>Autoconfig.DHCP | Autoconfig.DHCP_UNCHECKED | Autoconfig.IPV4_LINK_LOCAL);
  }
  if (CLAIMS && bits & Autoconfig.DHCP) return -Errno.EPROTONOSUPPORT;
  if (!CLAIMS || (!IPV6 && bits & ~(<u32>Autoconfig.IPV4_LINK_LOCAL))) return bits ? -Errno.EPROTONOSUPPORT : 0;
  return autoconfigure(adapter, bits) ? 0 : -Errno.ENFILE;
}

function configureLease(adapter: u32, bits: u32): i32 {
  const unchecked = bits & Autoconfig.DHCP_UNCHECKED ? <u32>LeaseWish.UNCHECKED : 0;
  return leaseFor(adapter, unchecked | (bits & Autoconfig.IPV4_LINK_LOCAL ? <u32>LeaseWish.LINK_LOCAL : 0));
}

/** The key of stable interface identifiers (RFC 7217 §5), to be kept by the host from start to start: 16 bytes. */
export function configureIdentity(key: usize): i32 {
  if (!isReadable(key, 16)) return -Errno.EFAULT;
  if (!IPV6) return -Errno.EPROTONOSUPPORT;
  memory.copy(IDENTITY, key, 16);
  return 0;
}

/** Adds a route through a gateway, or (gateway unspecified) to neighbors. The lower the metric, the better. */
export function configureRoute(prefix: usize, prefixLength: u32, gateway: usize, adapter: u32, metric: u32): i32 {
  if (!isReadable(prefix, 16) || !isReadable(gateway, 16)) return -Errno.EFAULT;
  const bits = wholeLength(prefix, prefixLength);
  if (!isLink(adapter) || bits > 128 || metric > MOST_METRIC) return -Errno.EINVAL;
  const preference: u8 = BEST_PREFERENCE - <u8>metric;
  const route = setRankedRoute(prefix, bits, gateway, adapter, RouteOrigin.MANUAL, FOREVER, preference);
  return route ? 0 : -Errno.ENFILE;
}

/** The worst metric that a route may have. */
const MOST_METRIC: u32 = 255;

/** Prefix lengths cross the boundary as people write them, 0 to 32 for IPv4. */
export function wholeLength(address: usize, prefixLength: u32): u32 {
  return isV4Form(address) ? V4_PREFIX + prefixLength : prefixLength;
}

if (ADDRESSES < ADAPTERS) ERROR("ADDRESSES below ADAPTERS: each adapter needs one.");
