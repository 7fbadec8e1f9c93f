// What a connection sends because its retransmission timer has run out: the first segment again, a probe of the tail, a
// probe of the peer's window.

import { Counter } from "../../abi/counters";
import { NEVER, now } from "../../base/clock";
import { count } from "../../base/counters";
import { Packet } from "../../device/packet";
import { scheduleOutput } from "../endpoint";
import { doubtPath } from "./errors";
import { Flag } from "./header";
import { sendCopy, sendEmpty } from "./output";
import { suspectBlackHole } from "./path";
import { sentProbe } from "./probe";
import { onTimeout } from "./recovery";
import { backOff, probeInterval } from "./rto";
import { resend, sendFinAgain, sendNewNow, tookWindowProbe } from "./sender";
import { seqBefore } from "./seq";
import { Alarm, Mark, setAlarm, Tcb } from "./tcb";

/** The retransmission timer has run out while data is outstanding. */
export function retransmit(tcb: Tcb): void {
  count(Counter.TcpTimeouts);
  onTimeout(tcb);
  backOff(tcb);
  doubtPath(tcb);
  suspectBlackHole(tcb);
  setAlarm(tcb, Alarm.RETRANSMIT, tcb.rto);
  scheduleOutput(tcb);
}

/** Nothing was heard for two round trips: something new goes, or the last segment again (RFC 8985 §7.3). */
export function probeTail(tcb: Tcb): void {
  const fresh = sendNewNow(tcb);
  if (fresh || sendLastAgain(tcb)) sentProbe(tcb, !fresh);
  setAlarm(tcb, Alarm.RETRANSMIT, tcb.rto);
}

function sendLastAgain(tcb: Tcb): bool {
  let last: Packet | null = null;
  let packet = tcb.sndHead;
  while (packet && seqBefore(packet.seq, tcb.sndNxt)) {
    last = packet;
    packet = packet.next;
  }
  return last ? resend(tcb, last) : sendFinAgain(tcb);
}

/** The persist timer has run out: one byte asks the peer whether its window is still shut (§3.8.6.1). */
export function probeWindow(tcb: Tcb): void {
  if (tcb.waitingSince == NEVER) tcb.waitingSince = now(); // the first since the peer last answered
  if (tcb.backoff < 255) tcb.backoff++;
  setAlarm(tcb, Alarm.PERSIST, probeInterval(tcb));
  if (tcb.sndWnd > tcb.flight) {
    sendNewNow(tcb); // open, but too small for a good segment: it gets what fits, after waiting long enough
    return;
  }
  const head = tcb.sndHead;
  count(Counter.TcpWindowProbes);
  if (head && head.bytes) {
    const offset = tcb.sndUna - head.seq;
    if (sendCopy(tcb, head.payload + offset, 1, tcb.sndUna, Flag.ACK | Flag.PSH)) tookWindowProbe(tcb, head);
  } else if (tcb.is(Mark.FIN_QUEUED)) {
    if (sendEmpty(tcb, tcb.sndUna, Flag.FIN | Flag.ACK)) {
      tcb.mark(Mark.FIN_SENT);
      tookWindowProbe(tcb, null);
    }
  }
}
