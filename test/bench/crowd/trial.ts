// Round trips among many open connections, in the ways in which their number could cost something.

import type { Machine } from "../machine.ts";
import { type Ends, Pair } from "../pair.ts";
import { Payload } from "../payload.ts";

const PORT = 7004;
export const MESSAGE_BYTES = 64;
/**
 * Microseconds of virtual time that a trip takes, about as long as it takes in truth; the turns themselves take none.
 * Ten thousand connections have their turn again within 10 ms, so that no ACK comes to its delay (40 ms).
 */
const TRIP = 1;
/** Before anything is measured, so that the timers of the handshakes are over. */
const REST = 2_000_000;

/** Who makes the round trips. */
export const MODES = {
  idle: "one connection makes every trip, the others are open and idle",
  turns: "each connection makes a trip when it is its turn",
  together: "all connections make a trip at the same time, with everybody's data on its way",
} as const;

export type Mode = keyof typeof MODES;

/** Two machines with connections between them. */
export class Crowd {
  readonly connections: number;
  readonly #pair: Pair;
  readonly #lefts: Int32Array;
  readonly #rights: Int32Array;
  readonly #payload = new Payload(MESSAGE_BYTES);
  /** Bytes that each connection has carried each way. */
  readonly #carried: Float64Array;
  /** Whose turn is next. */
  #next = 0;

  /** One connection, and so many others. */
  static async create(module: WebAssembly.Module, others: number): Promise<Crowd> {
    const pair = await Pair.create(module, { turn: 0 });
    const ends = pair.connections(PORT, others + 1);
    pair.wait(REST);
    return new Crowd(pair, ends);
  }

  private constructor(pair: Pair, ends: readonly Ends[]) {
    this.connections = ends.length;
    this.#pair = pair;
    this.#lefts = Int32Array.from(ends, ({ left }) => left);
    this.#rights = Int32Array.from(ends, ({ right }) => right);
    this.#carried = new Float64Array(ends.length);
  }

  /** Makes at least so many round trips; returns how many it made. */
  run(mode: Mode, trips: number): number {
    switch (mode) {
      case "idle":
        for (let trip = 0; trip < trips; trip++) this.#trip(0);
        return trips;
      case "turns":
        for (let trip = 0; trip < trips; trip++) {
          this.#trip(this.#next);
          this.#next = (this.#next + 1) % this.connections;
        }
        return trips;
      case "together": {
        const rounds = Math.ceil(trips / this.connections);
        for (let round = 0; round < rounds; round++) this.#tripsTogether();
        return rounds * this.connections;
      }
    }
  }

  #trip(index: number): void {
    const { left, right } = this.#pair;
    this.#pair.wait(TRIP);
    this.#write(left, this.#lefts, index);
    this.#pair.turnLeft();
    this.#pair.turnRight();
    this.#read(right, this.#rights, index);
    this.#write(right, this.#rights, index);
    this.#pair.turnRight();
    this.#pair.turnLeft();
    this.#read(left, this.#lefts, index);
    this.#carried[index] += MESSAGE_BYTES;
  }

  #tripsTogether(): void {
    const { left, right } = this.#pair;
    this.#pair.wait(TRIP * this.connections);
    for (let i = 0; i < this.connections; i++) this.#write(left, this.#lefts, i);
    this.#carryAll();
    for (let i = 0; i < this.connections; i++) {
      this.#read(right, this.#rights, i);
      this.#write(right, this.#rights, i);
    }
    this.#carryAll();
    for (let i = 0; i < this.connections; i++) {
      this.#read(left, this.#lefts, i);
      this.#carried[i] += MESSAGE_BYTES;
    }
  }

  // A ring holds fewer frames than there are connections: the machines take turns until no MAC has anything to say.
  #carryAll(): void {
    const pair = this.#pair;
    do {
      pair.turnLeft();
      pair.turnRight();
    } while (pair.left.mac.interrupt || pair.right.mac.interrupt);
  }

  #write(machine: Machine, fds: Int32Array, index: number): void {
    if (machine.sendRoom(fds[index]) < MESSAGE_BYTES) throw new Error("An open connection has no room for a message.");
    machine.memory.set(this.#payload.at(this.#carried[index], MESSAGE_BYTES), machine.pointer);
    machine.sendCommit(fds[index], MESSAGE_BYTES);
  }

  #read(machine: Machine, fds: Int32Array, index: number): void {
    if (machine.recvPeek(fds[index]) !== MESSAGE_BYTES) throw new Error("A message has not come, or not whole.");
    this.#payload.checkWords(this.#carried[index], machine.core.u32, machine.pointer, MESSAGE_BYTES);
    machine.recvConsume(fds[index], MESSAGE_BYTES);
  }
}
