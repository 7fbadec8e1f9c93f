// Chains: datagrams that lie in more than one packet, each of which leads to the next by `more`. The first has the
// headers in front. A profile without fragments has none but chains of one.

import { joinSums, sumBytes } from "../base/checksum";
import { FRAGMENTS } from "../base/config";
import { hold, Packet, release } from "./packet";

/** Adds a holder to every packet of a chain. */
export function holdChain(head: Packet): void {
  hold(head);
  if (!FRAGMENTS) return;
  let packet = head.more;
  while (packet) {
    hold(packet);
    packet = packet.more;
  }
}

/** Takes a holder away from every packet of a chain. */
export function releaseChain(head: Packet): void {
  if (!FRAGMENTS) {
    release(head);
    return;
  }
  let rest = head.more;
  release(head);
  while (rest) {
    const next = rest.more;
    release(rest);
    rest = next;
  }
}

/** Takes a holder away from everything in a queue of chains that is linked by `next`. */
export function releaseAll(head: Packet | null): void {
  while (head) {
    const next = head.next;
    releaseChain(head);
    head = next;
  }
}

/** Ends a chain behind its first packet: the others are let go. */
export function cutChain(head: Packet): void {
  const rest = head.more;
  if (!rest) return;
  head.more = null;
  releaseChain(rest);
}

/** Bytes in view in all packets of a chain. */
export function chainBytes(head: Packet): u32 {
  let bytes = head.length;
  if (!FRAGMENTS) return bytes;
  let packet = head.more;
  while (packet) {
    bytes += packet.length;
    packet = packet.more;
  }
  return bytes;
}

/** Packets of a chain. */
export function chainPackets(head: Packet): u32 {
  let packets: u32 = 1;
  if (!FRAGMENTS) return packets;
  let packet = head.more;
  while (packet) {
    packets++;
    packet = packet.more;
  }
  return packets;
}

/** The sum of the bytes in view (RFC 1071), folded to 16 bits. */
export function sumChain(head: Packet): u32 {
  let sum = sumBytes(head.data, head.length);
  if (!FRAGMENTS) return sum;
  let bytes = head.length;
  let packet = head.more;
  while (packet) {
    sum = joinSums(sum, bytes, sumBytes(packet.data, packet.length));
    bytes += packet.length;
    packet = packet.more;
  }
  return sum;
}

/** Leaves the first `bytes` bytes of a chain, at most what there is; packets behind them are let go. */
export function trimChain(head: Packet, bytes: u32): void {
  if (!FRAGMENTS) {
    head.length = bytes;
    return;
  }
  let last = head;
  let more = last.more;
  while (more && bytes > last.length) {
    bytes -= last.length;
    last = more;
    more = last.more;
  }
  last.length = min<u32>(bytes, last.length);
  cutChain(last);
}
