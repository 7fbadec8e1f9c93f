// Sending datagrams in fragments (RFC 791 §3.2; RFC 8200 §4.5): how large they may be, and the cutting. A datagram whose
// pieces are right as they lie, as those that sockets build for their link are, is not copied.

import { PACKETS, TCBS } from "profile";
import { setBe16, setBe32 } from "../base/bytes";
import { FRAGMENT_HEADER_BYTES, FRAGMENT_HEADROOM, IP_HEADER_BYTES, IPV6_HEADER_BYTES } from "../base/config";
import { chainBytes } from "../device/chain";
import { available, Packet, takePacket } from "../device/packet";

/** Packets that one datagram may be cut into: as many as can ever be free for anybody. */
export const MOST_PIECES: u32 = PACKETS - TCBS;

/** Bytes of payload that a fragment may carry on a path of `mtu` bytes: a multiple of eight. */
export function fragmentRoom(mtu: u32, isV6: bool): u32 {
  return (mtu - (isV6 ? IPV6_HEADER_BYTES + FRAGMENT_HEADER_BYTES : IP_HEADER_BYTES)) & ~7;
}

/** Writes the extension header of a fragment (RFC 8200 §4.5): what follows it, and where that belongs. */
export function writeFragmentHeader(p: usize, next: u32, place: u32, more: bool, identification: u32): void {
  setBe16(p, next << 8);
  setBe16(p, place | (more ? 1 : 0), 2);
  setBe32(p, identification, 4);
}

/**
 * The chain in pieces that may go as fragments of at most `room` bytes: itself if it is so already, else copies, which
 * the caller lets go of. Null when there are not enough packets for all of it.
 */
export function cutToFit(head: Packet, room: u32): Packet | null {
  return isCut(head, room) ? head : copyInPieces(head, room);
}

function isCut(head: Packet, room: u32): bool {
  let packet: Packet = head;
  for (let next = packet.more; next; next = packet.more) {
    if (packet.length > room || packet.length & 7) return false;
    packet = next;
  }
  return packet.length <= room;
}

/** A copy of a chain in pieces of at most `room` bytes; null when there are not enough packets for all of it. */
export function copyInPieces(head: Packet, room: u32): Packet | null {
  const bytes = chainBytes(head);
  const copies = takeChain(bytes, room);
  if (!copies) return null;
  copies.owner = head.owner;
  let target: Packet = copies;
  let filled: u32 = 0;
  let source: Packet = head;
  let taken: u32 = 0;
  for (let left = bytes; left; ) {
    if (taken == source.length) {
      source = source.more!;
      taken = 0;
    }
    if (filled == target.length) {
      target = target.more!;
      filled = 0;
    }
    const piece = min<u32>(source.length - taken, target.length - filled);
    memory.copy(target.data + filled, source.data + taken, piece);
    taken += piece;
    filled += piece;
    left -= piece;
  }
  return copies;
}

/**
 * A chain of packets for `bytes` bytes, at most `room` in each, behind room for the headers of a fragment; what is in
 * them is not written yet. Null, and nothing taken, when there are not enough packets free for anybody.
 */
export function takeChain(bytes: u32, room: u32): Packet | null {
  const packets = max<i32>(1, (bytes + room - 1) / room);
  if (available() < packets) return null;
  let head: Packet | null = null;
  for (let i = packets - 1; i >= 0; i--) {
    const packet = takePacket()!;
    packet.data = packet.buffer + FRAGMENT_HEADROOM;
    packet.length = min<u32>(bytes - i * room, room);
    packet.more = head;
    head = packet;
  }
  return head;
}
