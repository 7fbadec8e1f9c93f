// Two ring MACs and the cable between them, inside the memory of the core that drives both: what a frame costs here is
// one copy from a transmit buffer to a receive buffer, as DMA would make it, and no JavaScript.
//
// The core would not send to an address of its own over a wire. So the cable translates: what the left adapter sends to
// 10.1.0.2 arrives at the right one for 10.0.0.4, from 10.0.0.1 instead of 10.1.0.1; and back. The four addresses are
// chosen so that both pairs have the same sum: no checksum changes, and none is touched.

import {
  Descriptor,
  DescriptorBit,
  Mac,
  MacControl,
  MacId,
  MacInterrupt,
  MacStatus,
  MdioBit,
  Phy,
} from "../../../../assembly/device/registers";

const MIN_FRAME_BYTES: u32 = 60;
const FCS_BYTES: u32 = 4;
const ETHERTYPE: u32 = 12;
/** In memory order. */
const IPV4: u32 = 0x0008;
const ARP: u32 = 0x0608;
const IPV4_SOURCE: u32 = 26;
const ARP_SENDER: u32 = 28;
const ARP_TARGET: u32 = 38;
/** Addresses as the right adapter sees them, and as the left one does; in memory order. */
const LEFT_SEEN: u32 = 0x0100000a; // 10.0.0.1
const RIGHT: u32 = 0x0400000a; // 10.0.0.4
const RIGHT_SEEN: u32 = 0x0200010a; // 10.1.0.2
const LEFT: u32 = 0x0100010a; // 10.1.0.1
/** Adapters lie 0x1000 apart on the bus. */
const ADAPTER_SHIFT: u32 = 12;
/** IDs of the transceiver's registers that answer; with a link and negotiation done. */
const BMSR: u32 = Phy.BMSR_LINK | Phy.BMSR_AUTONEGOTIATED;

/** The state of one MAC, behind the core's own bytes. */
@unmanaged
@final
class State {
  control: u32;
  causes: u32;
  addressLow: u32;
  addressHigh: u32;
  rxRing: u32;
  rxCount: u32;
  rxNext: u32;
  txRing: u32;
  txCount: u32;
  txNext: u32;
  mdio: u32;
  /** Frames that it has sent; and those that found no receive descriptor. */
  sent: u32;
  overflows: u32;
}

let states: usize = 0;

/** Bytes that the state of both takes. */
export function stateBytes(): u32 {
  return 2 * offsetof<State>();
}

/** Where the state may lie. */
export function place(at: usize): void {
  states = at;
  memory.fill(at, 0, stateBytes());
  for (let i: u32 = 0; i < 2; i++) {
    const mac = macAt(i);
    mac.addressLow = 0x02; // 02:00:00:00:00:01 and :02
    mac.addressHigh = (i + 1) << 8;
  }
}

function macAt(index: u32): State {
  return changetype<State>(states + index * offsetof<State>());
}

export function read32(address: u32): u32 {
  const mac = macAt((address >> ADAPTER_SHIFT) & 1);
  switch (address & (Mac.BYTES - 1)) {
    case Mac.INTERRUPT_STATUS:
      return mac.causes;
    case Mac.ID:
      return MacId.VALUE;
    case Mac.CONTROL:
      return mac.control;
    case Mac.STATUS:
      return MacStatus.TX_IDLE;
    case Mac.ADDRESS_LOW:
      return mac.addressLow;
    case Mac.ADDRESS_HIGH:
      return mac.addressHigh;
    case Mac.MDIO:
      return mac.mdio;
    case Mac.RX_OVERFLOWS:
      return mac.overflows;
    case Mac.TX_FRAMES:
      return mac.sent;
    default:
      return 0;
  }
}

export function write32(address: u32, value: u32): void {
  const mac = macAt((address >> ADAPTER_SHIFT) & 1);
  switch (address & (Mac.BYTES - 1)) {
    case Mac.INTERRUPT_STATUS:
      mac.causes &= ~value;
      break;
    case Mac.CONTROL:
      mac.control = value & (MacControl.RX_ENABLE | MacControl.TX_ENABLE);
      break;
    case Mac.RX_RING:
      mac.rxRing = value;
      mac.rxNext = 0;
      break;
    case Mac.RX_COUNT:
      mac.rxCount = value;
      break;
    case Mac.TX_RING:
      mac.txRing = value;
      mac.txNext = 0;
      break;
    case Mac.TX_COUNT:
      mac.txCount = value;
      break;
    case Mac.MDIO:
      // The answer is there at the first look.
      mac.mdio = ((value >> MdioBit.REG_SHIFT) & 0x1f) == Phy.BMSR ? BMSR : 0;
      break;
    // Doorbells: descriptors are looked at when frames are carried. There is no filter for groups.
  }
}

/** Carries at most so many frames from one adapter (0: left, 1: right) to the other; returns how many are left. */
export function carry(from: u32, most: u32): u32 {
  const sender = macAt(from);
  const receiver = macAt(from ^ 1);
  while (most > 0 && owned(sender.txRing, sender.txNext)) {
    const descriptor = <usize>sender.txRing + sender.txNext * Descriptor.BYTES;
    const control = load<u32>(descriptor, Descriptor.CONTROL);
    deliver(receiver, from, load<u32>(descriptor, Descriptor.BUFFER), control & DescriptorBit.LENGTH_MASK);
    store<u32>(descriptor, control & ~DescriptorBit.OWN, Descriptor.CONTROL);
    sender.txNext = sender.txNext + 1 == sender.txCount ? 0 : sender.txNext + 1;
    sender.causes |= MacInterrupt.TX;
    sender.sent++;
    most--;
  }
  return owned(sender.txRing, sender.txNext) ? 1 : 0;
}

function owned(ring: u32, place: u32): bool {
  return (load<u32>(<usize>ring + place * Descriptor.BYTES, Descriptor.CONTROL) & DescriptorBit.OWN) != 0;
}

function deliver(receiver: State, from: u32, frame: usize, bytes: u32): void {
  if (!owned(receiver.rxRing, receiver.rxNext)) {
    receiver.overflows++;
    receiver.causes |= MacInterrupt.RX_OVERFLOW;
    return;
  }
  const descriptor = <usize>receiver.rxRing + receiver.rxNext * Descriptor.BYTES;
  const control = load<u32>(descriptor, Descriptor.CONTROL);
  const length = max(bytes, MIN_FRAME_BYTES);
  if (length + FCS_BYTES > (control & DescriptorBit.LENGTH_MASK)) return;
  const to: usize = load<u32>(descriptor, Descriptor.BUFFER);
  memory.copy(to, frame, bytes);
  if (bytes < length) memory.fill(to + bytes, 0, length - bytes);
  if (from == 0) translate(to, LEFT_SEEN, RIGHT);
  else translate(to, RIGHT_SEEN, LEFT);
  store<u32>(descriptor, (control & DescriptorBit.WRAP) | length, Descriptor.CONTROL);
  receiver.rxNext = receiver.rxNext + 1 == receiver.rxCount ? 0 : receiver.rxNext + 1;
  receiver.causes |= MacInterrupt.RX;
}

function translate(frame: usize, source: u32, destination: u32): void {
  const type: u32 = load<u16>(frame, ETHERTYPE);
  if (type == IPV4) {
    store<u32>(frame + IPV4_SOURCE, source);
    store<u32>(frame + IPV4_SOURCE + 4, destination);
  } else if (type == ARP) {
    store<u32>(frame + ARP_SENDER, source);
    store<u32>(frame + ARP_TARGET, destination);
  }
}
