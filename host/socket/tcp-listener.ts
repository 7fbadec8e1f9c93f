// A listening TCP socket in promises. Connections are taken from the core only when somebody accepts, so its accept
// queue fills, and fends off, as on any Berkeley machine.

import { Errno } from "../../assembly/abi/errno.ts";
import { stackError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import type { SocketStatus } from "../status.ts";
import type { SocketHandler } from "./table.ts";
import { TcpConnection } from "./tcp-connection.ts";
import { type OptionTarget, TcpOptionCalls } from "./tcp-options.ts";

interface PendingAccept {
  resolve(connection: TcpConnection): void;
  reject(error: Error): void;
}

/** Its options are those that connections begin with: they are copied when a handshake is complete. */
export class TcpListener extends TcpOptionCalls implements SocketHandler {
  readonly address: string;
  readonly port: number;
  #machine: Machine;
  #fd: number;
  #accepts: PendingAccept[] = [];
  #gone: Error | null = null;

  /** Of a descriptor that listens; `Stack.listen` makes these. */
  constructor(machine: Machine, fd: number) {
    super();
    this.#machine = machine;
    this.#fd = fd;
    const local = machine.calls.localName(fd);
    this.address = local.address;
    this.port = local.port;
    machine.sockets.add(fd, this);
  }

  /** The next connection. Rejects with StackError EBADF after `close`. */
  accept(): Promise<TcpConnection> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== null) {
        reject(this.#gone);
        return;
      }
      this.#accepts.push({ resolve, reject });
      this.#serve();
    });
  }

  /** Stops listening; connections that nobody has accepted are reset. */
  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    this.#machine.sockets.remove(fd);
    this.#machine.calls.close(fd);
    this.stackGone(stackError(-Errno.EBADF, "accept"));
  }

  /** What the stack knows of the listener now; null after `close`. */
  status(): SocketStatus | null {
    return this.#fd < 0 ? null : this.#machine.statusOf(this.#fd);
  }

  protected override optionTarget(syscall: string): OptionTarget {
    if (this.#fd < 0) throw stackError(-Errno.EBADF, syscall);
    return { calls: this.#machine.calls, fd: this.#fd };
  }

  /** Connections until the listener is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TcpConnection, void, undefined> {
    while (this.#gone === null) {
      try {
        yield await this.accept();
      } catch (error) {
        if (this.#fd < 0) return;
        throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  event(_mask: number): void {
    this.#serve();
  }

  stackGone(error: Error): void {
    this.#fd = -1;
    this.#gone = error;
    for (const pending of this.#accepts.splice(0)) pending.reject(error);
  }

  #serve(): void {
    while (this.#accepts.length > 0 && this.#fd >= 0) {
      let fd: number;
      try {
        fd = this.#machine.calls.accept(this.#fd);
      } catch (error) {
        this.#accepts.shift()?.reject(error as Error);
        continue;
      }
      if (fd < 0) return;
      this.#accepts.shift()?.resolve(new TcpConnection(this.#machine, fd));
    }
  }
}
