// Records what passes between a module and the world: calls and their answers, registers read and written, and what the
// MAC writes into linear memory. A program on a board can play it again (replay/replay.c).

import type { BusDevice } from "../../../host/core/bus.ts";

const OP = { END: 0, CALL: 1, READ: 2, WRITE: 3, MEMORY: 4, RETURN: 5 };
/** Words of arguments in front of each call's. */
const CALL_ARGUMENTS = 5;

type Call = (...args: number[]) => number | undefined;

export class Recording {
  readonly memory: Uint32Array;
  readonly u8: Uint8Array;
  readonly exports: WebAssembly.Exports;
  /** What answers at the module's registers. */
  device: BusDevice | null = null;
  #words: number[] = [];
  #names: string[] = [];
  #base: number;
  /** Memory as the module or the recording last left it. */
  #known: Uint32Array;
  #linearWords: number;

  /** `base`: bus address of the device's registers; `linearBytes`: how much memory the board has. */
  static async start(module: WebAssembly.Module, base: number, linearBytes: number): Promise<Recording> {
    let recording: Recording | null = null;
    const read32 = (address: number): number => recording?.read(address) ?? 0;
    const write32 = (address: number, value: number): void => recording?.write(address, value);
    const instance = await WebAssembly.instantiate(module, { bus: { read32, write32 } });
    recording = new Recording(instance, base, linearBytes);
    return recording;
  }

  private constructor(instance: WebAssembly.Instance, base: number, linearBytes: number) {
    this.exports = instance.exports;
    const { buffer } = instance.exports.memory as WebAssembly.Memory;
    this.memory = new Uint32Array(buffer);
    this.u8 = new Uint8Array(buffer);
    this.#base = base;
    this.#linearWords = linearBytes / 4;
    this.#known = this.memory.slice();
  }

  /** A number that the module exports. */
  constant(name: string): number {
    return (this.exports[name] as WebAssembly.Global).value as number;
  }

  /** Calls an export, and records that. */
  call(name: string, ...args: number[]): number {
    this.#recordMemory();
    if (!this.#names.includes(name)) this.#names.push(name);
    const padded = Array.from({ length: CALL_ARGUMENTS }, (_, index) => args[index] ?? 0);
    this.#words.push(OP.CALL, this.#names.indexOf(name), ...padded);
    const answer = (this.exports[name] as Call)(...args) ?? 0;
    this.#words.push(OP.RETURN, answer);
    this.#known.set(this.memory);
    return answer;
  }

  read(address: number): number {
    const value = this.device?.read((address - this.#base) >>> 0) ?? 0;
    this.#words.push(OP.READ, address, value);
    return value;
  }

  write(address: number, value: number): void {
    this.#words.push(OP.WRITE, address, value);
    this.#known.set(this.memory);
    this.device?.write((address - this.#base) >>> 0, value);
    this.#recordMemory();
  }

  /** FNV-1a over the words of the board's memory. */
  digest(): string {
    let hash = 0x811c9dc5;
    for (const word of this.memory.subarray(0, this.#linearWords)) hash = Math.imul(hash ^ word, 0x01000193);
    return (hash >>> 0).toString(16).padStart(8, "0");
  }

  /** How many there are of each kind. */
  counts(): { calls: number; reads: number; writes: number } {
    const counts = { calls: 0, reads: 0, writes: 0 };
    for (let at = 0; at < this.#words.length; at += lengthOf(this.#words, at)) {
      if (this.#words[at] === OP.CALL) counts.calls++;
      if (this.#words[at] === OP.READ) counts.reads++;
      if (this.#words[at] === OP.WRITE) counts.writes++;
    }
    return counts;
  }

  /** The recording for replay.py: words, names of calls, how many arguments each has, and bytes of memory. */
  toJSON(): object {
    const counts = this.#names.map((name) => (this.exports[name] as Call).length);
    const words = [...this.#words, OP.END].map((word) => word >>> 0);
    return { words, names: this.#names, counts, bytes: this.#linearWords * 4 };
  }

  /** trace.h for replay.c. */
  header(): string {
    const operations = Object.entries(OP).map(([name, value]) => `#define OP_${name} ${value}u`);
    const words = [...this.#words, OP.END].map((word) => `${word >>> 0}u`);
    const rows = Array.from({ length: Math.ceil(words.length / 12) }, (_, row) =>
      words.slice(row * 12, row * 12 + 12).join(","),
    );
    return `#include <stdint.h>
#include "thimble.h"
${operations.join("\n")}
#define CALL_ARGUMENTS ${CALL_ARGUMENTS}

static const uint32_t trace[] = {
${rows.join(",\n")}
};

static uint32_t call(w2c_thimble *module, uint32_t function, const uint32_t *a) {
  switch (function) {
${this.#names.map((name, index) => `    case ${index}: ${this.#caseOf(name)}`).join("\n")}
  }
  return 0;
}
`;
  }

  #caseOf(name: string): string {
    const parameters = Array.from({ length: (this.exports[name] as Call).length }, (_, index) => `, a[${index}]`);
    const call = `w2c_thimble_${name}(module${parameters.join("")});`;
    return name === "init" ? `${call} return 0;` : `return ${call}`;
  }

  // What has changed since the module was last at work, a run of words at a time.
  #recordMemory(): void {
    for (let word = 0; word < this.#linearWords; word++) {
      if (this.memory[word] === this.#known[word]) continue;
      const start = word;
      while (word < this.#linearWords && this.memory[word] !== this.#known[word]) word++;
      this.#words.push(OP.MEMORY, start * 4, word - start, ...this.memory.subarray(start, word));
    }
    this.#known.set(this.memory);
  }
}

/** Words of the operation at `at`. */
function lengthOf(words: readonly number[], at: number): number {
  switch (words[at]) {
    case OP.CALL:
      return 2 + CALL_ARGUMENTS;
    case OP.MEMORY:
      return 3 + words[at + 2];
    case OP.RETURN:
      return 2;
    default:
      return 3;
  }
}
