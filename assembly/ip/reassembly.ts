// Datagrams that come in fragments (RFC 791 §3.2; RFC 8200 §4.5), both versions of IP. Fragments wait in the packets that
// brought them, as a chain in the order of their places; the chain is what goes up when nothing is missing.
//
// Nobody is promised room here: fragments take packets that are free for anybody, up to REASSEMBLY_PACKETS of them, and
// the oldest datagram gives way to a newer one. A datagram whose fragments contradict each other is abandoned: what is
// here of it is dropped, and what still comes of it, too, until its time is over.

import { IPV6, REASSEMBLIES, REASSEMBLY_PACKETS } from "profile";
import { Counter } from "../abi/counters";
import { copyAddress, isV4, sameAddress } from "../base/address";
import { NEVER, now } from "../base/clock";
import { FRAGMENT_HEADER_BYTES, IPV6_HEADER_BYTES, REASSEMBLY_TIMER, SECOND } from "../base/config";
import { count, countIp } from "../base/counters";
import { REASSEMBLY_BASE, REASSEMBLY_BYTES, REASSEMBLY_STATE } from "../base/memory";
import { reassemblyPool } from "../base/pool";
import { setTimer } from "../base/timers";
import { cutChain, releaseChain } from "../device/chain";
import { available, hold, Packet } from "../device/packet";
import { arrival } from "./arrival";
import { hasAllHeaders, Problem, Walk } from "./extensions";
import { FragmentBits } from "./ipv4";

/** From the first fragment that comes to the end of waiting (RFC 1122 §3.3.2; RFC 8200 §4.5). */
const REASSEMBLY_TIME: u64 = 60 * SECOND;

/** What the length fields of both versions can speak of: with the header in IPv4, behind the fixed header in IPv6. */
const MOST_BYTES: u32 = 65535;

/** Where IPv6 has the fields that a fragment's length and place come from: behind the IP header, before the payload. */
const PAYLOAD_LENGTH: u32 = 4;
const OFFSET_BEFORE: u32 = 6;

/** Until the last fragment is here nobody knows how long the datagram is. */
const UNKNOWN: u32 = 0xffffffff;

/** The ECN field, and its codepoint that says that a router was congested (RFC 3168 §5). */
const ECN_MASK: u8 = 3;
const CE: u8 = 3;
/** A bit for each codepoint. */
const NOT_ECT_SEEN: u8 = 1;
const CE_SEEN: u8 = 8;

@unmanaged
@final
class Reassembly {
  source0: u32;
  source1: u32;
  source2: u32;
  source3: u32;
  destination0: u32;
  destination1: u32;
  destination2: u32;
  destination3: u32;
  /** When it is given up; 0: nothing is put together here. */
  endsAt: u64;
  identification: u32;
  first: Packet | null;
  last: Packet | null;
  /** Bytes that are here, and those of the whole. */
  bytes: u32;
  total: u32;
  /** Packets that hold them. */
  packets: u16;
  /** Of the first fragment: bytes from the IP header to the payload, and fields of the header. */
  headerBytes: u16;
  protocol: u8;
  ttl: u8;
  tos: u8;
  adapter: u8;
  /** Codepoints of the ECN field that have come, one bit each. */
  codepoints: u8;
  toMany: u8;
  isAbandoned: u8;
  reserved: u8;

  @inline get source(): usize {
    return changetype<usize>(this);
  }
  @inline get destination(): usize {
    return changetype<usize>(this) + offsetof<Reassembly>("destination0");
  }
}

if (offsetof<Reassembly>() != REASSEMBLY_BYTES) ERROR("REASSEMBLY_BYTES does not agree with Reassembly.");

@unmanaged
@final
class State {
  /** Packets that all of them hold. */
  held: u32;
  /** The chain that was handed to `arrival`, until whoever wanted it holds it. */
  handed: Packet | null;
}

const state: State = changetype<State>(REASSEMBLY_STATE);

