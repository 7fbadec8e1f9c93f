// A node stream over a TCP connection, so that whatever runs over `net.Socket` by its stream side runs over ours.

import { Duplex } from "node:stream";
import type { TcpConnection } from "./tcp-connection.ts";

/**
 * A Duplex that owns `connection`: `end` half-closes; `destroy` closes, and resets when it is given an error or data
 * still waits to be written.
 */
export function connectionDuplex(connection: TcpConnection): Duplex {
  return new ConnectionDuplex(connection);
}

class ConnectionDuplex extends Duplex {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  #connection: TcpConnection;
  #reading = false;

  constructor(connection: TcpConnection) {
    super({ allowHalfOpen: true, autoDestroy: true });
    this.#connection = connection;
    this.localAddress = connection.localAddress;
    this.localPort = connection.localPort;
    this.remoteAddress = connection.remoteAddress;
    this.remotePort = connection.remotePort;
  }

  /** As `net.Socket` has it; http calls it on every connection. */
  setNoDelay(on = true): this {
    if (!this.destroyed) this.#connection.setNoDelay(on);
    return this;
  }

  /** Likewise: http's agents call it on connections that they keep. */
  setKeepAlive(on = false, initialDelay = 0): this {
    if (!this.destroyed) this.#connection.setKeepAlive(on, initialDelay);
    return this;
  }

  override _read(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#connection.read().then(
      (data) => {
        this.#reading = false;
        this.push(data === null ? null : Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      },
      (error: Error) => this.destroy(error),
    );
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#connection.write(chunk).then(() => done(), done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#connection.write(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#connection.end().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (error !== null || this.writableLength > 0) this.#connection.abort();
    this.#connection.close().then(() => done(error), done);
  }
}
