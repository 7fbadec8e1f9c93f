// User calls (RFC 9293 §3.10.1-6): OPEN, SEND, RECEIVE, CLOSE, ABORT. They queue; only poll sends.

import { Errno } from "../../abi/errno";
import { Event, Shutdown } from "../../abi/sockets";
import { State } from "../../abi/status";
import { NEVER } from "../../base/clock";
import { closeDescriptor, EndpointFlag, notify, openDescriptor, scheduleOutput } from "../endpoint";
import { takeAccepted } from "./accept";
import { dispose, endConnection, resetConnection } from "./close";

import { awaitSilence } from "./keepalive";
import { textPerPacket } from "./mss";
import { consume, dropReceived } from "./receiver";
import { chooseWindow, shrinkGrant } from "./room";
import { sendRoom } from "./send-queue";
import { dropHandshakes } from "./syn-queue";
import { Mark, Tcb } from "./tcb";
import { passUrgent } from "./urgent";

/** Why a socket that is not fresh cannot connect or listen. */
export function whyNotFresh(tcb: Tcb): i32 {
  switch (tcb.state) {
    case State.CLOSED:
      return tcb.is(Mark.USED) ? -Errno.EINVAL : 0;
    case State.LISTEN:
      return -Errno.EOPNOTSUPP;
    case State.SYN_SENT:
    case State.SYN_RECEIVED:
      return -Errno.EALREADY;
    default:
      return -Errno.EISCONN;
  }
}

/** Makes a bound socket a listener, or changes the backlog of one. */
export function listenStream(tcb: Tcb, backlog: u32): void {
  tcb.backlog = <u16>min<u32>(max<u32>(backlog, 1), 0xffff);
  tcb.state = State.LISTEN;
}

/** The next connection of a listener: its descriptor, or a negative errno. */
export function acceptStream(listener: Tcb): i32 {
  const tcb = takeAccepted(listener);
  if (!tcb) return -Errno.EAGAIN;
  const descriptor = openDescriptor(tcb);
  // What has happened while it waited is told now.
  let events: u32 = Event.WRITABLE;
  if (tcb.rcvBytes || tcb.is(Mark.FIN_RECEIVED)) events |= Event.READABLE;
  if (tcb.is(Mark.URGENT_IN)) events |= Event.URGENT;
  if (tcb.state == State.CLOSED) events |= tcb.error ? Event.ERROR | Event.HANGUP : Event.HANGUP;
  notify(tcb, events);
  awaitSilence(tcb);
  if (listener.acceptHead) notify(listener, Event.READABLE);
  return descriptor;
}

/** Takes the pending error: told once. */
function takeError(tcb: Tcb): i32 {
  const error: i32 = tcb.error;
  tcb.error = 0;
  return -error;
}

/** Room for data to send, in bytes, or why there is none. */
export function sendRoomStream(tcb: Tcb): i32 {
  if (tcb.error) return takeError(tcb);
  switch (tcb.state) {
    case State.SYN_SENT:
    case State.SYN_RECEIVED:
      if (tcb.is(Mark.FIN_QUEUED)) return -Errno.EPIPE;
      tcb.set(EndpointFlag.WANTS_ROOM);
      return -Errno.EAGAIN;
    case State.ESTABLISHED:
    case State.CLOSE_WAIT: {
      const room = sendRoom(tcb);
      return room ? <i32>room : -Errno.EAGAIN;
    }
    case State.LISTEN:
      return -Errno.ENOTCONN;
    case State.CLOSED:
      return tcb.is(Mark.USED) ? -Errno.EPIPE : -Errno.ENOTCONN;
    default:
      return -Errno.EPIPE;
  }
}

/** Bytes that can be read in one piece, 0 at the end of the stream, or why there are none. */
export function receivedStream(tcb: Tcb): i32 {
  const head = tcb.rcvHead;
  if (head) return head.length;
  if (tcb.error) return takeError(tcb);
  if (tcb.is(Mark.FIN_RECEIVED | Mark.READ_SHUT)) return 0;
  switch (tcb.state) {
    case State.LISTEN:
      return -Errno.ENOTCONN;
    case State.CLOSED:
      return tcb.is(Mark.USED) ? 0 : -Errno.ENOTCONN;
    default:
      return -Errno.EAGAIN;
  }
}