export function startReassembly(): void {
  reassemblyPool.start(REASSEMBLY_BASE, REASSEMBLIES, REASSEMBLY_BYTES);
  for (let i: u32 = 0; i < REASSEMBLIES; i++) slotAt(i).endsAt = 0;
  state.held = 0;
  state.handed = null;
}

function slotAt(index: u32): Reassembly {
  return changetype<Reassembly>(reassemblyPool.at(index));
}

/**
 * Takes a fragment: its payload is in view, and `arrival` says where it belongs. 0 when it was the one that was missing:
 * then `arrival` describes the datagram, whose packet, or chain of packets, lives until `releaseHanded`. Walk.DROPPED: it
 * is kept, or was dropped and counted; Walk.PROBLEM: it was, and the sender is to be told why.
 */
export function reassemble(packet: Packet): i32 {
  countIp(Counter.IpReasmReqds, arrival.isV6);
  const offset = (<u32>arrival.fragment & FragmentBits.OFFSET) << 3;
  const isLast = !(arrival.fragment & FragmentBits.MF);
  if (packet.length == 0) return refuseAlone(Counter.ReasmEmpty);
  if (!isLast && packet.length & 7) return refuseLength(Counter.ReasmUneven, PAYLOAD_LENGTH);
  const headers = headerBytesOf(packet);
  const counted = arrival.isV6 ? headers - IPV6_HEADER_BYTES - FRAGMENT_HEADER_BYTES : headers;
  if (offset + packet.length + counted > MOST_BYTES) return refuseLength(Counter.ReasmTooLong, headers - OFFSET_BEFORE);
  if (IPV6 && arrival.isV6 && offset == 0 && !hasAllHeaders(packet, arrival.protocol)) return refuseChain();
  let slot = findSlot();
  if (!slot) slot = newSlot();
  if (slot.isAbandoned) {
    count(Counter.ReasmAfterAbandoned);
    return Walk.DROPPED;
  }
  packet.seq = offset;
  if (!insert(slot, packet, isLast)) return Walk.DROPPED;
  noteHeader(slot, packet);
  return slot.bytes == slot.total && complete(slot) ? 0 : Walk.DROPPED;
}

// Bytes from the IP header to the fragment's payload.
function headerBytesOf(packet: Packet): u32 {
  return <u32>(packet.data - arrival.header);
}

// Something is wrong with the fragment itself, whatever else has come.
function refuseAlone(reason: Counter): i32 {
  fail(reason, arrival.isV6);
  return Walk.DROPPED;
}

// The same with its length or place, of which IPv6 tells the sender: `pointer` says where the field is (RFC 8200 §4.5).
function refuseLength(reason: Counter, pointer: u32): i32 {
  refuseAlone(reason);
  if (!arrival.isV6) return Walk.DROPPED;
  arrival.problem = <u8>Problem.ERRONEOUS_FIELD;
  arrival.pointer = pointer;
  return Walk.PROBLEM;
}

// A firewall could not have told what the packet is (RFC 7112 §5).
function refuseChain(): i32 {
  refuseAlone(Counter.ReasmHeadersCut);
  arrival.problem = <u8>Problem.INCOMPLETE_CHAIN;
  arrival.pointer = 0;
  return Walk.PROBLEM;
}

function fail(reason: Counter, isV6: bool): void {
  count(reason);
  countIp(Counter.IpReasmFails, isV6);
}

// In IPv6 the protocol is no part of the key: other fragments than the first need not have it right (RFC 8200 §4.5).
function findSlot(): Reassembly | null {
  const isV6 = arrival.isV6;
  for (let i: u32 = 0; i < REASSEMBLIES; i++) {
    const slot = slotAt(i);
    if (!slot.endsAt || slot.identification != arrival.identification) continue;
    if (!isV6 && slot.protocol != arrival.protocol) continue;
    if (sameAddress(slot.source, arrival.source) && sameAddress(slot.destination, arrival.destination)) return slot;
  }
  return null;
}

