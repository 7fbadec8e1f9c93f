// Reassembly: whatever fragments come in whatever order, the outcome is that of a model that knows nothing but bytes; and
// what is held never exceeds its limits.

import { REASSEMBLIES, REASSEMBLY_PACKETS } from "profile";
import { Counter } from "../../assembly/abi/counters";
import { setV4 } from "../../assembly/base/address";
import { now, setNow } from "../../assembly/base/clock";
import { REASSEMBLY_TIMER, SECOND } from "../../assembly/base/config";
import { counted } from "../../assembly/base/counters";
import { packetPool, reassemblyPool } from "../../assembly/base/pool";
import { startTimers, timerDue } from "../../assembly/base/timers";
import { chainBytes, chainPackets } from "../../assembly/device/chain";
import { available, Packet, promise, release, startPackets, takePacket } from "../../assembly/device/packet";
import { arrival } from "../../assembly/ip/arrival";
import { Walk } from "../../assembly/ip/extensions";
import { FragmentBits } from "../../assembly/ip/ipv4";
import { reassemble, reassemblyTimeout, releaseHanded, startReassembly } from "../../assembly/ip/reassembly";
import { draw, drawBetween, oneIn, startDraws } from "./draw";
import { Model } from "./reassembly-model";

const COMPLETE: i32 = 0;
/** Where the payload of a received IPv4 packet begins in its buffer. */
const PAYLOAD_AT: usize = 36;
const HEADER: u32 = 20;
const TTL: u8 = 61;

function start(): void {
  startPackets();
  startTimers();
  startReassembly();
}

/** The byte at `place` of every datagram. */
function byteAt(place: u32): u8 {
  return <u8>((place * 0x9e3779b1) >> 24);
}

/** A fragment arrives; `damage` changes its first byte. */
function arrive(id: u32, place: u32, bytes: u32, isLast: bool, damage: bool = false, tos: u8 = 0): i32 {
  const packet = assert(takePacket(), "a packet is free");
  packet.data = packet.buffer + PAYLOAD_AT;
  packet.length = bytes;
  for (let i: u32 = 0; i < bytes; i++) store<u8>(packet.data + i, byteAt(place + i));
  if (damage) store<u8>(packet.data, ~byteAt(place));
  setV4(arrival.source, 0x0200000a);
  setV4(arrival.destination, 0x0100000a);
  arrival.packet = packet;
  arrival.header = packet.data - HEADER;
  arrival.protocol = 17;
  arrival.ttl = place ? 1 : TTL;
  arrival.tos = tos;
  arrival.toMany = 0;
  arrival.identification = id;
  arrival.fragment = <u16>((place >> 3) | (isLast ? 0 : <u32>FragmentBits.MF));
  const answer = reassemble(packet);
  release(packet);
  return answer;
}

/** True when the bytes in the chain are those of a datagram of `bytes` bytes. */
function isWhole(head: Packet, bytes: u32): bool {
  if (chainBytes(head) != bytes) return false;
  let place: u32 = 0;
  let packet: Packet | null = head;
  while (packet) {
    for (let i: u32 = 0; i < packet.length; i++) {
      if (load<u8>(packet.data + i) != byteAt(place++)) return false;
    }
    packet = packet.more;
  }
  return true;
}

/** `value`, or up to 16 more or less, but not below `least`. */
function nudged(value: u32, least: u32): u32 {
  const by = draw(3) * 8;
  if (oneIn(2)) return value + by;
  return value >= least + by ? value - by : value;
}

/** How often `counter` was counted since `before`. */
function since(counter: Counter, before: u32): u32 {
  return counted(counter) - before;
}

