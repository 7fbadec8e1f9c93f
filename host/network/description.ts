// A network in words: who is there, who is plugged into whom, and what happens to the cables in the course of time. The same
// shape is written in TypeScript and in YAML.

import type { AutoconfigName, RouteOptions } from "../adapters.ts";
import { InputError } from "../errors.ts";
import type { Impairments } from "../wire/impair.ts";
import { parseImpairments } from "../wire/impairment-text.ts";
import { parseDuration } from "../wire/units.ts";

/** One or several addresses with their prefixes: "10.0.0.1/24". */
export type Addresses = string | string[];

export interface MachineDescription {
  /** Of its one adapter; or of each, by the name of what is at the cable's other end. */
  address?: Addresses | Record<string, Addresses>;
  /** Default routers; each through the adapter whose network has it. */
  gateway?: string | string[];
  routes?: RouteOptions[];
  /** True: a router. */
  forwarding?: boolean;
  /** As in `createStack`. */
  autoconfigure?: boolean | AutoconfigName[];
  claim?: boolean;
  /** Build of the firmware; default the network's. */
  profile?: string;
}

/** Impairments as text, "delay=5ms,loss=1%", or as numbers in microseconds, bits per second and probabilities. */
export type ImpairmentsOrText = Impairments | string;

/** Nothing, impairments of both directions, or of each. */
export type CableDescription = ImpairmentsOrText | null | { there?: ImpairmentsOrText; back?: ImpairmentsOrText };

export interface NetworkDescription {
  /** Of everything that is drawn; default 1. */
  seed?: number;
  /** Build of the firmware; default "node". */
  profile?: string;
  switches?: string[];
  /** By name: a machine, or just its addresses. */
  machines: Record<string, MachineDescription | Addresses>;
  /** By both ends, "anna - floor": "there" is from anna to the floor. */
  cables: Record<string, CableDescription>;
  /** What happens, by when: `"2s": "anna - floor down"`. */
  events?: Record<string, string | string[]>;
}

/** A cable with its ends taken apart. */
export interface CablePlan {
  name: string;
  ends: readonly [string, string];
  toRight: Impairments;
  toLeft: Impairments;
}

/** A cable that is pulled or plugged in at some time. */
export interface EventPlan {
  /** Microseconds from the start. */
  time: number;
  cable: string;
  up: boolean;
}

const END_SEPARATOR = /\s+-\s+/;
const NAME = /^[\w.][\w.-]*$/;

/** Cables, checked: both ends exist. Throws InputError ERR_NETWORK, or what the texts are refused with. */
export function planCables({ cables, machines, switches = [] }: NetworkDescription): CablePlan[] {
  const known = [...switches, ...Object.keys(machines)];
  const twice = known.find((name, i) => known.indexOf(name) !== i);
  if (twice !== undefined) throw refuse(`Two things are called ${twice}; every name must be its own.`);
  const bad = known.find((name) => !NAME.test(name));
  if (bad !== undefined) throw refuse(`"${bad}" is no name; one has letters, digits, dots, dashes and underscores.`);
  return Object.entries(cables).map(([name, description]) => {
    const [left, right, more] = name.split(END_SEPARATOR);
    if (right === undefined || more !== undefined) {
      throw refuse(`The cable "${name}" needs two ends, as in "anna - floor".`);
    }
    const stranger = [left, right].find((end) => !known.includes(end));
    if (stranger !== undefined)
      throw refuse(`The cable "${name}" ends at ${stranger}, which is neither machine nor switch.`);
    return { name, ends: [left, right] as const, ...directions(description) };
  });
}

/** What happens, in the order of time. Throws InputError ERR_NETWORK. */
export function planEvents({ events = {}, cables }: NetworkDescription): EventPlan[] {
  const plans = Object.entries(events).flatMap(([time, texts]) =>
    [texts].flat().map((text) => {
      const [, cable = "", verb] = /^(.*\S)\s+(up|down)$/.exec(text) ?? [];
      if (!(cable in cables))
        throw refuse(`"${text}" at ${time}: say which cable goes up or down, as in "anna - floor down".`);
      return { time: parseDuration(time), cable, up: verb === "up" };
    }),
  );
  return plans.sort((a, b) => a.time - b.time);
}

function directions(cable: CableDescription): { toRight: Impairments; toLeft: Impairments } {
  if (cable === null || typeof cable === "string") {
    const both = impairmentsOf(cable ?? "");
    return { toRight: both, toLeft: both };
  }
  if (!("there" in cable || "back" in cable)) return { toRight: cable as Impairments, toLeft: cable as Impairments };
  return { toRight: impairmentsOf(cable.there ?? ""), toLeft: impairmentsOf(cable.back ?? "") };
}

function impairmentsOf(given: ImpairmentsOrText): Impairments {
  return typeof given === "string" ? parseImpairments(given.split(/\s*,\s*/).filter((part) => part !== "")) : given;
}

export function refuse(sentence: string): InputError {
  return new InputError("ERR_NETWORK", sentence);
}
