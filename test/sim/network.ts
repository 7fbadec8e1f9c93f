// Two stacks on a cable in virtual time, watched: after every turn of either, data on its way must have a timer.

import { State, Status, TimerName } from "../../assembly/abi/status.ts";
import { VirtualClock } from "../../host/clock.ts";
import { Random } from "../../host/random.ts";
import type { TcpConnection } from "../../host/socket/tcp-connection.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import { type Cable, createCable } from "../../host/wire/cable.ts";
import type { Impairments } from "../../host/wire/impair.ts";

export const LEFT_ADDRESS = "10.0.0.1";
export const RIGHT_ADDRESS = "10.0.0.2";
/** Both ports are fixed, so that a probe finds the sequence numbers of the run that follows. */
const LOCAL_PORT = 40_000;
export const PORT = 7000;

/** Pools that must be as full at the end as they were at the start. */
const POOLS = ["PACKETS", "TCBS", "SYN_QUEUE", "TIME_WAIT", "DATAGRAM_SOCKETS", "REASSEMBLIES"];
/** Longest time that connections take to be forgotten, in microseconds: retransmissions of a lost FIN, then 2 MSL. */
const LONGEST_END = 300_000_000;
/** The longest that anything may take, in microseconds of virtual time. */
export const PATIENCE = 7_200_000_000;

/** Turns that a stack may need at one moment before it counts as running in circles. */
const MOST_TURNS = 5_000;

export interface NetworkOptions {
  seed: number;
  leftProfile: string;
  rightProfile: string;
  impairments?: Impairments;
  /** Builds other than the released ones. */
  leftModule?: WebAssembly.Module;
  rightModule?: WebAssembly.Module;
  /** Where the virtual clock stands when the machines start, in microseconds. */
  startAt?: number;
}

export class Network {
  readonly #usedAtStart: ReadonlyMap<Stack, string>;

  static async create(options: NetworkOptions): Promise<Network> {
    const clock = new VirtualClock();
    clock.runUntil(options.startAt ?? 0);
    const cable = createCable({ ...options.impairments, clock, seed: options.seed });
    const start = (side: "left" | "right", address: string, stream: number): Promise<Stack> => {
      const wasm = options[`${side}Module`];
      return createStack({
        wires: [{ wire: cable[side], address: `${address}/24` }],
        clock,
        profile: options[`${side}Profile`],
        seed: options.seed * 2 + stream,
        ...(wasm && { wasm }),
      });
    };
    const left = await start("left", LEFT_ADDRESS, 0);
    const right = await start("right", RIGHT_ADDRESS, 1);
    clock.runUntil(clock.now());
    return new Network(clock, cable, left, right);
  }

  private constructor(
    readonly clock: VirtualClock,
    readonly cable: Cable,
    readonly left: Stack,
    readonly right: Stack,
  ) {
    this.#usedAtStart = new Map([left, right].map((stack) => [stack, poolsInUse(stack)]));
    for (const stack of [left, right]) watch(stack);
  }

  /** Lets virtual time pass until `work` is done. */
  settle<T>(work: Promise<T>): Promise<T> {
    return this.clock.settle(work, this.clock.now() + PATIENCE);
  }

  /** Resolves after that many microseconds of virtual time. */
  sleep(microseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.at(this.clock.now() + microseconds, resolve);
    });
  }

  /** A connection from left to right: both its ends. */
  async connect(localPort = LOCAL_PORT, port = PORT): Promise<[TcpConnection, TcpConnection]> {
    const listener = await this.right.listen({ port });
    const accepted = listener.accept();
    const opened = this.left.connect({ address: RIGHT_ADDRESS, port, localPort });
    const ends = await this.settle(Promise.all([opened, accepted]));
    await listener.close();
    return ends;
  }

  /** Lets time pass until both machines have forgotten everything; throws, with the pools, when they do not. */
  demandEmpty(): void {
    const deadline = this.clock.now() + LONGEST_END;
    while (this.#leftover() !== undefined && this.clock.next() <= deadline) this.clock.step();
    const leftover = this.#leftover();
    if (leftover !== undefined) throw new Error(leftover);
  }

  #leftover(): string | undefined {
    for (const [stack, used] of this.#usedAtStart) {
      const now = poolsInUse(stack);
      if (now !== used) return `pools of ${stack === this.left ? "left" : "right"} hold ${now} instead of ${used}`;
    }
    return undefined;
  }
}

function poolsInUse(stack: Stack): string {
  const pools = stack.memory().filter(({ name }) => POOLS.includes(name));
  return pools.map(({ name, used }) => `${name} ${used}`).join(", ");
}

/** Puts demands behind every turn of a stack: it comes to rest at each moment, and all data on its way has a timer. */
function watch(stack: Stack): void {
  const { core } = stack;
  const poll = core.poll.bind(core);
  let lastTurn = -1;
  let turns = 0;
  core.poll = (now) => {
    const delay = poll(now);
    turns = now === lastTurn ? turns + 1 : 0;
    lastTurn = now;
    if (turns > MOST_TURNS) throw new Error(`At ${now} µs the stack wanted to run ${MOST_TURNS} times, and again.`);
    for (let row = 0; ; row++) {
      const found = core.exports.describe(row);
      if (found < 0) return delay;
      const waits =
        found > 0 &&
        core.status(Status.STATE) !== State.CLOSED &&
        core.status(Status.SND_NXT) !== core.status(Status.SND_UNA);
      if (!waits || core.status(Status.TIMER) !== TimerName.OFF) continue;
      throw new Error(`At ${now} µs unacknowledged data in ${State[core.status(Status.STATE)]} has no timer.`);
    }
  };
}

/** `length` bytes that depend on nothing but the seed. */
export function randomFile(seed: number, length: number): Uint8Array {
  const random = new Random(seed, 7);
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => random.u32());
  return new Uint8Array(words.buffer, 0, length);
}

/** Writes the whole of `data` and ends our direction. */
export async function sendAll(connection: TcpConnection, data: Uint8Array): Promise<void> {
  await connection.write(data);
  await connection.end();
}

/**
 * Reads to the end of the stream; throws at the first byte that is not the one of `data`, or when there are fewer.
 * `pause` is awaited after each read.
 */
export async function receiveExactly(
  connection: TcpConnection,
  data: Uint8Array,
  pause: () => Promise<void> = async () => {},
): Promise<void> {
  let offset = 0;
  for await (const piece of connection) {
    await pause();
    const expected = data.subarray(offset, offset + piece.length);
    if (Buffer.compare(piece, expected) !== 0) throw new Error(`bytes from ${offset} on are not those that were sent`);
    offset += piece.length;
  }
  if (offset !== data.length) throw new Error(`the stream ended after ${offset} of ${data.length} bytes`);
}

/** Sends `data` in both directions of a connection at once, and closes both ends when all has arrived. */
export async function exchange(
  ends: readonly TcpConnection[],
  data: Uint8Array,
  pause?: () => Promise<void>,
): Promise<void> {
  await Promise.all(ends.flatMap((end) => [sendAll(end, data), receiveExactly(end, data, pause)]));
  await Promise.all(ends.map((end) => end.close()));
}
