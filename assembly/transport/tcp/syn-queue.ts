// The SYN queue: a record for each handshake that a listener has answered and that the peer has yet to complete. It is
// small; the control block comes when the handshake is complete, so that half-open connections cannot use those up.

import { SYN_QUEUE } from "profile";
import { NEVER } from "../../base/clock";
import { HANDSHAKE_TIMERS } from "../../base/config";
import { HANDSHAKE_BASE, HANDSHAKE_BYTES, PASSING_HANDSHAKE } from "../../base/memory";
import { handshakeIndex, handshakePool } from "../../base/pool";
import { setTimer } from "../../base/timers";
import { Flow, FlowKind, removeFlow } from "../flow";
import { returnGrant } from "./room";
import { Tcb } from "./tcb";
import { resumeTimeWait, TimeWait } from "./time-wait";

@unmanaged
@final
export class Handshake extends Flow {
  iss: u32;
  irs: u32;
  /** The window that our SYN,ACK advertises. */
  window: u16;
  /** The field of the user timeout option in the peer's SYN (RFC 5482); 0 when there was none. */
  userTimeout: u16;
  listener: Tcb | null;
  /** Lower half of the time at which the SYN,ACK first went out; 0: not known. */
  began: u32;
  mss: u16;
  retries: u8;
  reserved: u8;
  /** Packets promised to it: what the window asks for. */
  grant: u16;
  /** Options that the peer's SYN offered, and so does our answer (options.ts, Offer); its window shift. */
  offer: u8;
  shift: u8;
  /** The timestamp of the peer's last segment, to be echoed. */
  tsRecent: u32;
  /** The earlier connection between the same ends, whose wait goes on if this comes to nothing. */
  former: TimeWait | null;
}

if (offsetof<Handshake>() != HANDSHAKE_BYTES) ERROR("HANDSHAKE_BYTES does not agree with Handshake.");

/** The handshake of the segment that is being processed, while it stands in no queue (cookie.ts). */
export const passing: Handshake = changetype<Handshake>(PASSING_HANDSHAKE);

export function startHandshakes(): void {
  handshakePool.start(HANDSHAKE_BASE, SYN_QUEUE, HANDSHAKE_BYTES);
}

/** True while a SYN for the listener can be remembered. */
export function hasRoom(listener: Tcb): bool {
  return listener.accepted < listener.backlog && handshakePool.free > 0;
}

/** The timer of an entry. */
export function timerOf(handshake: Handshake): u32 {
  return HANDSHAKE_TIMERS + handshakeIndex(changetype<usize>(handshake));
}

/** Nothing comes of a handshake. */
export function endHandshake(handshake: Handshake): void {
  const former = handshake.former;
  returnGrant(handshake.grant);
  leaveQueue(handshake);
  if (former) resumeTimeWait(former);
}

/** Takes an entry out of the queue; the packets that it was granted stay promised. */
export function leaveQueue(handshake: Handshake): void {
  const listener = handshake.listener;
  if (listener) listener.handshakes--;
  removeFlow(handshake);
  setTimer(timerOf(handshake), NEVER);
  handshake.kind = 0; // so that a walk over all blocks knows it for a free one
  handshakePool.give(changetype<usize>(handshake));
}

/** The listener is being closed: nobody will accept what its queue holds. */
export function dropHandshakes(listener: Tcb): void {
  for (let i: u32 = 0; listener.handshakes && i < handshakePool.count; i++) {
    const handshake = changetype<Handshake>(handshakePool.at(i));
    if (handshake.kind == FlowKind.HANDSHAKE && handshake.listener === listener) endHandshake(handshake);
  }
}
