// Opening from our side (RFC 9293 §3.10.1): the SYN, and its retransmission; also the SYN,ACK of a simultaneous open.

import { USER_TIMEOUT_OPTION } from "profile";
import { Counter } from "../../abi/counters";
import { Errno } from "../../abi/errno";
import { Event } from "../../abi/sockets";
import { Offer, State } from "../../abi/status";
import { NEVER, now } from "../../base/clock";
import { count } from "../../base/counters";
import { second } from "../../base/lifetimes";
import { awaitPacket, EndpointFlag, notify, scheduleOutput } from "../endpoint";
import { addFlow } from "../flow";
import { endConnection } from "./close";
import { startCongestion } from "./congestion";
import { startDeliveries } from "./delivery";
import { doubtPath } from "./errors";
import { Flag } from "./header";
import { initialSequence } from "./isn";
import { awaitSilence } from "./keepalive";
import { defaultSendMss } from "./mss";
import { timestampOffset } from "./options";
import { sendEmpty } from "./output";
import { setSendMss } from "./path";
import { backOff, slowStartAfterSyn, startRto } from "./rto";
import { startSending } from "./send-queue";
import { Alarm, armTimer, Mark, setAlarm, Tcb } from "./tcb";
import { tellTimeout } from "./user-timeout";

/** The handshake is given up no sooner than three minutes after the first SYN (RFC 9293 MUST-23). */
const SYN_PATIENCE: u64 = 180 * 1000000;

/** Enters SYN-SENT. Addresses and ports are set, packets reserved; the poll that follows sends the SYN. */
export function openActively(tcb: Tcb): void {
  count(Counter.TcpActiveOpens);
  addFlow(tcb);
  tcb.mark(Mark.IN_FLOWS | Mark.USED);
  tcb.mark(Mark.SCALED | Mark.TIMESTAMPS | Mark.SACK);
  tcb.tsOffset = timestampOffset(tcb);
  startRto(tcb);
  startSending(tcb, initialSequence(tcb));
  tcb.state = State.SYN_SENT;
  scheduleOutput(tcb);
}

/** Sends the SYN, or in SYN-RECEIVED the SYN,ACK; again when its timer has run out. */
export function sendSyn(tcb: Tcb): void {
  const first = tcb.sndNxt == tcb.iss;
  if (first) tcb.waitingSince = now(); // not when the application asked: calls do not bring the time
  const flags: u32 = tcb.state == State.SYN_RECEIVED ? Flag.SYN | Flag.ACK | echoOfEcn(tcb) : Flag.SYN | askForEcn(tcb);
  const sent = sendEmpty(tcb, tcb.iss, flags);
  if (!sent) awaitPacket(tcb); // or no way to the peer: the timer tries again
  if (sent && first) {
    tcb.sndNxt = tcb.iss + 1;
  } else if (sent && tcb.backoff) {
    count(Counter.TcpRetransSegs);
    tcb.retransmits++;
  }
  setAlarm(tcb, Alarm.RETRANSMIT, tcb.rto);
  armTimer(tcb);
}

// A path that drops SYNs with these flags gets the next one without (RFC 3168 §6.1.1.1). What the first one promised
// holds if that is answered after all.
function askForEcn(tcb: Tcb): u32 {
  if (tcb.backoff) tcb.mark(Mark.UNMARKABLE);
  return tcb.is(Mark.ECN) && !tcb.backoff ? Flag.ECE | Flag.CWR : 0;
}

function echoOfEcn(tcb: Tcb): u32 {
  return tcb.is(Mark.ECN) ? Flag.ECE : 0;
}

/** The SYN's timer has run out. */
export function synTimeout(tcb: Tcb): void {
  if (now() - tcb.waitingSince >= SYN_PATIENCE) {
    count(Counter.TcpGiveUps);
    endConnection(tcb, tcb.softError ? tcb.softError : Errno.ETIMEDOUT);
    return;
  }
  backOff(tcb);
  doubtPath(tcb);
  sendSyn(tcb);
}

/** What the peer's SYN said about segments it takes (§3.7.1); 0 when it said nothing (MUST-15). */
export function takePeerMss(tcb: Tcb, offered: u32): void {
  tcb.peerMss = <u16>(offered ? offered : defaultSendMss(tcb.remote));
  setSendMss(tcb);
}

/** What the peer's SYN offers of what ours did is agreed; the rest is off. */
export function agreeOn(tcb: Tcb, offer: u32, shift: u32, timestamp: u32): void {
  if (!(offer & Offer.WINDOW_SCALE)) tcb.unmark(Mark.SCALED);
  if (!(offer & Offer.TIMESTAMPS)) tcb.unmark(Mark.TIMESTAMPS);
  if (!(offer & Offer.SACK)) tcb.unmark(Mark.SACK);
  if (!(offer & Offer.ECN)) tcb.unmark(Mark.ECN);
  tcb.sndShift = tcb.is(Mark.SCALED) ? <u8>shift : 0;
  setRecent(tcb, timestamp);
}

/** TS.Recent, and when it was taken. */
export function setRecent(tcb: Tcb, timestamp: u32): void {
  tcb.tsRecent = timestamp;
  tcb.tsRecentAt = second();
}

/** The handshake is complete: from here on the connection carries data. */
export function established(tcb: Tcb): void {
  const lostSyn = tcb.backoff > 0;
  tcb.state = State.ESTABLISHED;
  tcb.backoff = 0;
  tcb.rtxAt = NEVER;
  tcb.alarm = Alarm.RETRANSMIT;
  tcb.mark(Mark.OPENED);
  if (lostSyn) slowStartAfterSyn(tcb);
  startCongestion(tcb, lostSyn);
  startDeliveries(tcb);
  if (USER_TIMEOUT_OPTION) tellTimeout(tcb);
  awaitSilence(tcb);
  tcb.clear(EndpointFlag.WANTS_ROOM);
  notify(tcb, Event.WRITABLE);
  scheduleOutput(tcb);
}
