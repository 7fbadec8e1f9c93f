// `net.Socket` over a stack: a Duplex with the options, properties, events and order of events of Node's.

import { addAbortSignal, Duplex, type DuplexOptions } from "node:stream";
import type { SocketOption } from "../../assembly/abi/sockets.ts";
import type { TcpOptions } from "../socket/tcp-options.ts";
import type { AddressInfo } from "./address.ts";
import { callArguments, checkFunction, checkSignal, refuseObjectMode, toInitialDelay, toTimeout } from "./arguments.ts";
import { errnoError, missingOneError, stateError, unsupportedError } from "./errors.ts";
import { goneError } from "./handle.ts";
import { IdleTimer } from "./idle-timer.ts";
import { type ConnectCallOptions, lookupAndConnect } from "./net-connect.ts";
import type { NetContext } from "./net-context.ts";
import type { Reader } from "./tcp-handle.ts";
import { TcpHandle } from "./tcp-handle.ts";

/** What `onread` gives: memory for what comes, or a function that does, and who is told of it. */
export interface OnReadOptions {
  buffer: Uint8Array | (() => Uint8Array);
  /** False: no more for now. */
  callback(bytes: number, buffer: Uint8Array): boolean | undefined;
}

export interface SocketOptions {
  allowHalfOpen?: boolean;
  readable?: boolean;
  writable?: boolean;
  signal?: AbortSignal;
  onread?: OnReadOptions;
  noDelay?: boolean;
  keepAlive?: boolean;
  /** Milliseconds. */
  keepAliveInitialDelay?: number;
  highWaterMark?: number;
  readableHighWaterMark?: number;
  writableHighWaterMark?: number;
  encoding?: BufferEncoding;
  defaultEncoding?: BufferEncoding;
  fd?: number;
}

/** What a server adds for a connection that it has accepted. */
export interface AcceptedOptions extends SocketOptions {
  handle?: TcpHandle;
  pauseOnCreate?: boolean;
  /** The server that has accepted it. */
  server?: object;
  /** Tells the server that the connection is no more. */
  onDestroyed?: () => void;
}

interface Chunk {
  chunk: Buffer | string;
  encoding: BufferEncoding;
}

type Written = (error?: Error | null) => void;

