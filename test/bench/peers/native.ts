// A peer that is a process of its own: it takes orders on its standard input and answers on its standard output.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Frames, Trial } from "../benchmark.ts";
import { SEGMENT_BYTES, type Work, WorkKind } from "./works.ts";

/** Starts a driver for a work. `extra`: what it is told beyond work, bytes and pause. */
export function nativeTrial(program: string, work: Work, extra: readonly number[] = []): Trial {
  const driver = new Driver(program, [work.kind, work.bytes, work.pause, ...extra]);
  const each = work.kind === WorkKind.BULK ? SEGMENT_BYTES : 1;
  return {
    run: (operations) => driver.run(operations * each),
    ...(work.kind === WorkKind.BULK ? { frames: () => driver.frames } : {}),
    pid: driver.pid,
    end: () => driver.end(),
  };
}

class Driver {
  frames: Frames = { segments: 0, acks: 0 };
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  readonly #ended: Promise<void>;
  #complaint = "";

  constructor(program: string, numbers: readonly number[]) {
    this.#child = spawn(program, numbers.map(String));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint += text;
    });
    // What is written to a process that has failed is lost; its complaint tells why.
    this.#child.stdin.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.on("error", (error) => {
        this.#complaint += error.message;
        resolve();
      });
      this.#child.on("close", () => resolve());
    });
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async run(operations: number): Promise<void> {
    this.#child.stdin.write(`${operations}\n`);
    const { value, done } = await this.#lines.next();
    if (done) {
      await this.#ended;
      throw new Error(`A peer has ended: ${this.#complaint.trim() || "without a word"}`);
    }
    const [, segments, acks] = value.split(" ").map(Number);
    this.frames = { segments: this.frames.segments + segments, acks: this.frames.acks + acks };
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
    this.#reader.close();
  }
}
