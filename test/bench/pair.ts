// Two machines on a cable without delay that take turns. Time is virtual, and each turn takes a little of it.

import { SocketKind } from "../../assembly/abi/sockets.ts";
import { createCable } from "../../host/wire/cable.ts";
import { Machine } from "./machine.ts";

/** Microseconds of virtual time that a turn takes. */
const TURN = 5;
/** Turns of both machines in which what is waited for must have happened: neighbors, handshakes and good-byes. */
const PATIENCE = 100;

export class Pair {
  readonly left: Machine;
  readonly right: Machine;
  #now = 1_000_000;

  private constructor(left: Machine, right: Machine) {
    this.left = left;
    this.right = right;
  }

  static async create(module: WebAssembly.Module): Promise<Pair> {
    const cable = createCable();
    const [left, right] = [cable.left, cable.right].map((wire, i) =>
      Machine.start(module, {
        wire,
        address: `10.0.0.${i + 1}`,
        mac: `02:00:00:00:00:0${i + 1}`,
        seeds: [1, 2, 3, i + 1],
      }),
    );
    return new Pair(await left, await right);
  }

  turnLeft(): void {
    this.#now += TURN;
    this.left.core.poll(this.#now);
  }

  turnRight(): void {
    this.#now += TURN;
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
  connection(port: number): { left: number; right: number } {
    const listener = this.right.listen(port, 1);
    const left = this.left.socket(SocketKind.STREAM);
    this.right.limitWindow(listener);
    this.left.limitWindow(left);
    this.left.connect(left, this.right, port);
    let right = -1;
    this.until(() => {
      right = this.right.accept(listener);
      return right >= 0;
    }, "connection");
    this.right.close(listener);
    return { left, right };
  }
}
