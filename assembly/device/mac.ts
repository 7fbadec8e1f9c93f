// Which driver serves: the profile says, and the compiler drops the others. Every function here stands for one that each
// driver has or does without.

import { MAC } from "profile";
import { MacKind } from "../abi/mac";
import { FIFO_MAC } from "../base/config";
import { Adapter } from "./adapter";
import { refillFifo } from "./fifo";
import {
  attendLan9118,
  filterBitLan9118,
  receiveLan9118,
  sendLan9118,
  setFilterLan9118,
  startLan9118,
  wantSentLan9118,
} from "./lan9118";
import { Packet } from "./packet";
import {
  attendRingMac,
  filterBitRingMac,
  kickRingMac,
  receiveRingMac,
  reclaimRingMac,
  refillRingMac,
  sendRingMac,
  setFilterRingMac,
  startRingMac,
  wantSentRingMac,
} from "./ring-mac";
import {
  attendSmartFusion,
  kickSmartFusion,
  receiveSmartFusion,
  reclaimSmartFusion,
  refillSmartFusion,
  sendSmartFusion,
  setFilterSmartFusion,
  startSmartFusion,
  wantSentSmartFusion,
} from "./smartfusion";
import {
  attendStellaris,
  receiveStellaris,
  sendStellaris,
  setFilterStellaris,
  startStellaris,
  wantSentStellaris,
} from "./stellaris";

if (MAC < <u32>MacKind.RING || MAC > <u32>MacKind.SMARTFUSION) {
  ERROR("MAC names no driver; assembly/abi/mac.ts lists them.");
}

/** Starts the MAC at `adapter.base` with this address (both words 0: its own). False: no such MAC. */
export function startMac(adapter: Adapter, macLow: u32, macHigh: u32): bool {
  if (MAC == MacKind.STELLARIS) return startStellaris(adapter, macLow, macHigh);
  if (MAC == MacKind.LAN9118) return startLan9118(adapter, macLow, macHigh);
  if (MAC == MacKind.SMARTFUSION) return startSmartFusion(adapter, macLow, macHigh);
  return startRingMac(adapter, macLow, macHigh);
}

/** Acknowledges interrupts and follows the link: true when that went up or down. */
export function attendMac(adapter: Adapter): bool {
  if (MAC == MacKind.STELLARIS) return attendStellaris(adapter);
  if (MAC == MacKind.LAN9118) return attendLan9118(adapter);
  if (MAC == MacKind.SMARTFUSION) return attendSmartFusion(adapter);
  return attendRingMac(adapter);
}

/** The next received frame, or null. */
export function receiveMac(adapter: Adapter): Packet | null {
  if (MAC == MacKind.STELLARIS) return receiveStellaris(adapter);
  if (MAC == MacKind.LAN9118) return receiveLan9118(adapter);
  if (MAC == MacKind.SMARTFUSION) return receiveSmartFusion(adapter);
  return receiveRingMac(adapter);
}

/** Makes room for as many frames as were received. */
export function refillMac(adapter: Adapter): void {
  if (FIFO_MAC) refillFifo(adapter);
  else if (MAC == MacKind.SMARTFUSION) refillSmartFusion(adapter);
  else refillRingMac(adapter);
}

/** Gives the MAC a frame, and lets go of it when that is sent. False when it has no room. */
export function sendMac(adapter: Adapter, packet: Packet): bool {
  if (MAC == MacKind.STELLARIS) return sendStellaris(adapter, packet);
  if (MAC == MacKind.LAN9118) return sendLan9118(adapter, packet);
  if (MAC == MacKind.SMARTFUSION) return sendSmartFusion(adapter, packet);
  return sendRingMac(adapter, packet);
}

/** Lets go of the frames that were sent. A FIFO has them whole, and leaves none to let go of. */
export function reclaimMac(adapter: Adapter): void {
  if (FIFO_MAC) return;
  if (MAC == MacKind.SMARTFUSION) reclaimSmartFusion(adapter);
  else reclaimRingMac(adapter);
}

/** Tells the MAC what it was given. FIFOs know. */
export function kickMac(adapter: Adapter): void {
  if (FIFO_MAC) return;
  if (MAC == MacKind.SMARTFUSION) kickSmartFusion(adapter);
  else kickRingMac(adapter);
}

/** Chooses whether the MAC interrupts when it has sent something. */
export function wantSentMac(adapter: Adapter, wanted: bool): void {
  if (MAC == MacKind.STELLARIS) wantSentStellaris(adapter, wanted);
  else if (MAC == MacKind.LAN9118) wantSentLan9118(adapter, wanted);
  else if (MAC == MacKind.SMARTFUSION) wantSentSmartFusion(adapter, wanted);
  else wantSentRingMac(adapter, wanted);
}

/** The bit of the multicast filter that admits the frames to a group; any, where the filter is all or nothing. */
export function filterBitMac(macLow: u32, macHigh: u32): u32 {
  if (MAC == MacKind.STELLARIS || MAC == MacKind.SMARTFUSION) return 0;
  if (MAC == MacKind.LAN9118) return filterBitLan9118(macLow, macHigh);
  return filterBitRingMac(macLow, macHigh);
}

/** Admits the groups of these bits alone: bits 0 to 31 and 32 to 63. */
export function setFilterMac(adapter: Adapter, low: u32, high: u32): void {
  if (MAC == MacKind.STELLARIS) setFilterStellaris(adapter, low, high);
  else if (MAC == MacKind.LAN9118) setFilterLan9118(adapter, low, high);
  else if (MAC == MacKind.SMARTFUSION) setFilterSmartFusion(adapter, low, high);
  else setFilterRingMac(adapter, low, high);
}
