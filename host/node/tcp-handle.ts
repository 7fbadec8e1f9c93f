// A TCP descriptor as `net.Socket` uses it: calls answer with error numbers, and what happens comes in callbacks.

import { Event, Shutdown, SocketKind, SocketOption } from "../../assembly/abi/sockets.ts";
import { parseAddress } from "../core/address.ts";
import type { Machine } from "../machine.ts";
import { AGAIN } from "../socket/calls.ts";
import { takeStream, takeStreamInto } from "../socket/take.ts";
import { setTcpOptions, type TcpOptions } from "../socket/tcp-options.ts";
import type { SocketStatus } from "../status.ts";
import { type AddressInfo, addressInfo, type Family, familyOf, isUnspecified, targetOf } from "./address.ts";
import { errnoIn, errnoOf, Handle, inNoContext } from "./handle.ts";

/** An error number, negative, or 0. */
export type Outcome = (errno: number) => void;

/** Who reads from a handle. */
export interface Reader {
  /** Where received bytes go instead of memory of their own; null: nowhere. */
  readonly target: Uint8Array | null;
  /** Bytes have come: `data`, or so many in `target`. False: no more for now. */
  received(data: Uint8Array | null, bytes: number): boolean;
  /** The stream has ended; or the connection has failed, with an error number. */
  ended(errno: number): void;
}

interface PendingWrite {
  data: Uint8Array;
  offset: number;
  done: Outcome;
}

const ECONNRESET = -104;
const ENOTCONN = -107;
const ECANCELED = -125;
const LOOPBACK = { 4: "127.0.0.1", 6: "::1" };

export class TcpHandle extends Handle {
  family: Family = 4;
  bytesRead = 0;
  bytesWritten = 0;
  #reader: Reader | null = null;
  #reading = false;
  /** More may lie ready in the core than was told. */
  #mayRead = false;
  #connecting: Outcome | null = null;
  #connectEvent = 0;
  #write: PendingWrite | null = null;
  #shutdown: Outcome | null = null;
  /** How the connection has failed, until somebody was told. */
  #failure = 0;

  constructor(machine: Machine) {
    super(machine, "TCPWRAP");
  }

  /** Of a connection that a listener has accepted. */
  static accepted(machine: Machine, fd: number, family: Family): TcpHandle {
    const handle = inNoContext(() => new TcpHandle(machine));
    handle.family = family;
    handle.adopt(fd);
    return handle;
  }

  get reading(): boolean {
    return this.#reading;
  }

  /** Bytes that were handed over and that the core has not taken. */
  get writeQueueSize(): number {
    return this.#write === null ? 0 : this.#write.data.length - this.#write.offset;
  }

  bind(address: string, port: number): number {
    return errnoOf(() => {
      const { target } = targetOf(address, port);
      this.family = familyOf(address);
      this.machine.calls.bind(this.open(SocketKind.STREAM), target);
    });
  }

  /** Begins a connection; `done` hears how it went, unless the answer is an error number. */
  connect(address: string, port: number, options: TcpOptions, done: Outcome): number {
    const errno = errnoOf(() => {
      const { calls } = this.machine;
      const { target, adapter } = targetOf(address, port);
      this.family = familyOf(address);
      if (isUnspecified(target.bytes)) target.bytes = parseAddress(LOOPBACK[this.family]);
      const fd = this.open(SocketKind.STREAM);
      if (adapter !== null) calls.setOption(fd, SocketOption.BOUND_ADAPTER, adapter);
      setTcpOptions({ calls, fd }, options);
      calls.connect(fd, target);
    });
    if (errno === 0) {
      this.#connecting = done;
      this.#tellActive();
    }
    return errno;
  }

  /** From now on `reader` is told what comes. */
  readStart(reader: Reader): void {
    this.#reader = reader;
    this.#reading = true;
    this.#mayRead = true;
    this.#tellActive();
    this.later();
  }

  readStop(): void {
    this.#reading = false;
    this.#tellActive();
  }

  /** True: the core has taken all of it. Otherwise `done` will be called, soon or when there was room. */
  write(data: Uint8Array, done: Outcome): boolean {
    this.bytesWritten += data.length;
    const write: PendingWrite = { data, offset: 0, done };
    const errno = this.#queue(write);
    if (errno === 0 && write.offset === data.length) return true;
    this.#write = write;
    if (errno !== 0) {
      this.#failure = errno;
      this.later();
    }
    this.#tellActive();
    return false;
  }

  #queue(write: PendingWrite): number {
    if (this.#failure !== 0) return this.#failure;
    if (this.fd < 0) return ENOTCONN;
    try {
      write.offset = this.machine.calls.queue(this.fd, write.data, write.offset);
      return 0;
    } catch (error) {
      return errnoIn(error);
    }
  }

  /** Ends our direction; `done` hears of it. */
  shutdown(done: Outcome): void {
    this.#shutdown = done;
    this.#tellActive();
    this.later();
  }

  setNoDelay(on: boolean): void {
    this.#setOptions({ noDelay: on });
  }

