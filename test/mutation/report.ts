// What came of a run: a line for each mutant as it ends, and in the end what was caught, by file, and every survivor
// with the lines that it changes, so that a person can judge whether a test is missing.

import { basename } from "node:path";
import { type Column, tableText } from "../../host/inspect/table.ts";
import type { Mutant } from "./mutants.ts";
import type { Outcome, Result } from "./trial.ts";
import type { Failure } from "./worker.ts";

/** A mutant that was tried. */
export interface Tried extends Result {
  mutant: Mutant;
  seconds: number;
  /** The lines that differ, as they were and as they are. */
  before: string[];
  after: string[];
}

export interface Run {
  seed: number;
  seconds: number;
  /** Scripts that were left out, since they fail with the core as it is. */
  failing: readonly Failure[];
  tried: readonly Tried[];
}

/** The lines of `text` that `changed` has otherwise; both have as many lines. */
export function differingLines(text: string, changed: string): { before: string[]; after: string[] } {
  const [old, others] = [text.split("\n"), changed.split("\n")];
  const places = old.flatMap((line, i) => (line === others[i] ? [] : [i]));
  const take = (lines: string[]): string[] => places.map((i) => lines[i]?.trim() ?? "");
  return { before: take(old), after: take(others) };
}

/** Hundredths of the mutants that were caught; 100 when there was none. */
export function share(tried: readonly Tried[]): number {
  const [caught, survived] = [counted(tried, "caught"), counted(tried, "survived")];
  return caught + survived === 0 ? 100 : (100 * caught) / (caught + survived);
}

function counted(tried: readonly Tried[], outcome: Outcome): number {
  return tried.filter((one) => one.outcome === outcome).length;
}

/** One line for a mutant that has ended. */
export function lineText({ mutant, outcome, where, what, seconds }: Tried): string {
  const head = `${outcome.padEnd(8)} ${seconds.toFixed(1).padStart(5)} s  ${mutant.id}`;
  return outcome === "caught" ? `${head}  ${where}: ${what}`.slice(0, 200) : head;
}

/** The lines of a mutant as a difference. */
export function differenceText(before: readonly string[], after: readonly string[]): string {
  const lines = [...before.map((line) => `- ${line}`), ...after.map((line) => `+ ${line}`)];
  return lines.map((line) => `    ${line}\n`).join("");
}

export function reportText(run: Run): string {
  const survivors = run.tried.filter(({ outcome }) => outcome === "survived");
  const parts = [tableOf(run.tried, "file", ({ mutant }) => basename(mutant.file))];
  parts.push(tableOf(run.tried, "change", ({ mutant }) => mutant.group));
  if (survivors.length > 0) parts.push(`Survivors:\n${survivors.map(survivorText).join("")}`);
  parts.push(conclusion(run));
  return parts.join("\n");
}

function survivorText({ mutant, before, after }: Tried): string {
  return `  ${mutant.id}\n${differenceText(before, after)}`;
}

function tableOf(tried: readonly Tried[], title: string, keyOf: (one: Tried) => string): string {
  const columns: Column[] = [{ title, min: 16 }];
  for (const name of ["mutants", "caught", "survived"]) columns.push({ title: name, align: "right" });
  const real = tried.filter(({ outcome }) => outcome === "caught" || outcome === "survived");
  const keys = [...new Set(real.map(keyOf))].sort();
  const rows = keys.map((key) => {
    const own = real.filter((one) => keyOf(one) === key);
    return [key, own.length, counted(own, "caught"), counted(own, "survived") || ""].map(String);
  });
  return tableText(columns, rows, "  ");
}

function conclusion({ seed, seconds, failing, tried }: Run): string {
  const caught = counted(tried, "caught");
  const survived = counted(tried, "survived");
  const late = tried.filter(({ timedOut }) => timedOut).length;
  const sentences = [
    `Seed ${seed}: of ${caught + survived} mutants ${caught} were caught (${share(tried).toFixed(1)} %), ` +
      `${late} of them because they came to no end; ${survived} survived.`,
    `Not counted: ${counted(tried, "refused")} that do not compile, ${counted(tried, "same")} that make the same firmware.`,
    ...(failing.length > 0 ? [`Left out: ${failing.length} scripts, which fail with the core as it is.`] : []),
    `It took ${seconds.toFixed(0)} s.`,
  ];
  return `${sentences.join("\n")}\n`;
}

/** The run as data. */
export function reportData({ seed, seconds, failing, tried }: Run): unknown {
  return {
    seed,
    seconds: Math.round(seconds),
    caught: counted(tried, "caught"),
    survived: counted(tried, "survived"),
    timedOut: tried.filter(({ timedOut }) => timedOut).length,
    refused: counted(tried, "refused"),
    same: counted(tried, "same"),
    failing,
    share: Math.round(10 * share(tried)) / 10,
    mutants: tried.map(({ mutant, ...rest }) => {
      const { id, file, line, column, kind, group } = mutant;
      return { id, file, line, column, kind, group, ...rest };
    }),
  };
}
