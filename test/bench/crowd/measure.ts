// What a round trip costs among more and more open connections: the runs with each number of them alternate.

import { type Spread, spreadOf } from "../statistics.ts";
import { Crowd, type Mode } from "./trial.ts";

export interface Plan {
  /** Numbers of other connections; what each costs is compared with the first. */
  readonly others: readonly number[];
  readonly modes: readonly Mode[];
  readonly runs: number;
  /** Round trips of one run, at least. */
  readonly trips: number;
}

export interface Row {
  readonly mode: Mode;
  readonly others: number;
  /** Nanoseconds for a round trip, of each run in the order in which they were. */
  readonly runs: readonly number[];
  readonly nanoseconds: Spread;
  /** How many times as long as among the first number of others, in the same run. */
  readonly ratio: Spread;
}

/** `onStep` is told what is being done. */
export async function measureCrowds(
  module: WebAssembly.Module,
  { others, modes, runs, trips }: Plan,
  onStep: (what: string) => void,
): Promise<Row[]> {
  const crowds: Crowd[] = [];
  for (const count of others) {
    onStep(`opening ${count + 1} connections`);
    crowds.push(await Crowd.create(module, count));
  }
  const rows: Row[] = [];
  for (const mode of modes) {
    // Twice: what V8 has compiled for one of them alone, it compiles again when it has seen the others.
    onStep(`${mode}: warming up`);
    for (const crowd of [...crowds, ...crowds]) crowd.run(mode, trips);
    const times: number[][] = crowds.map(() => []);
    for (let run = 0; run < runs; run++) {
      onStep(`${mode}: run ${run + 1} of ${runs}`);
      crowds.forEach((crowd, i) => {
        times[i].push(nanoseconds(crowd, mode, trips));
      });
    }
    crowds.forEach((_, i) => {
      rows.push(rowOf(mode, others[i], times[i], times[0]));
    });
  }
  return rows;
}

function nanoseconds(crowd: Crowd, mode: Mode, trips: number): number {
  const start = process.hrtime.bigint();
  const made = crowd.run(mode, trips);
  return Number(process.hrtime.bigint() - start) / made;
}

function rowOf(mode: Mode, others: number, runs: readonly number[], first: readonly number[]): Row {
  const ratios = runs.map((time, run) => time / first[run]);
  return { mode, others, runs, nanoseconds: spreadOf(runs), ratio: spreadOf(ratios) };
}