describe("reassembly", () => {
  beforeEach(start);

  it("agrees with the model on random fragments", () => {
    const model = new Model();
    for (let seed: u32 = 1; seed <= 1000; seed++) {
      startDraws(seed);
      model.start();
      const total = oneIn(2) ? drawBetween(1, 200) : drawBetween(1, 6000);
      const room = total <= 200 ? drawBetween(1, 5) * 8 : drawBetween(1, 180) * 8;
      const pieces = (total + room - 1) / room;
      const wild = oneIn(2) ? 0 : drawBetween(1, 3);
      for (let step: u32 = 0; step < 3 * pieces + 4; step++) {
        let place = draw(pieces) * room;
        let bytes = min<u32>(room, total - place);
        let isLast = place + bytes == total;
        const isWild = wild != 0 && oneIn(4 * wild);
        if (isWild) place = nudged(place, 0);
        if (isWild) bytes = nudged(bytes, 8);
        if (isWild && oneIn(3)) isLast = !isLast;
        if (!isLast) bytes = (bytes + 7) & ~7;
        const damage = isWild && oneIn(4);
        const expected = model.arrive(place, bytes, isLast, damage ? ~byteAt(place) : byteAt(place));
        const answer = arrive(seed, place, bytes, isLast, damage);
        assert((answer == COMPLETE) == expected, `seed ${seed}, step ${step}: ${answer}`);
        if (answer != COMPLETE) continue;
        if (!model.isDamaged) assert(isWhole(arrival.packet, model.total), `seed ${seed}: other bytes`);
        assert(chainBytes(arrival.packet) == model.total, `seed ${seed}: another length`);
        releaseHanded();
        model.start();
      }
      setNow(now() + 61 * SECOND);
      while (reassemblyTimeout()) releaseHanded();
      assert(packetPool.used == 0 && reassemblyPool.used == 0, `seed ${seed}: something was kept`);
    }
    expect<u32>(packetPool.used).toBe(0);
  });

  it("gives what fits into one packet in one, and the rest as a chain, with the header of the first fragment", () => {
    expect<i32>(arrive(1, 800, 400, true)).toBe(Walk.DROPPED);
    expect<i32>(arrive(1, 0, 800, false)).toBe(COMPLETE);
    expect<u32>(chainPackets(arrival.packet)).toBe(1);
    expect<u8>(arrival.ttl).toBe(TTL);
    expect<usize>(arrival.header).toBe(arrival.packet.data - HEADER);
    releaseHanded();
    arrive(2, 1480, 1480, true);
    expect<i32>(arrive(2, 0, 1480, false)).toBe(COMPLETE);
    expect<u32>(chainPackets(arrival.packet)).toBe(2);
    expect<bool>(isWhole(arrival.packet, 2960)).toBe(true);
    releaseHanded();
    expect<u32>(packetPool.used).toBe(0);
  });

  it("takes the longest datagram there is, and none that is longer", () => {
    const last: u32 = 65535 - HEADER - 65120;
    for (let place: u32 = 0; place < 65120; place += 1480) arrive(1, place, 1480, false);
    const before = counted(Counter.ReasmTooLong);
    expect<i32>(arrive(1, 65120, last + 1, true)).toBe(Walk.DROPPED);
    expect<u32>(since(Counter.ReasmTooLong, before)).toBe(1);
    expect<i32>(arrive(1, 65120, last, true)).toBe(COMPLETE);
    expect<u32>(chainBytes(arrival.packet)).toBe(65515);
    releaseHanded();
  });
});

describe("fragments that are refused", () => {
  beforeEach(start);

  it("alone: empty ones, and uneven ones that are not the last", () => {
    const empty = counted(Counter.ReasmEmpty);
    const uneven = counted(Counter.ReasmUneven);
    arrive(1, 8, 0, true);
    arrive(1, 0, 12, false);
    expect<u32>(since(Counter.ReasmEmpty, empty)).toBe(1);
    expect<u32>(since(Counter.ReasmUneven, uneven)).toBe(1);
    expect<u32>(reassemblyPool.used).toBe(0);
  });

  it("with their datagram: overlaps, and what comes after them of it (RFC 5722)", () => {
    const overlaps = counted(Counter.ReasmOverlaps);
    const after = counted(Counter.ReasmAfterAbandoned);
    arrive(1, 0, 16, false);
    arrive(1, 8, 16, false);
    expect<u32>(since(Counter.ReasmOverlaps, overlaps)).toBe(1);
    expect<u32>(packetPool.used).toBe(0);
    arrive(1, 0, 16, false);
    arrive(1, 16, 8, true);
    expect<u32>(since(Counter.ReasmAfterAbandoned, after)).toBe(2);
  });

  it("alone when the network brought one twice, but not when its bytes differ", () => {
    const duplicates = counted(Counter.ReasmDuplicates);
    const overlaps = counted(Counter.ReasmOverlaps);
    arrive(1, 0, 16, false);
    arrive(1, 0, 16, false);
    expect<u32>(since(Counter.ReasmDuplicates, duplicates)).toBe(1);
    arrive(1, 0, 16, false, true);
    expect<u32>(since(Counter.ReasmOverlaps, overlaps)).toBe(1);
  });

  it("with their datagram: a second last one, and what lies behind the last", () => {
    const changed = counted(Counter.ReasmChangedLast);
    const beyond = counted(Counter.ReasmBeyondLast);
    arrive(1, 16, 8, true);
    arrive(1, 24, 8, true);
    expect<u32>(since(Counter.ReasmChangedLast, changed)).toBe(1);
    arrive(2, 16, 8, true);
    arrive(2, 24, 8, false);
    expect<u32>(since(Counter.ReasmBeyondLast, beyond)).toBe(1);
    arrive(3, 16, 8, false);
    arrive(3, 8, 8, true);
    expect<u32>(since(Counter.ReasmBeyondLast, beyond)).toBe(2);
    expect<u32>(packetPool.used).toBe(0);
  });

  it("with their datagram when some are marked for congestion and others cannot be (RFC 3168 §5.3)", () => {
    const mixed = counted(Counter.ReasmMixedMarks);
    arrive(1, 0, 8, false, false, 2);
    expect<i32>(arrive(1, 8, 8, true, false, 3)).toBe(COMPLETE);
    expect<u8>(arrival.tos).toBe(3);
    releaseHanded();
    arrive(2, 0, 8, false, false, 0);
    expect<i32>(arrive(2, 8, 8, true, false, 3)).toBe(Walk.DROPPED);
    expect<u32>(since(Counter.ReasmMixedMarks, mixed)).toBe(1);
  });
});

