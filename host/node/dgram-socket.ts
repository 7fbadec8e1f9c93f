// `dgram.Socket` over a stack.

import { EventEmitter, once } from "node:events";
import { SocketOption } from "../../assembly/abi/sockets.ts";
import { heedSignal } from "./aborting.ts";
import type { AddressInfo, Family } from "./address.ts";
import { checkInteger, checkNumber, checkString, toPort } from "./arguments.ts";
import { DatagramHandle, type DatagramReader } from "./datagram-handle.ts";
import { type SendArguments, sendArguments, toDatagram } from "./dgram-send.ts";
import { codedError, endpointError, errnoError, missingError, stateError, unsupportedError } from "./errors.ts";
import { goneError } from "./handle.ts";
import type { NetContext } from "./net-context.ts";

export type SocketType = "udp4" | "udp6";

/** How a socket finds the address of a name: `dns.lookup` with a family. */
export type DatagramLookup = (
  hostname: string,
  family: Family,
  callback: (error: Error | null, address: string, family: number) => void,
) => void;

export interface DatagramSocketOptions {
  type: SocketType;
  reuseAddr?: boolean;
  ipv6Only?: boolean;
  recvBufferSize?: number;
  sendBufferSize?: number;
  lookup?: DatagramLookup;
  signal?: AbortSignal;
}

/** Where a datagram came from. */
export interface RemoteInfo extends AddressInfo {
  size: number;
}

type MessageListener = (message: Buffer, from: RemoteInfo) => void;
type Done = (error: Error | null, bytes?: number) => void;

const FAMILIES: Record<string, Family> = { udp4: 4, udp6: 6 };
const ANY = { 4: "0.0.0.0", 6: "::" };
const LOOPBACK = { 4: "127.0.0.1", 6: "::1" };
const MOST_BYTES = 0xffff_ffff;

export class Socket extends EventEmitter implements DatagramReader {
  readonly type: SocketType;
  readonly context: Pick<NetContext, "machine" | "lookup">;
  #options: DatagramSocketOptions;
  #family: Family;
  #handle: DatagramHandle | null;
  #binding: "unbound" | "binding" | "bound" = "unbound";
  #peer: "none" | "connecting" | "connected" = "none";
  /** What waits for the socket to be bound. */
  #queue: (() => void)[] | null = null;

