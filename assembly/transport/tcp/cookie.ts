// SYN cookies (Bernstein; RFC 4987 §3.6): when the SYN queue is full a SYN is answered from nothing and remembered
// nowhere. All that must be known later stands in what the peer sends back: the initial sequence number, which only we
// can have made, and with timestamps the options, in the low bits of their value.
//
//   initial sequence number   5 bits: when   3 bits: which MSS   24 bits: a keyed hash of both, the ends and the peer's ISS
//   timestamp                 26 bits: our clock   4 bits: window shift, 15 for none   1 bit: ECN   1 bit: SACK

import { Offer } from "../../abi/status";
import { now } from "../../base/clock";
import { SECOND } from "../../base/config";
import { COOKIE_STATE, WORK_AREA } from "../../base/memory";
import { SECRET } from "../../base/random";
import { sipHash } from "../../base/siphash";
import { Flow } from "../flow";
import { flowHash } from "./isn";

/** How long a cookie is good: in the period in which it was made, and in the next one. */
const PERIOD: u32 = 64 * SECOND;

const NO_SHIFT: u32 = 15;
const OPTION_BITS: u32 = 6;
const OPTION_MASK: u32 = (1 << OPTION_BITS) - 1;

@unmanaged
@final
class Cookies {
  /** The period in which the last one was made, and one more; 0 when none ever was. */
  lastPeriod: u32;
}

const cookies: Cookies = changetype<Cookies>(COOKIE_STATE);

/** The segment sizes that a cookie can tell apart, smallest first: what paths commonly have. */
const SIZES: usize = memory.data<u16>([64, 536, 1220, 1300, 1360, 1400, 1440, 1460]);

function mssAt(index: u32): u32 {
  return load<u16>(SIZES + index * 2);
}

function mssIndex(mss: u32): u32 {
  let index: u32 = 7;
  while (index > 0 && mssAt(index) > mss) index--;
  return index;
}

function period(): u32 {
  return <u32>(now() / PERIOD);
}

function hash(flow: Flow, irs: u32, when: u32, index: u32): u32 {
  const ends = flowHash(flow);
  store<u64>(WORK_AREA, ends);
  store<u64>(WORK_AREA, ((<u64>irs) << 32) | (when << 3) | index, 8);
  return <u32>sipHash(SECRET, WORK_AREA, 2) & 0xffffff;
}

/** The initial sequence number that answers a SYN with sequence number `irs` and this MSS. */
export function makeCookie(flow: Flow, irs: u32, mss: u32): u32 {
  const when = period();
  cookies.lastPeriod = when + 1;
  const index = mssIndex(mss);
  return ((when & 31) << 27) | (index << 24) | hash(flow, irs, when, index);
}

/** The MSS that the peer's SYN had, if `iss` is a cookie of ours that is still good; else 0. */
export function openCookie(flow: Flow, irs: u32, iss: u32): u32 {
  const current = period();
  if (!cookies.lastPeriod || current - (cookies.lastPeriod - 1) > 1) return 0; // none is out: nothing to guess at
  const age = (current - (iss >> 27)) & 31;
  if (age > 1) return 0;
  const index = (iss >> 24) & 7;
  return hash(flow, irs, current - age, index) == (iss & 0xffffff) ? mssAt(index) : 0;
}

/** Our timestamp `value`, not later, with the options in its low bits. */
export function stampWithOptions(value: u32, offer: u32, shift: u32): u32 {
  let bits = (offer & Offer.WINDOW_SCALE ? shift : NO_SHIFT) << 2;
  if (offer & Offer.ECN) bits |= 2;
  if (offer & Offer.SACK) bits |= 1;
  const stamped = (value & ~OPTION_MASK) | bits;
  return bits > (value & OPTION_MASK) ? stamped - (1 << OPTION_BITS) : stamped;
}

/** The options that a timestamp of ours brings back. */
export function offerIn(echo: u32): u32 {
  let offer: u32 = Offer.TIMESTAMPS;
  if (((echo >> 2) & 15) != NO_SHIFT) offer |= Offer.WINDOW_SCALE;
  if (echo & 2) offer |= Offer.ECN;
  if (echo & 1) offer |= Offer.SACK;
  return offer;
}

/** The window shift among them. */
export function shiftIn(echo: u32): u32 {
  const shift = (echo >> 2) & 15;
  return shift == NO_SHIFT ? 0 : shift;
}
