// One stream of a test: bytes one way, over TCP or UDP, and what was counted of them.

import type { TcpConnection } from "../../socket/tcp-connection.ts";
import { streamId } from "./protocol.ts";

/** What a stream has moved since it began, or since its warm-up was over. */
export interface Tally {
  bytes: number;
  blocks: number;
  /** Of UDP: the highest number of a datagram, and of those up to it that did not come. */
  packets: number;
  lost: number;
  outOfOrder: number;
}

/** What a sending TCP thinks of its path. */
export interface PathFigures {
  retransmits: number;
  /** Bytes. */
  cwnd: number;
  /** Microseconds. */
  rtt: number;
}

export abstract class Flow {
  readonly index: number;
  readonly id: number;
  readonly sends: boolean;
  abstract readonly localEnd: { address: string; port: number };
  abstract readonly remoteEnd: { address: string; port: number };
  tally: Tally = noTally();
  /** Seconds; RFC 3550 §6.4.1. */
  jitter = 0;
  protected running = false;

  constructor(index: number, sends: boolean) {
    this.index = index;
    this.id = streamId(index);
    this.sends = sends;
  }

  /** Moves bytes from now on until `stop`; `onEnd` hears when a connection ends or breaks by itself. */
  abstract start(onEnd: () => void): void;

  /** Ends what is under way and gives the socket back. */
  abstract close(): void;

  /** null where there is nothing of the kind. */
  path(): PathFigures | null {
    return null;
  }

  /** Counts nothing any more; what still comes is taken, so that nobody waits. */
  stop(): void {
    this.running = false;
  }

  /** Begins to count anew: the warm-up is over. */
  restart(): void {
    this.tally = noTally();
  }
}

export interface TcpFlowOptions {
  index: number;
  sends: boolean;
  blockBytes: number;
  /** Bits in a second; 0: as many as go. */
  bandwidth: number;
  /** Bytes that came with what began the connection. */
  early?: Uint8Array;
}

export class TcpFlow extends Flow {
  readonly connection: TcpConnection;
  #options: TcpFlowOptions;
  #retransmitsBefore = 0;

  constructor(connection: TcpConnection, options: TcpFlowOptions) {
    super(options.index, options.sends);
    this.connection = connection;
    this.#options = options;
  }

  get localEnd() {
    return { address: this.connection.localAddress, port: this.connection.localPort };
  }

  get remoteEnd() {
    return { address: this.connection.remoteAddress, port: this.connection.remotePort };
  }

  start(onEnd: () => void): void {
    this.running = true;
    // Once the test is over, either side may close or reset its streams.
    void (this.sends ? this.#send() : this.#receive()).catch(() => {}).then(onEnd);
  }

  // What a sender has written still goes out, for the other side reads on to the end. A receiver has seen enough.
  close(): void {
    this.running = false;
    if (this.sends) void this.connection.close();
    else this.connection.abort();
  }

  override path(): PathFigures | null {
    const status = this.connection.status();
    if (!status) return null;
    return { retransmits: status.retransmits - this.#retransmitsBefore, cwnd: status.cwnd, rtt: status.srtt };
  }

  override restart(): void {
    super.restart();
    this.#retransmitsBefore = this.connection.status()?.retransmits ?? 0;
  }

  async #send(): Promise<void> {
    const block = pattern(this.#options.blockBytes);
    const pace = new Pace(this.#options.bandwidth);
    while (this.running) {
      await pace.turn(block.length);
      if (!this.running) return;
      await this.connection.write(block);
      this.tally.bytes += block.length;
      this.tally.blocks++;
    }
  }

  async #receive(): Promise<void> {
    this.tally.bytes += this.#options.early?.length ?? 0;
    for await (const data of this.connection) {
      if (!this.running) continue;
      this.tally.bytes += data.length;
      this.tally.blocks++;
    }
  }
}

/** Lets as many bytes through as a rate allows, in bursts no longer than the clock is coarse. */
export class Pace {
  #bytesPerMs: number;
  #began = performance.now();
  #passed = 0;

  /** `bandwidth` in bits in a second; 0: no limit. */
  constructor(bandwidth: number) {
    this.#bytesPerMs = bandwidth / 8000;
  }

  /** Resolves when it is the turn of so many bytes. */
  async turn(bytes: number): Promise<void> {
    if (this.#bytesPerMs === 0) return;
    while (this.#passed > (performance.now() - this.#began) * this.#bytesPerMs) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    this.#passed += bytes;
  }
}

/** Bytes that no link can shorten. */
export function pattern(bytes: number): Uint8Array {
  const block = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(block.subarray(at, at + 65_536));
  return block;
}

function noTally(): Tally {
  return { bytes: 0, blocks: 0, packets: 0, lost: 0, outOfOrder: 0 };
}
