// Every contestant does every work: set up, warmed up, then measured in turn with all the others.

import { type Frames, operationsFor, type Trial } from "../benchmark.ts";
import { processorTime } from "../processor-time.ts";
import { spreadOf } from "../statistics.ts";
import { type Contestant, idOf } from "./contestant.ts";
import type { Work } from "./works.ts";

export interface ContestPlan {
  readonly runs: number;
  /** About how long each run is to take, in milliseconds. */
  readonly runMs: number;
  /** True: what counts is how long a process had a processor, not how long it took. */
  readonly byProcessor: boolean;
}

export interface Result {
  readonly work: Work;
  readonly contestant: Contestant;
  /** Operations of one run. */
  readonly operations: number;
  /** Nanoseconds for an operation, of each run, fastest first. */
  readonly runs: readonly number[];
  /** Share of the time in which it had a processor; null where that is not known, or it has to wait for others anyway. */
  readonly had: number | null;
  /** Frames with data for each without, in bulk; null where that is not known. */
  readonly segmentsPerAck: number | null;
}

/** A contestant that could not do a work, and why. */
export interface Failure {
  readonly work: Work;
  readonly contestant: Contestant;
  readonly reason: string;
}

interface Entry {
  readonly contestant: Contestant;
  readonly trial: Trial;
  operations: number;
  frames: Frames | null;
  readonly runs: Time[];
}

/** Nanoseconds for an operation. */
interface Time {
  readonly taken: number;
  /** With a processor; null where that is not known. */
  readonly had: number | null;
}

/** `say` is told what is being done. */
export async function hold(
  contestants: readonly Contestant[],
  works: readonly Work[],
  plan: ContestPlan,
  say: (what: string) => void,
): Promise<{ results: Result[]; failures: Failure[] }> {
  const results: Result[] = [];
  const failures: Failure[] = [];
  for (const work of works) {
    say(`${work.name}: preparing`);
    const entries: Entry[] = [];
    try {
      for (const contestant of contestants) {
        try {
          const entry = await prepare(contestant, work, plan);
          if (entry !== null) entries.push(entry);
        } catch (error) {
          failures.push({ work, contestant, reason: (error as Error).message });
        }
      }
      await run(entries, work, plan, say);
    } finally {
      for (const { trial } of entries) await trial.end?.();
    }
    results.push(...entries.map((entry) => resultOf(work, entry, plan)));
  }
  return { results, failures };
}

/** Sets a contestant up and finds by trying how many operations a run takes; that warms it up, too. */
async function prepare(contestant: Contestant, work: Work, plan: ContestPlan): Promise<Entry | null> {
  const trial = await contestant.prepare(work);
  if (trial === null) return null;
  const tryOut = async (operations: number): Promise<number> =>
    costOf(await timed(trial, operations), contestant, plan) * operations;
  return { contestant, trial, operations: await operationsFor(plan.runMs * 1e6, tryOut), frames: null, runs: [] };
}

/** What counts of a time. What goes through the kernel waits for it; and few milliseconds may be less than none. */
function costOf({ taken, had }: Time, { arrangement }: Contestant, { byProcessor }: ContestPlan): number {
  return byProcessor && arrangement !== "kernel" && had ? had : taken;
}

async function run(entries: readonly Entry[], work: Work, { runs }: ContestPlan, say: (what: string) => void) {
  // Once more: what V8 has compiled for one of them alone, it compiles again when it has seen the others.
  for (const entry of entries) {
    await entry.trial.run(entry.operations);
    entry.frames = entry.trial.frames?.() ?? null;
  }
  for (let i = 0; i < runs; i++) {
    say(`${work.name}: run ${i + 1} of ${runs}`);
    for (const { trial, operations, runs } of entries) runs.push(await timed(trial, operations));
  }
}

async function timed(trial: Trial, operations: number): Promise<Time> {
  const pid = trial.pid ?? process.pid;
  const before = processorTime(pid);
  const start = process.hrtime.bigint();
  await trial.run(operations);
  const taken = Number(process.hrtime.bigint() - start) / operations;
  const after = processorTime(pid);
  return { taken, had: before === null || after === null ? null : (after - before) / operations };
}

function resultOf(work: Work, entry: Entry, plan: ContestPlan): Result {
  const { contestant, trial, operations, frames } = entry;
  const waits = contestant.arrangement === "kernel";
  const runs = entry.runs.map((time) => costOf(time, contestant, plan));
  const shares = entry.runs.flatMap(({ taken, had }) => (had === null || waits ? [] : [had / taken]));
  return {
    work,
    contestant,
    operations,
    runs: runs.sort((a, b) => a - b),
    had: shares.length === 0 ? null : spreadOf(shares).median,
    segmentsPerAck: frames === null ? null : ratioOf(frames, trial.frames?.()),
  };
}

function ratioOf(before: Frames, after: Frames | undefined): number | null {
  if (after === undefined || after.acks === before.acks) return null;
  return (after.segments - before.segments) / (after.acks - before.acks);
}

export function find(results: readonly Result[], work: string, id: string): Result | null {
  return results.find((result) => result.work.name === work && idOf(result.contestant) === id) ?? null;
}
