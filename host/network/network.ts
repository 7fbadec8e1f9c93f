// A simulated network: machines, switches and cables in virtual time, from a description and a seed. The same of both give the
// same run, to the byte.

import { explainStack } from "../capture/explain.ts";
import type { CaptureWriter } from "../capture/frames.ts";
import { VirtualClock } from "../clock.ts";
import { parseAddress, parseCidr } from "../core/address.ts";
import type { Hosts } from "../node/lookup.ts";
import { Random } from "../random.ts";
import { createStack, type Stack } from "../stack.ts";
import { type Cable, createCable } from "../wire/cable.ts";
import { captureInto } from "../wire/capture.ts";
import type { Wire } from "../wire/wire.ts";
import {
  type Addresses,
  type CablePlan,
  type MachineDescription,
  type NetworkDescription,
  planCables,
  planEvents,
  refuse,
} from "./description.ts";
import { Switch } from "./switch.ts";

export interface NetworkOptions {
  /** In place of the description's. */
  seed?: number;
  /** Default: one that begins at 0. */
  clock?: VirtualClock;
  /** Takes what every machine's adapters send and receive, one interface for each. */
  capture?: CaptureWriter;
  /** Comments in the capture say why frames were dropped and which states changed. */
  explain?: boolean;
}

/** Numbers of the generators that share a network's seed. */
const [CABLE_STREAM, MACHINE_STREAM] = [3, 4];
/** An IPv4 address is the end of a mapped IPv6 address. */
const V4_PREFIX_BITS = 96;

/** Starts everything that is described. Rejects with InputError when the description does not hold together. */
export async function createNetwork(
  description: NetworkDescription,
  options: NetworkOptions = {},
): Promise<SimulatedNetwork> {
  const plans = planCables(description);
  const events = planEvents(description);
  const network = new SimulatedNetwork(description, plans, options);
  for (const [name, given] of Object.entries(description.machines)) {
    await network.start(name, typeof given === "string" || Array.isArray(given) ? { address: given } : given);
  }
  const start = network.clock.now();
  for (const { time, cable, up } of events) {
    network.clock.at(start + time, () => (up ? network.cable(cable).plug() : network.cable(cable).unplug()));
  }
  return network;
}

export class SimulatedNetwork {
  readonly clock: VirtualClock;
  readonly seed: number;
  readonly machines = new Map<string, Stack>();
  readonly switches = new Map<string, Switch>();
  readonly cables = new Map<string, Cable>();
  #plans: readonly CablePlan[];
  #profile: string;
  #hosts: Hosts;
  #options: NetworkOptions;
  #seeds: Random;

  /** `createNetwork` makes these. */
  constructor(description: NetworkDescription, plans: readonly CablePlan[], options: NetworkOptions) {
    this.clock = options.clock ?? new VirtualClock();
    this.seed = options.seed ?? description.seed ?? 1;
    this.#seeds = new Random(this.seed, MACHINE_STREAM);
    this.#plans = plans;
    this.#profile = description.profile ?? "node";
    this.#hosts = hostsOf(description);
    this.#options = options;
    for (const name of description.switches ?? []) this.switches.set(name, new Switch({ clock: this.clock, name }));
    const seeds = new Random(this.seed, CABLE_STREAM);
    for (const { name, ends, toRight, toLeft } of plans) {
      const cable = createCable({ clock: this.clock, seed: seeds.u32(), toRight, toLeft });
      this.cables.set(name, cable);
      this.switches.get(ends[0])?.plug(cable.left);
      this.switches.get(ends[1])?.plug(cable.right);
    }
  }

  /** Throws InputError ERR_NETWORK on a name that is not there, as do the others. */
  machine(name: string): Stack {
    return this.machines.get(name) ?? this.#nobody(name);
  }

  switch(name: string): Switch {
    return this.switches.get(name) ?? this.#nobody(name);
  }

  /** By both its ends, as in the description: "anna - floor". */
  cable(name: string): Cable {
    return this.cables.get(name) ?? this.#nobody(name);
  }

  /** Lets time pass until `work` is done; where nothing happens, it jumps. `limit`: microseconds from now, default an hour. */
  settle<T>(work: Promise<T>, limit = 3600e6): Promise<T> {
    return this.clock.settle(work, this.clock.now() + limit);
  }

  /** Lets that many microseconds pass. */
  async run(microseconds: number): Promise<void> {
    await this.settle(this.sleep(microseconds), microseconds);
  }

