// Loss detection by time (RACK, RFC 8985 §6.2, steps 4 and 5): what was sent before something that has arrived, and is
// not here a reordering window later, is lost. That finds lost retransmissions, too.

import { Phase } from "../../abi/status";
import { now } from "../../base/clock";
import { PacketFlag } from "../../device/packet";
import { delivery, sentAfter } from "./delivery";
import { areThreeReported, markLost } from "./scoreboard";
import { seqBefore } from "./seq";
import { Mark, Tcb } from "./tcb";

/** Recoveries after which a reordering window that duplicates have widened is narrow again. */
const RECOVERIES_WIDE: u8 = 16;

/** Marks what is lost; microseconds until more may be, 0 when nothing is waited for. */
export function detectLosses(tcb: Tcb): u32 {
  const reordering = reorderingWindow(tcb);
  let wait: u32 = 0;
  let packet = tcb.sndHead;
  while (packet && seqBefore(packet.seq, tcb.sndNxt)) {
    const end = packet.seq + packet.bytes;
    const open = !packet.has(PacketFlag.SACKED) && !packet.has(PacketFlag.LOST);
    if (open && sentAfter(tcb.rackSentAt, tcb.rackEnd, packet.sentAt, end)) {
      const remaining = <i32>(packet.sentAt + tcb.rackRtt + reordering - <u32>now());
      if (remaining <= 0) markLost(tcb, packet);
      else wait = max<u32>(wait, remaining);
    }
    packet = packet.next;
  }
  return wait;
}

// Without any sign of reordering, three segments that were reported, or a loss found before, need no waiting.
function reorderingWindow(tcb: Tcb): u32 {
  if (!tcb.is(Mark.REORDERED) && (tcb.phase != Phase.OPEN || areThreeReported(tcb))) return 0;
  return min<u32>((tcb.minRtt / 4) * tcb.reoMultiplier, tcb.srtt);
}

/** A D-SACK shows a retransmission that was not needed: the window grows, once a round trip. */
export function widenReorderingWindow(tcb: Tcb): void {
  if (!delivery.reportsDuplicate || seqBefore(tcb.sndUna, tcb.rackRound)) return;
  tcb.rackRound = tcb.sndNxt;
  if (tcb.reoMultiplier < 255) tcb.reoMultiplier++;
  tcb.reoPersist = RECOVERIES_WIDE;
}

/** A recovery has ended. */
export function narrowReorderingWindow(tcb: Tcb): void {
  if (tcb.reoPersist && --tcb.reoPersist == 0) tcb.reoMultiplier = 1;
}
