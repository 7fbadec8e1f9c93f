// The end of a connection: its packets let go, its application told, its block given back.

import { Counter } from "../../abi/counters";
import { Errno } from "../../abi/errno";
import { Event } from "../../abi/sockets";
import { State } from "../../abi/status";
import { NEVER, now } from "../../base/clock";
import { SECOND } from "../../base/config";
import { count } from "../../base/counters";
import { EndpointFlag, notify } from "../endpoint";
import { Flag } from "./header";
import { acceptableSeq, sendEmpty } from "./output";
import { dropHoles, dropReceived } from "./receiver";
import { shrinkGrant } from "./room";
import { dropUnsent } from "./send-queue";
import { armTimer, freeTcb, leaveFlows, Mark, Tcb } from "./tcb";
import { enterTimeWait } from "./time-wait";

/** How long a socket that nobody holds waits for the peer's FIN (RFC 9293 §3.6 leaves it open; Linux has the same). */
const FIN_WAIT_2_TIMEOUT: u64 = 60 * SECOND;

/**
 * The connection is over. With an error, what was received is lost and the application is told; without, it may still
 * read what was received in order.
 */
export function endConnection(tcb: Tcb, error: u32): void {
  countEnd(tcb, error);
  leaveFlows(tcb);
  dropUnsent(tcb);
  if (error) {
    dropReceived(tcb);
    tcb.error = <u8>error;
  } else {
    dropHoles(tcb);
  }
  tcb.state = State.CLOSED;
  tcb.unmark(Mark.ACK_NOW);
  tcb.rtxAt = NEVER;
  tcb.ackAt = NEVER;
  tcb.idleAt = NEVER;
  armTimer(tcb);
  shrinkGrant(tcb);
  if (tcb.has(EndpointFlag.OPEN)) {
    notify(tcb, error ? Event.ERROR | Event.HANGUP : Event.HANGUP);
  } else if (!tcb.is(Mark.IN_ACCEPT_QUEUE)) {
    dispose(tcb);
  }
}

function countEnd(tcb: Tcb, error: u32): void {
  if (tcb.state == State.SYN_SENT || tcb.state == State.SYN_RECEIVED) count(Counter.TcpAttemptFails);
  else if (error == Errno.ECONNRESET) count(Counter.TcpEstabResets);
}

/** Gives back the block of a connection that is over and that no application holds. */
export function dispose(tcb: Tcb): void {
  dropUnsent(tcb);
  dropReceived(tcb);
  shrinkGrant(tcb);
  freeTcb(tcb);
}

/** Both sides have closed: the connection goes on as a record, and the block is free once the application lets go. */
export function beginTimeWait(tcb: Tcb): void {
  // The ACK of the FIN goes out while there is a control block to make it from.
  if (tcb.is(Mark.ACK_NOW)) sendEmpty(tcb, tcb.sndNxt, Flag.ACK);
  enterTimeWait(tcb);
  endConnection(tcb, 0);
}

/** Ends the connection, with a RST where the peer may still expect something (RFC 9293 §3.10.5, §3.10.4). */
export function resetConnection(tcb: Tcb, error: u32): void {
  // From SYN-RECEIVED on, and not when both have closed (CLOSING, LAST-ACK).
  if (tcb.state >= State.SYN_RECEIVED && tcb.state <= State.CLOSE_WAIT) {
    count(Counter.TcpOutRsts);
    sendEmpty(tcb, acceptableSeq(tcb), Flag.RST | Flag.ACK);
  }
  endConnection(tcb, error);
}

/** FIN-WAIT-2 has begun. It may last for ever (§3.6), unless nobody is left to read. */
export function limitFinWait2(tcb: Tcb): void {
  if (!tcb.has(EndpointFlag.OPEN)) tcb.idleAt = now() + FIN_WAIT_2_TIMEOUT;
  armTimer(tcb);
}
