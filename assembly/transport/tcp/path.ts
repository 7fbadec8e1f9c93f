// The size of segments follows the path (RFC 9293 §3.7.2): down when a router says that one was too big (RFC 1191), or
// when large ones vanish without a word (a black hole, RFC 4821 §7.7), up again when the cache has forgotten that.

import { Counter } from "../../abi/counters";
import { LINKS_DIFFER, MTU_BYTES, SEVERAL_ADAPTERS } from "../../base/config";
import { count } from "../../base/counters";
import { adapterAt } from "../../device/adapter";
import { linkMtu } from "../../ip/output";
import { leastPathMtu, limitPathMtu, pathMtu } from "../../ip/path-mtu";
import { scheduleOutput } from "../endpoint";
import { headersTo } from "./mss";
import { TIMESTAMP_ROOM } from "./options";
import { markLost } from "./scoreboard";
import { seqBefore } from "./seq";
import { Mark, Tcb } from "./tcb";

/** Below this an MSS is nonsense, or an attempt to make us send mostly headers. */
const MIN_SEND_MSS: u32 = 64;

/** What a path is taken to carry when more has vanished, and when that has, too (RFC 4821 §7.2, RFC 1191 §7). */
const BASE_MTU: u32 = 1024;

/** Time-outs of one segment after which its size may be the reason. */
const VANISHED: u8 = 3;
const VANISHED_AGAIN: u8 = 5;

/** The largest segment that may be sent: what the peer takes (§3.7.1) and the path carries, less our options. */
export function setSendMss(tcb: Tcb): void {
  const most = min<u32>(tcb.peerMss, pathMtu(tcb.remote, mtuTo(tcb)) - headersTo(tcb.remote));
  // The MSS counts no options; they take their bytes from it (RFC 9293 §3.7.1, RFC 6691).
  tcb.sndMss = <u16>(max<u32>(most, MIN_SEND_MSS) - (tcb.is(Mark.TIMESTAMPS) ? TIMESTAMP_ROOM : 0));
}

// What the link carries that the way to the peer begins with.
function mtuTo(tcb: Tcb): u32 {
  return LINKS_DIFFER ? linkMtu(adapterAt(SEVERAL_ADAPTERS ? tcb.adapter : 0), tcb.remote) : MTU_BYTES;
}

/**
 * A router reports that the segment with number `seq`, in a packet of `bytes`, was too big; its next link carries `mtu`.
 * Believed when the segment is on its way and was larger than that (RFC 5927 §7).
 */
export function segmentTooBig(tcb: Tcb, seq: u32, bytes: u32, mtu: u32): void {
  if (seqBefore(seq, tcb.sndUna) || !seqBefore(seq, tcb.sndNxt)) return;
  const next = mtu ? mtu : plateauBelow(tcb, bytes); // a router of before 1990 does not say (RFC 1191 §5)
  if (next >= bytes) return;
  count(Counter.TcpTooBigs);
  followLimit(tcb, next);
}

function plateauBelow(tcb: Tcb, bytes: u32): u32 {
  if (bytes > 1492) return 1492;
  return bytes > 1006 ? 1006 : leastPathMtu(tcb.remote);
}

/** The first segment has timed out again: when it is large, a smaller one may get through. */
export function suspectBlackHole(tcb: Tcb): void {
  if (tcb.backoff != VANISHED && tcb.backoff != VANISHED_AGAIN) return;
  const headers = headersTo(tcb.remote);
  const least = leastPathMtu(tcb.remote);
  const next = max<u32>(tcb.sndMss + headers > BASE_MTU ? BASE_MTU : least, least);
  const head = tcb.sndHead;
  // What little it is larger is not the reason; over IPv6, whose least is not much below what links carry, it may be.
  const slack = next > BASE_MTU ? 0 : next / 4;
  if (!head || head.bytes + headers <= next + slack) return;
  count(Counter.TcpBlackHoles);
  followLimit(tcb, next);
}

function followLimit(tcb: Tcb, mtu: u32): void {
  limitPathMtu(tcb.remote, mtu);
  if (mtu < leastPathMtu(tcb.remote)) tcb.mark(Mark.MAY_FRAGMENT); // so narrow a path fragments
  fitToLink(tcb);
}

/**
 * The path, or the link that it begins with, has another MTU now. What is on its way and too large goes again, in parts;
 * that is no sign of congestion (RFC 1191 §6.5).
 */
export function fitToLink(tcb: Tcb): void {
  setSendMss(tcb);
  let packet = tcb.sndHead;
  while (packet && seqBefore(packet.seq, tcb.sndNxt)) {
    if (packet.bytes > <u32>tcb.sndMss) markLost(tcb, packet);
    packet = packet.next;
  }
  scheduleOutput(tcb);
}
