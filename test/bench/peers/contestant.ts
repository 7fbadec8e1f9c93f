// One stack in one arrangement, as the comparison sees it.

import type { Trial } from "../benchmark.ts";
import type { Work } from "./works.ts";

/** How the two ends are joined. Figures of one arrangement compare. */
export const ARRANGEMENTS = {
  one: "both ends in one wasm instance, cable in its memory",
  two: "two wasm instances, frames copied by JavaScript",
  native: "both ends in one native process, cable in its memory",
  kernel: "the system's own stack, over loopback, from one process",
} as const;

export type Arrangement = keyof typeof ARRANGEMENTS;

export interface Contestant {
  /** Of the stack and how it is built: "lwip-wasm". */
  readonly name: string;
  readonly arrangement: Arrangement;
  /** Null when it does not do this work. */
  prepare(work: Work): Promise<Trial | null>;
}

/** What a peer brings to a comparison, or why it brings nothing. */
export interface Offer {
  readonly contestants: readonly Contestant[];
  /** What they are and how they are configured: a line each. */
  readonly configuration: readonly string[];
  /** Names of what is missing, each with the reason. */
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
}

export function idOf({ name, arrangement }: Pick<Contestant, "name" | "arrangement">): string {
  return `${name}/${arrangement}`;
}
