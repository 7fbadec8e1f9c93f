// One direction of a bad cable: what is lost, damaged, doubled, held back, and when the rest arrives.

import type { Clock } from "../clock.ts";
import { FCS_BYTES, writeFcs } from "../mac/fcs.ts";
import type { Random } from "../random.ts";
import { markCongestion } from "./ecn.ts";

/** What a cable may do to frames. Times in microseconds, probabilities from 0 to 1, each for one direction. */
export interface Impairments {
  /** Time on the way. */
  delay?: number;
  /** What is added to it at most, drawn anew for each frame. Frames stay in their order. */
  jitter?: number;
  /** Bits per second; frames wait for those before them. 0 or absent: no limit. */
  rate?: number;
  /** Frames of full size that may wait for their turn at that rate; more are dropped. Default 128. */
  queue?: number;
  /** Frames of full size that wait there when packets that allow it are marked instead of being dropped later (RFC 3168 §5). */
  mark?: number;
  loss?: number;
  /** Loss in bursts, beside the other. */
  burst?: Burst;
  duplicate?: number;
  /** Probability that a frame is held back, so that later ones overtake it. */
  reorder?: number;
  /** By how long it is held back; default a quarter of the delay, at least 1 ms. */
  reorderBy?: number;
  /** Probability that up to eight bits flip; the adapter at the end sees it by the FCS and drops the frame. */
  corrupt?: number;
  /** Probability that one bit of an IP packet flips behind the FCS's back, so that checksums above must see it. */
  flipThrough?: number;
  /** Of the draws; the same seed and the same frames at the same times give the same fate. Default 1. */
  seed?: number;
}

/** Loss that comes and goes (Gilbert's and Elliott's model): probabilities for each frame. */
export interface Burst {
  /** That a burst begins, and that it ends. */
  enter: number;
  leave: number;
  /** That a frame in it is lost; default 1. */
  loss?: number;
}

/** What has become of the frames of one direction. */
export interface ImpairmentStats {
  frames: number;
  lost: number;
  duplicated: number;
  reordered: number;
  corrupted: number;
  flipped: number;
  /** Dropped because too many waited for their turn at the rate. */
  queueDrops: number;
  /** Told of congestion, because many waited. */
  marked: number;
  /** Damaged frames that were dropped here because what follows cannot check an FCS. */
  fcsDrops: number;
}

const DEFAULT_QUEUE = 128;
const LEAST_REORDER_MICROS = 1000;
const MOST_FLIPPED_BITS = 8;
/** What a frame takes on the medium beside itself and its FCS: preamble, start delimiter, gap. */
const GAP_BYTES = 20;
const FULL_FRAME_BYTES = 1538;
const ETHERNET_HEADER_BYTES = 14;

export class Lane {
  readonly stats: ImpairmentStats = noStats();
  #options: Impairments;
  #clock: Clock | null;
  #random: Random;
  #carriesFcs: boolean;
  #deliver: (frame: Uint8Array) => void;
  #reorderBy: number;
  /** When the transmitter has sent all it was given. */
  #freeAt = 0;
  /** When the last frame arrives that is not held back. */
  #lastArrival = 0;
  #inBurst = false;
  #closed = false;

  /** `deliver` gets what arrives, when it arrives; `carriesFcs` says whether frames have their FCS behind them. */
  constructor(
    options: Impairments & { clock?: Clock },
    random: Random,
    carriesFcs: boolean,
    deliver: (frame: Uint8Array) => void,
  ) {
    this.#options = options;
    this.#clock = options.clock ?? null;
    this.#random = random;
    this.#carriesFcs = carriesFcs;
    this.#deliver = deliver;
    this.#reorderBy = options.reorderBy ?? Math.max((options.delay ?? 0) / 4, LEAST_REORDER_MICROS);
  }

  /** Takes a frame, valid during the call only unless it `stays`. */
  carry(frame: Uint8Array, stays = false): void {
    const { loss = 0, corrupt = 0, flipThrough = 0, duplicate = 0 } = this.#options;
    this.stats.frames++;
    if (this.#random.chance(loss) || this.#losesInBurst()) {
      this.stats.lost++;
      return;
    }
    const fate = this.#random.chance(corrupt)
      ? this.#corrupt(frame)
      : this.#random.chance(flipThrough)
        ? this.#flipOne(frame)
        : frame;
    const isOwn = stays || fate !== frame;
    this.#dispatch(fate, isOwn);
    if (this.#random.chance(duplicate)) {
      this.stats.duplicated++;
      this.#dispatch(fate, isOwn);
    }
  }