  setKeepAlive(on: boolean, initialDelaySeconds: number): void {
    this.#setOptions({ keepAlive: on, keepAliveInitialDelay: initialDelaySeconds * 1000 });
  }

  // As with Node, a connection that is gone is no reason to complain about an option.
  #setOptions(options: TcpOptions): void {
    const { fd } = this;
    if (fd >= 0) errnoOf(() => setTcpOptions({ calls: this.machine.calls, fd }, options));
  }

  /** Sets an option of the core's, in its unit. Throws StackError. */
  setOption(option: SocketOption, value: number): void {
    this.machine.calls.setOption(this.fd, option, value);
  }

  /** What the stack knows of the connection; null when there is none. */
  status(): SocketStatus | null {
    return this.fd < 0 ? null : this.machine.statusOf(this.fd);
  }

  localName(): AddressInfo | null {
    return this.#name("localName");
  }

  remoteName(): AddressInfo | null {
    return this.#name("peerName");
  }

  #name(call: "localName" | "peerName"): AddressInfo | null {
    if (this.fd < 0) return null;
    let info: AddressInfo | null = null;
    errnoOf(() => {
      info = addressInfo(this.machine.calls[call](this.fd), this.family);
    });
    return info;
  }

  /** Lets go: what the core has is sent, what it has not taken is not. `onClosed` follows in a later round. */
  release(onClosed: () => void): void {
    this.#letGo("close", onClosed);
  }

  /** Lets go with a RST. */
  reset(onClosed: () => void): void {
    this.#letGo("abort", onClosed);
  }

  #letGo(how: "close" | "abort", onClosed: () => void): void {
    const write = this.#write;
    this.#write = null;
    this.#connecting = null;
    this.#reader = null;
    this.giveBack(how, () => {
      write?.done(ECANCELED);
      onClosed();
    });
  }

  protected note(mask: number): void {
    if (mask & Event.ERROR) this.#failure = this.machine.calls.takeError(this.fd) || this.#failure;
    if (this.#connecting !== null) this.#connectEvent |= mask & (Event.ERROR | Event.WRITABLE);
    this.#mayRead = true;
  }

  protected turn(): boolean {
    if (this.#connecting !== null) return this.#tellConnected();
    if (this.#reading && this.#mayRead && this.#read()) return this.#hasMore();
    if (this.#write !== null) return this.#writeOn(this.#write);
    if (this.#shutdown !== null) return this.#tellShutdown(this.#shutdown);
    return false;
  }

  #hasMore(): boolean {
    return (this.#reading && this.#mayRead) || this.#write !== null || this.#shutdown !== null;
  }

  #tellConnected(): boolean {
    if (this.#connectEvent === 0) return false;
    const done = this.#connecting;
    const errno = this.#failure;
    this.#connecting = null;
    this.#failure = 0;
    this.#tellActive();
    done?.(errno);
    return true;
  }

  // True when something was told.
  #read(): boolean {
    const reader = this.#reader;
    if (reader === null) return false;
    this.#mayRead = false;
    let data: Uint8Array | null | undefined = null;
    let bytes: number | undefined;
    try {
      if (reader.target !== null) {
        bytes = takeStreamInto(this.machine, this.fd, reader.target);
      } else {
        data = takeStream(this.machine, this.fd);
        bytes = data === undefined ? undefined : (data?.length ?? 0);
      }
    } catch (error) {
      return this.#tellFailure(reader, errnoIn(error));
    }
    if (bytes === undefined) return this.#tellFailure(reader, 0);
    if (bytes > 0) return this.#tellBytes(reader, data ?? null, bytes);
    if (this.#failure !== 0) return this.#tellFailure(reader, 0);
    this.readStop();
    reader.ended(0);
    return true;
  }

  #tellBytes(reader: Reader, data: Uint8Array | null, bytes: number): boolean {
    this.bytesRead += bytes;
    this.#mayRead = this.machine.core.exports.recvPeek(this.fd) !== AGAIN;
    if (!reader.received(data, bytes)) this.readStop();
    return true;
  }

  #tellFailure(reader: Reader, errno: number): boolean {
    const failure = this.#failure || errno;
    if (failure === 0) return false;
    this.#failure = 0;
    reader.ended(failure);
    return true;
  }

  #writeOn(write: PendingWrite): boolean {
    const errno = this.#queue(write);
    if (errno === 0 && write.offset < write.data.length) return false;
    this.#write = null;
    this.#tellActive();
    write.done(errno);
    return true;
  }

  #tellShutdown(done: Outcome): boolean {
    this.#shutdown = null;
    const failure = this.#failure;
    const errno = failure || errnoOf(() => this.machine.calls.shutdown(this.fd, Shutdown.WRITE));
    this.#tellActive();
    // Whoever has reset us has no use for our end; the reader hears of it.
    done(errno === ECONNRESET || errno === ENOTCONN ? 0 : errno);
    return true;
  }

  #tellActive(): void {
    this.setActive(this.#reading || this.#connecting !== null || this.#write !== null || this.#shutdown !== null);
  }
}
