// What Thimble is to reach beside the others, as ratios of medians in one run.

import { median } from "../statistics.ts";
import { find, type Result } from "./contest.ts";

export interface Goal {
  /** Of Thimble: work and contestant. */
  readonly work: string;
  readonly of: string;
  /** What it is compared with, and in which work when that is another. */
  readonly with: string;
  readonly withWork?: string;
  /** Times as fast, at least; null where it is only told. */
  readonly least: number | null;
}

const GOOD = "lwip-wasm";
const OPERATIONS = ["round-trips", "connections", "udp-64", "udp-1472"];

export const GOALS: readonly Goal[] = [
  { work: "bulk", of: "thimble/two", with: `${GOOD}/two`, least: 2 },
  { work: "bulk", of: "thimble/one", with: `${GOOD}/one`, least: 1.6 },
  { work: "bulk", of: "thimble/one", with: "lwip-native/native", least: 1 },
  { work: "bulk", of: "thimble/one", with: "smoltcp/native", least: null },
  ...OPERATIONS.flatMap((work) => [
    { work, of: "thimble/two", with: `${GOOD}/two`, least: 1.5 },
    { work, of: "thimble/one", with: `${GOOD}/one`, least: 1.5 },
  ]),
  { work: "connections", of: "thimble/one", with: "lwip-native/native", least: 1 },
  { work: "bulk-4mss", of: "thimble/two", with: "thimble/two", withWork: "bulk", least: 0.8 },
  { work: "bulk-4mss", of: "thimble/one", with: "thimble/one", withWork: "bulk", least: 0.8 },
];

export interface Outcome {
  readonly goal: Goal;
  /** Times as fast; null when one of both is missing. */
  readonly ratio: number | null;
  /** Null where nothing is demanded, or nothing known. */
  readonly isReached: boolean | null;
}

/** The goals of the works that were done. */
export function outcomesOf(results: readonly Result[]): Outcome[] {
  const works = new Set(results.map(({ work }) => work.name));
  const asked = GOALS.filter(({ work, withWork = work }) => works.has(work) && works.has(withWork));
  return asked.map((goal) => {
    const own = find(results, goal.work, goal.of);
    const other = find(results, goal.withWork ?? goal.work, goal.with);
    const ratio = own === null || other === null ? null : median(other.runs) / median(own.runs);
    return { goal, ratio, isReached: ratio === null || goal.least === null ? null : ratio >= goal.least };
  });
}
