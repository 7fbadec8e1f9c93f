// One machine: a core on its bus, the MACs beside it, what runs it, and who owns its sockets.

import { Errno } from "../assembly/abi/errno.ts";
import type { Clock } from "./clock.ts";
import { Bus } from "./core/bus.ts";
import { Core } from "./core/core.ts";
import { stackError } from "./errors.ts";
import { createMac, type EmulatedMac } from "./mac/mac.ts";
import type { Track } from "./replay/track.ts";
import { Runner } from "./runner.ts";
import { SocketCalls } from "./socket/calls.ts";
import { Lookups } from "./socket/lookups.ts";
import { Slab } from "./socket/slab.ts";
import { SocketTable } from "./socket/table.ts";
import { hasOrphans, type SocketStatus, statusOf } from "./status.ts";
import type { Wire } from "./wire/wire.ts";

export interface MachineOptions {
  module: WebAssembly.Module;
  /** Four words of entropy. */
  seeds: ArrayLike<number>;
  clock: Clock;
  /** Owner id of its sockets. */
  owner: number;
  dmaBase?: number;
  /** Where all that happens in it is written down. */
  track?: Track;
}

export class Machine {
  readonly core: Core;
  readonly clock: Clock;
  readonly owner: number;
  readonly macs: EmulatedMac[] = [];
  /** What each is plugged into, as it was given. */
  readonly wires: Wire[] = [];
  readonly runner: Runner;
  readonly calls: SocketCalls;
  readonly sockets: SocketTable;
  readonly slab = new Slab();
  readonly lookups: Lookups;
  #bus: Bus;
  #track: Track | null;
  #gone = false;
  #releaseHold: (() => void) | null = null;
  #onQuiet: (() => void) | null = null;
  /** Told of what changes in the machine itself: bits of News. */
  onNews: ((bits: number) => void) | null = null;
  #awaitingNews: (() => void)[] = [];
  #services = new Set<() => void>();

  private constructor(core: Core, bus: Bus, options: MachineOptions) {
    this.core = core;
    this.clock = options.clock;
    this.owner = options.owner;
    this.#bus = bus;
    this.#track = options.track ?? null;
    this.runner = new Runner(core, options.clock, {
      hasInterrupt: () => this.macs.some((mac) => mac.interrupt),
      afterPoll: () => this.#afterPoll(),
      onFault: (fault) => this.#end(fault),
    });
    this.calls = new SocketCalls(core, this.runner.wake);
    this.lookups = new Lookups(core, options.clock, this.runner.wake);
    this.sockets = new SocketTable(core, () => this.#holdWhileOpen());
  }

  static async start(options: MachineOptions): Promise<Machine> {
    const bus = new Bus();
    const { dmaBase = 0, track } = options;
    const core = await Core.start(options.module, options.seeds, { bus, dmaBase, ...(track && { tap: track }) });
    return new Machine(core, bus, options);
  }

  /** True once it is closed or has trapped: the core is not called any more. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Puts a MAC with that station address on the bus, its wire attached; returns the adapter's index. */
  addAdapter(wire: Wire, address: Uint8Array): number {
    const { wake } = this.runner;
    const plug = this.#track?.watch(wire, this.macs.length) ?? wire;
    const mac = createMac(this.core.constants.MAC, { memory: this.core, wire: plug, address, onInterrupt: wake });
    this.macs.push(mac);
    this.wires.push(wire);
    const [a, b, c, d, e, f] = address;
    const index = this.core.exports.addAdapter(
      this.#bus.attach(mac),
      (a << 8) | b,
      (c << 24) | (d << 16) | (e << 8) | f,
    );
    if (index < 0) throw stackError(index, "addAdapter");
    return index;
  }

  statusOf(fd: number): SocketStatus | null {
    return statusOf(this.core, fd);
  }

  /** Calls `serve` after every run of the core: what the host does for an application inside the module. */
  addService(serve: () => void): void {
    this.#services.add(serve);
  }

  removeService(serve: () => void): void {
    this.#services.delete(serve);
  }

  /** Resolves when no socket is open and every connection given up has said good-bye to its peer. */
  quiet(): Promise<void> {
    if (this.sockets.size === 0 && !hasOrphans(this.core, true)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onQuiet = resolve;
      this.runner.wake();
    });
  }

  /** Resets what is open, stops the core and closes the wires. */
  destroy(): void {
    if (this.#gone) return;
    for (const fd of this.sockets.descriptors()) this.core.exports.abort(fd);
    this.runner.pollNow();
    this.runner.stop();
    this.#end(stackError(-Errno.ECONNABORTED, "close"));
  }

  #end(error: Error): void {
    this.#gone = true;
    this.sockets.clear(error);
    this.lookups.clear(error);
    this.#releaseHold?.();
    this.#releaseHold = null;
    this.#onQuiet?.();
    for (const resolve of this.#awaitingNews.splice(0)) resolve();
    for (const mac of this.macs) mac.wire.close();
    this.#track?.end();
  }

  /** Resolves when something has changed in the machine itself, or it is gone. */
  news(): Promise<void> {
    return new Promise((resolve) => {
      this.#awaitingNews.push(resolve);
      this.runner.wake();
    });
  }

  #tellNews(): void {
    const bits = this.core.exports.news();
    if (bits === 0) return;
    for (const resolve of this.#awaitingNews.splice(0)) resolve();
    this.onNews?.(bits);
  }

  #holdWhileOpen(): void {
    if (this.#gone) return;
    if (this.sockets.holding > 0) this.#releaseHold ??= this.clock.hold();
    else if (this.#releaseHold !== null) this.runner.wake();
  }

  // The hold outlives the last socket that has one until what was written has left the machine.
  #afterPoll(): void {
    this.sockets.deliver();
    this.lookups.deliver();
    for (const serve of this.#services) serve();
    if (this.onNews !== null || this.#awaitingNews.length > 0) this.#tellNews();
    if (this.sockets.holding > 0) return;
    if (this.#releaseHold !== null && !hasOrphans(this.core, false)) {
      this.#releaseHold();
      this.#releaseHold = null;
    }
    if (this.#onQuiet !== null && this.sockets.size === 0 && !hasOrphans(this.core, true)) {
      this.#onQuiet();
      this.#onQuiet = null;
    }
  }
}
