// Capture files by their names: FILE.pcapng is pcapng, everything else the older pcap.

import { closeSync, openSync, writeSync } from "node:fs";
import { InputError } from "../errors.ts";
import type { CaptureWriter } from "./frames.ts";
import { PcapWriter } from "./pcap-writer.ts";
import { type PcapngOptions, PcapngWriter } from "./pcapng-writer.ts";
import type { CaptureSink } from "./sink.ts";

/** Makes the file `path` anew, in the format that its name asks for. Throws InputError when it cannot be made. */
export function createCapture(path: string, { live = false }: PcapngOptions = {}): CaptureWriter {
  const sink = new FileSink(path);
  return path.endsWith(".pcapng") ? new PcapngWriter(sink, { live }) : new PcapWriter(sink);
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
