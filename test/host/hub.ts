// A hub: what one machine sends, all others hear. For tests of what is said to many.

import type { Clock } from "../../host/clock.ts";
import { VirtualClock } from "../../host/clock.ts";
import { createStack, type Stack } from "../../host/stack.ts";
import type { Wire, WireEnd } from "../../host/wire/wire.ts";

class Port implements Wire {
  readonly carriesFcs = false;
  adapter: WireEnd | null = null;
  #up = true;

  constructor(
    readonly name: string,
    readonly hub: Hub,
  ) {}

  get up(): boolean {
    return this.#up;
  }

  attach(end: WireEnd): void {
    this.adapter = end;
  }

  send(frame: Uint8Array): void {
    if (this.#up) this.hub.repeat(this, frame);
  }

  /** Pulls the plug of this port, or puts it back. */
  setUp(up: boolean): void {
    this.#up = up;
    this.adapter?.linkChanged(up);
  }

  close(): void {
    this.adapter = null;
  }
}

export class Hub {
  readonly ports: Port[] = [];
  /** Every frame that went over it. */
  readonly frames: Uint8Array[] = [];

  plugIn(): Port {
    const port = new Port(`port ${this.ports.length}`, this);
    this.ports.push(port);
    return port;
  }

  repeat(from: Port, frame: Uint8Array): void {
    this.frames.push(frame.slice());
    for (const port of this.ports) if (port !== from && port.up) port.adapter?.receive(frame);
  }
}

/** As many machines as asked for on a hub, 10.0.0.1, 10.0.0.2 and so on. */
export async function machinesOnHub(
  count: number,
  profile = "node",
): Promise<{ clock: VirtualClock; hub: Hub; machines: Stack[] }> {
  const clock: VirtualClock & Clock = new VirtualClock();
  const hub = new Hub();
  const machines: Stack[] = [];
  for (let number = 1; number <= count; number++) {
    const wire = { wire: hub.plugIn(), address: `10.0.0.${number}/24` };
    machines.push(await createStack({ wires: [wire], clock, seed: number, profile, name: `machine ${number}` }));
  }
  return { clock, hub, machines };
}