  /** What is under way does not arrive any more. */
  close(): void {
    this.#closed = true;
  }

  #losesInBurst(): boolean {
    const { burst } = this.#options;
    if (burst === undefined) return false;
    this.#inBurst = this.#random.chance(this.#inBurst ? 1 - burst.leave : burst.enter);
    return this.#inBurst && this.#random.chance(burst.loss ?? 1);
  }

  #dispatch(frame: Uint8Array, stays: boolean): void {
    const { delay = 0, jitter = 0, rate = 0, reorder = 0 } = this.#options;
    const heldBack = this.#random.chance(reorder);
    if (heldBack) this.stats.reordered++;
    if (this.#clock === null || (delay + jitter + rate === 0 && !heldBack)) {
      this.#deliver(frame);
      return;
    }
    const now = this.#clock.now();
    const waiting = this.#waitingFrames(now);
    if (waiting > (this.#options.queue ?? DEFAULT_QUEUE)) {
      this.stats.queueDrops++;
      return;
    }
    const isMarked = waiting > (this.#options.mark ?? Number.POSITIVE_INFINITY);
    const copy = stays && !isMarked ? frame : frame.slice();
    if (isMarked) this.#mark(copy);
    const arrival = this.#sentAt(frame, now) + delay + (jitter > 0 ? this.#random.unit() * jitter : 0);
    if (!heldBack) this.#lastArrival = Math.max(arrival, this.#lastArrival);
    this.#clock.at(heldBack ? arrival + this.#reorderBy : this.#lastArrival, () => {
      if (!this.#closed) this.#deliver(copy);
    });
  }

  /** What waits for its turn, in frames of full size. */
  #waitingFrames(now: number): number {
    const { rate = 0 } = this.#options;
    return (Math.max(this.#freeAt - now, 0) * rate) / 8e6 / FULL_FRAME_BYTES;
  }

  /** When the last bit of the frame is on the medium. */
  #sentAt(frame: Uint8Array, now: number): number {
    const { rate = 0 } = this.#options;
    if (rate === 0) return now;
    const bytes = frame.length + GAP_BYTES + (this.#carriesFcs ? 0 : FCS_BYTES);
    this.#freeAt = Math.max(now, this.#freeAt) + (bytes * 8e6) / rate;
    return this.#freeAt;
  }

  #mark(frame: Uint8Array): void {
    if (!markCongestion(frame)) return;
    this.stats.marked++;
    if (this.#carriesFcs) writeFcs(frame, frame.length - FCS_BYTES);
  }

  #corrupt(frame: Uint8Array): Uint8Array {
    this.stats.corrupted++;
    const damaged = frame.slice();
    const bits = 1 + this.#random.below(MOST_FLIPPED_BITS);
    // A bit drawn twice would flip back. Eight flips lie seven steps apart, none longer than an eighth of the frame's
    // bits, so they never come round to where they began.
    let bit = this.#random.below(damaged.length * 8);
    for (let i = 0; i < bits; i++) {
      damaged[bit >> 3] ^= 1 << (bit & 7);
      bit = (bit + 1 + this.#random.below(damaged.length)) % (damaged.length * 8);
    }
    return damaged;
  }

  #flipOne(frame: Uint8Array): Uint8Array {
    const bytes = checksummedBytes(frame);
    if (bytes === 0) return frame;
    this.stats.flipped++;
    const damaged = frame.slice();
    const bit = this.#random.below(bytes * 8);
    damaged[ETHERNET_HEADER_BYTES + (bit >> 3)] ^= 1 << (bit & 7);
    if (this.#carriesFcs) writeFcs(damaged, damaged.length - FCS_BYTES);
    return damaged;
  }
}

/** Bytes behind the Ethernet header that a checksum above covers: the IP packet. 0 for ARP, which has none. */
function checksummedBytes(frame: Uint8Array): number {
  const type = (frame[12] << 8) | frame[13];
  const room = frame.length - ETHERNET_HEADER_BYTES;
  if (type === 0x0800) return Math.min((frame[16] << 8) | frame[17], room);
  if (type === 0x86dd) return Math.min(40 + ((frame[18] << 8) | frame[19]), room);
  return 0;
}

export function noStats(): ImpairmentStats {
  const fates = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0, flipped: 0 };
  return { frames: 0, ...fates, queueDrops: 0, marked: 0, fcsDrops: 0 };
}
