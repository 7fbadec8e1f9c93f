// Round-trip time and retransmission time-out with the numbers of RFC 6298, worked out by hand.

import { now, setNow } from "../../assembly/base/clock";
import { MILLISECOND, SECOND } from "../../assembly/base/config";
import {
  backOff,
  INITIAL_RTO,
  MAX_RTO,
  MIN_RTO,
  probeInterval,
  sampleRtt,
  slowStartAfterSyn,
  startRto,
  startTiming,
  stopTiming,
} from "../../assembly/transport/tcp/rto";
import { Tcb } from "../../assembly/transport/tcp/tcb";

const BLOCK: usize = memory.data(offsetof<Tcb>(), 8);

function freshTcb(): Tcb {
  memory.fill(BLOCK, 0, offsetof<Tcb>());
  const tcb = changetype<Tcb>(BLOCK);
  startRto(tcb);
  return tcb;
}

/** Sends a segment that begins with `seq` and has its first byte acknowledged after `micros`. */
function roundTrip(tcb: Tcb, seq: u32, micros: u32): void {
  startTiming(tcb, seq);
  setNow(now() + micros);
  sampleRtt(tcb, seq + 1);
}

describe("the retransmission time-out", () => {
  it("begins at one second (2.1)", () => {
    expect<u32>(freshTcb().rto).toBe(INITIAL_RTO);
    expect<u32>(INITIAL_RTO).toBe(SECOND);
  });

  // Shows: MUST-18
  it("follows the first sample (2.2) and the next ones (2.3)", () => {
    const tcb = freshTcb();
    roundTrip(tcb, 100, 400 * MILLISECOND);
    expect<u32>(tcb.srtt).toBe(400 * MILLISECOND);
    expect<u32>(tcb.rttvar).toBe(200 * MILLISECOND);
    expect<u32>(tcb.rto).toBe(1200 * MILLISECOND);
    roundTrip(tcb, 200, 800 * MILLISECOND);
    // RTTVAR = 3/4 * 200 + 1/4 * |400 - 800| = 250; SRTT = 7/8 * 400 + 1/8 * 800 = 450.
    expect<u32>(tcb.rttvar).toBe(250 * MILLISECOND);
    expect<u32>(tcb.srtt).toBe(450 * MILLISECOND);
    expect<u32>(tcb.rto).toBe(1450 * MILLISECOND);
  });

  it("has a least and a greatest value", () => {
    const tcb = freshTcb();
    roundTrip(tcb, 100, 50);
    expect<u32>(tcb.rto).toBe(MIN_RTO);
    roundTrip(tcb, 200, 100 * SECOND);
    expect<u32>(tcb.rto).toBe(MAX_RTO);
  });

  // Shows: MUST-18, MUST-19
  it("doubles each time that it passes (5.5), up to the greatest, until there is a sample", () => {
    const tcb = freshTcb();
    backOff(tcb);
    expect<u32>(tcb.rto).toBe(2 * SECOND);
    for (let i = 0; i < 4; i++) backOff(tcb);
    expect<u32>(tcb.rto).toBe(32 * SECOND);
    for (let i = 0; i < 300; i++) backOff(tcb);
    expect<u32>(tcb.rto).toBe(MAX_RTO);
    expect<u32>(tcb.backoff).toBe(255);
    roundTrip(tcb, 100, 400 * MILLISECOND);
    expect<u32>(tcb.rto).toBe(1200 * MILLISECOND);
  });

  it("is the first interval of window probes, which double too (RFC 9293 §3.8.6.1)", () => {
    const tcb = freshTcb();
    expect<u32>(probeInterval(tcb)).toBe(SECOND);
    tcb.backoff = 5;
    expect<u32>(probeInterval(tcb)).toBe(32 * SECOND);
    tcb.backoff = 6;
    expect<u32>(probeInterval(tcb)).toBe(MAX_RTO);
    tcb.backoff = 200;
    expect<u32>(probeInterval(tcb)).toBe(MAX_RTO);
    expect<u32>(tcb.rto).toBe(SECOND);
  });

  it("is three seconds for data when the SYN was lost and nothing was measured (5.7)", () => {
    const tcb = freshTcb();
    slowStartAfterSyn(tcb);
    expect<u32>(tcb.rto).toBe(3 * SECOND);
    const measured = freshTcb();
    roundTrip(measured, 100, 10 * MILLISECOND);
    slowStartAfterSyn(measured);
    expect<u32>(measured.rto).toBe(MIN_RTO);
  });
});

describe("samples", () => {
  it("are taken of one segment at a time, when some of it is acknowledged", () => {
    const tcb = freshTcb();
    startTiming(tcb, 100);
    setNow(now() + 10 * MILLISECOND);
    startTiming(tcb, 200);
    sampleRtt(tcb, 100);
    expect<u32>(tcb.srtt).toBe(0);
    setNow(now() + 10 * MILLISECOND);
    sampleRtt(tcb, 150);
    expect<u32>(tcb.srtt).toBe(20 * MILLISECOND);
  });

  it("are taken across the wrap of sequence numbers", () => {
    const tcb = freshTcb();
    startTiming(tcb, 5);
    setNow(now() + 30 * MILLISECOND);
    sampleRtt(tcb, 0xfffffff0);
    expect<u32>(tcb.srtt).toBe(0);
    sampleRtt(tcb, 6);
    expect<u32>(tcb.srtt).toBe(30 * MILLISECOND);
  });

  // Shows: MUST-18
  it("are not taken of what was sent again (Karn's algorithm)", () => {
    const tcb = freshTcb();
    startTiming(tcb, 100);
    stopTiming(tcb);
    setNow(now() + 500 * MILLISECOND);
    sampleRtt(tcb, 200);
    expect<u32>(tcb.srtt).toBe(0);
    expect<u32>(tcb.rto).toBe(INITIAL_RTO);
  });
});
