// A connection's timers (RFC 9293 §3.10.8), and its turn to send.

import { Counter } from "../../abi/counters";
import { Errno } from "../../abi/errno";
import { State } from "../../abi/status";
import { NEVER, now } from "../../base/clock";
import { TCB_TIMERS } from "../../base/config";
import { count } from "../../base/counters";
import { tcbPool } from "../../base/pool";
import { scheduleOutput } from "../endpoint";
import { endConnection } from "./close";
import { idleTimeout, limitOrphan } from "./keepalive";
import { sendSyn, synTimeout } from "./open";
import { ackTimeout } from "./receiver";
import { reorderingTimeout } from "./recovery";
import { probeTail, probeWindow, retransmit } from "./retransmission";
import { restartRetransmission, sendAcks, transmit } from "./sender";
import { Alarm, armTimer, Mark, Tcb } from "./tcb";

/** A connection's nearest deadline has come. */
export function connectionTimeout(timer: u32): void {
  const tcb = changetype<Tcb>(tcbPool.at(timer - TCB_TIMERS));
  const time = now();
  if (tcb.idleAt <= time) {
    idleTimeout(tcb);
    if (tcb.state == State.CLOSED) return; // its block may be gone
  }
  if (tcb.ackAt <= time) ackTimeout(tcb);
  if (tcb.rtxAt <= time) retransmissionTimeout(tcb);
  else armTimer(tcb);
}

function retransmissionTimeout(tcb: Tcb): void {
  tcb.rtxAt = NEVER;
  if (tcb.state == State.SYN_SENT || tcb.state == State.SYN_RECEIVED) {
    synTimeout(tcb);
    return;
  }
  if (tcb.waitingSince != NEVER && now() - tcb.waitingSince >= tcb.userTimeout) {
    count(Counter.TcpGiveUps);
    endConnection(tcb, tcb.softError ? tcb.softError : Errno.ETIMEDOUT);
    return;
  }
  switch (tcb.alarm) {
    case Alarm.PERSIST:
      probeWindow(tcb);
      break;
    case Alarm.PROBE:
      probeTail(tcb);
      break;
    case Alarm.REORDERING:
      reorderingTimeout(tcb);
      restartAfterReordering(tcb);
      break;
    case Alarm.ECHO:
      tcb.alarm = Alarm.RETRANSMIT;
      scheduleOutput(tcb);
      break;
    default:
      retransmit(tcb);
  }
  armTimer(tcb);
}

// What is lost goes now; unless more is waited for, the time-out starts anew.
function restartAfterReordering(tcb: Tcb): void {
  if (tcb.rtxAt == NEVER) restartRetransmission(tcb);
  if (tcb.lostBytes) scheduleOutput(tcb);
}

/** The connection's turn to send: its SYN, its data, its FIN, the ACK it owes. */
export function flushConnection(tcb: Tcb): void {
  if (tcb.is(Mark.LET_GO)) limitOrphan(tcb);
  switch (tcb.state) {
    case State.SYN_SENT:
    case State.SYN_RECEIVED:
      if (tcb.rtxAt == NEVER) sendSyn(tcb);
      else sendAcks(tcb);
      armTimer(tcb);
      break;
    case State.CLOSED:
    case State.LISTEN:
      break;
    default:
      transmit(tcb);
  }
}
