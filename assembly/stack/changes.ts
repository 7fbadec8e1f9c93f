// What may change while the machine runs: virtual LANs that come, addresses and routes that go, an adapter's MTU, and
// whether the machine is a router.

import { ADDRESSES, FORWARDING, GROUPS, IPV6, MTU, TCBS, VLANS } from "profile";
import { AddressState } from "../abi/addresses";
import { Errno } from "../abi/errno";
import { State } from "../abi/status";
import { sameAddress, samePrefix } from "../base/address";
import { now } from "../base/clock";
import { HANDSHAKE_TIMERS, LEAST_V4_MTU, SEVERAL_ADAPTERS } from "../base/config";
import { handshakePool, tcbPool } from "../base/pool";
import { setTimer } from "../base/timers";
import {
  adapterAt,
  adapterCount,
  findVlan,
  isLink,
  openVlan,
  setAdapterMtu,
  switchForwarding,
} from "../device/adapter";
import { findAddressEntry, OwnAddress, ownAddressAt } from "../ethernet/addresses";
import { startInterface } from "../ethernet/interface";
import { FIRST_VLAN_ID, LAST_VLAN_ID } from "../ethernet/vlan";
import { endAddress } from "../ip/autoconfig";
import { startGroups } from "../ip/groups";
import { removeRoutes } from "../ip/route";
import { isReadable } from "../socket/pointers";
import { Flow } from "../transport/flow";
import { resetConnection } from "../transport/tcp/close";
import { fitToLink } from "../transport/tcp/path";
import { Handshake } from "../transport/tcp/syn-queue";
import { Tcb } from "../transport/tcp/tcb";
import { wholeLength } from "./start";

/** Opens the virtual LAN `id` upon a MAC: the number of its adapter, EINVAL, EADDRINUSE, ENFILE when there are no more. */
export function addVirtualLan(parent: u32, id: u32): i32 {
  if (!VLANS) return -Errno.EOPNOTSUPP;
  if (parent >= adapterCount() || id < FIRST_VLAN_ID || id > LAST_VLAN_ID) return -Errno.EINVAL;
  if (findVlan(parent, id)) return -Errno.EADDRINUSE;
  const vlan = openVlan(adapterAt(parent), id);
  if (!vlan) return -Errno.ENFILE;
  if (IPV6) startInterface(vlan.index, vlan.mtu);
  if (GROUPS) startGroups(vlan);
  return vlan.index;
}

/** Sets the largest packet that an adapter's link carries; connections through it follow. */
export function setLinkMtu(index: u32, mtu: u32): i32 {
  if (!SEVERAL_ADAPTERS) return -Errno.EOPNOTSUPP;
  if (!isLink(index) || mtu < LEAST_V4_MTU || mtu > MTU) return -Errno.EINVAL;
  setAdapterMtu(adapterAt(index), mtu);
  for (let i: u32 = 0; i < TCBS; i++) {
    const tcb = changetype<Tcb>(tcbPool.at(i));
    if (isConnection(tcb) && tcb.state >= State.ESTABLISHED) fitToLink(tcb);
  }
  return 0;
}

/** Makes the machine a router, or a host again. */
export function setRouting(on: bool): i32 {
  if (!FORWARDING) return on ? -Errno.EOPNOTSUPP : 0;
  switchForwarding(on);
  return 0;
}

/**
 * Takes an address away from an adapter. Connections that have it end with EADDRNOTAVAIL, and their peers get a RST;
 * sockets that are bound to it stay, and cannot send until it comes back. EADDRNOTAVAIL when it is not there.
 */
export function withdrawAddress(adapter: u32, address: usize): i32 {
  if (!isReadable(address, 16)) return -Errno.EFAULT;
  const entry = findAddressEntry(adapter, address);
  if (!entry) return -Errno.EADDRNOTAVAIL;
  endConnections(entry);
  endAddress(entry);
  if (!sharesNetwork(entry)) removeRoutes(entry.address, entry.prefixLength, adapter, false);
  return 0;
}

/**
 * Resets the connections that have an address which is about to go, while it is still there for the RSTs to come from.
 * Handshakes find their time to be over at the next turn.
 */
export function endConnections(entry: OwnAddress): void {
  for (let i: u32 = 0; i < TCBS; i++) {
    const tcb = changetype<Tcb>(tcbPool.at(i));
    if (isConnection(tcb) && speaksAs(tcb, entry)) resetConnection(tcb, Errno.EADDRNOTAVAIL);
  }
  for (let i: u32 = 0; i < handshakePool.count; i++) {
    const handshake = changetype<Handshake>(handshakePool.at(i));
    if (!handshake.kind || !speaksAs(handshake, entry)) continue;
    handshake.retries = 0xff;
    setTimer(HANDSHAKE_TIMERS + i, now());
  }
}

function isConnection(tcb: Tcb): bool {
  return tcb.kind != 0 && tcb.state != State.CLOSED && tcb.state != State.LISTEN;
}

function speaksAs(flow: Flow, entry: OwnAddress): bool {
  return sameAddress(flow.local, entry.address);
}

// True when another address of the adapter is in the same network, whose route must stay.
function sharesNetwork(gone: OwnAddress): bool {
  for (let i: u32 = 0; i < ADDRESSES; i++) {
    const entry = ownAddressAt(i);
    if (entry.state == AddressState.FREE || entry.adapter != gone.adapter || entry.prefixLength != gone.prefixLength)
      continue;
    if (samePrefix(entry.address, gone.address, gone.prefixLength)) return true;
  }
  return false;
}

/** Removes the routes for a prefix through an adapter. ENETUNREACH when there is none. */
export function withdrawRoute(prefix: usize, prefixLength: u32, adapter: u32): i32 {
  if (!isReadable(prefix, 16)) return -Errno.EFAULT;
  const bits = wholeLength(prefix, prefixLength);
  if (bits > 128) return -Errno.EINVAL;
  return removeRoutes(prefix, bits, adapter, true) ? 0 : -Errno.ENETUNREACH;
}
