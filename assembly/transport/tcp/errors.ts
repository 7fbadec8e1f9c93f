// Errors of the network about a connection (RFC 9293 §3.9.2.2, RFC 5927): believed only when they quote a segment that
// is on its way. Hard ones end a connection that is still being opened; the others are remembered, and are the reason
// told if the connection times out.

import { Errno } from "../../abi/errno";
import { Event } from "../../abi/sockets";
import { State } from "../../abi/status";
import { suspectPath } from "../../ip/output";
import { notify } from "../endpoint";
import { endConnection } from "./close";
import { seqBefore } from "./seq";
import { Mark, Tcb } from "./tcb";

/** `seq` is the sequence number of the segment quoted, `error` what the error amounts to. */
export function connectionError(tcb: Tcb, seq: u32, error: Errno): void {
  if (seqBefore(seq, tcb.sndUna) || !seqBefore(seq, tcb.sndNxt)) return;
  // The port or the protocol is not there (SHLD-26); in a synchronized state that may be forged or pass (RFC 5927 §5.2).
  if (error == Errno.ECONNREFUSED && isOpening(tcb)) endConnection(tcb, error);
  else reportTrouble(tcb, <u8>error); // it may pass (MUST-56)
}

/** The neighbor that leads to the peer does not answer. */
export function unreachable(tcb: Tcb, error: Errno): void {
  if (isOpening(tcb)) endConnection(tcb, error);
  else reportTrouble(tcb, <u8>error);
}

/** Something is wrong that may pass: remembered, and told to an application that did not decline (MUST-47, SHLD-20). */
export function reportTrouble(tcb: Tcb, error: u8): void {
  tcb.softError = error;
  if (!tcb.is(Mark.QUIET)) notify(tcb, Event.TROUBLE);
}

/** R1 (§3.8.3, SHLD-10): time-outs of one segment after which the way to the peer is in doubt. */
const TROUBLE_AFTER: u8 = 3;

/** A segment has timed out once more: at R1 IP looks for the neighbor anew, and the application is told (MUST-20). */
export function doubtPath(tcb: Tcb): void {
  if (tcb.backoff != TROUBLE_AFTER) return;
  suspectPath(tcb.path);
  reportTrouble(tcb, tcb.softError ? tcb.softError : <u8>Errno.ETIMEDOUT);
}

function isOpening(tcb: Tcb): bool {
  return tcb.state == State.SYN_SENT || tcb.state == State.SYN_RECEIVED;
}
