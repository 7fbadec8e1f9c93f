// Packets: the only place where payload lives. A frame is received into a packet and waits in that same packet until
// the application reads it; what an application writes goes into packets that serve every transmission.
//
//  record (44 bytes)                buffer (BUFFER_BYTES)
// ┌────────────────┐  buffer ─────► ┌───────────────┬──────────────────────┬───────────┐
// │ links, sequence│                │ headroom      │ the bytes in view    │ tail room │
// │ numbers, flags │  data ───────────────────────► └──────────────────────┘
// └────────────────┘                                 ◄────── length ──────►
//
// Layers take a header off by moving `data` up and put one on by moving it down; nothing is copied.
//
// Several may hold a packet: a socket that keeps it to retransmit, and the wire it is on its way to. The last one to
// let go returns it to the pool.

import { ADAPTERS, CONTROL_PACKETS, RX_RING } from "profile";
import { ALL_PACKETS, BUFFER_BYTES, FRAME_OFFSET } from "../base/config";
import { BUFFER_BASE, LEDGER_STATE, PACKET_BASE, PACKET_BYTES } from "../base/memory";
import { packetIndex, packetPool } from "../base/pool";

/** What can be true of a packet. */
export const enum PacketFlag {
  /** Waits for a neighbor's address, for room in a ring, or for the MAC: it must not be sent a second time yet. */
  ON_ITS_WAY = 1,
  /** Received data that ends with a FIN. */
  FIN = 2,
  /** Of a send queue: the peer has reported it received (RFC 2018). */
  SACKED = 4,
  /** Of a send queue: taken for lost, and not sent again yet. */
  LOST = 8,
  /** The datagram goes on in another packet, `more`. */
  CHAINED = 16,
  /** A fragment that is not its datagram's first: where it waits, it waits and falls with the one before it. */
  FOLLOWS = 32,
}

@unmanaged
@final
export class Packet {
  /** Next in a socket's queue. */
  next: Packet | null;
  /** Next in a queue towards the wire. */
  link: Packet | null;
  buffer: usize;
  data: usize;
  /** Bytes in view. */
  length: u32;
  /** Sequence number of the first byte in view (TCP); the sender's port (datagrams); place in its datagram (fragments). */
  seq: u32;
  /** Sum of the bytes in view (RFC 1071), while they are data of a stream to send; of a datagram, see `more`. */
  sum: u32;
  /** Lower half of the time, in microseconds, when it was last sent; of data behind a hole, when it came, as a count. */
  sentAt: u32;
  /**
   * Bytes of payload, of a packet in a send queue: the last ones of those in view. The payload keeps its place while
   * headers come and go in front of it.
   */
  bytes: u32;
  /** Descriptor of the socket it is sent for, to tell it when nobody answers; -1 for none. */
  owner: i32;
  /** Bits of PacketFlag. */
  private bits: u8;
  holders: u8;
  /** Times it was sent, as far as a byte can count. */
  transmissions: u8;
  adapter: u8;

  @inline has(flag: PacketFlag): bool {
    return (this.bits & <u8>flag) != 0;
  }
  @inline set(flag: PacketFlag): void {
    this.bits |= <u8>flag;
  }
  @inline clear(flag: PacketFlag): void {
    this.bits &= ~(<u8>flag);
  }
  @inline clearAll(): void {
    this.bits = 0;
  }

  /** Puts `bytes` bytes of header in front. */
  @inline push(bytes: u32): usize {
    assert(this.data - this.buffer >= bytes, "no headroom");
    this.data -= bytes;
    this.length += bytes;
    return this.data;
  }

  /** Takes `bytes` bytes off the front. */
  @inline pull(bytes: u32): void {
    assert(this.length >= bytes, "fewer bytes than the header");
    this.data += bytes;
    this.length -= bytes;
  }

