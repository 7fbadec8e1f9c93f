// Path MTU (RFC 1191): the largest packet that is known to reach a destination whole, where that is less than the link
// carries. An entry is forgotten after ten minutes, so that a path that has become wider is found out (§6.3).

import { PATH_MTUS } from "profile";
import { copyAddress, isV4, sameAddress } from "../base/address";
import { FRAGMENTS } from "../base/config";
import { second } from "../base/lifetimes";
import { PATH_MTU_BASE, PATH_MTU_BYTES } from "../base/memory";
import { LEAST_MTU } from "./ipv6";

/** Below this no path is taken to be: IPv4 hosts take packets of 576 bytes, tunnels may cost some of them. */
export const LEAST_PATH_MTU: u32 = 552;

/** Below this no path to `destination` is taken to be (RFC 8201 §4 for IPv6). */
export function leastPathMtu(destination: usize): u32 {
  return isV4(destination) ? LEAST_PATH_MTU : LEAST_MTU;
}

/** Seconds that an entry is believed. */
const BELIEVED: u32 = 600;

@unmanaged
@final
class PathMtu {
  address0: u32;
  address1: u32;
  address2: u32;
  address3: u32;
  /** The second in which the entry ends; 0: none. */
  ends: u32;
  mtu: u32;

  @inline get address(): usize {
    return changetype<usize>(this);
  }
}

if (offsetof<PathMtu>() != PATH_MTU_BYTES) ERROR("PATH_MTU_BYTES does not agree with PathMtu.");

function entryAt(index: u32): PathMtu {
  return changetype<PathMtu>(PATH_MTU_BASE + index * PATH_MTU_BYTES);
}

/** The largest packet for `destination`, at most `most`. */
export function pathMtu(destination: usize, most: u32): u32 {
  if (FRAGMENTS && !entryAt(0).ends) return most; // the first to be filled: every large datagram asks
  const time = second();
  for (let i: u32 = 0; i < PATH_MTUS; i++) {
    const entry = entryAt(i);
    if (entry.ends > time && sameAddress(entry.address, destination)) return min<u32>(entry.mtu, most);
  }
  return most;
}

/** No packet above `mtu` bytes reaches `destination`. The entry that ends first gives way. */
export function limitPathMtu(destination: usize, mtu: u32): void {
  let chosen = entryAt(0);
  for (let i: u32 = 0; i < PATH_MTUS; i++) {
    const entry = entryAt(i);
    if (entry.ends && sameAddress(entry.address, destination)) {
      chosen = entry;
      break;
    }
    if (entry.ends < chosen.ends) chosen = entry;
  }
  const known = pathMtu(destination, mtu); // a report does not make a path wider (RFC 1191 §3)
  copyAddress(chosen.address, destination);
  chosen.mtu = max<u32>(known, leastPathMtu(destination));
  chosen.ends = second() + BELIEVED;
}