  /** Resolves after that many microseconds; somebody must let time pass. */
  sleep(microseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.at(this.clock.now() + microseconds, resolve);
    });
  }

  /** Stops all machines. What they have open is reset. */
  async close(): Promise<void> {
    await Promise.all([...this.machines.values()].map((stack) => stack.close({ linger: 0 })));
  }

  /** `createNetwork` calls it. */
  async start(name: string, description: MachineDescription): Promise<void> {
    const { capture, explain = false } = this.#options;
    const adapters = this.#adaptersOf(name, description);
    const interfaces = adapters.map(({ label }) => capture?.addInterface({ name: adapters.length > 1 ? label : name }));
    const wires = adapters.map(({ wire, label: _, ...rest }, i) => {
      const index = interfaces[i];
      const isCaptured = capture !== undefined && index !== undefined;
      return { wire: isCaptured ? captureInto(wire, capture, index, this.clock) : wire, ...rest };
    });
    const stack = await createStack({
      name,
      wires,
      clock: this.clock,
      profile: description.profile ?? this.#profile,
      seed: this.#seeds.u32(),
      hosts: this.#hosts,
      forwarding: description.forwarding ?? false,
    });
    this.machines.set(name, stack);
    const [first] = interfaces;
    if (explain && capture !== undefined && first !== undefined) explainStack(stack, capture, first);
  }

  #adaptersOf(name: string, description: MachineDescription) {
    const cables = this.#plans.filter(({ ends }) => ends.includes(name));
    const adapters = cables.map((plan) => {
      const isLeft = plan.ends[0] === name;
      const neighbor = plan.ends[isLeft ? 1 : 0];
      const cable = this.cable(plan.name);
      const wire: Wire = isLeft ? cable.left : cable.right;
      const address = addressOn(name, description, neighbor, cables.length);
      return { wire, label: `${name} to ${neighbor}`, address, ...settingsOf(description), ...this.#macFor(address) };
    });
    if (adapters.length === 0) throw refuse(`The machine ${name} is on no cable; plug it into something.`);
    const gateways = [description.gateway ?? []].flat().map((via) => ({ to: everywhere(via), via }));
    for (const route of [...gateways, ...(description.routes ?? [])]) {
      const adapter = adapters.find(
        ({ address }) => route.via === undefined || address.some((own) => isOn(own, route.via)),
      );
      if (adapter === undefined) throw refuse(`${name}: the router ${route.via} is in none of the machine's networks.`);
      adapter.routes.push(route);
    }
    return adapters;
  }

  // An adapter without an address of its own would draw its Ethernet address from the system.
  #macFor(addresses: readonly string[]): { mac?: string } {
    if (addresses.length > 0) return {};
    const draw = this.#seeds.u32();
    const tail = [24, 16, 8, 0].map((shift) => ((draw >>> shift) & 0xff).toString(16).padStart(2, "0"));
    return { mac: ["02", "00", ...tail].join(":") };
  }

  #nobody(name: string): never {
    const known = [...this.machines.keys(), ...this.switches.keys(), ...this.cables.keys()];
    throw refuse(`Nothing here is called "${name}"; there are ${known.join(", ")}.`);
  }
}

function settingsOf({ claim, autoconfigure }: MachineDescription) {
  return {
    ...(claim !== undefined && { claim }),
    ...(autoconfigure !== undefined && { autoconfigure }),
    routes: [] as { to: string; via?: string; metric?: number }[],
  };
}

function addressOn(name: string, { address = [] }: MachineDescription, neighbor: string, cables: number): string[] {
  if (typeof address === "object" && !Array.isArray(address)) return [address[neighbor] ?? []].flat();
  if (cables > 1) {
    throw refuse(`${name} has ${cables} cables: say which address is on which, as in address: { floor: 10.0.0.1/24 }.`);
  }
  return [address].flat();
}

function hostsOf({ machines }: NetworkDescription): Hosts {
  const entries = Object.entries(machines).map(
    ([name, given]) => [name, allAddresses(given).map(withoutPrefix)] as const,
  );
  return Object.fromEntries(entries.filter(([, addresses]) => addresses.length > 0));
}

function allAddresses(given: MachineDescription | Addresses): string[] {
  if (typeof given === "string" || Array.isArray(given)) return [given].flat();
  const { address = [] } = given;
  return typeof address === "object" && !Array.isArray(address) ? Object.values(address).flat() : [address].flat();
}

function withoutPrefix(address: string): string {
  return address.split("/")[0];
}

function everywhere(gateway: string): string {
  return gateway.includes(":") ? "::/0" : "0.0.0.0/0";
}

function isOn(own: string, other: string | undefined): boolean {
  if (other === undefined || own.includes(":") !== other.includes(":")) return false;
  const { address, prefixLength } = parseCidr(own);
  const bytes = parseAddress(other);
  const first = own.includes(":") ? 0 : V4_PREFIX_BITS;
  for (let bit = first; bit < first + prefixLength; bit++) {
    const mask = 0x80 >> (bit & 7);
    if ((address[bit >> 3] & mask) !== (bytes[bit >> 3] & mask)) return false;
  }
  return true;
}
