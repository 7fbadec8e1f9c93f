// Two machines on a cable without delay that take turns. Time is virtual, and each turn takes a little of it.

import { SocketKind } from "../../assembly/abi/sockets.ts";
import { createCable } from "../../host/wire/cable.ts";
import { Machine } from "./machine.ts";

/** Microseconds of virtual time that a turn takes unless something else is said. */
const TURN = 5;
/** Connections that are opened at once. */
const BATCH = 16;
/** Turns of both machines in which what is waited for must have happened: neighbors, handshakes and good-byes. */
const PATIENCE = 100;

/** The descriptors of a connection's ends. */
export interface Ends {
  readonly left: number;
  readonly right: number;
}

export class Pair {
  readonly left: Machine;
  readonly right: Machine;
  readonly #turn: number;
  #now = 1_000_000;

  private constructor(left: Machine, right: Machine, turn: number) {
    this.left = left;
    this.right = right;
    this.#turn = turn;
  }

  static async create(module: WebAssembly.Module, turn = TURN): Promise<Pair> {
    const cable = createCable();
    const [left, right] = [cable.left, cable.right].map((wire, i) =>
      Machine.start(module, {
        wire,
        address: `10.0.0.${i + 1}`,
        mac: `02:00:00:00:00:0${i + 1}`,
        seeds: [1, 2, 3, i + 1],
      }),
    );
    return new Pair(await left, await right, turn);
  }

  turnLeft(): void {
    this.#now += this.#turn;
    this.left.core.poll(this.#now);
  }

  turnRight(): void {
    this.#now += this.#turn;
    this.right.core.poll(this.#now);
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

  /** A connection from left to right: the descriptors of its ends. */
  connection(port: number): Ends {
    return this.connections(port, 1)[0];
  }

  /** So many connections from left to right, all to the same port. */
  connections(port: number, count: number): Ends[] {
    const { right } = this;
    const listener = right.listen(port, BATCH);
    right.limitWindow(listener);
    const all: Ends[] = [];
    while (all.length < count) {
      // The first one goes alone: it asks for the neighbor's address, for which only a few frames may wait.
      const size = all.length === 0 ? 1 : Math.min(BATCH, count - all.length);
      const opened = new Map(Array.from({ length: size }, () => this.#open(port)));
      for (let i = 0; i < size; i++) all.push(this.#accept(listener, opened));
    }
    right.close(listener);
    return all;
  }

  // The left end of a new connection, by its port.
  #open(port: number): [port: number, fd: number] {
    const { left } = this;
    const fd = left.socket(SocketKind.STREAM);
    left.limitWindow(fd);
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
