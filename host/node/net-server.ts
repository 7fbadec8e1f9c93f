// `net.Server` over a stack.

import { EventEmitter, once } from "node:events";
import { getDefaultHighWaterMark } from "node:stream";
import { Errno } from "../../assembly/abi/errno.ts";
import { heedSignal } from "./aborting.ts";
import type { AddressInfo } from "./address.ts";
import { type Callback, callArguments, checkNumber, toInitialDelay, toPort } from "./arguments.ts";
import { describedError, errnoError, stateError, typeError, unsupportedError, valueError } from "./errors.ts";
import { ListenHandle } from "./listen-handle.ts";
import type { NetContext } from "./net-context.ts";
import type { Socket } from "./net-socket.ts";
import type { AcceptedOptions } from "./net-socket-options.ts";
import type { TcpHandle } from "./tcp-handle.ts";

export interface ServerOptions {
  allowHalfOpen?: boolean;
  pauseOnConnect?: boolean;
  noDelay?: boolean;
  keepAlive?: boolean;
  /** Milliseconds. */
  keepAliveInitialDelay?: number;
  highWaterMark?: number;
}

interface ListenCallOptions {
  port?: number | string | null;
  host?: string;
  path?: string;
  backlog?: number;
  ipv6Only?: boolean;
  exclusive?: boolean;
  signal?: AbortSignal;
  fd?: number;
}

/** Makes a socket for a connection; a stack's own class does it. */
export type SocketMaker = (options: AcceptedOptions) => Socket;

const DEFAULT_BACKLOG = 511;
const ANY_V4 = "0.0.0.0";
const ANY_V6 = "::";

export class Server extends EventEmitter {
  allowHalfOpen: boolean;
  pauseOnConnect: boolean;
  noDelay: boolean;
  keepAlive: boolean;
  /** Seconds, though it was given in milliseconds: so it is with Node. */
  keepAliveInitialDelay: number;
  highWaterMark: number;
  /** More connections at a time than this are dropped; undefined or 0: any number. */
  maxConnections: number | undefined;
  readonly context: NetContext;
  #makeSocket: SocketMaker;
  #handle: ListenHandle | null = null;
  #connections = 0;
  #referenced = true;
  /** Tells calls of `listen` apart that wait for a name. */
  #listens = 0;

  constructor(context: NetContext, makeSocket: SocketMaker, given?: ServerOptions | Callback, listener?: Callback) {
    super();
    if (given !== undefined && given !== null && typeof given !== "function" && typeof given !== "object") {
      throw typeError("options", "of type object", given);
    }
    const options = typeof given === "function" ? {} : { ...given };
    const onConnection = typeof given === "function" ? given : listener;
    if (typeof onConnection === "function") this.on("connection", onConnection);
    this.context = context;
    this.#makeSocket = makeSocket;
    this.allowHalfOpen = options.allowHalfOpen || false;
    this.pauseOnConnect = !!options.pauseOnConnect;
    this.noDelay = Boolean(options.noDelay);
    this.keepAlive = Boolean(options.keepAlive);
    this.keepAliveInitialDelay = Math.trunc(toInitialDelay(options.keepAliveInitialDelay) / 1000);
    this.highWaterMark = highWaterMark(options.highWaterMark);
  }

  get listening(): boolean {
    return this.#handle !== null;
  }

  /** The address it listens on; null when it does not. */
  address(): AddressInfo | null {
    return this.#handle?.name() ?? null;
  }

  listen(...args: unknown[]): this {
    const { options: given, callback } = callArguments(args);
    if (this.#handle !== null) throw stateError("ERR_SERVER_ALREADY_LISTEN");
    if (callback !== null) this.once("listening", callback);
    const options = { ...given } as ListenCallOptions;
    const isUnnamed = args.length === 0 || typeof args[0] === "function" || options.port === null;
    if (isUnnamed || ("port" in options && options.port === undefined)) options.port = 0;
    this.#listens++;
    const onAbort = (): void => {
      this.close();
    };
    heedSignal(this, options.signal, onAbort, () => process.nextTick(onAbort));
    if (typeof options.fd === "number" && options.fd >= 0) throw unsupportedError("Listening on a file descriptor");
    if (typeof options.port === "number" || typeof options.port === "string") {
      const port = toPort(options.port, "options.port");
      const backlog = options.backlog || backlogOf(args);
      if (options.host) this.#listenOnHost(options.host, port, backlog, options.ipv6Only === true);
      else this.#listenOnAny(port, backlog);
      return this;
    }
    if (typeof options.path === "string") throw unsupportedError("A local socket with a path");
    const reason = "port" in options || "path" in options ? undefined : 'must have the property "port" or "path"';
    throw valueError("options", given, reason);
  }

  #listenOnHost(host: string, port: number, backlog: number, ipv6Only: boolean): void {
    const call = this.#listens;
    this.context.lookup(host, {}, (error, address) => {
      if (call !== this.#listens) return;
      if (error) {
        this.emit("error", error);
        return;
      }
      const failed = this.#open(address as string, port, backlog, address === ANY_V6 && !ipv6Only);
      if (failed !== 0) this.#failSoon(failed, address as string, port);
    });
  }

  // In both versions of IP where the profile has both. What is in use already shows when it listens, not when it binds.
  #listenOnAny(port: number, backlog: number): void {
    const errno = this.#open(ANY_V6, port, backlog, true);
    if (errno === 0) return;
    if (errno === -Errno.EADDRINUSE) {
      this.#failSoon(errno, ANY_V6, port);
      return;
    }
    const failed = this.#open(ANY_V4, port, backlog, true);
    if (failed !== 0) this.#failSoon(failed, ANY_V4, port);
  }