/** The application has taken `bytes` bytes of those that could be read. */
export function consumeStream(tcb: Tcb, bytes: u32): void {
  consume(tcb, bytes);
  passUrgent(tcb);
  if (tcb.state == State.CLOSED) {
    shrinkGrant(tcb);
    return;
  }
  if (tcb.is(Mark.FIN_RECEIVED)) return;
  // The window opens again; the peer is told when that lets it send something worth while (§3.8.6.2.2).
  const advertised = tcb.rcvWnd;
  const gained = chooseWindow(tcb) - advertised;
  const segment = textPerPacket(tcb, tcb.is(Mark.TIMESTAMPS));
  if (gained >= 2 * segment || (gained > 0 && advertised < segment)) {
    tcb.mark(Mark.ACK_NOW);
    scheduleOutput(tcb);
  }
}

/** Ends one direction, or both, and keeps the descriptor. */
export function shutdownStream(tcb: Tcb, how: u32): i32 {
  switch (tcb.state) {
    case State.CLOSED:
    case State.LISTEN:
    case State.SYN_SENT:
      return -Errno.ENOTCONN;
    default:
  }
  if (how != Shutdown.WRITE) {
    tcb.mark(Mark.READ_SHUT);
    tcb.unmark(Mark.URGENT_IN);
    dropReceived(tcb);
  }
  if (how != Shutdown.READ) queueFin(tcb);
  return 0;
}

// CLOSE of the RFC (§3.10.4): no more data from us; the FIN goes behind what is queued.
function queueFin(tcb: Tcb): void {
  if (tcb.is(Mark.FIN_QUEUED)) return;
  tcb.mark(Mark.FIN_QUEUED);
  if (tcb.state == State.ESTABLISHED) tcb.state = State.FIN_WAIT_1;
  else if (tcb.state == State.CLOSE_WAIT) tcb.state = State.LAST_ACK;
  scheduleOutput(tcb);
}

/** The application lets go of the descriptor. The connection ends in order by itself, unless data would be lost. */
export function closeStream(tcb: Tcb): void {
  closeDescriptor(tcb);
  switch (tcb.state) {
    case State.CLOSED:
      dispose(tcb);
      break;
    case State.LISTEN:
      closeListener(tcb);
      break;
    case State.SYN_SENT:
      endConnection(tcb, 0);
      break;
    default:
      if (tcb.rcvBytes || tcb.linger == 0) {
        // Data that nobody will read: a FIN would say that it was (RFC 2525 §2.17, RFC 9293 §3.6.1).
        resetConnection(tcb, 0);
        return;
      }
      queueFin(tcb);
      limitClose(tcb);
  }
}

// From here on nobody holds it: what is left of its life has a limit where the application, or FIN-WAIT-2, wants one.
// It begins with the poll that follows, since calls do not bring the time.
function limitClose(tcb: Tcb): void {
  tcb.unmark(Mark.KEEPALIVE);
  tcb.idleAt = NEVER;
  tcb.mark(Mark.LET_GO);
  scheduleOutput(tcb);
}

/** Ends the connection at once, with a RST to the peer (§3.10.5), and lets go of the descriptor. */
export function abortStream(tcb: Tcb): void {
  closeDescriptor(tcb);
  if (tcb.state == State.CLOSED) dispose(tcb);
  else if (tcb.state == State.LISTEN) closeListener(tcb);
  else resetConnection(tcb, 0);
}

function closeListener(listener: Tcb): void {
  dropHandshakes(listener);
  for (let tcb = takeAccepted(listener); tcb; tcb = takeAccepted(listener)) {
    if (tcb.state == State.CLOSED) dispose(tcb);
    else resetConnection(tcb, 0);
  }
  listener.state = State.CLOSED;
  dispose(listener);
}