function newSlot(): Reassembly {
  if (!reassemblyPool.free) {
    reassemblyPool.refused++;
    evict(oldestButFor(null)!);
  }
  const slot = changetype<Reassembly>(reassemblyPool.take());
  copyAddress(slot.source, arrival.source);
  copyAddress(slot.destination, arrival.destination);
  slot.identification = arrival.identification;
  slot.protocol = arrival.protocol;
  slot.adapter = arrival.adapter;
  slot.total = UNKNOWN;
  slot.endsAt = now() + REASSEMBLY_TIME;
  armTimer();
  return slot;
}

/** Puts a fragment in its place, held. False: dropped and counted, alone or with all that is here of the datagram. */
function insert(slot: Reassembly, packet: Packet, isLast: bool): bool {
  const offset = packet.seq;
  const end = offset + packet.length;
  const last = slot.last;
  let before: Packet | null = null;
  let after = slot.first;
  if (last && last.seq < offset) {
    before = last; // in order, as nearly always
    after = null;
  }
  while (after && after.seq < offset) {
    before = after;
    after = after.more;
  }
  if (after && isLast == (end == slot.total) && isSame(after, packet)) {
    count(Counter.ReasmDuplicates);
    return false;
  }
  const endOfAll = last ? last.seq + last.length : 0;
  if (isLast && slot.total != UNKNOWN && slot.total != end) return abandon(slot, Counter.ReasmChangedLast);
  if (isLast ? endOfAll > end : end > slot.total) return abandon(slot, Counter.ReasmBeyondLast);
  // An overlap can only be meant to deceive (RFC 5722; RFC 1858 and RFC 3128 of IPv4).
  const reachesBack = before !== null && before.seq + before.length > offset;
  const reachesOn = after !== null && end > after.seq;
  if (reachesBack || reachesOn) return abandon(slot, Counter.ReasmOverlaps);
  if (!makeRoom(slot)) return abandon(slot, Counter.ReasmNoPackets);
  if (isLast) slot.total = end;
  link(slot, before, packet, after);
  return true;
}

// The network may bring a fragment twice, which is no overlap (RFC 8200 §4.5).
function isSame(one: Packet, other: Packet): bool {
  if (one.seq != other.seq || one.length != other.length) return false;
  for (let i: u32 = 0; i < one.length; i++) {
    if (load<u8>(one.data + i) != load<u8>(other.data + i)) return false;
  }
  return true;
}

// True when one more packet may be held, if need be in place of older datagrams.
function makeRoom(slot: Reassembly): bool {
  while (state.held >= REASSEMBLY_PACKETS || available() < 1) {
    const oldest = oldestButFor(slot);
    if (!oldest) return false;
    evict(oldest);
  }
  return true;
}

function link(slot: Reassembly, before: Packet | null, packet: Packet, after: Packet | null): void {
  hold(packet);
  packet.more = after;
  if (before) before.more = packet;
  else slot.first = packet;
  if (!after) slot.last = packet;
  slot.bytes += packet.length;
  slot.packets++;
  state.held++;
}

// The datagram has the header of its first fragment. Congestion that any fragment met counts for all (RFC 3168 §5.3).
function noteHeader(slot: Reassembly, packet: Packet): void {
  slot.codepoints |= (<u8>1) << (arrival.tos & ECN_MASK);
  slot.toMany |= arrival.toMany;
  if (packet.seq) return;
  slot.headerBytes = <u16>headerBytesOf(packet);
  slot.protocol = arrival.protocol;
  slot.ttl = arrival.ttl;
  slot.tos = arrival.tos;
}

function complete(slot: Reassembly): bool {
  const isMarked = (slot.codepoints & CE_SEEN) != 0;
  // A sender that knows of congestion marks does so in every fragment.
  if (isMarked && slot.codepoints & NOT_ECT_SEEN) return abandon(slot, Counter.ReasmMixedMarks);
  if (isMarked) slot.tos |= CE;
  const head = hand(slot);
  joinWhereItFits(head, slot.total);
  countIp(Counter.IpReasmOKs, arrival.isV6);
  freeSlot(slot);
  return true;
}