  constructor(
    context: Pick<NetContext, "machine" | "lookup">,
    given: DatagramSocketOptions | SocketType,
    listener?: MessageListener,
  ) {
    super();
    const options = typeof given === "object" && given !== null ? { ...given } : { type: given };
    const family = FAMILIES[options.type];
    if (options.recvBufferSize) checkInteger(options.recvBufferSize, "options.recvBufferSize", 0, MOST_BYTES);
    if (options.sendBufferSize) checkInteger(options.sendBufferSize, "options.sendBufferSize", 0, MOST_BYTES);
    if (family === undefined) {
      throw codedError(TypeError, "ERR_SOCKET_BAD_TYPE", "Bad socket type specified. Valid types are: udp4, udp6");
    }
    this.context = context;
    this.type = options.type;
    this.#options = options;
    this.#family = family;
    this.#handle = new DatagramHandle(context.machine, family, this);
    this.#handle.onGone = (error) => this.#gone(error);
    this.#handle.onClosing = () => this.close();
    if (typeof listener === "function") this.on("message", listener);
    const onAbort = (): void => {
      if (this.#handle !== null) this.close();
    };
    heedSignal(this, options.signal, onAbort, onAbort);
  }

  #gone(error: Error): void {
    const reason = goneError(error, "recvmsg");
    if (reason !== null) this.emit("error", reason);
    if (this.#handle !== null) this.close();
  }

  #open(): DatagramHandle {
    if (this.#handle === null) throw stateError("ERR_SOCKET_DGRAM_NOT_RUNNING");
    return this.#handle;
  }

  #lookup(hostname: string, callback: (error: Error | null, address: string) => void): void {
    const family = this.#family;
    const name = hostname || LOOPBACK[family];
    if (this.#options.lookup) this.#options.lookup(name, family, callback);
    else this.context.lookup(name, { family }, (error, address) => callback(error, address as string));
  }

  // --- Binding

  bind(...args: unknown[]): this {
    this.#open();
    if (this.#binding !== "unbound") throw stateError("ERR_SOCKET_ALREADY_BOUND");
    this.#binding = "binding";
    const last = args[args.length - 1];
    if (typeof last === "function") this.#onceBound(last as () => void);
    const [first, second] = args;
    const isObject = typeof first === "object" && first !== null;
    const where = (isObject ? first : { port: first, address: second }) as {
      port?: unknown;
      address?: unknown;
      fd?: unknown;
    };
    if (where.fd !== undefined) throw unsupportedError("A socket of a file descriptor");
    const address = typeof where.address === "string" && where.address ? where.address : ANY[this.#family];
    const port = typeof where.port === "function" || !where.port ? 0 : toPort(where.port);
    this.#lookup(address, (error, found) => this.#bindTo(error, found, port));
    return this;
  }

  // The callback of `bind` hears of success alone.
  #onceBound(callback: () => void): void {
    const forget = (): void => {
      this.off("error", forget);
      this.off("listening", onListening);
    };
    const onListening = (): void => {
      forget();
      callback.call(this);
    };
    this.on("error", forget);
    this.on("listening", onListening);
  }

  #bindTo(error: Error | null, address: string, port: number): void {
    const handle = this.#handle;
    if (handle === null) return;
    const errno = error === null && !handle.isBound ? handle.bind(address, port, this.#options) : 0;
    const failure = error ?? (errno === 0 ? null : endpointError(errno, "bind", address, port));
    if (failure !== null) {
      this.#binding = "unbound";
      this.#queue = null;
      this.emit("error", failure);
      return;
    }
    this.#binding = "bound";
    this.emit("listening");
    const queue = this.#queue ?? [];
    this.#queue = null;
    for (const act of queue) act();
  }

  // Binds, unless it is bound, and acts when that is done.
  #whenBound(act: () => void): void {
    if (this.#binding === "unbound") this.bind({ port: 0 });
    if (this.#binding === "bound") {
      act();
    } else {
      this.#queue ??= [];
      this.#queue.push(act);
    }
  }

  // --- The one peer

  connect(port: unknown, ...rest: unknown[]): void {
    const checked = toPort(port, "Port", 1);
    const callback = rest.find((value) => typeof value === "function") as ((error?: Error) => void) | undefined;
    const address = typeof rest[0] === "function" || rest[0] === undefined ? "" : rest[0];
    checkString(address, "address");
    if (this.#peer !== "none") throw stateError("ERR_SOCKET_DGRAM_IS_CONNECTED");
    this.#open();
    this.#peer = "connecting";
    this.#whenBound(() => {
      if (callback) this.once("connect", callback);
      this.#lookup(address, (error, found) => this.#connectTo(error, found, checked, address, callback));
    });
  }

  #connectTo(
    error: Error | null,
    found: string,
    port: number,
    address: string,
    callback?: (error?: Error) => void,
  ): void {
    if (this.#handle === null) return;
    const errno = error === null ? this.#handle.connect(found, port) : 0;
    const failure = error ?? (errno === 0 ? null : endpointError(errno, "connect", address, port));
    this.#peer = failure === null ? "connected" : "none";
    process.nextTick(() => {
      if (failure === null) {
        this.emit("connect");
      } else if (callback) {
        this.off("connect", callback);
        callback(failure);
      } else {
        this.emit("error", failure);
      }
    });
  }

  disconnect(): void {
    if (this.#peer !== "connected") throw stateError("ERR_SOCKET_DGRAM_NOT_CONNECTED");
    throwIf(this.#open().disconnect(), "connect");
    this.#peer = "none";
  }

  remoteAddress(): AddressInfo {
    const handle = this.#open();
    if (this.#peer !== "connected") throw stateError("ERR_SOCKET_DGRAM_NOT_CONNECTED");
    return named(handle.remoteName(), "getpeername");
  }

  // --- Sending and receiving

  send(...args: unknown[]): void {
    const request = sendArguments(args, this.#peer === "connected");
    this.#open();
    this.#whenBound(() => this.#send(request));
  }

  /** As `send`, with every argument. */
  sendto(buffer: unknown, offset: unknown, length: unknown, port: unknown, address: unknown, callback?: Done): void {
    checkNumber(offset, "offset");
    checkNumber(length, "length");
    checkNumber(port, "port");
    checkString(address, "address");
    this.send(buffer, offset, length, port, address, callback);
  }

  #send({ list, port, address, callback }: SendArguments): void {
    if (port === null) this.#sendTo(null, { list, port, address, callback }, null);
    else this.#lookup(address ?? "", (error, found) => this.#sendTo(error, { list, port, address, callback }, found));
  }

  #sendTo(error: Error | null, request: SendArguments, found: string | null): void {
    const { list, port, address, callback } = request;
    if (error !== null) {
      process.nextTick(() => (callback ? callback(error) : this.emit("error", error)));
      return;
    }
    if (this.#handle === null) return;
    const data = toDatagram(list);
    const to = found === null || port === null ? null : { address: found, port };
    const sent = this.#handle.send(data, to, (errno) => {
      if (errno === 0) callback?.(null, data.length);
      else callback?.(endpointError(errno, "send", address as string, port ?? undefined));
    });
    if (sent && callback) process.nextTick(callback, null, data.length);
  }

  datagram(data: Uint8Array, from: AddressInfo): void {
    const message = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.emit("message", message, { ...from, size: data.length });
  }

  failed(errno: number): void {
    this.emit("error", errnoError(errno, "recvmsg"));
  }

  // --- Ending

  close(callback?: () => void): this {
    if (typeof callback === "function") this.on("close", callback);
    if (this.#queue !== null) {
      this.#queue.push(() => this.close());
      return this;
    }
    this.#open().release();
    this.#handle = null;
    process.nextTick(() => this.emit("close"));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#handle === null) return;
    const closed = once(this, "close");
    this.close();
    await closed;
  }

  ref(): this {
    this.#handle?.ref();
    return this;
  }

  unref(): this {
    this.#handle?.unref();
    return this;
  }

  // --- Options

  address(): AddressInfo {
    return named(this.#open().localName(), "getsockname");
  }

  setBroadcast(on: boolean): void {
    throwIf(this.#open().setOption(SocketOption.BROADCAST, on ? 1 : 0), "setBroadcast");
  }

  setTTL(ttl: number): number {
    checkNumber(ttl, "ttl");
    throwIf(this.#open().setOption(SocketOption.TTL, ttl), "setTTL");
    return ttl;
  }

  setMulticastTTL(ttl: number): number {
    checkNumber(ttl, "ttl");
    throwIf(this.#open().setOption(SocketOption.MULTICAST_TTL, ttl), "setMulticastTTL");
    return ttl;
  }

  setMulticastLoopback(on: boolean): boolean {
    throwIf(this.#open().setOption(SocketOption.MULTICAST_LOOP, on ? 1 : 0), "setMulticastLoopback");
    return on;
  }

  setMulticastInterface(where: string): void {
    const handle = this.#open();
    checkString(where, "interfaceAddress");
    throwIf(handle.setMulticastInterface(where), "setMulticastInterface");
  }

  addMembership(group: string, where?: string): void {
    this.#member("joinGroup", "addMembership", group, where);
  }

  dropMembership(group: string, where?: string): void {
    this.#member("leaveGroup", "dropMembership", group, where);
  }

  #member(call: "joinGroup" | "leaveGroup", syscall: string, group: string, where?: string): void {
    const handle = this.#open();
    if (!group) throw missingError("multicastAddress");
    throwIf(handle.member(call, group, undefined, where), syscall);
  }

  addSourceSpecificMembership(source: string, group: string, where?: string): void {
    this.#sourceMember("joinGroup", "addSourceSpecificMembership", source, group, where);
  }

  dropSourceSpecificMembership(source: string, group: string, where?: string): void {
    this.#sourceMember("leaveGroup", "dropSourceSpecificMembership", source, group, where);
  }

  #sourceMember(
    call: "joinGroup" | "leaveGroup",
    syscall: string,
    source: string,
    group: string,
    where?: string,
  ): void {
    const handle = this.#open();
    checkString(source, "sourceAddress");
    checkString(group, "groupAddress");
    throwIf(handle.member(call, group, source, where), syscall);
  }

  /** Bytes that may wait to be read: the profile says how many. */
  getRecvBufferSize(): number {
    return this.#bufferSize();
  }

  /** Bytes that may wait to be sent: the profile says how many. */
  getSendBufferSize(): number {
    return this.#bufferSize();
  }

  /** Checks the size; that of the buffers is fixed in the profile. */
  setRecvBufferSize(size: number): void {
    checkBufferSize(size);
    this.#bufferSize();
  }

  /** Checks the size; that of the buffers is fixed in the profile. */
  setSendBufferSize(size: number): void {
    checkBufferSize(size);
    this.#bufferSize();
  }

  #bufferSize(): number {
    const handle = this.#open();
    named(handle.localName(), "getsockname");
    const { DATAGRAM_QUEUE, MTU } = this.context.machine.core.constants;
    return (DATAGRAM_QUEUE as number) * (MTU as number);
  }

  /** Bytes of datagrams that wait for room. */
  getSendQueueSize(): number {
    return this.#open().queued.bytes;
  }

  getSendQueueCount(): number {
    return this.#open().queued.count;
  }
}

function checkBufferSize(size: unknown): void {
  if (Number.isInteger(size) && (size as number) >= 0 && (size as number) <= MOST_BYTES) return;
  throw codedError(TypeError, "ERR_SOCKET_BAD_BUFFER_SIZE", "Buffer size must be a positive integer");
}

function throwIf(errno: number, syscall: string): void {
  if (errno !== 0) throw errnoError(errno, syscall);
}

function named(name: AddressInfo | number, syscall: string): AddressInfo {
  if (typeof name === "number") throw errnoError(name, syscall);
  return name;
}
