// The user time-out on the wire (RFC 5482): how long data may stay unacknowledged before a connection is given up is each
// side's own affair, but a side can tell the other, which then knows for how long it is worth waiting. Advice, no
// negotiation, and off unless the application wants it (ENABLED, §3.1).

import { State } from "../../abi/status";
import { setBe16 } from "../../base/bytes";
import { SECOND } from "../../base/config";
import { scheduleOutput } from "../endpoint";
import { Option, USER_TIMEOUT_BYTES } from "./options";
import { DEFAULT_USER_TIMEOUT, Mark, Tcb } from "./tcb";

/** Bits of `Tcb.timeoutTalk`. */
const enum Talk {
  /** ENABLED: the peer is told, and heard. */
  ON = 1,
  /** Not CHANGEABLE: the application has chosen the time-out, and the peer's advice does not change it. */
  CHOSEN = 2,
}

/** The upper bit of the field: the others count minutes, not seconds (§3.3). */
const IN_MINUTES: u32 = 0x8000;

/**
 * In seconds, the bounds of what advice may do. The lower one (L_LIMIT) is that of RFC 9293 §3.8.3, above every
 * retransmission time-out; the upper one (U_LIMIT) is how long a peer may make us keep what it does not acknowledge.
 */
const SHORTEST: u32 = 100;
const LONGEST: u32 = 30 * 60;

/** Segments that tell it after the handshake, and after a change: nothing repeats the option when one is lost. */
const TELLING_SEGMENTS: u8 = 3;

/** True while the connection tells its time-out, and hears the peer's. */
export function talksOfTimeout(tcb: Tcb): bool {
  return (tcb.timeoutTalk & Talk.ON) != 0;
}

/** Begins, or ends, to tell the peer and to hear it. */
export function talkOfTimeout(tcb: Tcb, on: bool): void {
  tcb.timeoutDue = 0;
  if (!on) {
    tcb.timeoutTalk &= ~(<u8>Talk.ON);
    return;
  }
  tcb.timeoutTalk |= <u8>Talk.ON;
  tellAtOnce(tcb);
}

/** The application has set the time-out: from now on nobody else does. */
export function choseTimeout(tcb: Tcb): void {
  tcb.timeoutTalk |= <u8>Talk.CHOSEN;
  tellAtOnce(tcb);
}

function tellAtOnce(tcb: Tcb): void {
  if (!talksOfTimeout(tcb) || tcb.state < State.ESTABLISHED) return;
  tellTimeout(tcb);
  tcb.mark(Mark.ACK_NOW);
  scheduleOutput(tcb);
}

/** The next segments tell the peer, if it is to be told at all. */
export function tellTimeout(tcb: Tcb): void {
  if (talksOfTimeout(tcb)) tcb.timeoutDue = TELLING_SEGMENTS;
}

/** Bytes that the option takes of the `room` in a segment that is no SYN: 0 when it is not due, or does not fit. */
export function timeoutBytes(tcb: Tcb, room: u32): u32 {
  if (!tcb.timeoutDue || room < USER_TIMEOUT_BYTES) return 0;
  tcb.timeoutDue--;
  return USER_TIMEOUT_BYTES;
}

/** Writes ADV_UTO at `at`, in seconds: what the application has chosen, or what is usual here. */
export function writeUserTimeout(tcb: Tcb, at: usize): void {
  const chosen = tcb.timeoutTalk & Talk.CHOSEN ? tcb.userTimeout : DEFAULT_USER_TIMEOUT;
  store<u8>(at, <u8>Option.USER_TIMEOUT);
  store<u8>(at, <u8>USER_TIMEOUT_BYTES, 1);
  setBe16(at, max<u32>(chosen / SECOND, 1), 2); // 0 is reserved
}

/** Takes the field of the peer's option, REMOTE_UTO: USER_TIMEOUT = min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)) (§3.1). */
export function takeUserTimeout(tcb: Tcb, field: u32): void {
  if (!field || tcb.timeoutTalk != Talk.ON) return;
  const value = field & ~IN_MINUTES;
  if (!value) return; // reserved: ignored
  const seconds = field & IN_MINUTES ? value * 60 : value;
  tcb.userTimeout = min<u32>(max<u32>(seconds, SHORTEST), LONGEST) * SECOND;
}

if (DEFAULT_USER_TIMEOUT > SHORTEST * SECOND) ERROR("ADV_UTO of those who choose none would exceed L_LIMIT.");