export class Socket extends Duplex implements Reader {
  /** Between `connect` and its outcome. */
  connecting = false;
  /** Milliseconds of `setTimeout`. */
  timeout: number | undefined = undefined;
  /** Addresses that `autoSelectFamily` has tried, each with its port. */
  autoSelectFamilyAttemptedAddresses: string[] | undefined = undefined;
  /** The server that has accepted it; null of a client. Servers above, such as http's, put themselves here. */
  server: object | null;
  /** What it stands on; null before `connect` and after `destroy`. Nobody's business but this folder's. */
  handle: TcpHandle | null = null;
  readonly context: NetContext;
  #onDestroyed: (() => void) | null;
  #noDelay: boolean;
  #keepAlive: boolean;
  #keepAliveSeconds: number;
  /** Null until somebody wants to know of silence. */
  #idle: IdleTimer | null = null;
  /** Of writes that the core has not taken whole, bytes left when that was last looked at. */
  #lastWriteQueue = 0;
  #pending: Chunk[] | null = null;
  #resetting = false;
  #endedByPeer = false;
  #onread: OnReadOptions | null = null;
  #buffer: Uint8Array | null = null;
  #localName: AddressInfo | null = null;
  #remoteName: AddressInfo | null = null;
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(context: NetContext, options: AcceptedOptions | number = {}) {
    const given: AcceptedOptions = typeof options === "number" ? { fd: options } : options;
    refuseObjectMode(given as Record<string, unknown>);
    const initialDelay = toInitialDelay(given.keepAliveInitialDelay);
    if (given.fd !== undefined) throw unsupportedError("A socket of a file descriptor");
    super(streamOptions(given));
    this.context = context;
    this.server = given.server ?? null;
    this.#onDestroyed = given.onDestroyed ?? null;
    this.#noDelay = Boolean(given.noDelay);
    this.#keepAlive = Boolean(given.keepAlive);
    this.#keepAliveSeconds = Math.trunc(initialDelay / 1000);
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

  /** Stands on another handle from now on. */
  attach(handle: TcpHandle): void {
    this.handle = handle;
    this.#localName = null;
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
    this.handle = null;
    this.#remoteName = null;
    this.#localName = null;
    this.#endedByPeer = false;
    (this as unknown as { _undestroy(): void })._undestroy();
  }

  /** The options that a connection begins with. */
  connectionOptions(): TcpOptions {
    const keepAlive = this.#keepAlive ? { keepAlive: true, keepAliveInitialDelay: this.#keepAliveSeconds * 1000 } : {};
    return { ...keepAlive, ...(this.#noDelay ? { noDelay: true } : {}) };
  }

  /** The connection is there. */
  connected(): void {
    this.connecting = false;
    this.#localName = null;
    this.refreshTimeout();
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
    this.#pending = null;
    const handle = this.handle;
    if (handle === null) {
      done(stateError("ERR_SOCKET_CLOSED"));
      return;
    }
    this.refreshTimeout();
    const data = chunks.length === 1 ? bytesOf(chunks[0]) : Buffer.concat(chunks.map(bytesOf));
    const taken = handle.write(data, (errno) => this.#sent(errno, done));
    if (taken) done();
    else this.#lastWriteQueue = data.length;
  }

  #sent(errno: number, done: Written): void {
    this.#lastWriteQueue = 0;
    if (this.destroyed) {
      done(null);
      return;
    }
    this.refreshTimeout();
    done(errno === 0 ? null : errnoError(errno, "write"));
  }

  #sendOnceConnected(chunks: Chunk[], done: Written): void {
    this.#pending = chunks;
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
    this.#idle?.stop();
    const handle = this.handle;
    if (handle === null) {
      done(error);
      process.nextTick(() => this.emit("close"));
    } else {
      this.#bytesRead = handle.bytesRead;
      this.#bytesWritten = handle.bytesWritten;
      const onClosed = (): void => {
        this.emit("close", error !== null);
      };
      if (this.#resetting) handle.reset(onClosed);
      else handle.release(onClosed);
      this.#resetting = false;
      this.handle = null;
      this.#localName = null;
      done(error);
    }
    this.#onDestroyed?.();
  }

  // --- Idle time

  setTimeout(milliseconds: number, callback?: () => void): this {
    if (this.destroyed) return this;
    this.timeout = milliseconds;
    const wait = toTimeout(milliseconds, "msecs");
    this.#idle ??= new IdleTimer(this.context.machine.clock, () => this.#onIdle());
    this.#idle.stop();
    if (wait > 0) this.#idle.start(wait);
    if (callback === undefined) return this;
    checkFunction(callback, "callback");
    if (wait > 0) this.once("timeout", callback);
    else this.off("timeout", callback);
    return this;
  }

  /** Something has happened on the connection. */
  refreshTimeout(): void {
    this.#idle?.refresh();
  }

  // A write that makes progress is no silence.
  #onIdle(): void {
    const left = this.handle?.writeQueueSize ?? 0;
    if (this.#lastWriteQueue > 0 && this.#lastWriteQueue !== left) {
      this.#lastWriteQueue = left;
      this.refreshTimeout();
      return;
    }
    this.emit("timeout");
  }

  // --- Options

  setNoDelay(on?: boolean): this {
    const wanted = on === undefined ? true : Boolean(on);
    if (wanted !== this.#noDelay) this.handle?.setNoDelay(wanted);
    this.#noDelay = wanted;
    return this;
  }

  setKeepAlive(on?: boolean, initialDelay?: number): this {
    const wanted = Boolean(on);
    const seconds = Math.trunc((initialDelay ?? 0) / 1000);
    const changes = wanted !== this.#keepAlive || (wanted && seconds !== this.#keepAliveSeconds);
    this.#keepAlive = wanted;
    this.#keepAliveSeconds = seconds;
    if (changes) this.handle?.setKeepAlive(wanted, seconds);
    return this;
  }

  ref(): this {
    if (this.handle === null) this.once("connect", this.ref);
    else this.handle.ref();
    return this;
  }

  unref(): this {
    if (this.handle === null) this.once("connect", this.unref);
    else this.handle.unref();
    return this;
  }

  // --- What is known of it

  address(): AddressInfo | Record<string, never> {
    return this.#local() ?? {};
  }

  #local(): AddressInfo | null {
    if (this.handle === null) return null;
    this.#localName ??= this.handle.localName();
    return this.#localName;
  }

  #remote(): AddressInfo | null {
    if (this.handle !== null && !this.connecting) this.#remoteName ??= this.handle.remoteName();
    return this.#remoteName;
  }

  get localAddress(): string | undefined {
    return this.#local()?.address;
  }

  get localPort(): number | undefined {
    return this.#local()?.port;
  }

  get localFamily(): string | undefined {
    return this.#local()?.family;
  }

  get remoteAddress(): string | undefined {
    return this.#remote()?.address;
  }

  get remotePort(): number | undefined {
    return this.#remote()?.port;
  }

  get remoteFamily(): string | undefined {
    return this.#remote()?.family;
  }

  get pending(): boolean {
    return this.handle === null || this.connecting;
  }

  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  /** Bytes, or characters, that wait in the stream. */
  get bufferSize(): number | undefined {
    return this.handle === null ? undefined : this.writableLength;
  }

  get bytesRead(): number {
    return this.handle?.bytesRead ?? this.#bytesRead;
  }

  /** Bytes handed over, and those that still wait. */
  get bytesWritten(): number {
    const waiting = (this as unknown as { writableBuffer?: Chunk[] }).writableBuffer ?? [];
    const sum = (chunks: Chunk[]): number => chunks.reduce((bytes, chunk) => bytes + bytesOf(chunk).length, 0);
    return (this.handle?.bytesWritten ?? this.#bytesWritten) + sum(waiting) + sum(this.#pending ?? []);
  }

  /** What the stack knows of the connection: state, windows, round-trip times; null when there is none. */
  status(): ReturnType<NetContext["machine"]["statusOf"]> {
    return this.handle?.status() ?? null;
  }

  /** Sets an option of the stack's, in its unit. Throws StackError. */
  setOption(option: SocketOption, value: number): this {
    this.handle?.setOption(option, value);
    return this;
  }
}

// Text is not made to bytes before it is sent, so that lengths are those that Node tells; "close" is ours to emit. Always
// of one shape, for the constructors of streams look for many options.
function streamOptions(given: AcceptedOptions): DuplexOptions {
  const options: DuplexOptions & Pick<SocketOptions, "readable" | "writable"> = {
    allowHalfOpen: Boolean(given.allowHalfOpen),
    readable: given.readable,
    writable: given.writable,
    highWaterMark: given.highWaterMark,
    readableHighWaterMark: given.readableHighWaterMark,
    writableHighWaterMark: given.writableHighWaterMark,
    encoding: given.encoding,
    defaultEncoding: given.defaultEncoding,
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  };
  return options;
}

function bytesOf({ chunk, encoding }: Chunk): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
}
