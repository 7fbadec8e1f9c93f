// Round-trip time and retransmission time-out (RFC 6298).

import { MIN_RTO_MILLISECONDS } from "profile";
import { Offer } from "../../abi/status";
import { MILLISECOND, SECOND } from "../../base/config";
import { delivery } from "./delivery";
import { timestamp } from "./options";
import { Segment } from "./segment";
import { Mark, Tcb } from "./tcb";

export const INITIAL_RTO: u32 = SECOND;
/** Below the RFC's second (§2.4 says SHOULD) in most profiles: the clock here is fine enough, and peers delay ACKs less. */
export const MIN_RTO: u32 = MIN_RTO_MILLISECONDS * MILLISECOND;
export const MAX_RTO: u32 = 60 * SECOND;

export function startRto(tcb: Tcb): void {
  tcb.srtt = 0;
  tcb.rttvar = 0;
  tcb.rto = INITIAL_RTO;
}

/**
 * Takes the sample of the ACK that has come: of the first segment that it delivers, and only when that was sent once
 * (Karn's algorithm, §3). True when there was one.
 */
export function takeSample(tcb: Tcb): bool {
  if (!delivery.rtt) return false;
  addSample(tcb, delivery.rtt);
  tcb.unmark(Mark.PROBED);
  return true;
}

/** The handshake is complete: its round trip, in microseconds, unless a SYN was sent twice. */
export function sampleHandshake(tcb: Tcb, rtt: u32): void {
  if (tcb.backoff == 0) addSample(tcb, max<u32>(rtt, 1));
}

/**
 * Takes the sample from the timestamp that came back, which tells a retransmission from the original (RFC 7323 §4).
 * Our own timing is finer, so this serves only after a time-out, where that may not measure.
 */
export function sampleEcho(tcb: Tcb, segment: Segment): void {
  if (!tcb.is(Mark.TIMESTAMPS) || !(segment.offer & Offer.TIMESTAMPS) || tcb.backoff == 0) return;
  const elapsed = timestamp(tcb.tsOffset) - segment.echo;
  if (elapsed < <u32>(MAX_RTO / MILLISECOND)) addSample(tcb, max<u32>(elapsed, 1) * MILLISECOND);
}

function addSample(tcb: Tcb, rtt: u32): void {
  if (tcb.srtt == 0) {
    tcb.srtt = rtt; // (2.2)
    tcb.rttvar = rtt / 2;
  } else {
    const error = rtt > tcb.srtt ? rtt - tcb.srtt : tcb.srtt - rtt; // (2.3)
    tcb.rttvar = (3 * tcb.rttvar + error) / 4;
    tcb.srtt = (7 * tcb.srtt + rtt) / 8;
  }
  tcb.rto = min<u32>(max<u32>(tcb.srtt + max<u32>(4 * tcb.rttvar, MILLISECOND), MIN_RTO), MAX_RTO);
}

/** A time-out has passed without an answer: the next is twice as long, until a round trip is measured again (5.5). */
export function backOff(tcb: Tcb): void {
  if (tcb.backoff < 255) tcb.backoff++;
  tcb.rto = min<u32>(tcb.rto * 2, MAX_RTO);
}

/** The wait before the next window probe: doubled for each one that found the window shut (RFC 9293 §3.8.6.1). */
export function probeInterval(tcb: Tcb): u32 {
  const doubled = (<u64>tcb.rto) << min<u32>(tcb.backoff, 16);
  return doubled > MAX_RTO ? MAX_RTO : <u32>doubled;
}

/** The handshake needed more than one SYN: RFC 6298 (5.7) begins data with three seconds. */
export function slowStartAfterSyn(tcb: Tcb): void {
  tcb.rto = tcb.srtt ? min<u32>(tcb.rto, 3 * SECOND) : 3 * SECOND;
}
