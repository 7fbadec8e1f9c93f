// Finds the difference, or the several at once, by which the stack may do what it was seen to do.

import { deviations } from "./compare.ts";
import type { Connection, Outcome, Segment } from "./connection.ts";
import { DIFFERENCES, type Difference } from "./differences.ts";
import type { Observation } from "./rig.ts";

/** A segment with what the reference says of it and what was seen. */
export interface Case {
  connection: Connection;
  segment: Segment;
  start: Observation;
  expected: Outcome;
  seen: Observation;
}

/** The differences that together explain the case; undefined when none do. */
export function explain(found: Case): Difference[] | undefined {
  for (const difference of DIFFERENCES) {
    const permitted = permittedBy(difference, found, found.expected);
    if (permitted && fits(found, permitted)) return [difference];
  }
  return explainTogether(found);
}

function explainTogether(found: Case): Difference[] | undefined {
  const used: Difference[] = [];
  let expected = found.expected;
  for (const difference of DIFFERENCES) {
    const permitted = permittedBy(difference, found, expected);
    if (!permitted) continue;
    used.push(difference);
    expected = permitted;
    if (fits(found, expected)) return used;
  }
  return undefined;
}

function permittedBy(
  difference: Difference,
  { connection, segment, seen }: Case,
  expected: Outcome,
): Outcome | undefined {
  return difference.permits(connection, segment, expected, seen);
}

function fits({ connection, start, seen }: Case, expected: Outcome): boolean {
  return deviations(connection, start, expected, seen).length === 0;
}
