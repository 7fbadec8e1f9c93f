// What can happen to a fleet, each in a few lines.

import { Switch } from "../network/switch.ts";
import { createCable } from "../wire/cable.ts";
import type { Device, Fleet } from "./fleet.ts";
import { bootAndFetch, fetchPersistently, servePage } from "./pages.ts";

export interface ScenarioOptions {
  /** Microseconds over which devices that "boot at once" really boot: no two power supplies are equal. */
  spread: number;
  /** Bytes of the page that each fetches. */
  page: number;
}

export interface Scenario {
  what: string;
  /** What an operator of such devices would choose. */
  defaults: ScenarioOptions;
  run(fleet: Fleet, options: ScenarioOptions): Promise<void>;
}

const SECOND = 1e6;
/** What a device with a fault sends each second while a storm lasts, and for how long. */
const STORM_RATE = 2000;
const STORM_MICROS = 2 * SECOND;
const PARTITION_MICROS = 5 * SECOND;

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  boot: {
    what: "all devices boot, and each fetches a page",
    defaults: { spread: 10 * SECOND, page: 1000 },
    run: async (fleet, { spread, page }) => {
      await servePage(fleet.server, page);
      await everyDevice(fleet, spread, (device) => bootAndFetch(device, page));
    },
  },
  "power-cut": {
    what: "the power fails when all have booted, and all boot again",
    defaults: { spread: 10 * SECOND, page: 1000 },
    run: async (fleet, { spread, page }) => {
      await servePage(fleet.server, page);
      const first = everyDevice(fleet, spread, (device) => bootAndFetch(device, page));
      await fleet.sleep(spread);
      for (const device of fleet.devices) device.cutPower();
      await first;
      await everyDevice(fleet, spread, (device) => bootAndFetch(device, page));
    },
  },
  download: {
    what: "all devices run, then fetch new firmware from the one server at once",
    defaults: { spread: 10 * SECOND, page: 64 * 1024 },
    run: async (fleet, { spread, page }) => {
      await servePage(fleet.server, page);
      await everyDevice(fleet, spread, (device) => device.boot());
      await everyDevice(fleet, spread, (device) => fetchAgain(device, page));
    },
  },
  storm: {
    what: "one device with a fault floods all with broadcasts while they boot and fetch",
    defaults: { spread: 4 * SECOND, page: 1000 },
    run: async (fleet, { spread, page }) => {
      await servePage(fleet.server, page);
      const storm = broadcastStorm(fleet);
      await Promise.all([storm, everyDevice(fleet, spread, (device) => bootAndFetch(device, page))]);
    },
  },
  partition: {
    what: "half of the devices lose the way to the server for a while",
    defaults: { spread: 4 * SECOND, page: 16 * 1024 },
    run: async (fleet, { spread, page }) => {
      await servePage(fleet.server, page);
      const trunk = createCable({ rate: 1e9, delay: 5, clock: fleet.clock, seed: fleet.seed });
      const far = new Switch({ clock: fleet.clock, addresses: fleet.devices.length * 2, name: "far switch" });
      fleet.switch.plug(trunk.left);
      far.plug(trunk.right);
      for (const device of fleet.devices) if (device.index % 2 === 1) device.plugInto = far;
      const work = everyDevice(fleet, spread, (device) => bootAndFetch(device, page));
      await fleet.sleep(spread / 2);
      trunk.unplug();
      await fleet.sleep(PARTITION_MICROS);
      trunk.plug();
      await work;
    },
  },
};

/** Does something with every device, each at a time of its own within `spread`. */
async function everyDevice(fleet: Fleet, spread: number, work: (device: Device) => Promise<unknown>): Promise<void> {
  const times = fleet.devices.map(() => fleet.random.unit() * spread);
  await Promise.all(
    fleet.devices.map(async (device, i) => {
      await fleet.sleep(times[i]);
      await work(device);
    }),
  );
}

async function fetchAgain(device: Device, bytes: number): Promise<void> {
  const { stack } = device;
  if (stack === null) return;
  device.bootedAt = device.fleet.clock.now();
  await fetchPersistently(device, stack, bytes);
}

/** Broadcasts of a protocol that nobody speaks, from a cable of their own. */
async function broadcastStorm(fleet: Fleet): Promise<void> {
  const cable = createCable({ rate: 100e6, delay: 5, clock: fleet.clock, seed: fleet.seed });
  const unplug = fleet.switch.plug(cable.right);
  const frame = new Uint8Array(60).fill(0xff, 0, 6);
  frame.set([2, 0, 0, 0, 0, 1, 0x88, 0xb5], 6); // IEEE 802: for experiments on the link
  for (let sent = 0; sent < (STORM_RATE * STORM_MICROS) / SECOND; sent++) {
    cable.left.send(frame);
    await fleet.sleep(SECOND / STORM_RATE);
  }
  unplug();
}
