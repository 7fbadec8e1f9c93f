// What stands between a socket of the core and an object of Node's API. The core tells everything at once, in the midst
// of its run; Node tells one thing at a time, and lets what was woken by it run before it tells the next. So here events
// are kept until the core is done, and are told one at each turn.

import { AsyncResource } from "node:async_hooks";
import { StackError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import type { SocketHandler } from "../socket/table.ts";
import { errnoError } from "./errors.ts";

/** Callbacks of a handle run in the asynchronous context in which it was made, as those of Node's own do. */
export abstract class Handle implements SocketHandler {
  protected readonly machine: Machine;
  readonly #scope: AsyncResource;
  /** -1: not opened yet, or given back. */
  protected fd = -1;
  /** Called when the stack is closed or has broken under an open socket. */
  onGone: ((error: Error) => void) | null = null;
  /** Called when the stack is being closed: the socket is to end in good order. */
  onClosing: (() => void) | null = null;
  #due = false;
  #referenced = true;
  #active = false;
  #awaitingRelease: (() => void) | null = null;

  constructor(machine: Machine, type: string) {
    this.#scope = new AsyncResource(type, { requireManualDestroy: true });
    this.machine = machine;
  }

  /** Tells one thing; true: there may be more to tell. */
  protected abstract turn(): boolean;

  /** Notes what the core tells, in the midst of its run. */
  protected abstract note(mask: number): void;

  event(mask: number): void {
    this.note(mask);
    this.soon();
  }

  /** A turn follows, behind everything that is being done. */
  protected soon(): void {
    if (this.#due) return;
    this.#due = true;
    process.nextTick(runTurn, this);
  }

  /** The same, behind the promises, too, that what is being done has settled: for what the application itself has asked. */
  protected later(): void {
    if (this.#due) return;
    this.#due = true;
    SETTLED.then(this.#again);
  }

  /** Has its turn: `soon` and `later` ask for it. */
  run(): void {
    this.#due = false;
    if (this.fd < 0) return;
    let more = true;
    try {
      more = this.#scope.runInAsyncScope(this.turn, this);
    } finally {
      // Promises that this turn has settled go first, and what they in turn have asked for.
      if (more) this.later();
    }
  }

  #again = (): void => process.nextTick(runTurn, this);

  /** Opens the descriptor, unless it is open. Throws StackError. */
  protected open(kind: number): number {
    if (this.machine.gone) throw stackClosed();
    if (this.fd < 0) this.adopt(this.machine.calls.open(kind, this.machine.owner));
    return this.fd;
  }

  /** Takes over a descriptor that is open. */
  protected adopt(fd: number): void {
    this.fd = fd;
    this.machine.sockets.add(fd, this);
    this.machine.sockets.setHolding(fd, this.#referenced && this.#active);
  }

  /** Whether there is something to wait for: only then does it keep the process alive. */
  protected setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#tellHolding();
  }

  ref(): void {
    this.#referenced = true;
    this.#tellHolding();
  }

  unref(): void {
    this.#referenced = false;
    this.#tellHolding();
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  #tellHolding(): void {
    if (this.fd >= 0) this.machine.sockets.setHolding(this.fd, this.#referenced && this.#active);
  }

  /** Gives the descriptor back, by a call that ends it; `onReleased` is called in a later round of the event loop. */
  protected giveBack(how: "close" | "abort", onReleased: () => void): void {
    const { fd, machine } = this;
    this.fd = -1;
    if (fd >= 0) {
      machine.sockets.remove(fd);
      machine.calls[how](fd);
    }
    setImmediate(() => {
      this.#scope.runInAsyncScope(onReleased);
      this.#scope.emitDestroy();
      this.#awaitingRelease?.();
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#awaitingRelease = resolve;
      this.#scope.runInAsyncScope(() => this.onClosing?.());
    });
  }

  stackGone(error: Error): void {
    this.fd = -1;
    this.#awaitingRelease?.();
    process.nextTick(() => this.#scope.runInAsyncScope(() => this.onGone?.(error)));
  }
}

/** What is asked of it is a microtask; `queueMicrotask` costs three times as much. */
const SETTLED = Promise.resolve();

function runTurn(handle: Handle): void {
  handle.run();
}

const OUTSIDE = new AsyncResource("THIMBLE", { requireManualDestroy: true });

/** Makes a handle that belongs to no asynchronous context: so it is with connections that came from outside. */
export function inNoContext<T>(make: () => T): T {
  return OUTSIDE.runInAsyncScope(make);
}

function stackClosed(): StackError {
  return new StackError(ENETDOWN, "socket");
}

const ENETDOWN = -100;

/** The error number of a call that may fail; 0 when it does not. Other errors than the stack's pass. */
export function errnoOf(call: () => void): number {
  try {
    call();
    return 0;
  } catch (error) {
    return errnoIn(error);
  }
}

/** The number of an error that the stack has thrown. Others are thrown on. */
export function errnoIn(error: unknown): number {
  if (error instanceof StackError) return error.errno;
  throw error;
}

/** An error of a handle that the stack has left: how it ended, as an error of Node's. */
export function goneError(error: Error, syscall: string): Error | null {
  if (!(error instanceof StackError)) return error;
  return error.code === "ECONNABORTED" ? null : errnoError(error.errno, syscall);
}
