// All runs of a measurement, in rows: one for each window, loss and controller.

import { type Spread, spreadOf } from "../statistics.ts";
import {
  CONTROLLERS,
  type Controller,
  figureFor,
  MATHIS_MARGIN,
  mathisBound,
  PEERS,
  TARGETS,
  windowBound,
} from "./conditions.ts";
import { type Conditions, type Outcome, transfer } from "./transfer.ts";

export interface Plan {
  readonly controllers: readonly Controller[];
  readonly windows: readonly number[];
  readonly losses: readonly number[];
  readonly seeds: readonly number[];
  readonly seconds: number;
}

export interface Row {
  readonly conditions: Conditions;
  /** Mbit/s, over the seeds. */
  readonly goodput: Spread;
  /** Of the default controller, in Mbit/s; null where there is none. */
  readonly target: number | null;
  /** What the window and, with a controller of Reno's kind, the loss allow, in Mbit/s. */
  readonly bound: number;
  /** Mathis' part of that; null without loss. */
  readonly mathis: number | null;
  /** False where a controller of Reno's kind takes more than the loss allows, in the median. */
  readonly isFair: boolean;
  /** Mbit/s by name; those that are known. */
  readonly peers: Readonly<Record<string, number>>;
  readonly runs: readonly Outcome[];
}

/** Measures row by row; `onRow` is told before each how many there are and what it is about. */
export async function measureGoodput(
  module: WebAssembly.Module,
  plan: Plan,
  onRow: (place: number, rows: number, conditions: Conditions) => void,
): Promise<Row[]> {
  const all = plan.windows.flatMap((window) =>
    plan.losses.flatMap((loss) =>
      plan.controllers.map((controller): Conditions => ({ window, loss, controller, seconds: plan.seconds })),
    ),
  );
  const rows: Row[] = [];
  for (const conditions of all) {
    onRow(rows.length, all.length, conditions);
    const runs: Outcome[] = [];
    for (const seed of plan.seeds) runs.push(await transfer(module, conditions, seed));
    rows.push(rowOf(conditions, runs));
  }
  return rows;
}

export function rowOf(conditions: Conditions, runs: readonly Outcome[]): Row {
  const { controller, window, loss } = conditions;
  const segment = runs[0].segmentBytes;
  const goodput = spreadOf(runs.map((run) => run.goodput));
  const mathis = loss > 0 ? mathisBound(segment, loss) : null;
  const lossBound = controller.isReno && mathis !== null ? mathis : Number.POSITIVE_INFINITY;
  const peers = Object.entries(PEERS).flatMap(([name, figures]) => {
    const figure = figureFor(figures, window, loss);
    return figure === null ? [] : [[name, figure] as const];
  });
  return {
    conditions,
    goodput,
    target: controller === CONTROLLERS[0] ? figureFor(TARGETS, window, loss) : null,
    bound: Math.min(windowBound(segment, window), lossBound),
    mathis,
    isFair: goodput.median <= MATHIS_MARGIN * lossBound,
    peers: Object.fromEntries(peers),
    runs,
  };
}
