// A UDP stream of a test: datagrams that carry their number and when they were sent, so that the receiver sees what was
// lost, what came late, and how much the delay varies.

import { Flow, Pace, pattern } from "./flow.ts";

const HEADER_BYTES = { short: 12, long: 16 } as const;
const WORD = 2 ** 32;
/** Without a rate, a turn of the event loop after so many datagrams. */
const BURST = 32;

export interface UdpFlowOptions {
  index: number;
  sends: boolean;
  /** Bytes of a datagram's data, its header among them. */
  blockBytes: number;
  /** Bits in a second; 0: as many as go. */
  bandwidth: number;
  /** Numbers of datagrams have 64 bits. */
  longNumbers: boolean;
  localEnd: { address: string; port: number };
  remoteEnd: { address: string; port: number };
  send(data: Uint8Array): Promise<void>;
  /** Gives back what `send` goes through, where it is this stream's alone. */
  close(): void;
}

export class UdpFlow extends Flow {
  readonly localEnd: { address: string; port: number };
  readonly remoteEnd: { address: string; port: number };
  #options: UdpFlowOptions;
  #transit: number | null = null;
  /** Numbers go on through the warm-up. */
  #number = 0;
  #numberBefore = 0;

  constructor(options: UdpFlowOptions) {
    super(options.index, options.sends);
    this.#options = options;
    this.localEnd = options.localEnd;
    this.remoteEnd = options.remoteEnd;
  }

  start(_onEnd: () => void): void {
    this.running = true;
    if (this.sends) void this.#send();
  }

  close(): void {
    this.running = false;
    this.#options.close();
  }

  override restart(): void {
    super.restart();
    this.jitter = 0;
    this.#numberBefore = this.#number;
  }

  /** Counts a datagram that came. */
  take(data: Uint8Array): void {
    const { longNumbers } = this.#options;
    if (!this.running || this.sends || data.length < (longNumbers ? HEADER_BYTES.long : HEADER_BYTES.short)) return;
    const header = new DataView(data.buffer, data.byteOffset);
    const number = longNumbers ? header.getUint32(8) * WORD + header.getUint32(12) : header.getUint32(8);
    const { tally } = this;
    tally.bytes += data.length;
    tally.blocks++;
    if (number > this.#number) {
      tally.lost += number - this.#number - 1;
      this.#number = number;
      tally.packets = number - this.#numberBefore;
    } else {
      // It was counted as lost when a later one came.
      tally.outOfOrder++;
      if (tally.lost > 0) tally.lost--;
    }
    this.#measure(header.getUint32(0) + header.getUint32(4) / 1e6);
  }

  // RFC 3550 §6.4.1; the clocks of both sides need not agree.
  #measure(sentAt: number): void {
    const transit = Date.now() / 1000 + (performance.now() % 1) / 1000 - sentAt;
    const difference = this.#transit === null ? 0 : Math.abs(transit - this.#transit);
    this.#transit = transit;
    this.jitter += (difference - this.jitter) / 16;
  }

  async #send(): Promise<void> {
    const { blockBytes, bandwidth, longNumbers } = this.#options;
    const data = pattern(Math.max(blockBytes, HEADER_BYTES.long));
    const header = new DataView(data.buffer);
    const pace = new Pace(bandwidth);
    while (this.running) {
      await pace.turn(data.length);
      if (!this.running) return;
      const now = performance.timeOrigin + performance.now();
      this.#number++;
      header.setUint32(0, Math.floor(now / 1000));
      header.setUint32(4, Math.floor((now % 1000) * 1000));
      header.setUint32(8, longNumbers ? Math.floor(this.#number / WORD) : this.#number % WORD);
      if (longNumbers) header.setUint32(12, this.#number % WORD);
      // A datagram that finds no room is lost, and counted by the other side.
      await this.#options.send(data).catch(() => {});
      this.tally.bytes += data.length;
      this.tally.blocks++;
      this.tally.packets = this.#number - this.#numberBefore;
      if (bandwidth === 0 && this.#number % BURST === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
