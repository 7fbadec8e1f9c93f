// Two programs that exchange a file over one connection, each sending it and taking as many bytes back: one uses the
// kernel's sockets (kernel-end.ts), the other is a Thimble on the TAP (stack-end.ts). This is what they and the tests
// have in common. Each prints a line of JSON for everything that happens, and keeps the connection open until its
// standard input ends, so that one may look at it.

import { createHash, type Hash } from "node:crypto";

export const PORT = 7000;

export interface EndOrder {
  /** true: it connects; false: it listens. */
  connects: boolean;
  /** What it sends; as many bytes come back. */
  file: string;
}

export interface StackOrder extends EndOrder {
  /** As the command line names wires. */
  wire: string;
  address: string;
  mac: string;
  pcap: string;
  /** Of the kernel, for the one that connects. */
  peer: string;
  /** Asks for explicit congestion notification. */
  ecn: boolean;
}

export interface Listening {
  event: "listening";
}

/** All has arrived here; the connection is still open. */
export interface Exchanged {
  event: "exchanged";
  /** Of what has arrived. */
  sha256: string;
  /** From the connection's first moment to the arrival of the last byte. */
  milliseconds: number;
}

/** The connection is over, and this is what the stack has counted; the kernel's end counts nothing. */
export interface Closed {
  event: "closed";
  counters: Record<string, number>;
}

export type EndEvent = Listening | Exchanged | Closed;

export function tell(event: EndEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Takes pieces of a stream until all of it is there. */
export class Intake {
  readonly #hash: Hash = createHash("sha256");
  readonly #began = performance.now();
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  get complete(): boolean {
    return this.#left === 0;
  }

  take(piece: Uint8Array): void {
    if (piece.length > this.#left) throw new Error(`${piece.length - this.#left} bytes too many have come`);
    this.#hash.update(piece);
    this.#left -= piece.length;
  }

  report(): Exchanged {
    if (!this.complete) throw new Error(`the stream ended ${this.#left} bytes too early`);
    const milliseconds = Math.round(performance.now() - this.#began);
    return { event: "exchanged", sha256: this.#hash.digest("hex"), milliseconds };
  }
}

/** Resolves when the test has closed this program's standard input. */
export function untilInputEnds(): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.on("end", resolve).resume();
  });
}
