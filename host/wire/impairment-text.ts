// What a cable does to frames, as people write it: KEY=VALUE with units.

import { InputError } from "../errors.ts";
import type { Burst, Impairments } from "./lane.ts";
import { parseCount, parseDuration, parseProbability, parseRate } from "./units.ts";

type Setter = (impairments: Impairments, text: string) => void;

const KEYS: Record<string, Setter> = {
  delay: (to, text) => {
    to.delay = parseDuration(text);
  },
  jitter: (to, text) => {
    to.jitter = parseDuration(text);
  },
  rate: (to, text) => {
    to.rate = parseRate(text);
  },
  queue: (to, text) => {
    to.queue = parseCount(text);
  },
  mark: (to, text) => {
    to.mark = parseCount(text);
  },
  loss: (to, text) => {
    to.loss = parseProbability(text);
  },
  burst: (to, text) => {
    to.burst = parseBurst(text);
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

/** Takes ["loss=3%", "delay=20ms"] and the like. Throws InputError ERR_WIRE or ERR_UNIT. */
export function parseImpairments(details: readonly string[]): Impairments {
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

// "1%/25%" or "1%/25%/50%": how likely a burst begins, ends, and loses a frame.
function parseBurst(text: string): Burst {
  const [enter, leave, loss, more] = text.split("/");
  if (leave === undefined || more !== undefined) {
    throw new InputError("ERR_WIRE", `burst=${text}: say how likely a burst begins and ends, as in burst=1%/25%.`);
  }
  const burst = { enter: parseProbability(enter), leave: parseProbability(leave) };
  return loss === undefined ? burst : { ...burst, loss: parseProbability(loss) };
}
