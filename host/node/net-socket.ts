// `net.Socket` over a stack: a Duplex with the options, properties, events and order of events of Node's.

import { addAbortSignal } from "node:stream";
import { callArguments, checkSignal, refuseObjectMode } from "./arguments.ts";
import { errnoError, missingOneError, stateError, unsupportedError } from "./errors.ts";
import { goneError } from "./handle.ts";
import { type ConnectCallOptions, lookupAndConnect } from "./net-connect.ts";
import type { NetContext } from "./net-context.ts";
import { bytesOf, type Chunk, SocketBase } from "./net-socket-base.ts";
import type { AcceptedOptions, OnReadOptions } from "./net-socket-options.ts";
import { type Reader, TcpHandle } from "./tcp-handle.ts";

type Written = (error?: Error | null) => void;

export class Socket extends SocketBase implements Reader {
  /** Addresses that `autoSelectFamily` has tried, each with its port. */
  autoSelectFamilyAttemptedAddresses: string[] | undefined = undefined;
  /** The server that has accepted it; null of a client. Servers above, such as http's, put themselves here. */
  server: object | null;
  #onDestroyed: (() => void) | null;
  #resetting = false;
  #endedByPeer = false;
  #onread: OnReadOptions | null = null;
  #buffer: Uint8Array | null = null;

  constructor(context: NetContext, options: AcceptedOptions | number = {}) {
    const given: AcceptedOptions = typeof options === "number" ? { fd: options } : options;
    refuseObjectMode(given as Record<string, unknown>);
    if (given.fd !== undefined) throw unsupportedError("A socket of a file descriptor");
    super(context, given);
    this.server = given.server ?? null;
    this.#onDestroyed = given.onDestroyed ?? null;
    this.#takeOnread(given.onread);
    this.on("end", () => {
      this.#endedByPeer = !this.allowHalfOpen;
    });
    if (given.handle) this.#begin(given.handle, given);
    if (given.signal !== undefined) {
      checkSignal(given.signal, "options.signal");
      addAbortSignal(given.signal, this);
    }
  }

