// What can be seen of every socket at any moment (abi/status.ts): the lines of netstat and the insides of a control
// block. Rows are numbered over all blocks: stream sockets, handshakes, TIME-WAIT records, datagram sockets.

import { DATAGRAM_SOCKETS, SYN_QUEUE, TCBS, TIME_WAITS } from "profile";
import { State, Status, TimerName } from "../abi/status";
import { copyAddress } from "../base/address";
import { NEVER, now } from "../base/clock";
import { HANDSHAKE_TIMERS } from "../base/config";
import { STATUS } from "../base/memory";
import { datagramPool, handshakePool, tcbPool, timeWaitPool } from "../base/pool";
import { timerDue } from "../base/timers";
import { ANY_ADAPTER } from "../ip/route";
import { Datagram } from "../transport/datagram";
import { descriptorOf, Endpoint, EndpointFlag } from "../transport/endpoint";
import { Flow } from "../transport/flow";
import { controllerOf } from "../transport/tcp/congestion";
import { WINDOW_SHIFT } from "../transport/tcp/options";
import { Handshake } from "../transport/tcp/syn-queue";
import { Alarm, Mark, Tcb } from "../transport/tcp/tcb";
import { TimeWait } from "../transport/tcp/time-wait";

const NOBODY: u32 = 0xffffffff;

function set(word: Status, value: u32): void {
  store<u32>(STATUS + <usize>word * 4, value);
}

/** Fills STATUS with row `row`: 1, 0 when there is nothing in it, -1 when it lies behind the last. */
export function describeSocket(row: u32): i32 {
  memory.fill(STATUS, 0, Status.WORDS * 4);
  if (row < TCBS) return describeTcb(changetype<Tcb>(tcbPool.at(row)));
  row -= TCBS;
  if (row < SYN_QUEUE) return describeHandshake(changetype<Handshake>(handshakePool.at(row)), row);
  row -= SYN_QUEUE;
  if (row < TIME_WAITS) return describeTimeWait(changetype<TimeWait>(timeWaitPool.at(row)));
  row -= TIME_WAITS;
  if (row < DATAGRAM_SOCKETS) return describeDatagram(changetype<Datagram>(datagramPool.at(row)));
  return -1;
}

function describeFlow(flow: Flow): void {
  set(Status.KIND, flow.socketKind);
  set(Status.HANDLE, NOBODY);
  set(Status.STATE, flow.state);
  copyAddress(STATUS + Status.LOCAL_ADDRESS * 4, flow.local);
  copyAddress(STATUS + Status.REMOTE_ADDRESS * 4, flow.remote);
  set(Status.LOCAL_PORT, flow.localPort);
  set(Status.REMOTE_PORT, flow.remotePort);
  set(Status.ADAPTER, flow.adapter == ANY_ADAPTER ? NOBODY : flow.adapter);
  set(Status.SENT_AGO, NOBODY);
}

function describeEndpoint(endpoint: Endpoint): void {
  describeFlow(endpoint);
  if (endpoint.has(EndpointFlag.OPEN)) set(Status.HANDLE, descriptorOf(endpoint));
  set(Status.OWNER, endpoint.owner);
  set(Status.ERROR, endpoint.error);
  if (endpoint.sentAt) set(Status.SENT_AGO, clamp(now() - endpoint.sentAt));
  if (endpoint.pathGeneration) set(Status.ADAPTER, endpoint.pathAdapter);
}

function clamp(time: u64): u32 {
  return time > 0xfffffffe ? 0xfffffffe : <u32>time;
}

function setTimerStatus(name: TimerName, due: u64): void {
  set(Status.TIMER, name);
  set(Status.TIMER_IN, due > now() ? clamp(due - now()) : 0);
}

