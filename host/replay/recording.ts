// Recording runs: where what the tapes of machines collect is gathered and written. One recording has any number of
// machines, each with a tape of its own, because each can be run again by itself.

import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { bytesOf } from "../core/firmware-source.ts";
import { InputError } from "../errors.ts";
import { Block, headBytes, type MachineAbout, markBytes, type RecordingAbout } from "./format.ts";
import { Track } from "./track.ts";

/** Where a recording goes. */
export interface RecordingSink {
  /** `bytes` are valid during the call only. */
  write(bytes: Uint8Array): void;
  close(): void;
}

/** What is recorded of a machine, beside what happens in it. */
export interface TrackOptions {
  name: string;
  module: WebAssembly.Module;
  dmaBase: number;
}

export class Recording {
  #sink: RecordingSink;
  #tracks: Track[] = [];
  /** Hashes of the modules that are in it. */
  #modules = new Set<string>();
  #isOpen = true;

  /** `what`: for people, such as a command line. */
  constructor(sink: RecordingSink, what: string) {
    this.#sink = sink;
    sink.write(markBytes());
    const about: RecordingAbout = { began: new Date().toISOString(), what };
    this.#writeJson(Block.ABOUT, 0, about);
  }

  /** How many machines there are so far. */
  get machines(): number {
    return this.#tracks.length;
  }

  /** Begins the tape of a machine; it is for `CoreOptions.tap` of that machine alone. */
  track({ name, module, dmaBase }: TrackOptions): Track {
    const machine = this.#tracks.length;
    const wasm = this.#keepModule(module);
    const calls = callsOf(module);
    const about: MachineAbout = { name, wasm, dmaBase, calls };
    this.#writeJson(Block.MACHINE, machine, about);
    const track = new Track(calls, (block) => this.#write(Block.TAPE, machine, block));
    this.#tracks.push(track);
    return track;
  }

  /** A remark in the tapes of all machines. */
  note(text: string): void {
    for (const track of this.#tracks) track.note(text);
  }

  /** Ends every tape with a last checkpoint, and the file. What the machines do afterwards is not recorded. */
  close(): void {
    if (!this.#isOpen) return;
    for (const track of this.#tracks) track.end();
    this.#isOpen = false;
    this.#sink.close();
  }

  // The module is kept whole: a recording is to be good also when its sources have gone on.
  #keepModule(module: WebAssembly.Module): string | null {
    const bytes = bytesOf(module);
    if (bytes === undefined) return null;
    const hash = createHash("sha256").update(bytes).digest("hex");
    if (!this.#modules.has(hash)) this.#write(Block.WASM, 0, deflateRawSync(bytes));
    this.#modules.add(hash);
    return hash;
  }

  #writeJson(block: Block, machine: number, about: RecordingAbout | MachineAbout): void {
    this.#write(block, machine, Buffer.from(JSON.stringify(about)));
  }

  #write(block: Block, machine: number, bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#sink.write(headBytes(block, machine, bytes.length));
    this.#sink.write(bytes);
  }
}

/** A recording in a file, which is replaced when it is there. Throws InputError with the system's code. */
export function openRecording(path: string, what: string): Recording {
  return new Recording(new FileSink(path), what);
}

/** A recording in memory: `bytes()` is what would be in the file. */
export function recordInMemory(what: string): { recording: Recording; bytes: () => Uint8Array } {
  const pieces: Uint8Array[] = [];
  const sink = { write: (bytes: Uint8Array) => void pieces.push(bytes.slice()), close: () => {} };
  return { recording: new Recording(sink, what), bytes: () => Buffer.concat(pieces) };
}

class FileSink implements RecordingSink {
  #fd: number;

  constructor(path: string) {
    try {
      this.#fd = openSync(path, "w");
    } catch (error) {
      const { code = "EIO" } = error as NodeJS.ErrnoException;
      throw new InputError(
        code,
        `The recording ${path} cannot be written (${code}); name a file in a folder of yours.`,
      );
    }
  }

  // Synchronous, so that a process that ends for whatever reason leaves all that was recorded.
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function callsOf(module: WebAssembly.Module): string[] {
  return WebAssembly.Module.exports(module)
    .filter(({ kind }) => kind === "function")
    .map(({ name }) => name);
}
