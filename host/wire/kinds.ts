// The wires that can be named in text: --wire KIND[:DETAILS][,IMPAIRMENT=VALUE]…

import type { Clock } from "../clock.ts";
import { InputError } from "../errors.ts";
import { createCable } from "./cable.ts";
import { openDatagramWire } from "./datagram.ts";
import { type Impairments, impairs, impairWire } from "./impair.ts";
import { parseImpairments } from "./impairment-text.ts";
import { openStream } from "./stream.ts";
import { openTap } from "./tap.ts";
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
  kind: "sim" | "tap" | "stream" | "dgram";
  /** Of a TAP, the interface's name; of a stream, the socket's path; of datagrams, both ports: "15000/15001". */
  name: string;
  impairments: Impairments;
}

/** What the name of a wire must look like, and what is said of one that does not. */
const NAMES: Record<string, { pattern: RegExp; refusal: string }> = {
  tap: {
    pattern: /^[^\s/:=]{1,15}$/,
    refusal: "A TAP needs the name of its interface, 1 to 15 characters, as in tap:tap0.",
  },
  stream: {
    pattern: /^[^\s=]{1,107}$/,
    refusal: "A stream needs the path of its socket, 1 to 107 characters, as in stream:/tmp/wire.",
  },
  dgram: {
    pattern: /^\d{1,5}\/\d{1,5}$/,
    refusal: "Datagrams need our UDP port and the peer's, as in dgram:15000/15001.",
  },
};

/** Takes "sim:loss=3%,delay=20ms", "tap:tap0,loss=3%" and their like apart. Throws InputError ERR_WIRE or ERR_UNIT. */
export function parseWire(text: string): WireSpec {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const details = colon < 0 ? [] : text.slice(colon + 1).split(",");
  if (kind === "sim") return { kind, name: "", impairments: parseImpairments(details) };
  if (kind !== "tap" && kind !== "stream" && kind !== "dgram") {
    const known = "use tap:NAME, stream:PATH, dgram:PORT/PORT or sim.";
    throw new InputError("ERR_WIRE", `"${kind}" is no kind of wire that is known here; ${known}`);
  }
  const name = details.shift() ?? "";
  const { pattern, refusal } = NAMES[kind];
  if (!pattern.test(name)) throw new InputError("ERR_WIRE", refusal);
  return { kind, name, impairments: parseImpairments(details) };
}

/** Opens what the text names. Rejects with InputError, also with the system's code when a wire cannot be had. */
export async function openWire(text: string, context: WireContext): Promise<OpenedWire> {
  const spec = parseWire(text);
  const options = { ...spec.impairments, clock: context.clock };
  if (options.seed === undefined && context.seed !== undefined) options.seed = context.seed;
  if (spec.kind === "sim") {
    const { left, right } = createCable(options);
    return { wire: left, far: right };
  }
  const wire = await openNamed(spec);
  return { wire: impairs(options) ? impairWire(wire, options) : wire, far: null };
}

function openNamed({ kind, name }: WireSpec): Promise<Wire> {
  if (kind === "tap") return openTap(name);
  if (kind === "stream") return openStream(name);
  const [own, peer] = name.split("/").map(Number);
  return openDatagramWire(own, peer);
}
