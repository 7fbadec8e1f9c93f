// The profiles of the memory curve: from what fits into the smallest parts to a few megabytes, with different
// divisions of the same memory. Each begins as profile `tiny` and changes what decides how much memory goes where.

/** What differs between them. The rest follows, or is as in `tiny`. */
export interface Design {
  /** Also the name of its wasm. */
  readonly name: string;
  /** Largest IP packet: decides how large each buffer is. */
  readonly mtu: number;
  /** Most segments of a window, in each direction. */
  readonly window: number;
  /** Connections that may be open at once; the listener comes to that. */
  readonly connections: number;
  /** Packets shared by all. */
  readonly packets: number;
  /** Receive and transmit descriptors; each of the former has a packet of its own. */
  readonly ring: number;
  /** What is kept back for ACKs and the like. */
  readonly control: number;
}

function design(mtu: number, connections: number, window: number, packets: number, ring: number, control = 4): Design {
  return { name: `${mtu}-${connections}x${window}-${packets}`, mtu, window, connections, packets, ring, control };
}

export const DESIGNS: readonly Design[] = [
  // Small buffers: where each kilobyte counts.
  design(576, 1, 2, 6, 2, 2),
  design(576, 2, 2, 8, 2, 2),
  design(576, 2, 4, 14, 4, 2),
  design(576, 4, 4, 20, 4),
  design(576, 8, 4, 28, 6),
  design(576, 8, 8, 60, 8),
  design(576, 16, 8, 120, 12),
  design(576, 64, 4, 160, 16),
  // Whole Ethernet frames, few connections.
  design(1500, 1, 1, 4, 2, 2),
  design(1500, 2, 2, 8, 3, 2),
  design(1500, 2, 4, 14, 4),
  design(1500, 4, 4, 20, 4),
  design(1500, 8, 4, 28, 6),
  design(1500, 4, 8, 40, 8),
  design(1500, 8, 8, 64, 8),
  design(1500, 2, 16, 48, 16),
  design(1500, 8, 16, 120, 16),
  design(1500, 4, 44, 160, 32),
  // The same memory for many with little each, or for few with much.
  design(1500, 32, 4, 96, 16),
  design(1500, 64, 4, 180, 32),
  design(1500, 32, 8, 180, 32),
  design(1500, 16, 16, 180, 32),
  design(1500, 128, 4, 400, 48),
  design(1500, 32, 16, 400, 48),
  design(1500, 16, 44, 400, 64),
  design(1500, 256, 4, 800, 64),
  design(1500, 32, 44, 800, 64),
  design(1500, 512, 4, 1600, 96),
  design(1500, 64, 44, 1600, 96),
  design(1500, 1024, 4, 2200, 128),
  design(1500, 64, 90, 2400, 128),
];

/** The constants of a design, by the names that a profile has. */
export function constantsOf({ mtu, window, connections, packets, ring, control }: Design): Record<string, number> {
  return {
    MTU: mtu,
    RX_RING: ring,
    TX_RING: ring,
    PACKETS: packets,
    CONTROL_PACKETS: control,
    // A control block for the listener beside one for each connection.
    TCBS: connections + 1,
    SYN_QUEUE: Math.min(connections, 64),
    TIME_WAITS: Math.min(connections, 256),
    RX_PACKETS_PER_TCB: window,
    TX_PACKETS_PER_TCB: window,
    DATAGRAM_SOCKETS: 1,
    NEIGHBORS: 2,
    // CUBIC differs from Reno only where windows are larger than these (RFC 9438 §4.3).
    CUBIC: window > 8 ? 1 : 0,
  };
}
