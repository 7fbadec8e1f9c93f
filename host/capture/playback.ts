// A capture as a wire: what it holds comes to whoever is plugged in, at the times that it was seen.

import type { Clock, Timer } from "../clock.ts";
import { MAX_FRAME_BYTES } from "../mac/ring-mac.ts";
import { FramePadder } from "../wire/padding.ts";
import type { Wire, WireEnd } from "../wire/wire.ts";
import type { CapturedFrame, Direction } from "./frames.ts";
import type { Capture } from "./reader.ts";

export interface PlaybackOptions {
  clock: Clock;
  /** Only frames seen in that direction, where the capture tells; frames without one are always played. Default: all. */
  direction?: Direction;
  /** Only frames of the interface with that name. Default: of all. */
  interface?: string;
  /** Microseconds of the clock at which the first frame comes; default: now. */
  startAt?: number;
  /** 2: twice as fast. Default 1. */
  speed?: number;
}

export interface Playback extends Wire {
  /** Resolves after the last frame, or when the wire is closed. */
  readonly done: Promise<void>;
  /** Frames played, and those left out because no adapter could take them: longer than a frame may be. */
  readonly stats: { played: number; refused: number };
  /** What the other side has answered, with its times on the clock. */
  readonly answers: readonly { time: number; bytes: Uint8Array }[];
}

/** A wire from which the frames of `capture` come. */
export function playCapture(capture: Capture, options: PlaybackOptions): Playback {
  return new CapturePlayback(capture, options);
}

class CapturePlayback implements Playback {
  readonly name = "playback";
  readonly carriesFcs = false;
  readonly done: Promise<void>;
  readonly stats = { played: 0, refused: 0 };
  readonly answers: { time: number; bytes: Uint8Array }[] = [];
  #clock: Clock;
  #frames: readonly CapturedFrame[];
  #next = 0;
  #end: WireEnd | null = null;
  #padder = new FramePadder();
  #timer: Timer | null = null;
  #finish: () => void = () => {};
  #timeOf: (frame: CapturedFrame) => number;
  #open = true;

  constructor({ interfaces, frames }: Capture, options: PlaybackOptions) {
    const { clock, direction, speed = 1 } = options;
    this.#clock = clock;
    this.#frames = frames.filter(
      (frame) =>
        (direction === undefined || frame.direction === undefined || frame.direction === direction) &&
        (options.interface === undefined || interfaces[frame.interface]?.name === options.interface),
    );
    const startAt = options.startAt ?? clock.now();
    const first = this.#frames[0]?.time ?? 0;
    this.#timeOf = ({ time }) => startAt + (time - first) / speed;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#wait();
  }

  get up(): boolean {
    return this.#open;
  }

  attach(end: WireEnd): void {
    this.#end = end;
  }

  send(frame: Uint8Array): void {
    if (this.#open) this.answers.push({ time: this.#clock.now(), bytes: frame.slice() });
  }

  close(): void {
    this.#open = false;
    this.#timer?.cancel();
    this.#finish();
  }

  // One timer for the whole file: files are long. Frames of one moment come one by one.
  #wait(): void {
    const frame = this.#frames[this.#next++];
    if (frame === undefined) {
      this.#finish();
      return;
    }
    this.#timer = this.#clock.at(this.#timeOf(frame), () => {
      this.#play(frame.bytes);
      this.#wait();
    });
  }

  #play(bytes: Uint8Array): void {
    if (bytes.length > MAX_FRAME_BYTES) {
      this.stats.refused++;
      return;
    }
    this.stats.played++;
    this.#end?.receive(this.#padder.pad(bytes));
  }
}
