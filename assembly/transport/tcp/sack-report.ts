// Selective acknowledgments on the way out (RFC 2018 §4; RFC 2883): the SACK option of a segment without text tells what
// lies behind holes, what came last first, and in front of all what came twice.

import { Counter } from "../../abi/counters";
import { setBe32 } from "../../base/bytes";
import { counted } from "../../base/counters";
import { WORK_AREA } from "../../base/memory";
import { Packet } from "../../device/packet";
import { Option, SACK_BLOCK_BYTES } from "./options";
import { seqAfter } from "./seq";
import { Tcb } from "./tcb";

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

if (STRETCH_BYTES * MOST_BLOCKS > 48) ERROR("WORK_AREA is too small for the blocks of a SACK option.");

function stretchAt(index: u32): Stretch {
  return changetype<Stretch>(WORK_AREA + <usize>index * STRETCH_BYTES);
}

/** The numbers from `first` up to `end` have come before: the next ACK says so (RFC 2883 §4). */
export function noteDuplicate(tcb: Tcb, first: u32, end: u32): void {
  tcb.dsackFirst = first;
  tcb.dsackEnd = end;
}

/** A packet behind a hole has come, or has grown, or has come again: it is told first. */
export function touch(packet: Packet): void {
  packet.sentAt = counted(Counter.TcpInSegs);
}

/** Writes the option at `at` into at most `room` bytes; how many it took, 0 when there is nothing to tell. */
export function writeSack(tcb: Tcb, at: usize, room: u32): u32 {
  const isDuplicate = tcb.dsackFirst != tcb.dsackEnd;
  if (!isDuplicate && !tcb.holeHead) return 0;
  let blocks: u32 = 0;
  const most = min<u32>(MOST_BLOCKS, (room - FIXED_BYTES) / SACK_BLOCK_BYTES);
  if (isDuplicate) writeBlock(at, blocks++, tcb.dsackFirst, tcb.dsackEnd);
  tcb.dsackFirst = tcb.dsackEnd;
  const stretches = latestStretches(tcb, most - blocks);
  for (let i: u32 = 0; i < stretches; i++) writeBlock(at, blocks++, stretchAt(i).first, stretchAt(i).end);
  store<u8>(at, <u8>Option.NOP);
  store<u8>(at, <u8>Option.NOP, 1);
  store<u8>(at, <u8>Option.SACK, 2);
  store<u8>(at, <u8>(2 + blocks * SACK_BLOCK_BYTES), 3);
  return FIXED_BYTES + blocks * SACK_BLOCK_BYTES;
}

function writeBlock(at: usize, index: u32, first: u32, end: u32): void {
  setBe32(at + FIXED_BYTES + index * SACK_BLOCK_BYTES, first);
  setBe32(at + FIXED_BYTES + index * SACK_BLOCK_BYTES, end, 4);
}

// Fills the work area with the stretches that came last, latest first; how many there are, at most `most`.
function latestStretches(tcb: Tcb, most: u32): u32 {
  let found: u32 = 0;
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
  return found;
}

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
