// What `net.Socket` stands on, and what is known of that: its handle, addresses and counts, its options, its idle time.

import { Duplex } from "node:stream";
import type { SocketOption } from "../../assembly/abi/sockets.ts";
import type { TcpOptions } from "../socket/tcp-options.ts";
import type { SocketStatus } from "../status.ts";
import type { AddressInfo } from "./address.ts";
import { checkFunction, toInitialDelay, toTimeout } from "./arguments.ts";
import { IdleTimer } from "./idle-timer.ts";
import type { NetContext } from "./net-context.ts";
import { type AcceptedOptions, streamOptions } from "./net-socket-options.ts";
import type { TcpHandle } from "./tcp-handle.ts";

export interface Chunk {
  chunk: Buffer | string;
  encoding: BufferEncoding;
}

export abstract class SocketBase extends Duplex {
  /** Between `connect` and its outcome. */
  connecting = false;
  /** Milliseconds of `setTimeout`. */
  timeout: number | undefined = undefined;
  /** What it stands on; null before `connect` and after `destroy`. Nobody's business but this folder's. */
  handle: TcpHandle | null = null;
  readonly context: NetContext;
  /** Of writes that the core has not taken whole, bytes left when that was last looked at. */
  protected lastWriteQueue = 0;
  /** What was written before the connection is there. */
  protected waiting: Chunk[] | null = null;
  #noDelay: boolean;
  #keepAlive: boolean;
  #keepAliveSeconds: number;
  /** Null until somebody wants to know of silence. */
  #idle: IdleTimer | null = null;
  #localName: AddressInfo | null = null;
  #remoteName: AddressInfo | null = null;
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(context: NetContext, given: AcceptedOptions) {
    const initialDelay = toInitialDelay(given.keepAliveInitialDelay);
    super(streamOptions(given));
    this.context = context;
    this.#noDelay = Boolean(given.noDelay);
    this.#keepAlive = Boolean(given.keepAlive);
    this.#keepAliveSeconds = Math.trunc(initialDelay / 1000);
  }

  // --- The handle

  /** Stands on another handle from now on. */
  attach(handle: TcpHandle): void {
    this.handle = handle;
    this.#localName = null;
  }

  /** Stands on none any more; what was counted stays. */
  protected detach(): void {
    this.#bytesRead = this.bytesRead;
    this.#bytesWritten = this.handle?.bytesWritten ?? this.#bytesWritten;
    this.#idle?.stop();
    this.handle = null;
    this.#localName = null;
  }

  /** Knows nobody any more: it begins anew. */
  protected forgetPeer(): void {
    this.#remoteName = null;
    this.#localName = null;
  }

  protected connectionIsThere(): void {
    this.connecting = false;
    this.#localName = null;
    this.refreshTimeout();
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
    if (this.lastWriteQueue > 0 && this.lastWriteQueue !== left) {
      this.lastWriteQueue = left;
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

  /** The options that a connection begins with. */
  connectionOptions(): TcpOptions {
    const keepAlive = this.#keepAlive ? { keepAlive: true, keepAliveInitialDelay: this.#keepAliveSeconds * 1000 } : {};
    return { ...keepAlive, ...(this.#noDelay ? { noDelay: true } : {}) };
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
    return (this.handle?.bytesWritten ?? this.#bytesWritten) + sum(waiting) + sum(this.waiting ?? []);
  }

  /** What the stack knows of the connection: state, windows, round-trip times; null when there is none. */
  status(): SocketStatus | null {
    return this.handle?.status() ?? null;
  }

  /** Sets an option of the stack's, in its unit. Throws StackError. */
  setOption(option: SocketOption, value: number): this {
    this.handle?.setOption(option, value);
    return this;
  }
}

export function bytesOf({ chunk, encoding }: Chunk): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
}
