// What the objects of `stack.net` have of their stack.

import type { Machine } from "../machine.ts";
import type { Lookup } from "./lookup.ts";

export interface NetContext {
  readonly machine: Machine;
  /** How names are found when a call does not say. */
  readonly lookup: Lookup;
  /** Happy Eyeballs: whether, and milliseconds for each attempt but the last. */
  autoSelectFamily: boolean;
  autoSelectFamilyAttemptTimeout: number;
}
