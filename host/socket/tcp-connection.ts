// A TCP connection in promises. Data is pulled from the core only when somebody reads, so a slow reader closes the
// window; a write is done when the core has taken its last byte, so a slow peer stops the writer.

import type { Duplex } from "node:stream";
import { Errno } from "../../assembly/abi/errno.ts";
import { Event, Shutdown, SocketOption } from "../../assembly/abi/sockets.ts";
import { type StackError, stackError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import type { SocketStatus } from "../status.ts";
import type { Endpoint } from "./calls.ts";
import { connectionDuplex } from "./duplex.ts";
import type { SocketHandler } from "./table.ts";
import { takeStream } from "./take.ts";
import { type OptionTarget, TcpOptionCalls } from "./tcp-options.ts";

interface PendingRead {
  resolve(data: Uint8Array | null): void;
  reject(error: Error): void;
}

interface PendingWrite {
  /** null: the end, after everything that was written before. */
  data: Uint8Array | null;
  offset: number;
  urgent: boolean;
  resolve(): void;
  reject(error: Error): void;
}

const encoder = new TextEncoder();

export class TcpConnection extends TcpOptionCalls implements SocketHandler {
  /** Called, as soon as nothing else runs, when the peer has called data urgent that lies `ahead` bytes further on. */
  onUrgent: ((ahead: number) => void) | null = null;
  /** Called likewise when the connection has trouble that may pass: ICMP errors, three time-outs (RFC 9293 §3.9.1.8). */
  onTrouble: ((trouble: StackError) => void) | null = null;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  #machine: Machine;
  /** -1 once the descriptor was given back. */
  #fd: number;
  #lastStatus: SocketStatus | null = null;
  #reads: PendingRead[] = [];
  #writes: PendingWrite[] = [];
  /** What every call answers once the connection has failed or was closed. */
  #error: Error | null = null;
  #closed = false;
  #ended = false;
  #endOfStream = false;

  /** Of an open connection's descriptor; `Stack.connect` and `TcpListener.accept` make these. */
  constructor(machine: Machine, fd: number) {
    super();
    this.#machine = machine;
    this.#fd = fd;
    const local: Endpoint = machine.calls.localName(fd);
    const remote: Endpoint = machine.calls.peerName(fd);
    this.localAddress = local.address;
    this.localPort = local.port;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
    machine.sockets.add(fd, this);
  }

  /** The next bytes, at least one; null at the end of the stream. Rejects with StackError, such as ECONNRESET. */
  read(): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      this.#reads.push({ resolve, reject });
      if (this.#reads.length === 1) this.#serveReads();
    });
  }

  /** Done when the stack has taken every byte; not when the peer has. Text is sent as UTF-8. */
  write(data: Uint8Array | string): Promise<void> {
    return this.#enqueue(typeof data === "string" ? encoder.encode(data) : data);
  }

  /** Ends our direction after everything written; the other side may still send (half-close). */
  end(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    const done = this.#enqueue(null);
    this.#ended = true;
    return done;
  }

  /** Gives the connection up after everything written; the stack sends what it has and says good-bye. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#error === null && !this.#ended) await this.#enqueueAtClose().catch(() => {});
    for (const read of this.#reads.splice(0)) read.resolve(null);
    this.#release();
    this.#error ??= stackError(-Errno.EBADF, "read");
  }

  /** Ends the connection at once with a reset; what was not acknowledged is lost. */
  abort(): void {
    this.#closed = true;
    if (this.#fd >= 0) {
      this.#keepStatus();
      this.#machine.sockets.remove(this.#fd);
      this.#machine.calls.abort(this.#fd);
      this.#fd = -1;
    }
    this.#fail(stackError(-Errno.ECONNABORTED, "abort", this.remoteAddress, this.remotePort));
  }

  /**
   * Like `write`, and the peer is told that everything up to the end of `data` is urgent (RFC 9293 §3.8.5). It stays in
   * the stream at its place (RFC 6093).
   */
  sendUrgent(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    if (bytes.length === 0) return Promise.reject(stackError(-Errno.EINVAL, "sendUrgent"));
    return this.#enqueue(bytes, true);
  }

  /** Bytes from the next one to be read to the end of what the peer called urgent; 0: there is none. */
  get urgentAhead(): number {
    return this.#fd < 0 ? 0 : this.#machine.calls.getOption(this.#fd, SocketOption.URGENT);
  }

  /** What the stack knows of the connection now; the last it knew once the descriptor is given back. */
  status(): SocketStatus | null {
    return this.#fd < 0 ? this.#lastStatus : this.#machine.statusOf(this.#fd);
  }

  /** A node stream over this connection, which from then on belongs to it. */
  toDuplex(): Duplex {
    return connectionDuplex(this);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let data = await this.read(); data !== null; data = await this.read()) yield data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  protected override optionTarget(syscall: string): OptionTarget {
    if (this.#fd < 0) throw stackError(-Errno.EBADF, syscall);
    return { calls: this.#machine.calls, fd: this.#fd };
  }

  event(mask: number): void {
    if (mask & (Event.URGENT | Event.TROUBLE)) this.#tellNews(mask);
    if (mask & Event.ERROR) {
      const errno = this.#machine.calls.takeError(this.#fd);
      if (errno < 0) this.#error = stackError(errno, "read", this.remoteAddress, this.remotePort);
    }
    if (this.#error !== null) this.#failWrites(this.#error);
    else if (mask & (Event.WRITABLE | Event.HANGUP)) this.#serveWrites();
    this.#serveReads();
    if (this.#error !== null && this.#fd >= 0 && !this.#hasUnread()) this.#release();
  }

  stackGone(error: Error): void {
    this.#fd = -1;
    this.#closed = true;
    this.#fail(error);
  }

  // What it is about is read now, for the application's reads will change it; an error of the callback is its own.
  #tellNews(mask: number): void {
    const { onUrgent, onTrouble } = this;
    const ahead = mask & Event.URGENT ? this.urgentAhead : 0;
    if (ahead > 0 && onUrgent !== null) queueMicrotask(() => onUrgent(ahead));
    if (!(mask & Event.TROUBLE) || onTrouble === null) return;
    const errno = this.getOption(SocketOption.SOFT_ERROR);
    const trouble = stackError(-errno, "write", this.remoteAddress, this.remotePort);
    if (errno > 0) queueMicrotask(() => onTrouble(trouble));
  }

  #enqueue(data: Uint8Array | null, urgent = false): Promise<void> {
    if (this.#error !== null) return Promise.reject(this.#error);
    if (this.#closed) return Promise.reject(stackError(-Errno.EBADF, "write"));
    if (this.#ended) return Promise.reject(stackError(-Errno.EPIPE, "write", this.remoteAddress, this.remotePort));
    return this.#append(data, urgent);
  }

  // The last write of a connection that is being closed: nothing may follow it.
  #enqueueAtClose(): Promise<void> {
    return this.#writes.length === 0 ? Promise.resolve() : this.#append(new Uint8Array(0));
  }

  #append(data: Uint8Array | null, urgent = false): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#writes.push({ data, offset: 0, urgent, resolve, reject });
      if (this.#writes.length === 1) this.#serveWrites();
    });
  }

  #serveWrites(): void {
    try {
      while (this.#writes.length > 0) {
        const write = this.#writes[0];
        if (write.data === null) {
          this.#machine.calls.shutdown(this.#fd, Shutdown.WRITE);
        } else {
          this.#queue(write, write.data);
          if (write.offset < write.data.length) return;
        }
        this.#writes.shift();
        write.resolve();
      }
      this.#releaseIfOver();
    } catch (error) {
      this.#failWrites(error as Error);
    }
  }

  #queue(write: PendingWrite, data: Uint8Array): void {
    const { calls } = this.#machine;
    const before = write.offset;
    write.offset = calls.queue(this.#fd, data, before);
    // The peer hears of it with the first byte, and where it ends with the last.
    if (write.urgent && write.offset > before) calls.setOption(this.#fd, SocketOption.URGENT, 1);
  }

  #serveReads(): void {
    try {
      while (this.#reads.length > 0) {
        const data = this.#take();
        if (data === undefined) return;
        this.#reads.shift()?.resolve(data);
      }
      this.#releaseIfOver();
    } catch (error) {
      this.#error ??= error as Error;
      this.#fail(this.#error);
      this.#release();
    }
  }

  // What lies ready; undefined when nothing does.
  #take(): Uint8Array | null | undefined {
    if (this.#endOfStream) return null;
    if (this.#fd < 0) throw this.#error ?? stackError(-Errno.EBADF, "read");
    if (this.#error !== null && !this.#hasUnread()) throw this.#error;
    const data = takeStream(this.#machine, this.#fd);
    if (data === null) this.#endOfStream = true;
    return data;
  }

  #hasUnread(): boolean {
    return this.#machine.core.exports.recvPeek(this.#fd) > 0;
  }

  // Both directions are over and told to the application: nobody needs the descriptor any more.
  #releaseIfOver(): void {
    if (this.#endOfStream && this.#ended && this.#writes.length === 0) this.#release();
  }

  #release(): void {
    if (this.#fd < 0) return;
    this.#keepStatus();
    const fd = this.#fd;
    this.#fd = -1;
    this.#machine.sockets.remove(fd);
    this.#machine.calls.close(fd);
  }

  #keepStatus(): void {
    this.#lastStatus = this.#machine.statusOf(this.#fd);
  }

  #fail(error: Error): void {
    this.#error ??= error;
    for (const read of this.#reads.splice(0)) read.reject(error);
    this.#failWrites(error);
  }

  #failWrites(error: Error): void {
    for (const write of this.#writes.splice(0)) write.reject(error);
  }
}
