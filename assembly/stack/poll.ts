// The machine's turn: receive, timers, applications, send, and when it wants the next one.

import { CLAIMS, FORWARDING, GROUPS, IPV6, LOOPBACK, RX_RING } from "profile";
import { Errno } from "../abi/errno";
import { serveApplications, serveTimer } from "../application/dispatch";
import { NEVER, now, setNow } from "../base/clock";
import {
  APPLICATION_TIMERS,
  APPLICATIONS,
  FRAGMENTS,
  GROUP_TIMER,
  HANDSHAKE_TIMERS,
  INTERFACE_TIMERS,
  NEIGHBOR_TIMERS,
  ROUTER_TIMER,
  TIME_WAIT_TIMER,
} from "../base/config";
import { nextDeadline, takeExpired } from "../base/timers";
import { Adapter, adapterAt, adapterCount } from "../device/adapter";
import { attend, dropBacklog, hasBacklog, kick, receiveFrame, refill } from "../device/driver";
import { hasLooped, receiveLooped } from "../device/loopback";
import { available, release } from "../device/packet";
import { OwnAddress } from "../ethernet/addresses";
import { dropWaiting, Neighbor, takeOut } from "../ethernet/neighbor";
import { arrival } from "../ip/arrival";
import { addressTimeout, interfaceTimeout, retire } from "../ip/autoconfig";
import { neighborTimeout } from "../ip/link";
import { reassemblyTimeout, releaseHanded } from "../ip/reassembly";
import { reportTimeout } from "../ip/report";
import { routersTimeout } from "../ip/router";
import { Datagram, failDatagram } from "../transport/datagram";
import { flushDatagrams } from "../transport/datagram-output";
import {
  Endpoint,
  EndpointFlag,
  endpointOf,
  hasOutputs,
  scheduleOutput,
  someoneAwaitsPacket,
  takeOutputs,
  takeWaiter,
  tellRoom,
} from "../transport/endpoint";
import { FlowKind } from "../transport/flow";
import { IcmpType, sendIcmpError, TimeExceeded } from "../transport/icmp-output";
import { unreachable } from "../transport/tcp/errors";
import { handshakeTimeout } from "../transport/tcp/handshake";
import { Tcb } from "../transport/tcp/tcb";
import { timeWaitTimeout } from "../transport/tcp/time-wait";
import { connectionTimeout, flushConnection } from "../transport/tcp/timeouts";
import { endConnections } from "./changes";
import { receive, receiveFromSelf } from "./ingress";
import { checkInvariants } from "./invariants";
import { followLink } from "./links";
import { tellUnreachable } from "./route-on";

/** Poll again when a MAC interrupts or after a call: nothing is planned. */
const IDLE: u32 = 0xffffffff;

/**
 * Does all there is to do at `time` (microseconds) and gives the microseconds until the next thing planned: 0 when
 * frames are left that came in faster than one turn takes.
 */
export function turn(time: u64): u32 {
  setNow(time);
  let more = false;
  const adapters = adapterCount();
  for (let i: u32 = 0; i < adapters; i++) {
    const adapter = adapterAt(i);
    if (attend(adapter)) followLink(adapter);
    if (receiveAll(adapter)) more = true;
  }
  if (LOOPBACK) receiveOwn();
  serveTimers();
  serveWaiters();
  if (APPLICATIONS && serveApplications()) more = true;
  sendOutputs();
  for (let i: u32 = 0; i < adapters; i++) {
    const adapter = adapterAt(i);
    if (!adapter.up && hasBacklog(adapter)) dropBacklog(adapter);
    refill(adapter);
    kick(adapter, someoneAwaitsPacket());
  }
  if (!ASC_NO_ASSERT) checkInvariants();
  if (LOOPBACK && hasLooped()) more = true;
  return more || hasOutputs() ? 0 : untilNext();
}

// At most a ring's worth, so that a flood cannot keep the timers waiting. True when there may be more.
function receiveAll(adapter: Adapter): bool {
  for (let frames: u32 = 0; frames < RX_RING; frames++) {
    const packet = receiveFrame(adapter);
    if (!packet) return false;
    receive(adapter, packet);
    release(packet);
    refill(adapter);
  }
  return true;
}

