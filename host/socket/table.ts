// Which object of the host stands for which descriptor, and the delivery of the core's events to them.

import { Result } from "../../assembly/abi/sockets.ts";
import type { Core } from "../core/core.ts";

/** An object of the host that owns a descriptor. */
export interface SocketHandler {
  /** News about the socket: bits of `Event`. */
  event(mask: number): void;
  /** Gives the descriptor up in good order, after what was written; resolves when it is given up. */
  close(): void | Promise<void>;
  /** The stack is gone, closed or broken: everything pending ends with this error. The core must not be called. */
  stackGone(error: Error): void;
}

export class SocketTable {
  #core: Core;
  #handlers = new Map<number, SocketHandler>();
  /** Descriptors that do not keep the process alive. */
  #idle = new Set<number>();
  #onChange: () => void;

  /** `onChange` is called when a handler comes or goes, and when one begins or ceases to keep the process alive. */
  constructor(core: Core, onChange: () => void) {
    this.#core = core;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#handlers.size;
  }

  /** How many keep the process alive. */
  get holding(): number {
    return this.#handlers.size - this.#idle.size;
  }

  /** Says whether the socket keeps the process alive, as every one does at first. */
  setHolding(fd: number, holds: boolean): void {
    if (holds === !this.#idle.has(fd)) return;
    if (holds) this.#idle.delete(fd);
    else this.#idle.add(fd);
    this.#onChange();
  }

  add(fd: number, handler: SocketHandler): void {
    this.#handlers.set(fd, handler);
    this.#onChange();
  }

  remove(fd: number): void {
    this.#idle.delete(fd);
    if (this.#handlers.delete(fd)) this.#onChange();
  }

  /** Hands every event in the core to whom it concerns. */
  deliver(): void {
    const { exports } = this.#core;
    for (let fd = exports.event(); fd >= 0; fd = exports.event()) {
      this.#handlers.get(fd)?.event(this.#core.result(Result.MASK));
    }
  }

  /** Ends everything that is open. */
  clear(error: Error): void {
    const handlers = [...this.#handlers.values()];
    this.#handlers.clear();
    this.#idle.clear();
    for (const handler of handlers) handler.stackGone(error);
    this.#onChange();
  }

  /** Every descriptor in use, and every handler, in the order in which they came. */
  descriptors(): number[] {
    return [...this.#handlers.keys()];
  }

  handlers(): SocketHandler[] {
    return [...this.#handlers.values()];
  }
}
