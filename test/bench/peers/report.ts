// A comparison as tables, as data and as a picture.

import { type Column, tableText } from "../../../host/inspect/table.ts";
import { type Bar, barChart } from "../chart.ts";
import { grouped } from "../report.ts";
import { median, spreadOf } from "../statistics.ts";
import type { Failure, Result } from "./contest.ts";
import { ARRANGEMENTS, type Contestant, idOf, type Offer } from "./contestant.ts";
import { type Outcome, outcomesOf } from "./goals.ts";
import { type Work, WorkKind } from "./works.ts";

const UNKNOWN = "-";
/** Runs that lie further apart than this, relative to the median, are marked. */
const WIDE_SPREAD = 0.25;

export function offersText(offers: readonly Offer[]): string {
  const lines = offers.flatMap(({ configuration }) => configuration);
  const missing = missingOf(offers).map(({ name, reason }) => `MISSING ${name}: ${reason}`);
  return `${[...lines, ...missing].join("\n")}\n`;
}

export function missingOf(offers: readonly Offer[]): { name: string; reason: string }[] {
  return offers.flatMap(({ missing }) => missing);
}

/** A table for each work, then what could not be done. */
export function resultsText(results: readonly Result[], failures: readonly Failure[]): string {
  const works = [...new Set(results.map(({ work }) => work))];
  const columns: Column[] = ["median", "", "slowest", "fastest", "ns each", "apart", "had", "segments/ACK"].map(
    (title) => ({
      title,
      align: title === "" ? "left" : "right",
    }),
  );
  const tables = works.map((work) => {
    const rows = results
      .filter((result) => result.work === work)
      .map((result) => [idOf(result.contestant), ...cells(result)]);
    return `\n${work.name}: ${work.title}\n${tableText([{ title: "" }, ...columns], rows, "  ")}`;
  });
  const failed = failures.map(
    ({ work, contestant, reason }) => `FAILED ${work.name} of ${idOf(contestant)}: ${reason}\n`,
  );
  return [...tables, ...failed].join("");
}

function cells({ work, runs, had, segmentsPerAck }: Result): string[] {
  const [fastest, slowest] = [runs[0], runs[runs.length - 1]];
  const apart = (slowest - fastest) / median(runs);
  return [
    grouped(figureOf(work, median(runs))),
    unitOf(work),
    grouped(figureOf(work, slowest)),
    grouped(figureOf(work, fastest)),
    grouped(median(runs)),
    `${Math.round(apart * 100)} %${apart > WIDE_SPREAD ? " !" : ""}`,
    had === null ? UNKNOWN : `${Math.min(100, Math.round(had * 100))} %`,
    segmentsPerAck === null ? UNKNOWN : segmentsPerAck.toFixed(2),
  ];
}

/** How Thimble stands to the others. */
export function goalsText(results: readonly Result[]): string {
  const outcomes = outcomesOf(results);
  if (outcomes.length === 0) return "";
  const columns: Column[] = [
    { title: "work" },
    { title: "of" },
    { title: "to" },
    { title: "times", align: "right" },
    { title: "wanted", align: "right" },
    { title: "" },
  ];
  const rows = outcomes.map((outcome) => [...goalCells(outcome), verdict(outcome)]);
  return `\nTimes as fast, medians of this run\n${tableText(columns, rows, "  ")}`;
}

function goalCells({ goal, ratio }: Outcome): string[] {
  const other = goal.withWork === undefined ? goal.with : `${goal.with}, ${goal.withWork}`;
  return [goal.work, goal.of, other, ratio === null ? UNKNOWN : ratio.toFixed(2), goal.least?.toFixed(2) ?? UNKNOWN];
}

function verdict({ isReached, ratio, goal }: Outcome): string {
  if (ratio === null) return "missing";
  if (isReached === null) return goal.least === null ? "" : "missing";
  return isReached ? "reached" : "not yet";
}

/** Less than this share of the time with a processor says that others wanted it, too. */
const QUIET_SHARE = 0.95;

/** Last lines where the machine was not quiet, or the runs of some rows disagree; else nothing. */
export function quietText(results: readonly Result[], byProcessor: boolean): string {
  const shares = results.flatMap(({ had }) => (had === null ? [] : [had]));
  const least = shares.length === 0 ? 1 : spreadOf(shares).lowerQuartile;
  const share = `In a quarter of the rows the process had a processor for at most ${Math.round(least * 100)} % of the time`;
  const advice = byProcessor
    ? "these figures count that time only"
    : "measure again when the machine is quiet, or with --processor";
  return `${least < QUIET_SHARE ? `${share}: ${advice}.\n` : ""}${spreadText(results)}`;
}

function spreadText(results: readonly Result[]): string {
  const wide = results.filter(({ runs }) => (runs[runs.length - 1] - runs[0]) / median(runs) > WIDE_SPREAD);
  if (wide.length === 0) return "";
  return `Runs of ${wide.length} of ${results.length} rows (!) lie more than ${WIDE_SPREAD * 100} % apart: measure again when the machine has nothing else to do.\n`;
}

/** Everything for programs. `value` is in `unit`, `nanoseconds` are those of an operation in each run. */
export function resultsData(
  offers: readonly Offer[],
  results: readonly Result[],
  failures: readonly Failure[],
): object {
  return {
    arrangements: ARRANGEMENTS,
    configuration: offers.flatMap(({ configuration }) => configuration),
    missing: missingOf(offers),
    failed: failures.map(({ work, contestant, reason }) => ({ work: work.name, ...named(contestant), reason })),
    results: results.map(({ work, contestant, operations, runs, had, segmentsPerAck }) => ({
      work: work.name,
      ...named(contestant),
      unit: unitOf(work),
      value: figureOf(work, median(runs)),
      operations,
      nanoseconds: runs,
      had,
      segmentsPerAck,
    })),
    goals: outcomesOf(results).map(({ goal, ratio, isReached }) => ({ ...goal, ratio, isReached })),
  };
}

function named({ name, arrangement }: Contestant): { name: string; arrangement: string } {
  return { name, arrangement };
}

/** Bars for each work, Thimble's marked. */
export function resultsSvg(results: readonly Result[]): string {
  const works = [...new Set(results.map(({ work }) => work))];
  const groups = works.map((work) => ({
    title: `${work.title.replace(`; each: ${work.bytes} bytes`, "")}, ${unitOf(work)}`,
    bars: results
      .filter((result) => result.work === work)
      .map(
        ({ contestant, runs }): Bar => ({
          name: idOf(contestant),
          value: figureOf(work, median(runs)),
          least: figureOf(work, runs[runs.length - 1]),
          most: figureOf(work, runs[0]),
          isOurs: contestant.name.startsWith("thimble"),
        }),
      )
      .sort((a, b) => b.value - a.value),
  }));
  return barChart("Thimble beside other TCP/IP stacks, in one run on one machine", groups);
}

function figureOf(work: Work, nanoseconds: number): number {
  return work.kind === WorkKind.BULK ? (work.bytes * 8000) / nanoseconds : 1e9 / nanoseconds;
}

function unitOf(work: Work): string {
  return work.kind === WorkKind.BULK ? "Mbit/s" : "/s";
}