describe("the room for fragments", () => {
  beforeEach(start);

  it("is limited: the oldest datagram gives way", () => {
    const evictions = counted(Counter.ReasmEvictions);
    for (let id: u32 = 0; id <= REASSEMBLIES; id++) arrive(id, 0, 8, false);
    expect<u32>(since(Counter.ReasmEvictions, evictions)).toBe(1);
    expect<u32>(reassemblyPool.used).toBe(REASSEMBLIES);
    expect<i32>(arrive(1, 8, 8, true)).toBe(COMPLETE);
    releaseHanded();
    expect<i32>(arrive(0, 8, 8, true)).toBe(Walk.DROPPED);
  });

  it("holds no more packets than it may, and a datagram that needs more is given up", () => {
    const none = counted(Counter.ReasmNoPackets);
    arrive(1, 0, 8, false);
    for (let i: u32 = 0; i < REASSEMBLY_PACKETS; i++) arrive(2, i * 8, 8, false);
    expect<u32>(packetPool.used).toBe(REASSEMBLY_PACKETS);
    arrive(2, REASSEMBLY_PACKETS * 8, 8, false);
    expect<u32>(since(Counter.ReasmNoPackets, none)).toBe(1);
    expect<u32>(packetPool.used).toBe(0);
  });

  it("is taken from what is free for anybody, never from what is promised", () => {
    promise(available() - 2); // the fragment itself takes one of these until it is refused
    arrive(1, 0, 8, false);
    arrive(1, 8, 8, false);
    expect<i32>(available()).toBeGreaterThanOrEqual(0);
    arrive(1, 16, 8, false);
    arrive(1, 24, 8, false);
    expect<i32>(available()).toBeGreaterThanOrEqual(0);
  });

  it("is given back after a minute, the first fragment to whoever tells its sender", () => {
    arrive(1, 0, 8, false);
    setNow(now() + SECOND);
    arrive(2, 8, 8, false);
    const timeouts = counted(Counter.ReasmTimeouts);
    expect<u64>(timerDue(REASSEMBLY_TIMER)).toBe(now() + 59 * SECOND);
    setNow(now() + 59 * SECOND);
    expect<bool>(reassemblyTimeout()).toBe(true);
    expect<u32>(arrival.packet.length).toBe(8);
    releaseHanded();
    expect<bool>(reassemblyTimeout()).toBe(false);
    expect<u64>(timerDue(REASSEMBLY_TIMER)).toBe(now() + SECOND);
    setNow(now() + SECOND);
    expect<bool>(reassemblyTimeout()).toBe(false);
    expect<u32>(since(Counter.ReasmTimeouts, timeouts)).toBe(2);
    expect<u32>(packetPool.used).toBe(0);
    expect<u32>(reassemblyPool.used).toBe(0);
  });
});