// As many as a ring would hold; what they are answered with waits for the next turn.
function receiveOwn(): void {
  for (let packets: u32 = 0; packets < RX_RING; packets++) {
    const packet = receiveLooped();
    if (!packet) return;
    receiveFromSelf(packet);
    release(packet);
  }
}

function serveTimers(): void {
  for (let expired = takeExpired(now()); expired >= 0; expired = takeExpired(now())) {
    const timer: u32 = expired;
    if (APPLICATIONS && timer >= APPLICATION_TIMERS) {
      serveTimer(timer);
    } else if (timer < HANDSHAKE_TIMERS) {
      connectionTimeout(timer);
    } else if (timer < NEIGHBOR_TIMERS) {
      handshakeTimeout(timer);
    } else if (timer < TIME_WAIT_TIMER) {
      const silent = neighborTimeout(timer);
      if (silent) giveUp(silent);
    } else if (timer == TIME_WAIT_TIMER) {
      timeWaitTimeout();
    } else if (CLAIMS && timer < INTERFACE_TIMERS) {
      const over = addressTimeout(timer);
      if (over) endUse(over);
    } else if (IPV6 && timer < ROUTER_TIMER) {
      interfaceTimeout(timer);
    } else if (IPV6 && timer == ROUTER_TIMER) {
      routersTimeout();
    } else if (FRAGMENTS && timer != GROUP_TIMER) {
      endReassemblies();
    } else if (GROUPS) {
      reportTimeout();
    }
  }
}

// Who sent fragments that have waited too long for the others is told, if the first is among them (RFC 1122 §3.3.2).
function endReassemblies(): void {
  while (reassemblyTimeout()) {
    sendIcmpError(arrival, IcmpType.TIME_EXCEEDED, TimeExceeded.REASSEMBLY);
    releaseHanded();
  }
}

// An address that is no longer ours may not be spoken from (RFC 4862 §5.5.4, RFC 3927 §2.5).
function endUse(entry: OwnAddress): void {
  endConnections(entry);
  retire(entry);
}

// A neighbor does not answer: whoever had something waiting for it is told.
function giveUp(neighbor: Neighbor): void {
  let packet = takeOut(neighbor);
  while (packet) {
    const next = packet.link;
    const endpoint = endpointOf(packet.owner);
    if (endpoint) {
      if (endpoint.kind == FlowKind.TCB) unreachable(asTcb(endpoint), Errno.EHOSTUNREACH);
      else failDatagram(asDatagram(endpoint), Errno.EHOSTUNREACH);
    } else if (FORWARDING && packet.owner < 0) {
      tellUnreachable(packet);
    }
    dropWaiting(packet);
    packet = next;
  }
}

// Those who found no packet try again when some are free, each once a turn.
function serveWaiters(): void {
  let last: Endpoint | null = null;
  while (available() > 0) {
    const endpoint = takeWaiter();
    if (!endpoint || endpoint === last) return;
    if (!last) last = endpoint;
    if (endpoint.kind == FlowKind.TCB) {
      // With something in its queue it waits to send that; the application gets room from an ACK.
      if (!asTcb(endpoint).txHeld) tellRoom(endpoint);
      scheduleOutput(endpoint);
    } else {
      tellRoom(endpoint);
    }
  }
}

function sendOutputs(): void {
  let endpoint = takeOutputs();
  while (endpoint) {
    const next = endpoint.outputNext;
    endpoint.outputNext = null;
    endpoint.clear(EndpointFlag.OUTPUT_DUE);
    if (endpoint.kind == FlowKind.TCB) flushConnection(asTcb(endpoint));
    else sendDatagrams(asDatagram(endpoint));
    endpoint = next;
  }
}

function sendDatagrams(socket: Datagram): void {
  flushDatagrams(socket);
  tellRoom(socket);
}

function untilNext(): u32 {
  const deadline = nextDeadline();
  if (deadline == NEVER) return IDLE;
  if (deadline <= now()) return 0;
  const wait = deadline - now();
  return wait >= IDLE ? IDLE - 1 : <u32>wait;
}

function asTcb(endpoint: Endpoint): Tcb {
  return changetype<Tcb>(changetype<usize>(endpoint));
}

function asDatagram(endpoint: Endpoint): Datagram {
  return changetype<Datagram>(changetype<usize>(endpoint));
}