function describeTcb(tcb: Tcb): i32 {
  if (!tcb.kind) return 0;
  describeEndpoint(tcb);
  if (!tcb.error) set(Status.ERROR, tcb.softError);
  const isListener = tcb.state == State.LISTEN;
  // The FIN counts as sequence number, not as data.
  const end = tcb.sndEnd;
  const queued = isListener || !tcb.is(Mark.USED) ? 0 : end - tcb.sndUna;
  set(Status.RECV_Q, isListener ? tcb.accepted : tcb.rcvBytes);
  set(Status.SEND_Q, isListener ? tcb.backlog : <i32>queued > 0 ? queued : 0);
  set(Status.SYN_QUEUE, tcb.handshakes);
  describeTimer(tcb);
  if (tcb.state == State.CLOSED) return 1; // there is no connection, or none any more
  set(Status.ISS, tcb.iss);
  set(Status.SND_UNA, tcb.sndUna);
  set(Status.SND_NXT, tcb.sndNxt);
  set(Status.SND_WND, tcb.sndWnd);
  set(Status.SND_WL1, tcb.sndWl1);
  set(Status.SND_WL2, tcb.sndWl2);
  set(Status.IRS, tcb.irs);
  set(Status.RCV_NXT, tcb.rcvNxt);
  set(Status.RCV_WND, tcb.rcvWnd);
  set(Status.CWND, tcb.cwnd);
  set(Status.SSTHRESH, tcb.ssthresh);
  set(Status.SRTT, tcb.srtt);
  set(Status.RTTVAR, tcb.rttvar);
  set(Status.RTO, tcb.rto);
  set(Status.RETRANSMITS, tcb.retransmits);
  set(Status.BACKOFF, tcb.backoff);
  set(Status.SND_MSS, tcb.sndMss);
  set(Status.RX_GRANTED, tcb.rxGrant);
  set(Status.RX_HELD, tcb.rxHeld);
  set(Status.TX_HELD, tcb.txHeld);
  set(Status.OUT_OF_ORDER, tcb.holeBytes);
  set(Status.BLOCKED, tcb.blocked);
  describeSender(tcb);
  return 1;
}

// What the sender makes of the network.
function describeSender(tcb: Tcb): void {
  set(Status.SACKED, tcb.sackedBytes);
  set(Status.LOST, tcb.lostBytes);
  set(Status.PHASE, tcb.phase);
  set(Status.CONTROLLER, controllerOf(tcb));
  set(Status.MIN_RTT, tcb.minRtt == 0xffffffff ? 0 : tcb.minRtt);
  set(Status.OPTIONS, tcb.agreed);
  set(Status.SND_SHIFT, tcb.sndShift);
  set(Status.RCV_SHIFT, tcb.is(Mark.SCALED) ? WINDOW_SHIFT : 0);
  set(Status.REORDERING, tcb.reoMultiplier);
  set(Status.KEEP_PROBES, tcb.keepProbes);
}

function describeTimer(tcb: Tcb): void {
  if (tcb.rtxAt != NEVER) {
    setTimerStatus(nameOf(tcb.alarm), tcb.rtxAt);
  } else if (tcb.ackAt != NEVER) {
    setTimerStatus(TimerName.DELAYED_ACK, tcb.ackAt);
  } else if (tcb.idleAt != NEVER) {
    setTimerStatus(tcb.has(EndpointFlag.OPEN) ? TimerName.KEEPALIVE : TimerName.FIN_WAIT_2, tcb.idleAt);
  }
}

function nameOf(alarm: Alarm): TimerName {
  switch (alarm) {
    case Alarm.PERSIST:
      return TimerName.PERSIST;
    case Alarm.PROBE:
      return TimerName.LOSS_PROBE;
    case Alarm.REORDERING:
      return TimerName.REORDERING;
    default:
      return TimerName.RETRANSMIT;
  }
}

function describeHandshake(handshake: Handshake, index: u32): i32 {
  if (!handshake.kind) return 0;
  describeFlow(handshake);
  set(Status.ISS, handshake.iss);
  set(Status.IRS, handshake.irs);
  set(Status.SND_UNA, handshake.iss);
  set(Status.SND_NXT, handshake.iss + 1);
  set(Status.RCV_NXT, handshake.irs + 1);
  set(Status.RCV_WND, handshake.window);
  set(Status.RETRANSMITS, handshake.retries);
  set(Status.BACKOFF, handshake.retries);
  setTimerStatus(TimerName.RETRANSMIT, timerDue(HANDSHAKE_TIMERS + index));
  return 1;
}

function describeTimeWait(record: TimeWait): i32 {
  if (!record.kind) return 0;
  describeFlow(record);
  set(Status.SND_UNA, record.sndNxt);
  set(Status.SND_NXT, record.sndNxt);
  set(Status.RCV_NXT, record.rcvNxt);
  setTimerStatus(TimerName.TIME_WAIT, record.endsAt);
  return 1;
}

function describeDatagram(socket: Datagram): i32 {
  if (!socket.kind) return 0;
  describeEndpoint(socket);
  set(Status.STATE, socket.remotePort ? State.ESTABLISHED : State.CLOSED);
  set(Status.RECV_Q, socket.receivedBytes);
  return 1;
}
