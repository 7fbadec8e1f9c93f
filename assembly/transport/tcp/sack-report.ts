// Selective acknowledgments on the way out (RFC 2018 §4; RFC 2883): the SACK option tells what lies behind holes, what
// came last first, and in front of all what came twice. Every ACK without text has room for it, text where its header
// has; where it has not, an ACK goes with it.

import { Counter } from "../../abi/counters";
import { setBe32 } from "../../base/bytes";
import { counted } from "../../base/counters";
import { WORK_AREA } from "../../base/memory";
import { Packet } from "../../device/packet";
import { Option, SACK_BLOCK_BYTES } from "./options";
import { Segment } from "./segment";
import { seqAfter, seqBefore, seqMax, seqMin, seqUpTo } from "./seq";
import { Mark, Tcb } from "./tcb";

/** A stretch of received data behind a hole, and how late its last packet came. */
@unmanaged
@final
class Stretch {
  first: u32;
  end: u32;
  age: u32;
}

const STRETCH_BYTES: usize = offsetof<Stretch>();
const MOST_BLOCKS: u32 = 4;
/** NOP, NOP, kind, length. */
const FIXED_BYTES: u32 = 4;
/** The option with one block. */
export const LEAST_REPORT: u32 = FIXED_BYTES + SACK_BLOCK_BYTES;

if (STRETCH_BYTES * MOST_BLOCKS > 48) ERROR("WORK_AREA is too small for the blocks of a SACK option.");

function stretchAt(index: u32): Stretch {
  return changetype<Stretch>(WORK_AREA + <usize>index * STRETCH_BYTES);
}

/**
 * Text has come, and is not cut or taken in yet: the first stretch of it that was here before is told of with the next ACK
 * (RFC 2883 §4, rules 1 to 3).
 */
export function noteDuplicate(tcb: Tcb, segment: Segment): void {
  const end = segment.seq + segment.bytes;
  if (!segment.bytes) return;
  if (seqBefore(segment.seq, tcb.rcvNxt)) {
    reportFirst(tcb, segment.seq, seqMin(end, tcb.rcvNxt));
    return;
  }
  let packet = tcb.holeHead;
  while (packet && seqUpTo(packet.seq + packet.length, segment.seq)) packet = packet.next;
  if (!packet || !seqBefore(packet.seq, end)) return;
  const first = seqMax(packet.seq, segment.seq);
  let held = packet.seq;
  while (packet && packet.seq == held) {
    held += packet.length;
    packet = packet.next;
  }
  reportFirst(tcb, first, seqMin(end, held));
}

/** The numbers from `first` up to `end` are to stand in the first block of the next ACK. */
export function reportFirst(tcb: Tcb, first: u32, end: u32): void {
  tcb.dsackFirst = first;
  tcb.dsackEnd = end;
}

/** A packet behind a hole has come, or has grown, or has come again: it is told first. */
export function touch(packet: Packet): void {
  packet.sentAt = counted(Counter.TcpInSegs);
}

/** True when an ACK has more to tell than RCV.NXT. */
export function hasReport(tcb: Tcb): bool {
  return tcb.is(Mark.SACK) && (tcb.holeHead !== null || tcb.dsackFirst != tcb.dsackEnd);
}

/**
 * Collects the blocks of an option of at most `room` bytes, at least those of one block; how many bytes it takes, 0 when
 * there is nothing to tell. `writeReport` writes it, and nothing that uses the work area comes in between.
 */
export function collectReport(tcb: Tcb, room: u32): u32 {
  const most = min<u32>(MOST_BLOCKS, (room - FIXED_BYTES) / SACK_BLOCK_BYTES);
  let found: u32 = 0;
  // As if it had come last of all.
  if (tcb.dsackFirst != tcb.dsackEnd)
    found = insert(tcb.dsackFirst, tcb.dsackEnd, counted(Counter.TcpInSegs) + 1, 0, most);
  tcb.dsackFirst = tcb.dsackEnd;
  let packet = tcb.holeHead;
  while (packet) {
    const first = packet.seq;
    let end = first + packet.length;
    let age = packet.sentAt;
    packet = packet.next;
    while (packet && packet.seq == end) {
      end += packet.length;
      if (seqAfter(packet.sentAt, age)) age = packet.sentAt;
      packet = packet.next;
    }
    if (end != first) found = insert(first, end, age, found, most); // a lone FIN has no bytes to tell of
  }
  return found ? FIXED_BYTES + found * SACK_BLOCK_BYTES : 0;
}

/** Writes the option of `bytes` bytes that was collected at `at`. */
export function writeReport(at: usize, bytes: u32): void {
  if (!bytes) return;
  store<u8>(at, <u8>Option.NOP);
  store<u8>(at, <u8>Option.NOP, 1);
  store<u8>(at, <u8>Option.SACK, 2);
  store<u8>(at, <u8>(bytes - 2), 3);
  for (let i: u32 = 0; FIXED_BYTES + i * SACK_BLOCK_BYTES < bytes; i++) {
    at += i ? SACK_BLOCK_BYTES : FIXED_BYTES;
    setBe32(at, stretchAt(i).first);
    setBe32(at, stretchAt(i).end, 4);
  }
}

// Puts a stretch among the latest in the work area, of which there are `found`; how many there are then, at most `most`.
function insert(first: u32, end: u32, age: u32, found: u32, most: u32): u32 {
  let at = found;
  while (at > 0 && seqAfter(age, stretchAt(at - 1).age)) {
    if (at < most) memory.copy(changetype<usize>(stretchAt(at)), changetype<usize>(stretchAt(at - 1)), STRETCH_BYTES);
    at--;
  }
  if (at >= most) return found;
  const stretch = stretchAt(at);
  stretch.first = first;
  stretch.end = end;
  stretch.age = age;
  return min<u32>(found + 1, most);
}
