// Round-trip time and retransmission time-out with the numbers of RFC 6298, worked out by hand.

import { now, setNow } from "../../assembly/base/clock";
import { MILLISECOND, SECOND } from "../../assembly/base/config";
import { Packet } from "../../assembly/device/packet";
import { beginDelivery, deliver, delivery } from "../../assembly/transport/tcp/delivery";
import {
  backOff,
  INITIAL_RTO,
  MAX_RTO,
  MIN_RTO,
  probeInterval,
  slowStartAfterSyn,
  startRto,
  takeSample,
} from "../../assembly/transport/tcp/rto";
import { Mark, Tcb } from "../../assembly/transport/tcp/tcb";

const BLOCK: usize = memory.data(offsetof<Tcb>(), 8);

const PACKET: usize = memory.data(offsetof<Packet>(), 8);

/** A packet of 300 bytes at `seq` that was sent `micros` ago for the last time. */
function packetSent(seq: u32, micros: u32, transmissions: u8): Packet {
  const packet = changetype<Packet>(PACKET);
  packet.seq = seq;
  packet.bytes = 300;
  packet.sentAt = <u32>now() - micros;
  packet.transmissions = transmissions;
  return packet;
}

function freshTcb(): Tcb {
  memory.fill(BLOCK, 0, offsetof<Tcb>());
  const tcb = changetype<Tcb>(BLOCK);
  startRto(tcb);
  return tcb;
}

/** A segment that was sent once is acknowledged after `micros`. */
function roundTrip(tcb: Tcb, micros: u32): void {
  delivery.rtt = micros;
  takeSample(tcb);
}

describe("the retransmission time-out", () => {
  it("begins at one second (2.1)", () => {
    expect<u32>(freshTcb().rto).toBe(INITIAL_RTO);
    expect<u32>(INITIAL_RTO).toBe(SECOND);
  });

  // Shows: MUST-18
  it("follows the first sample (2.2) and the next ones (2.3)", () => {
    const tcb = freshTcb();
    roundTrip(tcb, 400 * MILLISECOND);
    expect<u32>(tcb.srtt).toBe(400 * MILLISECOND);
    expect<u32>(tcb.rttvar).toBe(200 * MILLISECOND);
    expect<u32>(tcb.rto).toBe(1200 * MILLISECOND);
    roundTrip(tcb, 800 * MILLISECOND);
    // RTTVAR = 3/4 * 200 + 1/4 * |400 - 800| = 250; SRTT = 7/8 * 400 + 1/8 * 800 = 450.
    expect<u32>(tcb.rttvar).toBe(250 * MILLISECOND);
    expect<u32>(tcb.srtt).toBe(450 * MILLISECOND);
    expect<u32>(tcb.rto).toBe(1450 * MILLISECOND);
  });

  it("has a least and a greatest value", () => {
    const tcb = freshTcb();
    roundTrip(tcb, 50);
    expect<u32>(tcb.rto).toBe(MIN_RTO);
    roundTrip(tcb, 100 * SECOND);
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
    roundTrip(tcb, 400 * MILLISECOND);
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
    roundTrip(measured, 10 * MILLISECOND);
    slowStartAfterSyn(measured);
    expect<u32>(measured.rto).toBe(MIN_RTO);
  });
});

describe("the packets that an ACK delivers", () => {
  beforeEach(() => {
    setNow(1000 * SECOND);
    beginDelivery(freshTcb());
  });

  it("give one sample: of the first that was sent once", () => {
    const tcb = freshTcb();
    tcb.minRtt = 0xffffffff;
    deliver(tcb, packetSent(100, 30 * MILLISECOND, 1));
    deliver(tcb, packetSent(200, 20 * MILLISECOND, 1));
    expect<bool>(takeSample(tcb)).toBe(true);
    expect<u32>(tcb.srtt).toBe(30 * MILLISECOND);
    expect<u32>(tcb.minRtt).toBe(20 * MILLISECOND);
  });

  // Shows: MUST-18
  it("give none when they were sent again (Karn's algorithm)", () => {
    const tcb = freshTcb();
    deliver(tcb, packetSent(100, 500 * MILLISECOND, 2));
    expect<bool>(takeSample(tcb)).toBe(false);
    expect<u32>(tcb.srtt).toBe(0);
    expect<u32>(tcb.rto).toBe(INITIAL_RTO);
  });

  it("tell which was sent last (RFC 8985 §6.2), across the wrap of numbers", () => {
    const tcb = freshTcb();
    tcb.rackSentAt = <u32>now() - 60 * MILLISECOND;
    tcb.rackEnd = 0xffffff00;
    tcb.rackHighest = 0xffffff00;
    tcb.sndNxt = 0xffffff80 + 300;
    deliver(tcb, packetSent(0xffffff80, 20 * MILLISECOND, 1));
    expect<u32>(tcb.rackEnd).toBe(0xffffff80 + 300);
    expect<u32>(tcb.rackHighest).toBe(0xffffff80 + 300);
    expect<bool>(tcb.is(Mark.REORDERED)).toBe(false);
    deliver(tcb, packetSent(0xffffff00 - 300, 40 * MILLISECOND, 1));
    expect<u32>(tcb.rackEnd).toBe(0xffffff80 + 300, "an older one changes nothing");
    expect<bool>(tcb.is(Mark.REORDERED)).toBe(true, "but it came late");
  });
});