  /** The next packet of the same datagram; null in its last. */
  @inline get more(): Packet | null {
    return this.has(PacketFlag.CHAINED) ? changetype<Packet>(<usize>this.sum) : null;
  }
  set more(packet: Packet | null) {
    this.sum = <u32>changetype<usize>(packet);
    if (packet) this.set(PacketFlag.CHAINED);
    else this.clear(PacketFlag.CHAINED);
  }

  /** Where the payload of a packet in a send queue begins. */
  @inline get payload(): usize {
    return this.data + this.length - this.bytes;
  }

  /** Bytes of the buffer behind those in view. */
  @inline get tailRoom(): u32 {
    return <u32>(this.buffer + BUFFER_BYTES - this.data) - this.length;
  }
}

if (offsetof<Packet>() != PACKET_BYTES) ERROR("PACKET_BYTES does not agree with Packet.");

/** What the pool's packets are promised to. */
@unmanaged
@final
class Ledger {
  /** Packets that sockets may still take because a window, or the minimum of a connection, was given out. */
  promised: u32;
  /** Places in receive rings that have no packet, those of adapters that are not there yet included. */
  ringWanted: u32;
}

const ledger: Ledger = changetype<Ledger>(LEDGER_STATE);

export function startPackets(): void {
  packetPool.start(PACKET_BASE, ALL_PACKETS, PACKET_BYTES);
  ledger.promised = 0;
  ledger.ringWanted = ADAPTERS * RX_RING;
}

/** Packets that are free for anybody: neither promised, nor kept for control, nor due to a receive ring. */
export function available(): i32 {
  const free = <i32>(packetPool.count - packetPool.used);
  return free - <i32>ledger.promised - <i32>CONTROL_PACKETS - <i32>ledger.ringWanted;
}

/** Promises `packets` more packets (or, negative, fewer). Ask `available` first. */
export function promise(packets: i32): void {
  assert(<i32>ledger.promised + packets >= 0, "promise kept more often than given");
  ledger.promised += packets;
}

/** Packets promised, for those who check the books. */
export function promised(): u32 {
  return ledger.promised;
}

/** Adds to (or, negative, takes from) the places of receive rings that are empty. */
export function ringWants(places: i32): void {
  assert(<i32>ledger.ringWanted + places >= 0, "ring filled beyond its size");
  ledger.ringWanted += places;
}

/** A packet that must be had: for control, or one that was promised. Null only when every packet is in use. */
export function takePacket(): Packet | null {
  const block = packetPool.takeRaw();
  if (!block) return null;
  return initialise(block);
}

/** A packet for data, from what is free for anybody; null when nothing is. */
export function takeSharedPacket(): Packet | null {
  if (available() < 1) {
    packetPool.refused++;
    return null;
  }
  return takePacket();
}

/** A packet for a receive ring; null while what is left is promised or wanted for control. */
export function takeRingPacket(): Packet | null {
  const free = <i32>(packetPool.count - packetPool.used);
  if (free - <i32>ledger.promised <= <i32>CONTROL_PACKETS / 2) return null;
  return takePacket();
}

function initialise(block: usize): Packet {
  const packet = changetype<Packet>(block);
  packet.next = null;
  packet.link = null;
  packet.buffer = BUFFER_BASE + packetIndex(block) * BUFFER_BYTES;
  packet.data = packet.buffer + FRAME_OFFSET;
  packet.length = 0;
  packet.bytes = 0;
  packet.sum = 0;
  packet.owner = -1;
  packet.clearAll();
  packet.holders = 1;
  packet.transmissions = 0;
  return packet;
}

/** Adds a holder. */
export function hold(packet: Packet): void {
  assert(packet.holders > 0 && packet.holders < 255, "held after it was free");
  packet.holders++;
}

/** Takes a holder away; the last one frees the packet. */
export function release(packet: Packet): void {
  assert(packet.holders > 0, "released twice");
  if (--packet.holders == 0) packetPool.give(changetype<usize>(packet));
}

if (ADAPTERS * RX_RING >= ALL_PACKETS) ERROR("The receive rings would take every packet.");