  #open(address: string, port: number, backlog: number, both: boolean): number {
    const handle = new ListenHandle(this.context.machine, (errno, connection) => this.#accepted(errno, connection));
    const errno = handle.bind(address, port, both) || handle.listen(backlog || DEFAULT_BACKLOG);
    if (errno !== 0) {
      handle.release();
      return errno;
    }
    this.#handle = handle;
    if (!this.#referenced) handle.unref();
    handle.onGone = () => this.close();
    handle.onClosing = () => this.close();
    process.nextTick(() => {
      if (this.#handle !== null) this.emit("listening");
    });
    return 0;
  }

  #failSoon(errno: number, address: string, port: number): void {
    const error = describedError(errno, "listen", address, port);
    process.nextTick(() => this.emit("error", error));
  }

  #accepted(errno: number, handle: TcpHandle | null): void {
    if (handle === null) {
      this.emit("error", errnoError(errno, "accept"));
      return;
    }
    if (this.maxConnections && this.#connections >= this.maxConnections) {
      this.#drop(handle);
      return;
    }
    const socket = this.#makeSocket({
      handle,
      server: this,
      onDestroyed: () => this.#connectionGone(),
      allowHalfOpen: this.allowHalfOpen,
      pauseOnCreate: this.pauseOnConnect,
      readableHighWaterMark: this.highWaterMark,
      writableHighWaterMark: this.highWaterMark,
    });
    if (this.noDelay) socket.setNoDelay(true);
    if (this.keepAlive) socket.setKeepAlive(true, this.keepAliveInitialDelay * 1000);
    this.#connections++;
    this.emit("connection", socket);
  }

  #drop(handle: TcpHandle): void {
    const local = handle.localName();
    const remote = handle.remoteName();
    this.emit("drop", {
      localAddress: local?.address,
      localPort: local?.port,
      localFamily: local?.family,
      remoteAddress: remote?.address,
      remotePort: remote?.port,
      remoteFamily: remote?.family,
    });
    handle.release(() => {});
  }

  #connectionGone(): void {
    this.#connections--;
    this.#closeIfDrained();
  }

  /** Calls back with (null, number of connections). */
  getConnections(callback: (error: Error | null, count: number) => void): this {
    const count = this.#connections;
    process.nextTick(() => callback(null, count));
    return this;
  }

  /** Stops listening; "close" follows when the last connection has gone. */
  close(callback?: (error?: Error) => void): this {
    this.#listens++;
    if (typeof callback === "function") {
      const wasListening = this.#handle !== null;
      this.once("close", () => (wasListening ? callback() : callback(stateError("ERR_SERVER_NOT_RUNNING"))));
    }
    this.#handle?.release();
    this.#handle = null;
    this.#closeIfDrained();
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#handle === null) return;
    const closed = once(this, "close");
    this.close();
    await closed;
  }

  #closeIfDrained(): void {
    if (this.#handle === null && this.#connections === 0) process.nextTick(() => this.emit("close"));
  }

  /** What becomes of a rejection of an asynchronous listener, where `captureRejections` is on. */
  override [EventEmitter.captureRejectionSymbol](error: Error, event: string, socket?: Socket): void {
    if (event === "connection") socket?.destroy(error);
    else this.emit("error", error);
  }

  ref(): this {
    this.#referenced = true;
    this.#handle?.ref();
    return this;
  }

  unref(): this {
    this.#referenced = false;
    this.#handle?.unref();
    return this;
  }
}

function highWaterMark(value: number | undefined): number {
  if (value === undefined) return getDefaultHighWaterMark(false);
  checkNumber(value, "options.highWaterMark");
  return value < 0 ? getDefaultHighWaterMark(false) : value;
}

// (port, backlog), (port, host, backlog).
function backlogOf(args: unknown[]): number {
  const number = (value: unknown): number => (Number(value) >= 0 ? Number(value) : 0);
  return (args.length > 1 && number(args[1])) || (args.length > 2 && number(args[2])) || 0;
}
