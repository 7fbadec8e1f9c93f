// How goodput is given: a table beside what others reach, a table of what happened, or data.

import { type Column, tableText } from "../../../host/inspect/table.ts";
import { spreadOf } from "../statistics.ts";
import { DELAY, MATHIS_MARGIN, PEERS, ROUND_TRIP } from "./conditions.ts";
import type { Plan, Row } from "./measure.ts";
import type { Conditions, Outcome } from "./transfer.ts";

const UNKNOWN = "-";

/** One of the things that happen in a run, as a column. */
interface Happening {
  readonly title: string;
  readonly of: (run: Outcome) => number;
}

const HAPPENINGS: readonly Happening[] = [
  { title: "segments", of: (run) => run.segments },
  { title: "lost", of: (run) => run.lostSegments },
  { title: "ACKs lost", of: (run) => run.lostAcks },
  { title: "again", of: (run) => run.retransmissions },
  { title: "needless", of: (run) => run.needless },
  { title: "recoveries", of: (run) => run.fastRecoveries },
  { title: "probes of loss", of: (run) => run.lossProbes },
  { title: "of window", of: (run) => run.windowProbes },
  { title: "time-outs", of: (run) => run.timeouts },
  { title: "copy lost", of: (run) => run.timeoutCauses.copyLost },
  { title: "few", of: (run) => run.timeoutCauses.fewOnTheirWay },
  { title: "unnoticed", of: (run) => run.timeoutCauses.unnoticed },
  { title: "stalled ms", of: (run) => run.stalledMs },
  { title: "longest", of: (run) => run.longestStallMs },
];

const LEGEND = `Medians of a run: segments sent, lost and sent again; those that brought nothing new; fast recoveries; probes of the tail
and of a shut window; time-outs, and of these how many followed the loss of a copy, how many had fewer than four segments
on their way, and how many more than that; milliseconds in which nothing new had arrived for three round trips.
`;

export function headText({ seconds, seeds }: Plan): string {
  const runs = seeds.length === 1 ? `seed ${seeds[0]}` : `median of ${seeds.length} seeds`;
  return `Goodput in Mbit/s over a cable of unlimited rate, ${ROUND_TRIP / 1000} ms there and back, loss in both directions:
${seconds} s of sending in virtual time, ${runs}, timestamps on, window in segments.
`;
}

/** Goodput of each row, with its quartiles, its target, Mathis' bound, and the same of others. */
export function goodputText(rows: readonly Row[]): string {
  const peers = Object.keys(PEERS);
  const columns = [...CONDITION_COLUMNS, ...["median", "quartiles", "target", "Mathis", ...peers].map(right)];
  const cells = rows.map(({ conditions, goodput, target, mathis, peers: known }) => [
    ...conditionCells(conditions),
    mbits(goodput.median),
    `${mbits(goodput.lowerQuartile)}-${mbits(goodput.upperQuartile)}`,
    mbits(target),
    mbits(mathis),
    ...peers.map((name) => mbits(known[name])),
  ]);
  return tableText(columns, cells, "  ");
}

/** What happened in the runs of each row, in the median. */
export function happeningsText(rows: readonly Row[]): string {
  const columns = [...CONDITION_COLUMNS, ...HAPPENINGS.map(({ title }) => right(title))];
  const cells = rows.map(({ conditions, runs }) => {
    const medians = HAPPENINGS.map(({ of }) => spreadOf(runs.map(of)).median);
    return [...conditionCells(conditions), ...medians.map(count)];
  });
  return `${tableText(columns, cells, "  ")}${LEGEND}`;
}

/** The same of every run by itself. */
export function runsText(rows: readonly Row[]): string {
  const titles = ["seed", "Mbit/s", ...HAPPENINGS.map(({ title }) => title)];
  const cells = rows.flatMap(({ conditions, runs }) =>
    runs.map((run) => [
      ...conditionCells(conditions),
      `${run.seed}`,
      mbits(run.goodput),
      ...HAPPENINGS.map(({ of }) => count(of(run))),
    ]),
  );
  return tableText([...CONDITION_COLUMNS, ...titles.map(right)], cells, "  ");
}

/** The rows in which a controller of Reno's kind takes more than its share, as a sentence; empty when there are none. */
export function unfairText(rows: readonly Row[]): string {
  const unfair = rows.filter(({ isFair }) => !isFair).map(({ conditions }) => conditionCells(conditions).join(", "));
  if (unfair.length === 0) return "";
  return `More than ${MATHIS_MARGIN} times what Mathis' bound allows: ${unfair.join("; ")}.`;
}

/** Everything for programs: goodput in Mbit/s, times in milliseconds. */
export function goodputData(plan: Plan, rows: readonly Row[]): object {
  return {
    unit: "Mbit/s",
    seconds: plan.seconds,
    cable: { delayMs: DELAY / 1000, roundTripMs: ROUND_TRIP / 1000, rate: null },
    rows: rows.map(({ conditions, goodput, target, bound, mathis, isFair, peers, runs }) => ({
      controller: conditions.controller.name,
      window: conditions.window,
      loss: conditions.loss,
      goodput,
      target,
      bound,
      mathis,
      isFair,
      peers,
      runs,
    })),
  };
}

const CONDITION_COLUMNS: readonly Column[] = [right("window"), right("loss"), { title: "controller" }];

function conditionCells({ window, loss, controller }: Conditions): string[] {
  return [`${window}`, percent(loss), controller.name];
}

/** For one line of progress. */
export function conditionText({ window, loss, controller }: Conditions): string {
  return `window ${window}, loss ${percent(loss)}, ${controller.name}`;
}

function right(title: string): Column {
  return { title, align: "right" };
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(4))} %`;
}

function mbits(figure: number | null | undefined): string {
  return figure === null || figure === undefined ? UNKNOWN : figure.toFixed(2);
}

function count(figure: number): string {
  return Math.round(figure).toLocaleString("en-US");
}
