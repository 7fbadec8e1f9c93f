// Adapters: what the machine knows of each Ethernet MAC it has, of each virtual LAN upon one, and of the loopback.

import { ADAPTERS, LOOPBACK, MTU, VLANS } from "profile";
import { FIRST_VLAN, LOOPBACK_ADAPTER } from "../base/config";
import { ADAPTER_BASE, ADAPTER_BYTES, DEVICE_STATE } from "../base/memory";
import { Packet } from "./packet";

@unmanaged
@final
export class Adapter {
  /** Bus address of its registers. */
  base: u32;
  /** Its Ethernet address: bytes 0 to 3 and 4 to 5, in memory order. */
  macLow: u32;
  macHigh: u16;
  index: u8;
  /** 1 while the transceiver reports a link. */
  up: u8;
  /** Ring places: next to receive from, next to fill, and how many are filled. */
  rxNext: u32;
  rxFill: u32;
  rxFilled: u32;
  /** Ring places: next to send from, oldest not reclaimed, and how many are in use. */
  txNext: u32;
  txDone: u32;
  txUsed: u32;
  /** Packets that wait for room in the transmit ring; of the loopback, to be received. */
  backlogHead: Packet | null;
  backlogTail: Packet | null;
  /** 1 when descriptors were given to the MAC and its doorbell has not been rung since. */
  rxKick: u8;
  txKick: u8;
  mtu: u16;
  /** 1 while the MAC is to interrupt when it has sent a frame. */
  sentWanted: u8;
  /** Of a virtual LAN: the adapter that it is upon, and its number there (IEEE 802.1Q). 0 of others. */
  parent: u8;
  vlan: u16;

  /** Of a MAC, in the same byte as `parent`: the second of the clock in which its link was last looked at. */
  @inline get lookedAt(): u8 {
    return this.parent;
  }
  set lookedAt(second: u8) {
    this.parent = second;
  }
}

if (offsetof<Adapter>() != ADAPTER_BYTES) ERROR("ADAPTER_BYTES does not agree with Adapter.");

@unmanaged
@final
class Devices {
  /** MACs in use. */
  count: u32;
  /** What the MACs add to linear addresses. */
  dmaBase: u32;
  /** Virtual LANs in use. */
  vlans: u32;
  /** 1 while packets for others are passed on from adapter to adapter. */
  forwarding: u32;
}

const devices: Devices = changetype<Devices>(DEVICE_STATE);

export function startDevices(dmaBase: u32): void {
  devices.count = 0;
  devices.dmaBase = dmaBase;
  if (LOOPBACK) initialise(LOOPBACK_ADAPTER).up = 1;
}

/** Bus address of linear address 0. */
export function dmaBase(): u32 {
  return devices.dmaBase;
}

/** MACs in use: the first of all adapters. */
export function adapterCount(): u32 {
  return devices.count;
}

/** Adapters of every kind in use. */
export function adaptersInUse(): u32 {
  return devices.count + devices.vlans + LOOPBACK;
}

/** True of the number of an adapter in use. */
export function isAdapter(index: u32): bool {
  if (index < devices.count) return true;
  if (VLANS && index >= FIRST_VLAN && index < FIRST_VLAN + devices.vlans) return true;
  return LOOPBACK != 0 && index == LOOPBACK_ADAPTER;
}

/** True of one that leads to others: not of the loopback. */
export function isLink(index: u32): bool {
  return isAdapter(index) && !(LOOPBACK && index == LOOPBACK_ADAPTER);
}

export function adapterAt(index: u32): Adapter {
  assert(isAdapter(index), "no such adapter");
  return slot(index);
}

function slot(index: u32): Adapter {
  return changetype<Adapter>(ADAPTER_BASE + index * ADAPTER_BYTES);
}

function initialise(index: u32): Adapter {
  const adapter = slot(index);
  memory.fill(changetype<usize>(adapter), 0, ADAPTER_BYTES);
  adapter.index = <u8>index;
  adapter.mtu = <u16>MTU;
  return adapter;
}

/** The place of the next MAC, zeroed; null when the profile has no more. It counts once `keepAdapter` says so. */
export function nextAdapter(): Adapter | null {
  return devices.count == ADAPTERS ? null : initialise(devices.count);
}

export function keepAdapter(): void {
  devices.count++;
}

/** True of a virtual LAN. */
export function isVlan(adapter: Adapter): bool {
  return VLANS != 0 && adapter.vlan != 0;
}

/** The virtual LAN with this number upon a MAC; null when there is none. */
export function findVlan(parent: u32, vlan: u32): Adapter | null {
  for (let i: u32 = 0; i < devices.vlans; i++) {
    const adapter = slot(FIRST_VLAN + i);
    if (adapter.vlan == vlan && adapter.parent == parent) return adapter;
  }
  return null;
}

/** A new virtual LAN upon a MAC, with that one's Ethernet address and MTU; null when the profile has no more. */
export function openVlan(parent: Adapter, vlan: u32): Adapter | null {
  if (devices.vlans == VLANS) return null;
  const adapter = initialise(FIRST_VLAN + devices.vlans++);
  adapter.parent = parent.index;
  adapter.vlan = <u16>vlan;
  adapter.macLow = parent.macLow;
  adapter.macHigh = parent.macHigh;
  adapter.mtu = parent.mtu;
  return adapter;
}

/** The MAC whose wire an adapter uses: its own, or that of the adapter below. */
export function macOf(adapter: Adapter): Adapter {
  return isVlan(adapter) ? slot(adapter.parent) : adapter;
}

/** True while what is sent through the adapter can leave. */
export function hasLink(adapter: Adapter): bool {
  return macOf(adapter).up != 0;
}

/** The largest packet that goes through the adapter whole. */
export function setAdapterMtu(adapter: Adapter, mtu: u32): void {
  adapter.mtu = <u16>mtu;
  if (!VLANS) return;
  for (let i: u32 = 0; i < devices.vlans; i++) {
    const vlan = slot(FIRST_VLAN + i);
    if (vlan.parent == adapter.index && vlan.mtu > adapter.mtu) vlan.mtu = adapter.mtu;
  }
}

/** True while the machine is a router. */
export function isForwarding(): bool {
  return devices.forwarding != 0;
}

export function switchForwarding(on: bool): void {
  devices.forwarding = on ? 1 : 0;
}
