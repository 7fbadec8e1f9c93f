// Gives a rig segment after segment and keeps the score: what is as the reference says, what a difference explains,
// and what nothing does.

import { deviations } from "./compare.ts";
import { ACK, FIN, RST, type Segment, SYN } from "./connection.ts";
import type { Difference } from "./differences.ts";
import { type Case, explain } from "./explain.ts";
import { expectation, injected, observation } from "./notation.ts";
import { type Breadth, forEachSegment } from "./product.ts";
import { segmentArrives } from "./reference.ts";
import type { Rig } from "./rig.ts";

/** Kinds of failure that a report shows; one more example rarely tells more. */
const MOST_SHOWN = 6;

/** Cases that differ in the same way, with the first of them. */
interface Kind {
  what: string;
  cases: number;
  example: string;
}

export class Score {
  cases = 0;
  equal = 0;
  explained = 0;
  readonly differences = new Map<Difference, number>();
  readonly #kinds = new Map<string, Kind>();

  get unexplained(): number {
    return this.cases - this.equal - this.explained;
  }

  addExplained(differences: readonly Difference[]): void {
    this.explained++;
    for (const difference of differences) {
      this.differences.set(difference, (this.differences.get(difference) ?? 0) + 1);
    }
  }

  addUnexplained(rig: Rig, found: Case, aspects: readonly string[]): void {
    const what = `${describeKind(found.segment, rig)}: ${aspects.join(", ")}`;
    const kind = this.#kinds.get(what) ?? { what, cases: 0, example: describeCase(rig, found) };
    kind.cases++;
    this.#kinds.set(what, kind);
  }

  /** Every kind of failure with an example that can be played as a segment script; undefined when there is none. */
  report(): string | undefined {
    const kinds = [...this.#kinds.values()];
    if (kinds.length === 0) return undefined;
    const shown = kinds.slice(0, MOST_SHOWN).map(({ what, cases, example }) => `${cases} cases of ${what}\n${example}`);
    const hidden = kinds.slice(MOST_SHOWN);
    const head = `${this.unexplained} of ${this.cases} segments are not dealt with as the reference says, nor explained`;
    const rest = `and ${hidden.reduce((sum, { cases }) => sum + cases, 0)} cases of ${hidden.length} other kinds`;
    return [head, ...shown, ...(hidden.length > 0 ? [rest] : [])].join("\n\n");
  }
}

/** Tries every `stride`th segment of the product in the rig's state. */
export function explore(rig: Rig, breadth: Breadth, score: Score, stride = 1): void {
  const { connection, atStart } = rig;
  let number = 0;
  forEachSegment(connection, breadth, (segment) => {
    if (number++ % stride !== 0) return;
    score.cases++;
    const seen = rig.run(segment);
    rig.read(seen);
    const expected = segmentArrives(connection, segment);
    const aspects = deviations(connection, atStart, expected, seen);
    if (aspects.length === 0) {
      score.equal++;
      return;
    }
    const found: Case = { connection, segment, start: atStart, expected, seen };
    const differences = explain(found);
    if (differences) score.addExplained(differences);
    else score.addUnexplained(rig, found, aspects);
  });
}

/** The flags that decide, and how its timestamp compares. */
function describeKind({ flags, timestamp }: Segment, { connection }: Rig): string {
  const names: [number, string][] = [
    [SYN, "SYN"],
    [FIN, "FIN"],
    [RST, "RST"],
    [ACK, "ACK"],
  ];
  const found = names.filter(([bit]) => flags & bit).map(([, name]) => name);
  const { tsRecent } = connection;
  const age =
    timestamp === undefined ? "without timestamp" : timestamp === tsRecent ? "same timestamp" : "other timestamp";
  return `${found.join(",") || "no flags"}${tsRecent === undefined ? "" : `, ${age}`}`;
}

function describeCase(rig: Rig, { connection, segment, start, expected, seen }: Case): string {
  const script = `${rig.script}\n+0   ${injected(connection, segment)}`;
  return [
    script.replace(/^/gm, "    "),
    `  expected  ${expectation(connection, expected)}`,
    `  seen      ${observation(connection, start, seen)}`,
  ].join("\n");
}
