// The wires that can be named in text: --wire KIND[:DETAILS][,IMPAIRMENT=VALUE]…

import type { Clock } from "../clock.ts";
import { InputError } from "../errors.ts";
import { createCable } from "./cable.ts";
import { type Impairments, impairs, impairWire } from "./impair.ts";
import { openTap } from "./tap.ts";
import { parseCount, parseDuration, parseProbability, parseRate } from "./units.ts";
import type { Wire } from "./wire.ts";

export interface WireContext {
  clock: Clock;
  /** Of the impairments, where the text names none. */
  seed?: number;
}

/** What a text has opened. */
export interface OpenedWire {
  wire: Wire;
  /** The other end where it is in this process: of `sim`, for a second machine. */
  far: Wire | null;
}

/** A text taken apart and checked, before anything is opened. */
export interface WireSpec {
  kind: "sim" | "tap";
  /** Of a TAP, the interface's name. */
  name: string;
  impairments: Impairments;
}

type Setter = (impairments: Impairments, text: string) => void;

const KEYS: Record<string, Setter> = {
  delay: (to, text) => {
    to.delay = parseDuration(text);
  },
  rate: (to, text) => {
    to.rate = parseRate(text);
  },
  queue: (to, text) => {
    to.queue = parseCount(text);
  },
  loss: (to, text) => {
    to.loss = parseProbability(text);
  },
  duplicate: (to, text) => {
    to.duplicate = parseProbability(text);
  },
  reorder: (to, text) => {
    to.reorder = parseProbability(text);
  },
  "reorder-by": (to, text) => {
    to.reorderBy = parseDuration(text);
  },
  corrupt: (to, text) => {
    to.corrupt = parseProbability(text);
  },
  "flip-through": (to, text) => {
    to.flipThrough = parseProbability(text);
  },
  seed: (to, text) => {
    to.seed = parseCount(text);
  },
};

/** Takes "sim:loss=3%,delay=20ms" or "tap:tap0,loss=3%" apart. Throws InputError ERR_WIRE or ERR_UNIT. */
export function parseWire(text: string): WireSpec {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const details = colon < 0 ? [] : text.slice(colon + 1).split(",");
  if (kind === "sim") return { kind, name: "", impairments: parseImpairments(details) };
  if (kind !== "tap") {
    throw new InputError("ERR_WIRE", `"${kind}" is no kind of wire that is known here; use tap:NAME or sim.`);
  }
  const name = details.shift() ?? "";
  if (!/^[^\s/:=]{1,15}$/.test(name)) {
    throw new InputError("ERR_WIRE", `A TAP needs the name of its interface, 1 to 15 characters, as in tap:tap0.`);
  }
  return { kind, name, impairments: parseImpairments(details) };
}

/** Opens what the text names. Rejects with InputError, also with the system's code when a TAP cannot be had. */
export async function openWire(text: string, context: WireContext): Promise<OpenedWire> {
  const { kind, name, impairments } = parseWire(text);
  const options = { ...impairments, clock: context.clock };
  if (options.seed === undefined && context.seed !== undefined) options.seed = context.seed;
  if (kind === "sim") {
    const { left, right } = createCable(options);
    return { wire: left, far: right };
  }
  const tap = await openTap(name);
  return { wire: impairs(options) ? impairWire(tap, options) : tap, far: null };
}

function parseImpairments(details: string[]): Impairments {
  const impairments: Impairments = {};
  for (const detail of details) {
    const equals = detail.indexOf("=");
    const set = equals < 0 ? undefined : KEYS[detail.slice(0, equals)];
    if (set === undefined) {
      const known = Object.keys(KEYS).join(", ");
      throw new InputError("ERR_WIRE", `"${detail}" does not describe a wire; write KEY=VALUE with one of ${known}.`);
    }
    set(impairments, detail.slice(equals + 1));
  }
  return impairments;
}
