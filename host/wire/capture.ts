// Writes what passes a wire to a file that tshark and Wireshark read: pcap, or pcapng where its name says so.

import { closeSync, openSync, writeSync } from "node:fs";
import type { Clock } from "../clock.ts";
import { InputError } from "../errors.ts";
import { observeWire } from "./observe.ts";
import { pcapngFormat } from "./pcapng.ts";
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

/** One frame, without FCS. */
export interface CapturedFrame {
  frame: Uint8Array;
  /** Microseconds since 1970. */
  micros: number;
  /** By the adapter; else it was received. */
  sent: boolean;
  /** Frames before this one that were not captured. */
  missed?: number;
}

/** How frames are written down. */
export interface CaptureFormat {
  /** What stands before the first frame. */
  header(): Uint8Array;
  /** Bytes that a record has besides its frame, at most. */
  readonly overhead: number;
  /** Writes a record from `at` on, where there is room for it; returns where it ends. */
  put(to: DataView, at: number, captured: CapturedFrame): number;
}

/** The old format: no adapters, no directions. Everything reads it. */
export const PCAP: CaptureFormat = {
  overhead: RECORD_HEADER_BYTES,
  header: () => {
    const header = new DataView(new ArrayBuffer(24));
    header.setUint32(0, MAGIC_MICROSECONDS, true);
    header.setUint16(4, 2, true);
    header.setUint16(6, 4, true);
    header.setUint32(16, SNAP_BYTES, true);
    header.setUint32(20, LINKTYPE_ETHERNET, true);
    return new Uint8Array(header.buffer);
  },
  put: (to, at, { frame, micros }) => {
    to.setUint32(at, Math.floor(micros / 1e6), true);
    to.setUint32(at + 4, micros % 1e6, true);
    to.setUint32(at + 8, frame.length, true);
    to.setUint32(at + 12, frame.length, true);
    new Uint8Array(to.buffer, to.byteOffset).set(frame, at + RECORD_HEADER_BYTES);
    return at + RECORD_HEADER_BYTES + frame.length;
  },
};

/**
 * `wire`, with every frame written to the file `path`: pcapng when its name ends with .pcapng, else pcap. Throws InputError
 * when the file cannot be made.
 */
export function captureWire(wire: Wire, path: string, clock: Clock): Wire {
  const format = path.endsWith(".pcapng") ? pcapngFormat({ name: "eth0", description: wire.name }, "thimble") : PCAP;
  const capture = new Capture(new FileSink(path), clock, format);
  return observeWire(
    wire,
    (frame, sent) => capture.add(frame, sent),
    () => capture.close(),
  );
}

/** Makes records of frames. */
export class Capture {
  #sink: CaptureSink;
  #clock: Clock;
  #format: CaptureFormat;
  #bytes = new Uint8Array(BUFFER_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;
  #flushDue = false;
  #closed = false;

  constructor(sink: CaptureSink, clock: Clock, format: CaptureFormat = PCAP) {
    this.#sink = sink;
    this.#clock = clock;
    this.#format = format;
    this.#sink.write(format.header());
  }

  /** Adds a frame, without FCS, at the clock's time; `missed`: those before it that were not added. */
  add(frame: Uint8Array, sent: boolean, missed = 0): void {
    if (this.#closed) return;
    if (this.#used + this.#format.overhead + frame.length > BUFFER_BYTES) this.flush();
    const micros = this.#clock.epoch + this.#clock.now();
    this.#used = this.#format.put(this.#view, this.#used, { frame, micros, sent, missed });
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
