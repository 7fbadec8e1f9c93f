// Writes what passes a wire to a pcap file, which tshark and Wireshark read.

import { closeSync, openSync, writeSync } from "node:fs";
import type { Clock } from "../clock.ts";
import { InputError } from "../errors.ts";
import { observeWire } from "./observe.ts";
import type { Wire } from "./wire.ts";

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const LINKTYPE_ETHERNET = 1;
const SNAP_BYTES = 65535;
const RECORD_HEADER_BYTES = 16;
const BUFFER_BYTES = 65536;

/** Where a capture goes: takes bytes in order, valid during the call only. */
export interface CaptureSink {
  write(bytes: Uint8Array): void;
  close(): void;
}

/** `wire`, with every frame written to the pcap file `path`. Throws InputError when the file cannot be made. */
export function captureWire(wire: Wire, path: string, clock: Clock): Wire {
  const capture = new Capture(new FileSink(path), clock);
  return observeWire(
    wire,
    (frame) => capture.add(frame),
    () => capture.close(),
  );
}

/** Makes pcap records of frames. Several wires may share one, to lie in one file in the order of time. */
export class Capture {
  #sink: CaptureSink;
  #clock: Clock;
  #bytes = new Uint8Array(BUFFER_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;
  #flushDue = false;
  #closed = false;

  constructor(sink: CaptureSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
    this.#view.setUint32(0, MAGIC_MICROSECONDS, true);
    this.#view.setUint16(4, 2, true);
    this.#view.setUint16(6, 4, true);
    this.#view.setUint32(16, SNAP_BYTES, true);
    this.#view.setUint32(20, LINKTYPE_ETHERNET, true);
    this.#used = 24;
    this.flush();
  }

  /** Adds a frame, without FCS, at the clock's time. */
  add(frame: Uint8Array): void {
    if (this.#closed) return;
    if (this.#used + RECORD_HEADER_BYTES + frame.length > BUFFER_BYTES) this.flush();
    const time = this.#clock.epoch + this.#clock.now();
    const at = this.#used;
    this.#view.setUint32(at, Math.floor(time / 1e6), true);
    this.#view.setUint32(at + 4, time % 1e6, true);
    this.#view.setUint32(at + 8, frame.length, true);
    this.#view.setUint32(at + 12, frame.length, true);
    this.#bytes.set(frame, at + RECORD_HEADER_BYTES);
    this.#used += RECORD_HEADER_BYTES + frame.length;
    this.#flushSoon();
  }

  flush(): void {
    if (this.#used > 0) this.#sink.write(this.#bytes.subarray(0, this.#used));
    this.#used = 0;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.flush();
    this.#sink.close();
  }

  // One write for each turn of the event loop: whoever watches the file is at most that far behind.
  #flushSoon(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    setImmediate(() => {
      this.#flushDue = false;
      if (!this.#closed) this.flush();
    });
  }
}

/** A file that is made anew. When writing fails later, the capture ends with a warning and the network goes on. */
export class FileSink implements CaptureSink {
  readonly path: string;
  #file: number;

  constructor(path: string) {
    this.path = path;
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      const { code = "EIO" } = error as NodeJS.ErrnoException;
      throw new InputError(code, `The capture file ${path} cannot be written (${code}); name another with --pcap.`);
    }
  }

  write(bytes: Uint8Array): void {
    if (this.#file < 0) return;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      process.emitWarning(`The capture into ${this.path} ends here: ${(error as Error).message}`);
      this.close();
    }
  }

  close(): void {
    if (this.#file < 0) return;
    const file = this.#file;
    this.#file = -1;
    closeSync(file);
  }
}
