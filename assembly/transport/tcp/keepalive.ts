// Silence: probes of a peer that has not been heard of (RFC 9293 §3.8.4), and the end of sockets that nobody holds.

import { Counter } from "../../abi/counters";
import { Errno } from "../../abi/errno";
import { State } from "../../abi/status";
import { NEVER, now } from "../../base/clock";
import { SECOND } from "../../base/config";
import { count } from "../../base/counters";
import { EndpointFlag } from "../endpoint";
import { endConnection, limitFinWait2, resetConnection } from "./close";
import { Flag } from "./header";
import { sendEmpty } from "./output";
import { armTimer, LINGER_OFF, Mark, Tcb } from "./tcb";

/** The peer was heard of: the silence begins anew. */
export function heard(tcb: Tcb): void {
  if (!tcb.is(Mark.KEEPALIVE)) return;
  tcb.keepProbes = 0;
  awaitSilence(tcb);
}

/** Begins, or ends, to look after the peer. */
export function keepAlive(tcb: Tcb, on: bool): void {
  if (on) {
    tcb.mark(Mark.KEEPALIVE);
    awaitSilence(tcb);
  } else {
    tcb.unmark(Mark.KEEPALIVE);
    tcb.idleAt = NEVER;
    armTimer(tcb);
  }
}

/** Starts the time of silence anew, if it is watched. */
export function awaitSilence(tcb: Tcb): void {
  if (!tcb.is(Mark.KEEPALIVE) || !hasPeer(tcb)) return;
  tcb.idleAt = now() + <u64>tcb.keepIdle * SECOND;
  armTimer(tcb);
}

function hasPeer(tcb: Tcb): bool {
  return tcb.state >= State.ESTABLISHED && tcb.has(EndpointFlag.OPEN);
}

/** Nobody holds the socket any more: it may linger as long as the application said, or as FIN-WAIT-2 does. */
export function limitOrphan(tcb: Tcb): void {
  tcb.unmark(Mark.LET_GO);
  if (tcb.state == State.FIN_WAIT_2) limitFinWait2(tcb);
  else if (tcb.linger != LINGER_OFF) tcb.idleAt = now() + <u64>tcb.linger * SECOND;
}

/** The silence, or the patience with a socket that nobody holds, has ended. The block may be gone. */
export function idleTimeout(tcb: Tcb): void {
  tcb.idleAt = NEVER;
  if (tcb.has(EndpointFlag.OPEN)) probePeer(tcb);
  else if (tcb.state == State.FIN_WAIT_2) endConnection(tcb, 0);
  else resetConnection(tcb, 0); // a close that was to linger no longer than this
}

// Nothing is said while data is on its way, whose own timer asks after the peer (MUST-26). One probe that is not
// answered says nothing (MUST-29).
function probePeer(tcb: Tcb): void {
  if (tcb.rtxAt == NEVER) {
    if (tcb.keepProbes >= tcb.keepCount) {
      count(Counter.TcpGiveUps);
      resetConnection(tcb, Errno.ETIMEDOUT);
      return;
    }
    tcb.keepProbes++;
    count(Counter.TcpKeepalives);
    sendEmpty(tcb, tcb.sndNxt - 1, Flag.ACK);
  }
  tcb.idleAt = now() + <u64>tcb.keepInterval * SECOND;
  armTimer(tcb);
}