  #begin(handle: TcpHandle, { pauseOnCreate, readable }: AcceptedOptions): void {
    this.attach(handle);
    if (readable === false) return;
    if (pauseOnCreate) this.pause();
    else this.read(0);
  }

  override attach(handle: TcpHandle): void {
    super.attach(handle);
    handle.onGone = (error) => this.#gone(error);
    handle.onClosing = () => this.destroySoon();
  }

  #gone(error: Error): void {
    const reason = goneError(error, this.connecting ? "connect" : "read");
    if (reason === null) this.destroy();
    else this.destroy(reason);
  }

  // --- Connecting

  connect(...args: unknown[]): this {
    const { options, callback } = callArguments(args);
    if (callback !== null) this.once("connect", callback);
    if (options.port === undefined && options.path == null) throw missingOneError("options", "port", "path");
    if (options.path) throw unsupportedError("A local socket with a path");
    if (this.destroyed) this.#revive();
    if (this.handle === null) this.attach(new TcpHandle(this.context.machine));
    this.refreshTimeout();
    this.connecting = true;
    lookupAndConnect(this, options as unknown as ConnectCallOptions);
    return this;
  }

  // A socket that was destroyed may connect again: the stream begins anew (Node's streams have this for it).
  #revive(): void {
    this.forgetPeer();
    this.#endedByPeer = false;
    (this as unknown as { _undestroy(): void })._undestroy();
  }

  /** The connection is there. */
  connected(): void {
    this.connectionIsThere();
    this.emit("connect");
    this.emit("ready");
    if (this.readable && !this.isPaused()) this.read(0);
  }

  // --- Reading

  get target(): Uint8Array | null {
    return this.#buffer;
  }

  #takeOnread(onread: OnReadOptions | undefined): void {
    if (onread === null || typeof onread !== "object" || typeof onread.callback !== "function") return;
    if (!(onread.buffer instanceof Uint8Array) && typeof onread.buffer !== "function") return;
    this.#onread = onread;
    this.#buffer = typeof onread.buffer === "function" ? onread.buffer() : onread.buffer;
  }

  override _read(size: number): void {
    if (this.connecting || this.handle === null) this.once("connect", () => this._read(size));
    else if (!this.handle.reading) this.handle.readStart(this);
  }

  received(data: Uint8Array | null, bytes: number): boolean {
    this.refreshTimeout();
    if (this.destroyed) return false;
    if (data !== null) return this.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    return this.#readInto(bytes);
  }

  #readInto(bytes: number): boolean {
    const onread = this.#onread;
    if (onread === null || this.#buffer === null) return false;
    const more = onread.callback(bytes, this.#buffer) !== false;
    if (typeof onread.buffer === "function") this.#buffer = onread.buffer();
    return more;
  }

  ended(errno: number): void {
    this.refreshTimeout();
    if (errno !== 0) {
      this.destroy(errnoError(errno, "read"));
    } else if (!this.readableEnded) {
      this.push(null);
      this.read(0);
    }
  }

  // With `onread`, nothing is kept in the stream that could hold the connection back: reading itself stops.
  override pause(): this {
    if (this.#onread !== null && !this.connecting) this.handle?.readStop();
    return super.pause();
  }

  override resume(): this {
    this.#resumeOnread();
    return super.resume();
  }

  // biome-ignore lint/suspicious/noExplicitAny: as the streams of Node declare it.
  override read(size?: number): any {
    this.#resumeOnread();
    return super.read(size);
  }

  #resumeOnread(): void {
    const handle = this.handle;
    if (this.#onread !== null && !this.connecting && handle !== null && !handle.reading) handle.readStart(this);
  }

  // --- Writing

  override write(chunk: unknown, ...rest: unknown[]): boolean {
    if (this.#endedByPeer && this.writableEnded) return this.#writeAfterEnd(rest);
    return super.write(chunk, ...(rest as [BufferEncoding, Written]));
  }

  // It was not this side that has ended the stream, so "write after end" would put the blame where it does not belong.
  #writeAfterEnd(rest: unknown[]): boolean {
    const error = Object.assign(new Error("This socket has been ended by the other party"), { code: "EPIPE" });
    const done = rest.find((value) => typeof value === "function") as Written | undefined;
    if (done) process.nextTick(done, error);
    this.destroy(error);
    return false;
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: Written): void {
    this.#send([{ chunk, encoding }], done);
  }

  override _writev(chunks: Chunk[], done: Written): void {
    this.#send(chunks, done);
  }

  #send(chunks: Chunk[], done: Written): void {
    if (this.connecting) {
      this.#sendOnceConnected(chunks, done);
      return;
    }
    this.waiting = null;
    const handle = this.handle;
    if (handle === null) {
      done(stateError("ERR_SOCKET_CLOSED"));
      return;
    }
    this.refreshTimeout();
    const data = chunks.length === 1 ? bytesOf(chunks[0]) : Buffer.concat(chunks.map(bytesOf));
    const taken = handle.write(data, (errno) => this.#sent(errno, done));
    if (taken) done();
    else this.lastWriteQueue = data.length;
  }

  #sent(errno: number, done: Written): void {
    this.lastWriteQueue = 0;
    if (this.destroyed) {
      done(null);
      return;
    }
    this.refreshTimeout();
    done(errno === 0 ? null : errnoError(errno, "write"));
  }

  #sendOnceConnected(chunks: Chunk[], done: Written): void {
    this.waiting = chunks;
    const onClose = (): void => done(stateError("ERR_SOCKET_CLOSED_BEFORE_CONNECTION"));
    this.once("connect", () => {
      this.off("close", onClose);
      this.#send(chunks, done);
    });
    this.once("close", onClose);
  }

  override end(...args: unknown[]): this {
    super.end(...(args as [unknown, BufferEncoding, () => void]));
    return this;
  }

  override _final(done: Written): void {
    if (this.pending) {
      this.once("connect", () => this._final(done));
      return;
    }
    this.handle?.shutdown((errno) => done(errno === 0 ? null : errnoError(errno, "shutdown")));
  }

  // --- Ending

  /** Ends when everything is written, and is then destroyed. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", this.destroy);
  }

  /** Ends the connection with a RST. */
  resetAndDestroy(): this {
    if (this.handle === null) {
      this.destroy(stateError("ERR_SOCKET_CLOSED"));
    } else if (this.connecting) {
      this.once("connect", () => this.#reset());
    } else {
      this.#reset();
    }
    return this;
  }

  #reset(): void {
    this.#resetting = true;
    this.destroy();
  }

  override _destroy(error: Error | null, done: Written): void {
    this.connecting = false;
    const { handle } = this;
    this.detach();
    if (handle === null) {
      done(error);
      process.nextTick(() => this.emit("close"));
    } else {
      const onClosed = (): void => {
        this.emit("close", error !== null);
      };
      if (this.#resetting) handle.reset(onClosed);
      else handle.release(onClosed);
      this.#resetting = false;
      done(error);
    }
    this.#onDestroyed?.();
  }
}
