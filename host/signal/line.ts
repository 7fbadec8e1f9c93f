// One direction of a cable that carries signals: what the transmitter sends passes as levels, some of which are damaged
// on the way, and is read by the receiver.

import { InputError } from "../errors.ts";
import type { Random } from "../random.ts";
import { Mlt3, Nrzi } from "./fast-ethernet.ts";
import type { LineCode, LineCodeName } from "./line-code.ts";
import { Manchester } from "./manchester.ts";

export interface SignalOptions {
  code: LineCodeName;
  /** Probability that a symbol is damaged; default 0. */
  damage?: number;
}

export interface LineStats {
  frames: number;
  damagedSymbols: number;
  /** Frames in which the receiver found no start, symbols without meaning, or no right end. */
  codeErrors: number;
}

const CODES: Record<LineCodeName, () => LineCode> = {
  "10base-t": () => new Manchester(),
  "100base-tx": () => new Mlt3(),
  "100base-fx": () => new Nrzi(),
};

export const LINE_CODES = Object.keys(CODES) as LineCodeName[];

/** A transmitter and receiver. Throws InputError ERR_WIRE for a name that is none. */
export function createLineCode(name: string): LineCode {
  const create = CODES[name as LineCodeName];
  if (create !== undefined) return create();
  throw new InputError("ERR_WIRE", `"${name}" is no line code; choose from ${LINE_CODES.join(", ")}.`);
}

export class Line {
  readonly stats: LineStats = { frames: 0, damagedSymbols: 0, codeErrors: 0 };
  #code: LineCode;
  #damage: number;
  #random: Random;

  constructor({ code, damage = 0 }: SignalOptions, random: Random) {
    this.#code = createLineCode(code);
    if (!(damage >= 0 && damage <= 1)) {
      throw new InputError("ERR_WIRE", `damage is a probability from 0 to 1, not ${damage}.`);
    }
    this.#damage = damage;
    this.#random = random;
  }

  /** Carries a frame with its FCS; what arrives has an FCS to be checked. null: the receiver found no frame. */
  carry(frame: Uint8Array): Uint8Array | null {
    this.stats.frames++;
    const { levels } = this.#code.encode(frame);
    if (this.#damage > 0) this.#damageSome(levels);
    const received = this.#code.decode(levels);
    if (received.frame === null) this.stats.codeErrors++;
    return received.frame;
  }

  #damageSome(levels: Int8Array): void {
    for (let i = 0; i < levels.length; i++) {
      if (!this.#random.chance(this.#damage)) continue;
      levels[i] = this.#code.damaged(levels[i]);
      this.stats.damagedSymbols++;
    }
  }
}
