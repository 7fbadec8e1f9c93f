// What holds of every frame of the stack, whatever a script says: where it comes from, and that its Ethernet address fits
// its IP address. What holds of one format is demanded where that is read, in frames/.

import { BROADCAST_MAC, type Network, OUR_MAC, PEER_MAC } from "./addresses.ts";
import { demand, equalBytes } from "./frames/bytes.ts";
import { groupMac, type IpHeader, isGroup } from "./frames/ip.ts";
import { FLAG_BITS } from "./frames/tcp.ts";
import type { ReadFrame } from "./frames.ts";

/**
 * Throws `FrameError` when a frame of the stack is one that no machine may send in this network. `others` are Ethernet
 * addresses on the link besides the peer's.
 */
export function demandManners(read: ReadFrame, network: Network, others: readonly Uint8Array[] = []): void {
  demand(equalBytes(read.source, OUR_MAC), "the frame's source is not the stack's MAC address");
  if (read.ip) demandWay(read, read.ip, network, others);
  if (read.tcp) demandUnmarked(read);
}

function demandWay({ destination }: ReadFrame, ip: IpHeader, network: Network, others: readonly Uint8Array[]): void {
  const isForAll = equalBytes(destination, BROADCAST_MAC);
  if (isGroup(ip.destination)) {
    demand(equalBytes(destination, groupMac(ip.destination)), "the frame's destination is not its group's MAC");
  } else if (isForAll) {
    demand(ip.source.length === 4, "an IPv6 packet goes to all (RFC 8200 has no broadcast)");
  } else {
    const isThere = [PEER_MAC, ...others].some((mac) => equalBytes(destination, mac));
    demand(isThere, "the frame's destination is not the peer's MAC");
  }
  demand(!isGroup(ip.source), "the packet comes from a group");
  demand(!equalBytes(ip.source, network.peer), "the packet comes from the peer's address");
  demand(!equalBytes(ip.destination, network.ours), "the packet goes to the stack's own address");
}

function demandUnmarked(read: ReadFrame): void {
  const isText = read.tcp !== undefined && read.tcp.payload.length > 0 && (read.tcp.flags & FLAG_BITS.S) === 0;
  demand(isText || ecnOf(read) === 0, "a segment without text may be marked (RFC 3168 §6.1)");
}

/** The usual ends of what a machine in this network sends to the other: demanded where no line says anything else. */
export function endsDifference(ip: IpHeader | undefined, network: Network): string | undefined {
  if (ip && !equalBytes(ip.source, network.ours)) return "the packet's source is not the stack's";
  if (ip && !equalBytes(ip.destination, network.peer)) return "the packet is not for the peer";
  return undefined;
}

/** The ECN field of a packet (RFC 3168 §5). */
export function ecnOf(read: ReadFrame): number {
  return (read.ip?.tos ?? 0) & 3;
}
