// What the machine has counted (abi/counters.ts names it).

import { IPV6 } from "profile";
import { Counter } from "../abi/counters";
import { COUNTERS } from "./memory";

export function count(counter: Counter): void {
  const at = COUNTERS + <usize>counter * 4;
  store<u32>(at, load<u32>(at) + 1);
}

/** What a counter stands at. */
export function counted(counter: Counter): u32 {
  return load<u32>(COUNTERS + <usize>counter * 4);
}

/** Counts something of IP or ICMP that both versions count: IPv6's counters follow in the same order. */
export function countIp(counter: Counter, isV6: bool): void {
  count(IPV6 && isV6 ? counter + (Counter.Ip6InReceives - Counter.IpInReceives) : counter);
}
