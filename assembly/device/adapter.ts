// Adapters: what the machine knows of each Ethernet MAC it has.

import { ADAPTERS, MTU } from "profile";
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
  /** Packets that wait for room in the transmit ring. */
  backlogHead: Packet | null;
  backlogTail: Packet | null;
  /** 1 when descriptors were given to the MAC and its doorbell has not been rung since. */
  rxKick: u8;
  txKick: u8;
  mtu: u16;
  /** 1 while the MAC is to interrupt when it has sent a frame. */
  sentWanted: u8;
  reserved0: u8;
  reserved1: u16;
}

if (offsetof<Adapter>() != ADAPTER_BYTES) ERROR("ADAPTER_BYTES does not agree with Adapter.");

@unmanaged
@final
class Devices {
  /** Adapters in use. */
  count: u32;
  /** What the MACs add to linear addresses. */
  dmaBase: u32;
}

const devices: Devices = changetype<Devices>(DEVICE_STATE);

export function startDevices(dmaBase: u32): void {
  devices.count = 0;
  devices.dmaBase = dmaBase;
}

/** Bus address of linear address 0. */
export function dmaBase(): u32 {
  return devices.dmaBase;
}

export function adapterCount(): u32 {
  return devices.count;
}

export function adapterAt(index: u32): Adapter {
  assert(index < devices.count, "no such adapter");
  return changetype<Adapter>(ADAPTER_BASE + index * ADAPTER_BYTES);
}

/** The place of the next adapter, zeroed; null when the profile has no more. It counts once `keepAdapter` says so. */
export function nextAdapter(): Adapter | null {
  if (devices.count == ADAPTERS) return null;
  const at = ADAPTER_BASE + devices.count * ADAPTER_BYTES;
  memory.fill(at, 0, ADAPTER_BYTES);
  const adapter = changetype<Adapter>(at);
  adapter.index = <u8>devices.count;
  adapter.mtu = <u16>MTU;
  return adapter;
}

export function keepAdapter(): void {
  devices.count++;
}
