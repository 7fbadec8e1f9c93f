// One instance of the core: its exports with their types, and views of its linear memory that stay valid for ever,
// because that memory never grows.

import { instantiate } from "@assemblyscript/loader";
import { InputError } from "../errors.ts";
import { formatAddress } from "./address.ts";
import type { Bus } from "./bus.ts";
import { layerBytes } from "./layers.ts";
import type { CoreTap } from "./tap.ts";

/** The functions that every profile of the core exports. Negative answers are errors: the negative of an Errno. */
export interface CoreExports {
  init(dmaBase: number, seed0: number, seed1: number, seed2: number, seed3: number): void;
  addAdapter(base: number, macHigh: number, macLow: number): number;
  addAddress(adapter: number, addressPtr: number, prefixLength: number, claimed: number): number;
  removeAddress(adapter: number, addressPtr: number): number;
  configure(adapter: number, bits: number): number;
  setIdentity(keyPtr: number): number;
  compareAddresses(firstPtr: number, secondPtr: number): number;
  news(): number;
  addRoute(addressPtr: number, prefixLength: number, gatewayPtr: number, adapter: number, metric: number): number;
  removeRoute(addressPtr: number, prefixLength: number, adapter: number): number;
  addVlan(adapter: number, id: number): number;
  setMtu(adapter: number, bytes: number): number;
  setForwarding(on: number): number;
  poll(nowLow: number, nowHigh: number): number;
  socket(kind: number, owner: number): number;
  bind(fd: number, addressPtr: number, port: number): number;
  connect(fd: number, addressPtr: number, port: number): number;
  listen(fd: number, backlog: number): number;
  accept(fd: number): number;
  sendRoom(fd: number, bytes: number, piece: number): number;
  sendCommit(fd: number, bytes: number): number;
  sendTo(fd: number, bytes: number, addressPtr: number, port: number): number;
  write(fd: number, pointer: number, bytes: number): number;
  recvPeek(fd: number): number;
  recvConsume(fd: number, bytes: number): number;
  read(fd: number, pointer: number, bytes: number): number;
  shutdown(fd: number, how: number): number;
  close(fd: number): number;
  abort(fd: number): number;
  joinGroup(fd: number, groupPtr: number, sourcePtr: number, adapter: number): number;
  leaveGroup(fd: number, groupPtr: number, sourcePtr: number, adapter: number): number;
  setOption(fd: number, option: number, value: number): number;
  getOption(fd: number, option: number): number;
  event(): number;
  call(application: number, operation: number, a: number, b: number, c: number, d: number): number;
  localName(fd: number): number;
  peerName(fd: number): number;
  describe(row: number): number;
  neighbor(row: number): number;
  route(row: number): number;
  address(row: number): number;
  group(row: number): number;
  adapter(row: number): number;
  nameServer(row: number): number;
  lease(row: number): number;
  lookup(textPtr: number, bytes: number, type: number): number;
  lookupStatus(handle: number): number;
  endLookup(handle: number): number;
  addNameServer(addressPtr: number): number;
  addHost(textPtr: number, bytes: number, addressPtr: number): number;
  serveNames(on: number): number;
  serveLeases(planPtr: number): number;
  setName(which: number, textPtr: number, bytes: number): number;
  region(index: number): number;
  linkUp(adapter: number): number;
}

export interface CoreOptions {
  bus: Pick<Bus, "read32" | "write32">;
  /** Bus address of linear address 0; 0 unless a test says otherwise. */
  dmaBase?: number;
  /** Sees everything that crosses the border between host and core. */
  tap?: CoreTap;
}

/** The longest name as people write it (RFC 1035 §2.3.4). */
const MOST_TEXT = 254;

/** Views are kept for slots of this many bytes; a packet buffer covers several, so each begins in one of its own. */
const VIEW_SLOT_SHIFT = 9;

export class Core {
  readonly exports: CoreExports;
  readonly memory: WebAssembly.Memory;
  /** Linear memory as bytes and as words. */
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  /** What the module exports as numbers: places of its blocks, and the constants of its profile. */
  readonly constants: Readonly<Record<string, number>>;
  /** Bytes of the module's code by layer, largest first, as its build has counted them; empty where it has not. */
  readonly layers: Readonly<Record<string, number>>;
  readonly dmaBase: number;
  /** Linear addresses of 64 free bytes; and word indexes of the blocks that calls fill in. */
  readonly scratch: number;
  readonly resultWord: number;
  readonly statusWord: number;
  readonly countersWord: number;
  /** Counters that the profile has: IPv6's are the last. */
  readonly counters: number;
  #views: (Uint8Array | undefined)[];
  #tap: CoreTap | null;

