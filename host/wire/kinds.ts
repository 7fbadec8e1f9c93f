// The wires that can be named in text: --wire KIND[:DETAILS][,IMPAIRMENT=VALUE]…

import type { Clock } from "../clock.ts";
import { InputError } from "../errors.ts";
import { createCable } from "./cable.ts";
import { openChannel } from "./channel.ts";
import { openDatagramWire } from "./datagram.ts";
import { openHub } from "./hub.ts";
import { type Impairments, impairs, impairWire } from "./impair.ts";
import { parseImpairments } from "./impairment-text.ts";
import { openPasst } from "./passt.ts";
import { openStream } from "./stream.ts";
import { openTap } from "./tap.ts";
import { openVxlan } from "./vxlan.ts";
import { joinRelay, openRelay } from "./websocket.ts";
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
  kind: WireKind;
  /** What follows the kind: of a TAP, the interface's name; of a stream, the socket's path; and so on. */
  name: string;
  impairments: Impairments;
}

/** What can be opened by a name. */
interface Kind {
  /** What the name must look like, and what is said of one that does not. */
  pattern: RegExp;
  refusal: string;
  open(name: string): Wire | Promise<Wire>;
}

const KINDS = {
  tap: {
    pattern: /^[^\s/:=]{1,15}$/,
    refusal: "A TAP needs the name of its interface, 1 to 15 characters, as in tap:tap0.",
    open: openTap,
  },
  stream: {
    pattern: /^[^\s=]{1,107}$/,
    refusal: "A stream needs the path of its socket, or HOST:PORT, as in stream:/tmp/wire or stream:127.0.0.1:5000.",
    open: openStream,
  },
  dgram: {
    pattern: /^\d{1,5}\/\d{1,5}$/,
    refusal: "Datagrams need our UDP port and the peer's, as in dgram:15000/15001.",
    open: (name) => {
      const [own, peer] = name.split("/").map(Number);
      return openDatagramWire(own, peer);
    },
  },
  hub: {
    pattern: /^[^\s=]{1,107}$/,
    refusal: "A hub needs the path of its socket, or HOST:PORT, as in hub:/tmp/hub or hub:127.0.0.1:5000.",
    open: openHub,
  },
  passt: {
    pattern: /^$/,
    refusal: "passt has no name: write passt, or passt:loss=1%.",
    open: () => openPasst(),
  },
  vxlan: {
    pattern: /^[^\s=/]+\/\d{1,8}(\/\d{1,5})?$/,
    refusal: "A VXLAN needs the other machine and a number, as in vxlan:192.0.2.7/42, and perhaps a port behind.",
    open: (name) => {
      const [remote, vni, port] = name.split("/");
      return openVxlan({ remote, vni: Number(vni), ...(port !== undefined && { port: Number(port) }) });
    },
  },
  websocket: {
    pattern: /^(\d{1,5}|wss?:\/\/[^\s,]+)$/,
    refusal:
      "A WebSocket is our port for others to connect to, or another's relay: websocket:8080, websocket:ws://HOST:PORT/.",
    open: (name) => (/^\d+$/.test(name) ? openRelay({ port: Number(name) }) : joinRelay(name)),
  },
  channel: {
    pattern: /^[^\s,=]+$/,
    refusal: "A channel between tabs or threads needs a name, as in channel:lan.",
    open: openChannel,
  },
} satisfies Record<string, Kind>;

/** "sim" has both its ends in this process; the others lead somewhere else. */
export type WireKind = keyof typeof KINDS | "sim";

const NAMELESS: readonly string[] = ["sim", "passt"];

/** Takes "sim:loss=3%,delay=20ms", "tap:tap0,loss=3%" and their like apart. Throws InputError ERR_WIRE or ERR_UNIT. */
export function parseWire(text: string): WireSpec {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const details = colon < 0 ? [] : text.slice(colon + 1).split(",");
  if (!isKind(kind)) {
    const known = `use ${Object.keys(KINDS).join(", ")} or sim; "thimble --help" shows what each looks like.`;
    throw new InputError("ERR_WIRE", `"${kind}" is no kind of wire that is known here; ${known}`);
  }
  const name = NAMELESS.includes(kind) ? "" : (details.shift() ?? "");
  if (kind !== "sim" && !KINDS[kind].pattern.test(name)) throw new InputError("ERR_WIRE", KINDS[kind].refusal);
  return { kind, name, impairments: parseImpairments(details) };
}

function isKind(text: string): text is WireKind {
  return text === "sim" || Object.hasOwn(KINDS, text);
}

/** Opens what the text names. Rejects with InputError, also with the system's code when a wire cannot be had. */
export async function openWire(text: string, context: WireContext): Promise<OpenedWire> {
  const { kind, name, impairments } = parseWire(text);
  const options = { ...impairments, clock: context.clock };
  if (options.seed === undefined && context.seed !== undefined) options.seed = context.seed;
  if (kind === "sim") {
    const { left, right } = createCable(options);
    return { wire: left, far: right };
  }
  const wire = await KINDS[kind].open(name);
  return { wire: impairs(options) ? impairWire(wire, options) : wire, far: null };
}
