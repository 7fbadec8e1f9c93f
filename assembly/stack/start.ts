// Power-on: every table to its first state, adapters and addresses as they are added.

import { ADAPTERS, ADDRESSES, LOOPBACK } from "profile";
import { Errno } from "../abi/errno";
import { clearAddress, isLoopback, isMulticast, isUnspecified, isV4 } from "../base/address";
import { LOOPBACK_ADAPTER } from "../base/config";
import { SCRATCH } from "../base/memory";
import { random32, startRandom } from "../base/random";
import { startTimers } from "../base/timers";
import { isAdapter, startDevices } from "../device/adapter";
import { startAdapter } from "../device/driver";
import { startPackets } from "../device/packet";
import { addOwnAddress } from "../ethernet/addresses";
import { startNeighbors } from "../ethernet/neighbor";
import { startIp } from "../ip/output";
import { setRoute } from "../ip/route";
import { isReadable } from "../socket/pointers";
import { startDatagrams } from "../transport/datagram";
import { startHandshakes } from "../transport/tcp/handshake";
import { startRoom } from "../transport/tcp/room";
import { startTcbs } from "../transport/tcp/tcb";
import { startTimeWaits } from "../transport/tcp/time-wait";

/** Bits in front of an IPv4 address in its 16-byte form. */
const V4_PREFIX: u32 = 96;

export function startStack(dmaBase: u32, seed0: u32, seed1: u32, seed2: u32, seed3: u32): void {
  startRandom(seed0, seed1, seed2, seed3);
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
}

/** Starts the MAC at `base`: the adapter's index, ENFILE when the profile has no more, EINVAL when no MAC answers. */
export function plugAdapter(base: u32, macHigh: u32, macLow: u32): i32 {
  if (macHigh & 0x100) return -Errno.EINVAL; // a group address
  // The words count the first byte highest, as people read; the MAC has it lowest.
  const low = bswap<u32>((macHigh << 16) | (macLow >> 16));
  const high: u32 = bswap<u16>(<u16>macLow);
  const adapter = startAdapter(base, low, high);
  if (!adapter) return -Errno.ENFILE;
  return adapter.base ? adapter.index : -Errno.EINVAL;
}

/** Gives an adapter an address; the network that its prefix names is reached through it. */
export function configureAddress(adapter: u32, address: usize, prefixLength: u32): i32 {
  if (!isReadable(address, 16)) return -Errno.EFAULT;
  if (!isWired(adapter) || isUnspecified(address) || isMulticast(address) || isLoopback(address)) return -Errno.EINVAL;
  const bits = wholeLength(address, prefixLength);
  if (bits > 128) return -Errno.EINVAL;
  if (!isV4(address)) return -Errno.EPROTONOSUPPORT;
  if (!addOwnAddress(adapter, address, bits)) return -Errno.ENFILE;
  clearAddress(SCRATCH + 48);
  return setRoute(address, bits, SCRATCH + 48, adapter) ? 0 : -Errno.ENFILE;
}

/** Adds a route through a gateway, or (gateway unspecified) to neighbors. The lower the metric, the better. */
export function configureRoute(prefix: usize, prefixLength: u32, gateway: usize, adapter: u32, metric: u32): i32 {
  if (!isReadable(prefix, 16) || !isReadable(gateway, 16)) return -Errno.EFAULT;
  const bits = wholeLength(prefix, prefixLength);
  if (!isWired(adapter) || bits > 128 || metric > MOST_METRIC) return -Errno.EINVAL;
  return setRoute(prefix, bits, gateway, adapter, metric) ? 0 : -Errno.ENFILE;
}

/** The worst metric that a route may have. */
const MOST_METRIC: u32 = 0xffff;

/** True of an adapter that has a wire, or a share of one. */
export function isWired(adapter: u32): bool {
  return isAdapter(adapter) && !(LOOPBACK && adapter == LOOPBACK_ADAPTER);
}

/** Prefix lengths cross the boundary as people write them, 0 to 32 for IPv4. */
export function wholeLength(address: usize, prefixLength: u32): u32 {
  return isV4(address) ? V4_PREFIX + prefixLength : prefixLength;
}

if (ADDRESSES < ADAPTERS) ERROR("ADDRESSES below ADAPTERS: each adapter needs one.");
