// Look-ups of names by the core's resolver, as promises.

import { Errno } from "../../assembly/abi/errno.ts";
import { Lookup, LookupWord } from "../../assembly/abi/names.ts";
import type { Clock } from "../clock.ts";
import { formatAddress } from "../core/address.ts";
import type { Core } from "../core/core.ts";
import { InputError, stackError } from "../errors.ts";

/** How a look-up ended, with what it has found. */
export interface LookupResult {
  outcome: Exclude<keyof typeof Lookup, "PENDING">;
  addresses: string[];
  /** Seconds that they may be kept. */
  seconds: number;
  /** The answer as it came from a server; empty when it was known already. */
  message: Uint8Array;
}

interface Waiting {
  resolve(result: LookupResult): void;
  reject(error: Error): void;
}

const ADDRESS_BYTES = 16;
const INVALID = -Errno.EINVAL;

export class Lookups {
  #core: Core;
  #clock: Clock;
  #wake: () => void;
  #waiting = new Map<number, Waiting>();
  #releaseHold: (() => void) | null = null;

  constructor(core: Core, clock: Clock, wake: () => void) {
    this.#core = core;
    this.#clock = clock;
    this.#wake = wake;
  }

  /** True when the profile has a resolver. */
  get hasResolver(): boolean {
    return (this.#core.constants.LOOKUPS ?? 0) > 0;
  }

  /**
   * Looks a name up for records of a type. Throws InputError ERR_NAME for what is no name, StackError ENFILE when as many
   * look-ups as the profile has are in progress.
   */
  start(name: string, type: number): Promise<LookupResult> {
    const { at, bytes } = this.#core.putName(name);
    const handle = this.#core.exports.lookup(at, bytes, type);
    if (handle === INVALID) throw new InputError("ERR_NAME", `"${name}" is no name that could be looked up.`);
    if (handle < 0) throw stackError(handle, "lookup");
    this.#releaseHold ??= this.#clock.hold();
    this.#wake();
    return new Promise((resolve, reject) => this.#waiting.set(handle, { resolve, reject }));
  }

  /** Tells those whose look-up has ended. */
  deliver(): void {
    for (const [handle, { resolve }] of this.#waiting) {
      const result = this.#resultOf(handle);
      if (result === null) continue;
      this.#waiting.delete(handle);
      this.#core.exports.endLookup(handle);
      resolve(result);
    }
    if (this.#waiting.size === 0) this.#release();
  }

  /** The core is no more. */
  clear(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#release();
  }

  #release(): void {
    this.#releaseHold?.();
    this.#releaseHold = null;
  }

  #resultOf(handle: number): LookupResult | null {
    const core = this.#core;
    const outcome = core.exports.lookupStatus(handle);
    if (outcome === Lookup.PENDING) return null;
    const [at, message] = [core.result(LookupWord.ADDRESSES), core.result(LookupWord.MESSAGE)];
    return {
      outcome: Lookup[outcome] as LookupResult["outcome"],
      addresses: Array.from({ length: core.result(LookupWord.COUNT) }, (_, i) =>
        formatAddress(core.u8, at + i * ADDRESS_BYTES),
      ),
      seconds: core.result(LookupWord.SECONDS),
      message: core.u8.slice(message, message + core.result(LookupWord.MESSAGE_BYTES)),
    };
  }
}
