// Two machines on a cable without delay that take turns. Time is virtual, and each turn takes a little of it.

import { SocketKind } from "../../assembly/abi/sockets.ts";
import { Mac, MacInterrupt } from "../../assembly/device/registers.ts";
import { createCable } from "../../host/wire/cable.ts";
import { INSIDE_ADDRESSES, startInside } from "./inside/inside.ts";
import { type BenchMac, Machine } from "./machine.ts";
import { createRationedCable } from "./rationed-cable.ts";

/** Microseconds of virtual time that a turn takes unless something else is said. */
const TURN = 5;
/** Connections that are opened at once. */
const BATCH = 16;
/** Turns of both machines in which what is waited for must have happened: neighbors, handshakes and good-byes. */
const PATIENCE = 100;
/** The window with which stacks are compared: 64 KB at most. */
export const WINDOW_PACKETS = 44;
/** More frames than a ring holds. */
const ALL_FRAMES = 0xffff;

/** The descriptors of a connection's ends. */
export interface Ends {
  readonly left: number;
  readonly right: number;
}

export interface PairOptions {
  /** Microseconds of virtual time that a turn takes. */
  turn?: number;
  /** Most frames from left to right that one poll takes in; unlimited unless it is said. */
  framesPerPoll?: number;
}

export class Pair {
  readonly left: Machine;
  readonly right: Machine;
  /** After a poll of the right machine that was due because its ration of frames had come. */
  onRation: () => void = () => {};
  readonly #turn: number;
  /** Where both share a core: carries what the adapters have to send, and polls in between where that is due. */
  readonly #carry: ((now: number) => void) | null;
  #restart: () => void = () => {};
  #now = 1_000_000;

  private constructor(left: Machine, right: Machine, turn: number, carry: ((now: number) => void) | null = null) {
    this.left = left;
    this.right = right;
    this.#turn = turn;
    this.#carry = carry;
  }

  /** Two instances of the core, each with its MAC, on a cable in JavaScript. */
  static async create(module: WebAssembly.Module, { turn = TURN, framesPerPoll }: PairOptions = {}): Promise<Pair> {
    let onRation = (): void => {};
    const rationed = framesPerPoll ? createRationedCable(framesPerPoll, () => onRation()) : null;
    const cable = rationed ?? createCable();
    const [left, right] = [cable.left, cable.right].map((wire, i) =>
      Machine.start(module, {
        wire,
        address: `10.0.0.${i + 1}`,
        mac: `02:00:00:00:00:0${i + 1}`,
        seeds: [1, 2, 3, i + 1],
      }),
    );
    const pair = new Pair(await left, await right, turn);
    onRation = () => pair.#takeRation();
    if (rationed) pair.#restart = rationed.restart;
    return pair;
  }

  /** One instance of the core with two adapters; MACs and cable are wasm over its memory. */
  static async createInside(
    module: WebAssembly.Module,
    { turn = TURN, framesPerPoll = ALL_FRAMES }: PairOptions = {},
  ): Promise<Pair> {
    const { core, carry, counter, ...adapters } = await startInside(module, [1, 2, 3, 4]);
    const macOf = (adapter: 0 | 1): BenchMac => ({
      get interrupt() {
        return (counter(adapter, Mac.INTERRUPT_STATUS) & MacInterrupt.RX) !== 0;
      },
      get sent() {
        return counter(adapter, Mac.TX_FRAMES);
      },
    });
    const [left, right] = (["left", "right"] as const).map((side, i) => {
      const { own, seen } = INSIDE_ADDRESSES[side];
      const machine = new Machine(core, macOf(i as 0 | 1), own, seen);
      machine.addAddress(adapters[side]);
      return machine;
    });
    let rationsBegan = 0;
    const leftOfRation = (): number => framesPerPoll - ((left.mac.sent - rationsBegan) % framesPerPoll);
    const carryAll = (now: number): void => {
      carry(1, ALL_FRAMES);
      while (carry(0, leftOfRation()) !== 0) {
        core.poll(now);
        pair.onRation();
      }
    };
    const pair = new Pair(left, right, turn, carryAll);
    pair.#restart = () => {
      rationsBegan = left.mac.sent;
    };
    return pair;
  }

  turnLeft(): void {
    this.#now += this.#turn;
    this.#carry?.(this.#now);
    this.left.core.poll(this.#now);
  }

  turnRight(): void {
    this.#now += this.#turn;
    this.#carry?.(this.#now);
    this.right.core.poll(this.#now);
  }

  /** The next frame from left to right begins a ration: an odd one before would leave every other ACK for three. */
  beginRation(): void {
    this.#restart();
  }

  /** Lets time pass in which nothing is to happen but timers. Microseconds. */
  wait(time: number): void {
    this.#now += time;
  }

  /** Gives both machines turns until `happened`. */
  until(happened: () => boolean, what: string): void {
    for (let turns = 0; !happened(); turns++) {
      if (turns === PATIENCE) throw new Error(`After ${PATIENCE} turns of both machines: still no ${what}.`);
      this.turnLeft();
      this.turnRight();
    }
  }

  /** A connection from left to right: the descriptors of its ends. `packets`: windows of both, in segments. */
  connection(port: number, packets?: number): Ends {
    return this.connections(port, 1, packets)[0];
  }

  /** So many connections from left to right, all to the same port. */
  connections(port: number, count: number, packets = WINDOW_PACKETS): Ends[] {
    const { right } = this;
    const listener = right.listen(port, BATCH);
    right.limitWindow(listener, packets);
    const all: Ends[] = [];
    while (all.length < count) {
      // The first one goes alone: it asks for the neighbor's address, for which only a few frames may wait.
      const size = all.length === 0 ? 1 : Math.min(BATCH, count - all.length);
      const opened = new Map(Array.from({ length: size }, () => this.#open(port, packets)));
      for (let i = 0; i < size; i++) all.push(this.#accept(listener, opened));
    }
    right.close(listener);
    return all;
  }

  #takeRation(): void {
    this.right.core.poll(this.#now);
    this.onRation();
  }

  // The left end of a new connection, by its port.
  #open(port: number, packets: number): [port: number, fd: number] {
    const { left } = this;
    const fd = left.socket(SocketKind.STREAM);
    left.limitWindow(fd, packets);
    left.connect(fd, this.right, port);
    return [left.localPort(fd), fd];
  }

  #accept(listener: number, opened: ReadonlyMap<number, number>): Ends {
    const { right } = this;
    let fd = -1;
    this.until(() => {
      fd = right.accept(listener);
      return fd >= 0;
    }, "connection");
    const left = opened.get(right.peerPort(fd));
    if (left === undefined) throw new Error("A connection was accepted that nobody has opened.");
    return { left, right: fd };
  }
}
