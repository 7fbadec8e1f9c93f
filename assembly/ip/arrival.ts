// What IP knows of the packet that is being received, for the layers above: where it came from, where it went, which
// adapter brought it. There is one, since one packet is received at a time.

import { isV4 } from "../base/address";
import { ARRIVAL_BYTES, ARRIVAL_STATE } from "../base/memory";
import { Packet } from "../device/packet";

@unmanaged
@final
export class Arrival {
  source0: u32;
  source1: u32;
  source2: u32;
  source3: u32;
  destination0: u32;
  destination1: u32;
  destination2: u32;
  destination3: u32;
  packet: Packet;
  /** Where its IP header lies, and how long it is. */
  header: usize;
  headerBytes: u32;
  /** Sum of the pseudo-header without the length, in memory order. */
  pseudoSum: u32;
  protocol: u8;
  ttl: u8;
  tos: u8;
  adapter: u8;
  /** 1 when it was not for this machine alone: broadcast or multicast, in IP or in Ethernet. */
  toMany: u8;
  /** What is wrong with it (extensions.ts, Problem), when the sender is to be told, */
  problem: u8;
  /** Which part of a packet it is, or that it came in parts (ipv4.ts, FragmentBits); offsets count eight bytes. */
  fragment: u16;
  /** and where, in bytes from the IP header. */
  pointer: u32;
  /** Which packet a fragment is part of. */
  identification: u32;
  /** Where the field lies that named the protocol of what is in view. */
  nextField: usize;

  /** True of an IPv6 packet. */
  @inline get isV6(): bool {
    return !isV4(this.source);
  }
  @inline get source(): usize {
    return changetype<usize>(this);
  }
  @inline get destination(): usize {
    return changetype<usize>(this) + offsetof<Arrival>("destination0");
  }
}

if (offsetof<Arrival>() > ARRIVAL_BYTES) ERROR("ARRIVAL_STATE is too small for Arrival.");

export const arrival: Arrival = changetype<Arrival>(ARRIVAL_STATE);
