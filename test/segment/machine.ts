// One core with one emulated adapter, driven by hand: frames go in, frames come out, and the time is a number that
// whoever drives it sets. Segment scripts, the fuzzer and the table of calls run on it.

import { Counter } from "../../assembly/abi/counters.ts";
import { Region, RegionWord } from "../../assembly/abi/regions.ts";
import { Result, SocketKind } from "../../assembly/abi/sockets.ts";
import { type State, Status } from "../../assembly/abi/status.ts";
import { Bus } from "../../host/core/bus.ts";
import { Core, type CoreExports } from "../../host/core/core.ts";
import { loadFirmware } from "../../host/core/firmware.ts";
import { RingMac } from "../../host/mac/ring-mac.ts";
import { ambientRecording } from "../../host/replay/ambient.ts";
import type { Track } from "../../host/replay/track.ts";
import type { Wire, WireEnd } from "../../host/wire/wire.ts";

/** Polls that may follow each other at one moment before the stack counts as running in circles. */
const MOST_POLLS = 10_000;
/** At least as many words as any row of a table has that is not of sockets. */
const ROW_WORDS = 16;

/** One row of the table of sockets. */
export interface SocketRow {
  kind: number;
  state: State;
  localPort: number;
  remotePort: number;
  /** All words of assembly/abi/status.ts. */
  words: number[];
}

/** The far end of the wire: keeps what the adapter sends until somebody takes it. */
class OpenEnd implements Wire {
  readonly name = "open end";
  readonly up = true;
  readonly carriesFcs = false;
  readonly frames: Uint8Array[] = [];
  adapter: WireEnd | undefined;

  attach(end: WireEnd): void {
    this.adapter = end;
  }

  send(frame: Uint8Array): void {
    this.frames.push(frame.slice());
  }

  close(): void {
    this.adapter = undefined;
  }
}

export interface MachineOptions {
  profile: string;
  seed: number;
  /** Where its time begins, in microseconds. */
  start: number;
  /** A build of the profile other than the released one. */
  module?: WebAssembly.Module;
}

export class Machine {
  /** Virtual time in microseconds; only whoever drives the machine changes it. */
  now: number;
  /** When the stack wants to run again, in the same time; Infinity when it waits for nothing. */
  wakeAt: number;
  #adapters = 0;
  #polls = 0;
  #polledAt = -1;

  /** A core of `profile`, or from `module`, at time `start`; the same `seed` gives the same machine. */
  static async create({ profile, seed, start, module }: MachineOptions): Promise<Machine> {
    const bus = new Bus();
    const firmware = module ?? (await loadFirmware(profile, false));
    const seeds = [seed, seed ^ 0x5bd1e995, Math.imul(seed, 0x9e3779b1), ~seed];
    const tap = ambientRecording()?.track({ name: profile, module: firmware, dmaBase: 0 });
    const core = await Core.start(firmware, seeds, { bus, ...(tap && { tap }) });
    return new Machine(core, bus, start, profile, tap ?? null);
  }

  private constructor(
    readonly core: Core,
    readonly bus: Bus,
    readonly start: number,
    readonly profile: string,
    readonly track: Track | null,
    readonly wire = new OpenEnd(),
  ) {
    this.now = start;
    this.wakeAt = start;
  }

  /** Plugs in an adapter with station address `mac` and gives the machine the address `ip`, of 4 bytes or 16. */
  addAdapter(mac: Uint8Array, ip: Uint8Array, prefixLength: number): void {
    const added = this.addAddress(this.plugIn(mac), ip, prefixLength);
    if (added < 0) throw new Error(`addAddress returned ${added}`);
  }

