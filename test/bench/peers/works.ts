// What every stack is asked to do in the comparison. Payload is compared byte by byte everywhere.

/** As the drivers number them (lwip/bench.h, smoltcp/src/works.rs). */
export enum WorkKind {
  BULK = 0,
  ROUND_TRIPS = 1,
  CONNECTIONS = 2,
  DATAGRAMS = 3,
}

export interface Work {
  /** On the command line and in JSON. */
  readonly name: string;
  /** What one operation is. */
  readonly title: string;
  readonly kind: WorkKind;
  /** Window and send buffer in bytes, and as segments where a stack counts these: never more bytes. */
  readonly window: number;
  readonly packets: number;
  /** Payload of an operation in bytes. */
  readonly bytes: number;
  /** Milliseconds of virtual time from one connection to the next. */
  readonly pause: number;
}

export const SEGMENT_BYTES = 1460;
/** The window of everything but the bulk rows. */
const WINDOW = { window: 65_535, packets: 44, pause: 0 } as const;

export const WORKS: readonly Work[] = [
  bulk("bulk-4mss", "4 MSS", 4 * SEGMENT_BYTES, 4),
  bulk("bulk-8k", "8 KB", 8192, 5),
  bulk("bulk", "64 KB", 65_535, 44),
  bulk("bulk-256k", "256 KB", 262_144, 179),
  {
    name: "round-trips",
    title: "64 bytes to the other end and 64 back, on one connection",
    kind: WorkKind.ROUND_TRIPS,
    bytes: 64,
    ...WINDOW,
  },
  connections("connections", 1000, "60 in TIME-WAIT"),
  connections("connections-busy", 20, "3,000 in TIME-WAIT"),
  datagrams("udp-64", 64),
  datagrams("udp-1472", 1472),
];

function bulk(name: string, size: string, window: number, packets: number): Work {
  const title = `TCP one way, window of ${size}; each: 1460 bytes`;
  return { name, title, kind: WorkKind.BULK, window, packets, bytes: SEGMENT_BYTES, pause: 0 };
}

function connections(name: string, pause: number, waiting: string): Work {
  const title = `open, 1 byte each way, close by the client; ${waiting}`;
  return { name, title, kind: WorkKind.CONNECTIONS, bytes: 1, ...WINDOW, pause };
}

function datagrams(name: string, bytes: number): Work {
  return { name, title: `UDP one way, ${bytes} bytes in a datagram`, kind: WorkKind.DATAGRAMS, bytes, ...WINDOW };
}
