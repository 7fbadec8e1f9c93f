// lwIP as wasm: alone in one instance, or two instances whose frames are carried here.

import type { Trial } from "../benchmark.ts";
import { SEGMENT_BYTES, type Work, WorkKind } from "./works.ts";

const CLIENT = 1;
const SERVER = 2;
/** Turns of both in which nothing is done; a millisecond passes in each, so longer than any retransmission takes. */
const PATIENCE = 100_000;
/** Views are kept for slots of this many bytes, as the host of Thimble keeps them. */
const VIEW_SLOT_SHIFT = 9;
/** Words of a descriptor: address, bytes. */
const DESCRIPTOR_WORDS = 2;

interface LwipExports {
  readonly memory: WebAssembly.Memory;
  start(work: number, roles: number, bytes: number, pause: number): void;
  /** One instance: does so many operations; of bulk, bytes. */
  run(count: number): void;
  /** Two: so many more are to be done, and how many are; a turn of this end; milliseconds that pass. */
  demand(count: number): void;
  done(): number;
  turn(): void;
  /** What was to be sent has been carried. */
  reclaim(): void;
  goOn(milliseconds: number): void;
  segments(): number;
  acks(): number;
  txRing(): number;
  txCount(): number;
  rxRing(): number;
  rxCount(): number;
}

class Lwip {
  readonly exports: LwipExports;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  /** Word indexes. */
  readonly txRing: number;
  readonly txCount: number;
  readonly rxRing: number;
  readonly rxCount: number;
  readonly #views: (Uint8Array | undefined)[];

  private constructor(exports: LwipExports, work: Work, roles: number) {
    this.exports = exports;
    exports.start(work.kind, roles, work.bytes, work.pause);
    this.u8 = new Uint8Array(exports.memory.buffer);
    this.u32 = new Uint32Array(exports.memory.buffer);
    this.txRing = exports.txRing() >>> 2;
    this.txCount = exports.txCount() >>> 2;
    this.rxRing = exports.rxRing() >>> 2;
    this.rxCount = exports.rxCount() >>> 2;
    this.#views = new Array<Uint8Array | undefined>((this.u8.length >>> VIEW_SLOT_SHIFT) + 1).fill(undefined);
  }

  static async start(module: WebAssembly.Module, work: Work, roles: number): Promise<Lwip> {
    const fail = (why: number): never => {
      const memory = Buffer.from(exports.memory.buffer);
      throw new Error(`lwIP: ${memory.toString("latin1", why, memory.indexOf(0, why))}`);
    };
    const instance = await WebAssembly.instantiate(module, { bench: { fail } });
    const exports = instance.exports as unknown as LwipExports;
    return new Lwip(exports, work, roles);
  }

  /** Its memory from there on. The view is kept. */
  bytes(start: number, length: number): Uint8Array {
    const slot = start >>> VIEW_SLOT_SHIFT;
    const kept = this.#views[slot];
    if (kept !== undefined && kept.byteOffset === start && kept.length === length) return kept;
    const view = this.u8.subarray(start, start + length);
    this.#views[slot] = view;
    return view;
  }
}

export async function oneInstance(module: WebAssembly.Module, work: Work): Promise<Trial> {
  const { exports } = await Lwip.start(module, work, CLIENT | SERVER);
  const each = unitOf(work);
  return {
    run: (operations) => exports.run(operations * each),
    ...(work.kind === WorkKind.BULK ? { frames: () => ({ segments: exports.segments(), acks: exports.acks() }) } : {}),
  };
}

export async function twoInstances(module: WebAssembly.Module, work: Work): Promise<Trial> {
  const client = await Lwip.start(module, work, CLIENT);
  const server = await Lwip.start(module, work, SERVER);
  const each = unitOf(work);
  const oneWay = work.kind === WorkKind.BULK || work.kind === WorkKind.DATAGRAMS;
  const judge = oneWay ? server.exports : client.exports;
  let target = 0;
  const run = (operations: number): void => {
    target = (target + operations * each) | 0;
    client.exports.demand(operations * each);
    for (let idle = 0; judge.done() !== target; ) {
      const before = judge.done();
      client.exports.turn();
      carry(client, server);
      server.exports.turn();
      carry(server, client);
      if (judge.done() !== before) {
        idle = 0;
        // The client lets the same time pass by itself.
        if (work.pause > 0) server.exports.goOn(work.pause);
      } else if (++idle > 10) {
        client.exports.goOn(1);
        server.exports.goOn(1);
        if (idle > PATIENCE) throw new Error("lwIP: nothing arrives any more.");
      }
    }
  };
  const frames = (): { segments: number; acks: number } => ({
    segments: client.exports.segments(),
    acks: server.exports.acks(),
  });
  return { run, ...(work.kind === WorkKind.BULK ? { frames } : {}) };
}

function unitOf(work: Work): number {
  return work.kind === WorkKind.BULK ? SEGMENT_BYTES : 1;
}

/** One copy of each frame, from where lwIP sends it to a buffer of the other's receive ring. */
function carry(from: Lwip, to: Lwip): void {
  const count = from.u32[from.txCount];
  if (count === 0) return;
  let place = to.rxRing + to.u32[to.rxCount] * DESCRIPTOR_WORDS;
  for (let i = 0, descriptor = from.txRing; i < count; i++, descriptor += DESCRIPTOR_WORDS, place += DESCRIPTOR_WORDS) {
    const length = from.u32[descriptor + 1];
    to.u8.set(from.bytes(from.u32[descriptor], length), to.u32[place]);
    to.u32[place + 1] = length;
  }
  to.u32[to.rxCount] += count;
  from.exports.reclaim();
}
