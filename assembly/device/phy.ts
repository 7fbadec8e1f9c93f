// What drivers of real MACs share in following the link: their transceivers have registers in common (IEEE 802.3 clause
// 22), but not all tell by an interrupt, so they are looked at by the clock.

import { now } from "../base/clock";
import { Adapter } from "./adapter";

/** Reads of a busy register before whatever it leads to is taken for dead. */
export const PATIENCE: u32 = 1000;
/** A second, nearly: 2^20 microseconds. */
const SECOND_SHIFT: u64 = 20;

/** True once in each second of the clock in which it is asked. */
export function isLinkDue(adapter: Adapter): bool {
  const second = <u8>(now() >> SECOND_SHIFT);
  if (adapter.lookedAt == second) return false;
  adapter.lookedAt = second;
  return true;
}

/** Notes whether there is a link: true when that is another answer than before. */
export function noteLink(adapter: Adapter, up: bool): bool {
  if (adapter.up == <u8>up) return false;
  adapter.up = <u8>up;
  return true;
}

/** False where the management bus has no transceiver: pulled up or down, its identifier is no number of a maker. */
export function isTransceiver(identifier: u32): bool {
  return identifier != 0 && identifier != 0xffff;
}
