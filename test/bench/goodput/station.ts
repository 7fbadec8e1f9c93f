// A machine in virtual time that runs whenever its MAC, its timers or its application want it to, as in a real host.

import type { VirtualClock } from "../../../host/clock.ts";
import { Random } from "../../../host/random.ts";
import { Runner } from "../../../host/runner.ts";
import type { Wire } from "../../../host/wire/wire.ts";
import { Machine } from "../machine.ts";

export interface StationOptions {
  clock: VirtualClock;
  wire: Wire;
  /** Last byte of its addresses, and what tells its random numbers from those of others with the same seed. */
  number: number;
  seed: number;
}

export class Station {
  readonly machine: Machine;
  readonly #runner: Runner;
  /** What the application does after each run of the machine; true when it has called the machine. */
  application: () => boolean = () => false;

  static async start(module: WebAssembly.Module, { clock, wire, number, seed }: StationOptions): Promise<Station> {
    let station: Station | null = null;
    const random = new Random(seed, number);
    const machine = await Machine.start(module, {
      wire,
      address: `10.0.0.${number}`,
      mac: `02:00:00:00:00:0${number}`,
      seeds: Array.from({ length: 4 }, () => random.u32()),
      onInterrupt: () => station?.wake(),
    });
    station = new Station(machine, clock);
    return station;
  }

  private constructor(machine: Machine, clock: VirtualClock) {
    this.machine = machine;
    this.#runner = new Runner(machine.core, clock, {
      hasInterrupt: () => machine.mac.interrupt,
      afterPoll: () => {
        if (this.application()) this.wake();
      },
      onFault: (fault) => {
        throw fault;
      },
    });
  }

  /** The machine was called: it is to run at this moment. */
  wake(): void {
    this.#runner.wake();
  }
}