  private constructor(
    instance: WebAssembly.Instance,
    module: WebAssembly.Module,
    dmaBase: number,
    tap: CoreTap | null,
  ) {
    // Hot calls go to the instance's own functions: the loader's wrappers cost three times as much.
    const exports = instance.exports as unknown as CoreExports;
    this.exports = tap === null ? exports : tap.wrapExports(exports, instance);
    this.#tap = tap;
    this.memory = instance.exports.memory as WebAssembly.Memory;
    this.u8 = new Uint8Array(this.memory.buffer);
    this.u32 = new Uint32Array(this.memory.buffer);
    this.constants = numbersOf(instance.exports);
    this.layers = layerBytes(module);
    this.dmaBase = dmaBase;
    this.scratch = this.#place("SCRATCH");
    this.resultWord = this.#place("RESULT") >>> 2;
    this.statusWord = this.#place("STATUS") >>> 2;
    this.countersWord = this.#place("COUNTERS") >>> 2;
    this.counters = this.#place("COUNTERS_USED");
    this.#views = new Array<Uint8Array | undefined>((this.u8.length >>> VIEW_SLOT_SHIFT) + 1).fill(undefined);
  }

  /** A machine that has not been switched on: nothing but `init` may be called. */
  static async open(module: WebAssembly.Module, { bus, dmaBase = 0, tap }: CoreOptions): Promise<Core> {
    const { read32, write32 } = tap?.wrapBus(bus) ?? bus;
    const { instance } = await instantiate(module, { bus: { read32, write32 } });
    return new Core(instance, module, dmaBase, tap ?? null);
  }

  /** A fresh machine from a compiled module. `seeds`: 128 bits of entropy, as four 32-bit words. */
  static async start(module: WebAssembly.Module, seeds: ArrayLike<number>, options: CoreOptions): Promise<Core> {
    const core = await Core.open(module, options);
    core.exports.init(core.dmaBase, seeds[0] ?? 0, seeds[1] ?? 0, seeds[2] ?? 0, seeds[3] ?? 0);
    return core;
  }

  /** Runs the machine. `now` in microseconds; returns microseconds until it wants to run again, Infinity for never. */
  poll(now: number): number {
    const delay = this.exports.poll(now | 0, (now / 0x1_0000_0000) | 0) >>> 0;
    return delay === 0xffff_ffff ? Number.POSITIVE_INFINITY : delay;
  }

  /** Bytes of linear memory. The view is shared and kept: making one costs more than copying a short frame. */
  bytes(start: number, length: number): Uint8Array {
    const slot = start >>> VIEW_SLOT_SHIFT;
    const kept = this.#views[slot];
    if (kept !== undefined && kept.byteOffset === start && kept.length === length) return kept;
    const view = this.u8.subarray(start, start + length);
    this.#views[slot] = view;
    return view;
  }

  /** Word `index` of the block that calls with more than one answer fill in (assembly/abi/sockets.ts, Result). */
  result(index: number): number {
    return this.u32[this.resultWord + index];
  }

  /** Word `index` of the block that `describe` and its kin fill in (assembly/abi/status.ts, Status). */
  status(index: number): number {
    return this.u32[this.statusWord + index];
  }

  /** The address in the four words from `word` on, as text. */
  addressAt(word: number): string {
    return formatAddress(this.u8, word << 2);
  }

  /** Puts a 16-byte address where the core can read it; returns where. `place` 0 to 3 keeps several apart. */
  putAddress(address: Uint8Array, place = 0): number {
    const at = this.scratch + place * 16;
    this.put(address, at);
    return at;
  }

  // The host writes into linear memory through the next three and nowhere else, so that all of it can be recorded.

  /** Writes bytes to a linear address. */
  put(bytes: Uint8Array, at: number): void {
    this.u8.set(bytes, at);
    if (this.#tap !== null) this.#tap.put(bytes, at);
  }

  /** Tells of bytes that were written through a view, as from a file straight into a packet. */
  wrote(at: number, bytes: number): void {
    if (this.#tap !== null && bytes > 0) this.#tap.put(this.u8.subarray(at, at + bytes), at);
  }

  /** Writes a word, by its index in `u32`. */
  putWord(index: number, value: number): void {
    this.u32[index] = value;
    if (this.#tap !== null) this.#tap.putWord(index, value);
  }

  /** Puts the text of a name where the core can read it; returns where. Throws InputError for what no core would take. */
  putName(name: string): { at: number; bytes: number } {
    const bytes = new TextEncoder().encode(name);
    if (bytes.length > MOST_TEXT) {
      throw new InputError("ERR_NAME", `A name has at most ${MOST_TEXT} bytes; that one has ${bytes.length}.`);
    }
    const at = this.#place("NAMES_AREA");
    this.put(bytes, at);
    return { at, bytes: bytes.length };
  }

  #place(name: string): number {
    const value = this.constants[name];
    if (value === undefined) throw new Error(`This wasm module is not a core of ours: it exports no ${name}.`);
    return value;
  }
}

function numbersOf(exports: WebAssembly.Exports): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(exports)) {
    if (value instanceof WebAssembly.Global && typeof value.value === "number") numbers[name] = value.value;
  }
  return numbers;
}
