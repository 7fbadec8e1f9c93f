// What routers have said of a link (RFC 4861 §6.3.2), and how far an adapter's asking for routers has come. There is one
// record for each adapter, in machines with IPv6.

import { IPV6 } from "profile";
import { LOOPBACK_ADAPTER, SECOND } from "../base/config";
import { INTERFACE_BASE, INTERFACE_BYTES } from "../base/memory";
import { random32 } from "../base/random";

@unmanaged
@final
export class Interface {
  /** Microseconds that a neighbor counts as reachable, and between solicitations. */
  reachableTime: u32;
  retransTime: u32;
  /** Largest IPv6 packet on this link, in bytes. */
  mtu: u16;
  /** What packets start with whose socket does not say. */
  hopLimit: u8;
  /** Bits of Autoconfig. */
  mode: u8;
  /** Router solicitations sent, and one more for the pause in front of the first. */
  solicitations: u8;
  reserved0: u8;
  reserved1: u16;
}

if (offsetof<Interface>() != INTERFACE_BYTES) ERROR("INTERFACE_BYTES does not agree with Interface.");

/** RFC 4861 §10. */
const REACHABLE_TIME: u32 = 30 * SECOND;
const RETRANS_TIMER: u32 = SECOND;
const DEFAULT_HOP_LIMIT: u8 = 64;

export function interfaceAt(adapter: u32): Interface {
  return changetype<Interface>(INTERFACE_BASE + adapter * INTERFACE_BYTES);
}

/** The loopback's: nobody is asked for there, and no router speaks. */
export function startLoopbackInterface(mtu: u32): void {
  const link = interfaceAt(LOOPBACK_ADAPTER);
  link.mtu = <u16>mtu;
  link.hopLimit = DEFAULT_HOP_LIMIT;
}

export function startInterface(adapter: u32, mtu: u32): void {
  const link = interfaceAt(adapter);
  link.mtu = <u16>mtu;
  link.hopLimit = DEFAULT_HOP_LIMIT;
  link.mode = 0;
  link.solicitations = 0;
  link.retransTime = RETRANS_TIMER;
  setReachableTime(link, 0);
}

/** Half to one and a half times the base value, so that machines do not ask in step (§6.3.2). 0: the usual. */
export function setReachableTime(link: Interface, base: u32): void {
  const time = base ? base : REACHABLE_TIME;
  link.reachableTime = time / 2 + (random32() % time);
}

/** Microseconds that an answer is good for. */
export function reachableTime(adapter: u32): u64 {
  return IPV6 ? interfaceAt(adapter).reachableTime : REACHABLE_TIME;
}

/** Microseconds between two questions. */
export function retransTime(adapter: u32): u64 {
  return IPV6 ? interfaceAt(adapter).retransTime : RETRANS_TIMER;
}
