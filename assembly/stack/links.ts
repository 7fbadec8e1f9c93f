// What follows when the link of an adapter goes down or comes back. Routes through it stop counting as long as others
// serve (ip/route.ts); its neighbors are forgotten, since who is there may have changed; applications hear of it as of
// any trouble that may pass, and when the link is back, what waits is sent at once rather than when its timer comes.

import { DHCP_CLIENT, GROUPS, IPV6, TCBS } from "profile";
import { Autoconfig } from "../abi/addresses";
import { Errno } from "../abi/errno";
import { State } from "../abi/status";
import { NEVER, now } from "../base/clock";
import { ALL_ADAPTERS } from "../base/config";
import { neighborPool, tcbPool } from "../base/pool";
import { Adapter, adapterAt, isAdapter, isLink, macOf } from "../device/adapter";
import { interfaceAt } from "../ethernet/interface";
import { findNeighbor, invalidatePaths, Neighbor, removeNeighbor } from "../ethernet/neighbor";
import { askForRouters } from "../ip/autoconfig";
import { reportAgain } from "../ip/report";
import { followLinkInLease } from "../names/dhcp-client";
import { Datagram, failDatagram } from "../transport/datagram";
import { endpointOf } from "../transport/endpoint";
import { FlowKind } from "../transport/flow";
import { reportTrouble } from "../transport/tcp/errors";
import { Alarm, armTimer, Tcb } from "../transport/tcp/tcb";

/** The link of a MAC went down or up, or down and up again. */
export function followLink(mac: Adapter): void {
  for (let i: u32 = 0; i < neighborPool.count; i++) {
    const neighbor = changetype<Neighbor>(neighborPool.at(i));
    // A block is in use when the table leads to it.
    if (findNeighbor(neighbor.adapter, neighbor.address) !== neighbor) continue;
    if (macOf(adapterAt(neighbor.adapter)) === mac) forgetNeighbor(neighbor);
  }
  invalidatePaths();
  if (mac.up) askAnew(mac);
  for (let i: u32 = 0; i < TCBS; i++) {
    const tcb = changetype<Tcb>(tcbPool.at(i));
    if (isThrough(tcb, mac)) followInConnection(tcb, mac.up != 0);
  }
}

// Other routers may be there now (RFC 4861 §6.3.7), who know nothing of the groups that we are in.
function askAnew(mac: Adapter): void {
  for (let i: u32 = 0; i < ALL_ADAPTERS; i++) {
    if (!isAdapter(i) || macOf(adapterAt(i)) !== mac) continue;
    if (GROUPS) reportAgain(i);
    if (IPV6 && interfaceAt(i).mode & Autoconfig.ROUTERS) askForRouters(i);
    if (DHCP_CLIENT && isLink(i)) followLinkInLease(i);
  }
}

// Whoever sent what waits for the neighbor's address hears that it will not go.
function forgetNeighbor(neighbor: Neighbor): void {
  let packet = neighbor.waitingHead;
  while (packet) {
    const endpoint = endpointOf(packet.owner);
    if (endpoint && endpoint.kind == FlowKind.DATAGRAM) {
      failDatagram(changetype<Datagram>(changetype<usize>(endpoint)), Errno.ENETDOWN);
    }
    packet = packet.link;
  }
  removeNeighbor(neighbor);
}

function isThrough(tcb: Tcb, mac: Adapter): bool {
  if (!tcb.kind || tcb.state == State.CLOSED || tcb.state == State.LISTEN || !tcb.pathGeneration) return false;
  return macOf(adapterAt(tcb.path.adapter)) === mac;
}

function followInConnection(tcb: Tcb, isUp: bool): void {
  if (!isUp) {
    reportTrouble(tcb, <u8>Errno.ENETDOWN);
  } else if (tcb.rtxAt != NEVER && tcb.alarm == Alarm.RETRANSMIT) {
    tcb.rtxAt = now();
    armTimer(tcb);
  }
}