  /** Plugs in an adapter without an address; its index. */
  plugIn(mac: Uint8Array): number {
    const device = new RingMac({
      memory: this.core,
      wire: this.track?.watch(this.wire, this.#adapters++) ?? this.wire,
      address: mac,
      onInterrupt: () => {
        this.wakeAt = this.now;
      },
    });
    const adapter = this.call("addAdapter", this.bus.attach(device), 0, 0);
    if (adapter < 0) throw new Error(`addAdapter returned ${adapter}`);
    return adapter;
  }

  /** Gives an adapter an address, of 4 bytes or 16, which over IPv6 is claimed first; what the core answers. */
  addAddress(adapter: number, ip: Uint8Array, prefixLength: number, isClaimed = ip.length === 16): number {
    return this.call("addAddress", adapter, this.putAddress(ip), prefixLength, isClaimed ? 1 : 0);
  }

  /** Makes one of the core's calls. The stack runs at the next poll. */
  call<Name extends keyof CoreExports>(name: Name, ...args: number[]): number {
    const exported = this.core.exports[name] as (...values: number[]) => number;
    return exported(...args);
  }

  /** Runs the stack once at the present moment. Throws when it never comes to rest at one moment. */
  poll(): void {
    if (this.#polledAt !== this.now) this.#polls = 0;
    this.#polledAt = this.now;
    if (++this.#polls > MOST_POLLS) throw new Error(`the stack wanted ${MOST_POLLS} polls at the same moment`);
    this.wakeAt = Number.POSITIVE_INFINITY;
    const delay = this.core.poll(this.now);
    this.wakeAt = Math.min(this.wakeAt, this.now + delay);
  }

  /** A frame from the wire. */
  inject(frame: Uint8Array): void {
    this.wire.adapter?.receive(frame);
  }

  /** The frames that the adapter has sent since the last call. */
  takeFrames(): Uint8Array[] {
    return this.wire.frames.splice(0);
  }

  /** What the core has to tell of its sockets, until it has no more. */
  takeEvents(): { fd: number; mask: number }[] {
    const events: { fd: number; mask: number }[] = [];
    for (let fd = this.call("event"); fd >= 0; fd = this.call("event")) {
      events.push({ fd, mask: this.core.result(Result.MASK) });
    }
    return events;
  }

  /** Puts an address of 4 bytes or 16 where the core can read it, in its one form of 16 bytes; returns where. */
  putAddress(ip: Uint8Array): number {
    return this.core.putAddress(this.wholeAddress(ip));
  }

  /** An address of 4 bytes or 16 in the core's one form of 16 bytes. */
  wholeAddress(ip: Uint8Array): Uint8Array {
    const address = new Uint8Array(16);
    if (ip.length === 4 && ip.some((byte) => byte !== 0)) address.fill(0xff, 10, 12);
    address.set(ip, 16 - ip.length);
    return address;
  }

  /** Writes where the last `sendRoom` said. */
  writeAtPointer(bytes: Uint8Array): void {
    this.core.put(bytes, this.core.result(Result.POINTER));
  }

  /** Reads where the last `recvPeek` said. */
  readAtPointer(bytes: number): Uint8Array {
    const at = this.core.result(Result.POINTER);
    return this.core.u8.slice(at, at + bytes);
  }

  /** Every row in use of the table of sockets that belongs to TCP. */
  rows(): SocketRow[] {
    const rows: SocketRow[] = [];
    // Called for every row there may be after every turn, so without the detour that `call` takes.
    const { describe } = this.core.exports;
    for (let row = 0; ; row++) {
      const found = describe(row);
      if (found < 0) return rows;
      if (found === 0 || this.core.status(Status.KIND) !== SocketKind.STREAM) continue;
      const words = Array.from({ length: Status.WORDS }, (_, word) => this.core.status(word));
      rows.push({
        kind: words[Status.KIND],
        state: words[Status.STATE] as State,
        localPort: words[Status.LOCAL_PORT],
        remotePort: words[Status.REMOTE_PORT],
        words,
      });
    }
  }

  /** The rows in use of one of the machine's other tables, each as its words (assembly/stack/tables.ts). */
  table(name: "address" | "neighbor" | "route" | "nameServer"): number[][] {
    const rows: number[][] = [];
    for (let row = 0; ; row++) {
      const found = this.call(name, row);
      if (found < 0) return rows;
      if (found > 0) rows.push(Array.from({ length: ROW_WORDS }, (_, word) => this.core.status(word)));
    }
  }

  counters(): number[] {
    return Array.from({ length: Counter.COUNT }, (_, i) =>
      i < this.core.counters ? this.core.u32[this.core.countersWord + i] : 0,
    );
  }

  /** Elements in use of each pool, by `Region`. */
  used(): number[] {
    return Array.from({ length: Region.COUNT }, (_, region) => {
      return this.call("region", region) < 0 ? 0 : this.core.result(RegionWord.USED);
    });
  }
}
