// One ICMP echo: a request goes out, its reply comes back or does not.

import { Errno } from "../../assembly/abi/errno.ts";
import { Event, Result, SocketKind, SocketOption } from "../../assembly/abi/sockets.ts";
import type { Timer } from "../clock.ts";
import { isV4, parseAddress } from "../core/address.ts";
import { InputError, StackError, stackError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import { AGAIN } from "./calls.ts";
import type { SocketHandler } from "./table.ts";

/** 65535 bytes with the headers: IPv4 counts its own (RFC 791), IPv6 does not (RFC 8200 §3). */
const MOST_BYTES_V4 = 65_507;
const MOST_BYTES_V6 = 65_527;

export interface PingOptions {
  /** Data bytes of the request, 0 to 65,507; default 56. */
  bytes?: number;
  /** Milliseconds to wait for the reply; default 1000. */
  timeout?: number;
  /** Time to live, or hop limit, of the request, 1 to 255; default the stack's. */
  ttl?: number;
  /** Number of the adapter that it goes through; default: the one that routes say. */
  adapter?: number;
}

export interface PingReply {
  /** Data bytes of the reply. */
  bytes: number;
  /** Time to live that the reply came in with. */
  ttl: number;
  /** Microseconds from request to reply. */
  micros: number;
}

/** Rejects with StackError: ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EMSGSIZE, ENOBUFS. */
export function ping(machine: Machine, address: string, options: PingOptions = {}): Promise<PingReply> {
  const { bytes = 56, timeout = 1000 } = options;
  const target = { bytes: parseAddress(address), port: 0 };
  const most = isV4(target.bytes) ? MOST_BYTES_V4 : MOST_BYTES_V6;
  if (!Number.isInteger(bytes) || bytes < 0 || bytes > most) {
    throw new InputError("ERR_PING", `A ping of ${address} carries 0 to ${most} bytes, not ${bytes}.`);
  }
  const fd = machine.calls.open(SocketKind.ECHO, machine.owner);
  return new Promise((resolve, reject) => {
    const echo = new Echo(machine, fd, address, { resolve, reject });
    echo.begin(
      () => {
        if (options.adapter !== undefined) machine.calls.setOption(fd, SocketOption.BOUND_ADAPTER, options.adapter);
        if (options.ttl !== undefined) machine.calls.setOption(fd, SocketOption.TTL, options.ttl);
        machine.calls.connect(fd, target);
      },
      pattern(bytes),
      timeout,
    );
  });
}

interface Waiter {
  resolve(reply: PingReply): void;
  reject(error: Error): void;
}

class Echo implements SocketHandler {
  #machine: Machine;
  #fd: number;
  #address: string;
  #waiter: Waiter;
  #data: Uint8Array = new Uint8Array(0);
  #sent = false;
  #sentAt = 0;
  #timer: Timer | null = null;

  constructor(machine: Machine, fd: number, address: string, waiter: Waiter) {
    this.#machine = machine;
    this.#fd = fd;
    this.#address = address;
    this.#waiter = waiter;
    machine.sockets.add(fd, this);
  }

  begin(prepare: () => void, data: Uint8Array, timeout: number): void {
    const { clock } = this.#machine;
    this.#data = data;
    this.#sentAt = clock.now();
    this.#timer = clock.at(this.#sentAt + timeout * 1000, () =>
      this.#fail(stackError(-Errno.ETIMEDOUT, "ping", this.#address)),
    );
    try {
      prepare();
      this.#send();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  event(mask: number): void {
    const errno = mask & Event.ERROR ? this.#machine.calls.takeError(this.#fd) : 0;
    if (errno < 0) {
      this.#fail(stackError(errno, "ping", this.#address));
      return;
    }
    try {
      if (!this.#sent && mask & Event.WRITABLE) this.#send();
      this.#receive();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  close(): void {
    this.#fail(stackError(-Errno.ECONNABORTED, "ping", this.#address));
  }

  stackGone(error: Error): void {
    this.#fd = -1;
    this.#fail(error);
  }

  #fail(error: Error): void {
    this.#release();
    const own = error instanceof StackError ? stackError(error.errno, "ping", this.#address) : error;
    this.#waiter.reject(own);
  }

  #send(): void {
    this.#sent = this.#machine.calls.sendDatagram(this.#fd, this.#data, null);
  }

  #receive(): void {
    const { calls, core, clock } = this.#machine;
    const piece = calls.peek(this.#fd);
    if (piece === AGAIN) return;
    const bytes = calls.wholeOf(piece);
    const reply = { bytes, ttl: core.result(Result.TTL), micros: clock.now() - this.#sentAt };
    let same = bytes === this.#data.length;
    let offset = 0;
    calls.takeDatagram(this.#fd, piece, (pointer, length) => {
      same &&= equal(core.u8.subarray(pointer, pointer + length), this.#data.subarray(offset, offset + length));
      offset += length;
    });
    if (!same) return;
    this.#release();
    this.#waiter.resolve(reply);
  }

  #release(): void {
    this.#timer?.cancel();
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    this.#machine.sockets.remove(fd);
    this.#machine.calls.close(fd);
  }
}

function pattern(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => i);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
