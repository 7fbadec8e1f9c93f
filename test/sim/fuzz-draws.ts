// What frames at random are drawn with: bytes, one of several, numbers near a number, and damage.

import type { Random } from "../../host/random.ts";

export class Draws {
  constructor(readonly random: Random) {}

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.random.below(256));
  }

  one<T>(values: readonly T[]): T {
    return values[this.random.below(values.length)];
  }

  /** One of what may be none. */
  pick<T>(values: readonly T[]): T | undefined {
    return values[this.random.below(Math.max(1, values.length))];
  }

  /** What `make` gives, by their weights. */
  weighted<T>(choices: readonly { weight: number; make: () => T }[]): T {
    let draw = this.random.below(choices.reduce((sum, { weight }) => sum + weight, 0));
    for (const { weight, make } of choices) {
      if (draw < weight) return make();
      draw -= weight;
    }
    return choices[0].make();
  }

  /** A distance: often none, often within `span`, sometimes just outside, sometimes anywhere. */
  near(span: number): number {
    const draw = this.random.unit();
    if (draw < 0.5) return 0;
    if (draw < 0.8) return this.random.below(span + 2);
    if (draw < 0.9) return this.random.below(3000) - 1500;
    return this.random.u32();
  }

  /** Seconds or milliseconds: none, few, many, for ever. */
  time(): number {
    return this.one([0, 1, this.random.below(10), this.random.below(10_000), this.random.u32(), 0xffff_ffff]);
  }

  /** Other values in one to four bytes from `start` on, mostly in the `near` bytes that follow. */
  spoil(bytes: Uint8Array, start: number, near: number): Uint8Array {
    const spoiled = bytes.slice();
    for (let count = 1 + this.random.below(4); count > 0; count--) {
      const room = spoiled.length - start;
      const place = start + this.random.below(this.random.chance(0.8) ? Math.min(room, near) : room);
      spoiled[place] = this.random.chance(0.3) ? this.one([0, 1, 0x7f, 0x80, 0xff]) : this.random.below(256);
    }
    return spoiled;
  }
}
