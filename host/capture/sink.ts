// Where the bytes of a capture go: into memory, or through a buffer into a file.

/** Takes bytes in order, valid during the call only. */
export interface CaptureSink {
  write(bytes: Uint8Array): void;
  close(): void;
}

/** Keeps everything: for tests, for a browser's download, and to compare two runs. */
export class MemorySink implements CaptureSink {
  #chunks: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
  }

  close(): void {}

  /** All bytes so far. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.#chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}

const BUFFER_BYTES = 65_536;

/** Gathers small writes for a sink: one write for each turn of the event loop, or when the buffer is full. */
export class Gatherer implements CaptureSink {
  #sink: CaptureSink;
  #bytes = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  #flushDue = false;
  #closed = false;

  constructor(sink: CaptureSink) {
    this.#sink = sink;
  }

  write(bytes: Uint8Array): void {
    if (this.#closed) return;
    if (this.#used + bytes.length > BUFFER_BYTES) this.flush();
    if (bytes.length > BUFFER_BYTES) {
      this.#sink.write(bytes);
      return;
    }
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
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

  // Whoever watches the file is at most one turn of the event loop behind.
  #flushSoon(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    setTimeout(() => {
      this.#flushDue = false;
      if (!this.#closed) this.flush();
    });
  }
}
