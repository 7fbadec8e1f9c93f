// ICMP errors about a connection (RFC 9293 §3.9.2.2, RFC 5927): believed only when they quote a segment that is on its
// way, and then fatal only to a connection that is still being opened.

import { Errno } from "../../abi/errno";
import { State } from "../../abi/status";
import { endConnection } from "./close";
import { seqBefore, seqUpTo } from "./seq";
import { Tcb } from "./tcb";

/** `seq` is the sequence number of the segment quoted, `error` what the error amounts to. */
export function connectionError(tcb: Tcb, seq: u32, error: Errno): void {
  if (seqBefore(seq, tcb.sndUna) || !seqUpTo(seq, tcb.sndNxt)) return;
  unreachable(tcb, error);
}

/** The network cannot reach the peer, as ICMP or our own neighbor table has found. */
export function unreachable(tcb: Tcb, error: Errno): void {
  if (tcb.state == State.SYN_SENT || tcb.state == State.SYN_RECEIVED) endConnection(tcb, error);
  else tcb.softError = <u8>error; // it may pass (MUST-56); told when the connection times out
}