// Makes `arrival` describe what the slot has, and parts the slot from it.
function hand(slot: Reassembly): Packet {
  const head = slot.first!;
  copyAddress(arrival.source, slot.source);
  copyAddress(arrival.destination, slot.destination);
  arrival.packet = head;
  arrival.header = head.data - slot.headerBytes;
  arrival.nextField = head.data - FRAGMENT_HEADER_BYTES; // in IPv6 that of the fragment header
  arrival.protocol = slot.protocol;
  arrival.ttl = slot.ttl;
  arrival.tos = slot.tos;
  arrival.adapter = slot.adapter;
  arrival.toMany = slot.toMany;
  arrival.fragment = isV4(slot.source) ? 0 : <u16>FragmentBits.HEADER_6;
  state.handed = head;
  state.held -= slot.packets;
  slot.packets = 0;
  slot.first = null;
  return head;
}

// In one packet a datagram is like any other.
function joinWhereItFits(head: Packet, bytes: u32): void {
  if (bytes > head.length + head.tailRoom) return;
  let packet = head.more;
  while (packet) {
    memory.copy(head.data + head.length, packet.data, packet.length);
    head.length += packet.length;
    packet = packet.more;
  }
  cutChain(head);
}

/** Lets go of the chain that `reassemble` or `reassemblyTimeout` has handed over; whoever keeps it holds it himself. */
export function releaseHanded(): void {
  const head = state.handed;
  if (!head) return;
  state.handed = null;
  releaseChain(head);
}

// What is here is dropped; the slot stays, for what still comes to be known.
function abandon(slot: Reassembly, reason: Counter): bool {
  dropPackets(slot);
  slot.isAbandoned = 1;
  fail(reason, !isV4(slot.source));
  return false;
}

// Makes a slot free for a newer datagram.
function evict(slot: Reassembly): void {
  if (!slot.isAbandoned) fail(Counter.ReasmEvictions, !isV4(slot.source));
  dropPackets(slot);
  freeSlot(slot);
}

function dropPackets(slot: Reassembly): void {
  const first = slot.first;
  if (first) releaseChain(first);
  slot.first = null;
  slot.last = null;
  state.held -= slot.packets;
  slot.packets = 0;
}

function freeSlot(slot: Reassembly): void {
  slot.endsAt = 0;
  reassemblyPool.give(changetype<usize>(slot));
  armTimer();
}

// The datagram that has waited longest, an abandoned one before all others; null when there is none but `but`.
function oldestButFor(but: Reassembly | null): Reassembly | null {
  let oldest: Reassembly | null = null;
  for (let i: u32 = 0; i < REASSEMBLIES; i++) {
    const slot = slotAt(i);
    if (!slot.endsAt || slot === but) continue;
    if (!oldest || slot.isAbandoned > oldest.isAbandoned) oldest = slot;
    else if (slot.isAbandoned == oldest.isAbandoned && slot.endsAt < oldest.endsAt) oldest = slot;
  }
  return oldest;
}

function armTimer(): void {
  let deadline = NEVER;
  for (let i: u32 = 0; i < REASSEMBLIES; i++) {
    const slot = slotAt(i);
    if (slot.endsAt) deadline = min<u64>(deadline, slot.endsAt);
  }
  setTimer(REASSEMBLY_TIMER, deadline);
}

/**
 * The timer has come: gives datagrams up whose time is over. True for each whose first fragment is here, which `arrival`
 * then describes, so that its sender may be told; call again, after `releaseHanded`, until the answer is false.
 */
export function reassemblyTimeout(): bool {
  for (let i: u32 = 0; i < REASSEMBLIES; i++) {
    const slot = slotAt(i);
    if (!slot.endsAt || slot.endsAt > now()) continue;
    if (!slot.isAbandoned) fail(Counter.ReasmTimeouts, !isV4(slot.source));
    const first = slot.first;
    const isTold = first !== null && first.seq == 0;
    if (isTold) hand(slot);
    else dropPackets(slot);
    freeSlot(slot);
    if (isTold) return true;
  }
  armTimer();
  return false;
}
