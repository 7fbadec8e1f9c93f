// Thousands of devices on one switched network in one process, in virtual time: each its own instance of the firmware with its own
// memory and its own cable to the switch. Everything follows from the seed.

import type { WireOptions } from "../adapters.ts";
import type { CaptureWriter } from "../capture/frames.ts";
import { VirtualClock } from "../clock.ts";
import { Switch } from "../network/switch.ts";
import { Random } from "../random.ts";
import { createStack, type Stack } from "../stack.ts";
import { type Cable, createCable } from "../wire/cable.ts";
import { captureWire } from "../wire/capture.ts";
import type { Impairments } from "../wire/impair.ts";
import { Pace, type Progress } from "./pace.ts";

/** How devices come by their addresses. */
export interface Addressing {
  /** What a device's adapter is told before it starts. */
  settings(index: number): Omit<WireOptions, "wire">;
  /** Resolves when the device that has just started can be used; time passes meanwhile. */
  ready(stack: Stack): Promise<void>;
}

export interface FleetOptions {
  devices: number;
  /** Default 1. */
  seed?: number;
  /** Builds of the firmware: of the devices, default "tiny", and of the server, default "node". */
  profile?: string;
  serverProfile?: string;
  /** Cables to the switch: of the devices and the server; default 100 Mbit/s and 5 µs each. */
  cable?: Impairments;
  serverCable?: Impairments;
  /** Default: fixed addresses from 10.1.0.0 on. */
  addressing?: Addressing;
  /** Takes what the server's adapter sends and receives. */
  capture?: CaptureWriter;
  /** Told about twice a second, of real time, while time passes. */
  onProgress?: (progress: Progress) => void;
}

export const SERVER_ADDRESS = "10.0.0.1";
const PREFIX_LENGTH = 8;
const FIRST_DEVICE = 10 * 2 ** 24 + 2 ** 16;
const FAST_ETHERNET: Impairments = { rate: 100e6, delay: 5 };
/** One more than the addresses that a switch of the fleet must know, for server, trunk and whoever else. */
const SPARE_ADDRESSES = 16;
/** Numbers of the generators that share the fleet's seed. */
const [BOOT_STREAM, DRAW_STREAM] = [5, 6];

/** Devices have fixed addresses in 10.0.0.0/8, without asking first whether they are free. */
export const FIXED_ADDRESSES: Addressing = {
  settings: (index) => ({ address: `${addressOf(index)}/${PREFIX_LENGTH}`, claim: false }),
  ready: async () => {},
};

function addressOf(index: number): string {
  const number = FIRST_DEVICE + index;
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join(".");
}

/** Makes a fleet: a server that runs, and devices that are switched off. */
export async function createFleet(options: FleetOptions): Promise<Fleet> {
  const fleet = new Fleet(options);
  await fleet.startServer();
  return fleet;
}

export class Fleet {
  readonly clock = new VirtualClock();
  readonly switch: Switch;
  readonly devices: readonly Device[];
  readonly seed: number;
  /** For what a scenario draws. */
  readonly random: Random;
  /** Lets time pass, and counts what happens. */
  readonly pace: Pace;
  readonly options: FleetOptions;
  #server: Stack | null = null;

  /** `createFleet` makes these. */
  constructor(options: FleetOptions) {
    this.options = options;
    this.seed = options.seed ?? 1;
    this.random = new Random(this.seed, DRAW_STREAM);
    const addresses = options.devices + SPARE_ADDRESSES;
    this.switch = new Switch({ clock: this.clock, addresses });
    this.pace = new Pace(this.clock, () => this.progress(), options.onProgress ?? (() => {}));
    const boots = new Random(this.seed, BOOT_STREAM);
    this.devices = Array.from({ length: options.devices }, (_, index) => new Device(this, index, boots));
  }

  get server(): Stack {
    if (this.#server === null) throw new Error("The fleet's server has not been started.");
    return this.#server;
  }

  /** `createFleet` calls it. */
  async startServer(): Promise<void> {
    const { serverProfile = "node", serverCable = FAST_ETHERNET, capture } = this.options;
    const cable = createCable({ ...serverCable, clock: this.clock, seed: this.seed });
    this.switch.plug(cable.right);
    const wire = capture ? captureWire(cable.left, capture, this.clock, { name: "server" }) : cable.left;
    this.#server = await createStack({
      wires: [{ wire, address: `${SERVER_ADDRESS}/${PREFIX_LENGTH}`, claim: false }],
      clock: this.clock,
      profile: serverProfile,
      seed: this.seed,
      name: "server",
    });
  }

  /** Lets time pass until `work` is done. Rejects with its error, or when nothing is due any more. */
  settle<T>(work: Promise<T>): Promise<T> {
    return this.pace.settle(work);
  }

  /** Resolves after that many microseconds. */
  sleep(microseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.at(this.clock.now() + microseconds, resolve);
    });
  }

  progress(): Progress {
    const { flooded, sent } = this.switch.stats;
    return {
      time: this.clock.now(),
      events: this.pace.events,
      deliveries: sent,
      floods: flooded,
      running: this.devices.reduce((sum, { stack }) => sum + (stack === null ? 0 : 1), 0),
      done: this.devices.reduce((sum, { doneAt }) => sum + (doneAt === null ? 0 : 1), 0),
      devices: this.devices.length,
    };
  }

  async close(): Promise<void> {
    for (const device of this.devices) device.cutPower();
    await this.#server?.close({ linger: 0 });
  }
}

/** One device: a cable to the switch and, while it has power, an instance of the firmware. */
export class Device {
  readonly fleet: Fleet;
  readonly index: number;
  /** When it had power last, and when it had done what it was to do; microseconds, null: not yet. */
  bootedAt: number | null = null;
  doneAt: number | null = null;
  /** Attempts that failed, with the last error's code. */
  failures = 0;
  lastError: string | null = null;
  /** The switch that the next boot plugs it into; null: the fleet's. */
  plugInto: Switch | null = null;
  #stack: Stack | null = null;
  #cable: Cable | null = null;
  #unplug: () => void = () => {};
  #boots: Random;

  constructor(fleet: Fleet, index: number, boots: Random) {
    this.fleet = fleet;
    this.index = index;
    this.#boots = boots;
  }

  /** null while it has no power. */
  get stack(): Stack | null {
    return this.#stack;
  }

  /** Gives it power: a fresh instance starts, and gets its address. */
  async boot(): Promise<Stack> {
    const { clock, options, pace } = this.fleet;
    const { addressing = FIXED_ADDRESSES, cable: impairments = FAST_ETHERNET, profile = "tiny" } = options;
    const seed = this.#boots.u32();
    const cable = createCable({ ...impairments, clock, seed });
    const wire = { wire: cable.left, ...addressing.settings(this.index) };
    this.bootedAt = clock.now();
    this.doneAt = null;
    // An instance is made outside of virtual time, which waits.
    const stack = await pace.outside(
      createStack({ wires: [wire], clock, profile, seed, name: `device ${this.index}` }),
    );
    this.#stack = stack;
    this.#cable = cable;
    this.#unplug = (this.plugInto ?? this.fleet.switch).plug(cable.right);
    await addressing.ready(stack);
    return stack;
  }

  /** Takes its power away in the midst of whatever it does: nobody is told. */
  cutPower(): void {
    this.#unplug();
    this.#cable?.unplug();
    this.#stack?.close({ linger: 0 });
    this.#stack = null;
    this.#cable = null;
    this.#unplug = () => {};
  }
}
