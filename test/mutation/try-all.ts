// Tries the mutants of a draw, several at once, and tells of each as it ends.

import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "../../host/build/firmware.mjs";
import type { Draw } from "./draw.ts";
import { applied, type Mutant } from "./mutants.ts";
import { differingLines, lineText, type Run, type Tried } from "./report.ts";
import type { Snapshot } from "./snapshot.ts";
import { type Baseline, Job } from "./trial.ts";

const SECOND = 1000;

export interface Work {
  /** Mutants that are tried at once. */
  jobs: number;
  /** Nothing but the scripts as they stand is to catch them. */
  scriptsOnly: boolean;
  /** Where the folders of the jobs go, and, unless null, copies of what survives. */
  folder: string;
  kept: string | null;
}

/** Rejects when the core as it is does not compile or fails its tests. */
export async function tryAll(draw: Draw, snapshot: Snapshot, work: Work): Promise<Pick<Run, "failing" | "tried">> {
  const queue = draw.first();
  const wanted = queue.length;
  const tried: Tried[] = [];
  const newJob = (number: number, baseline?: Baseline): Job =>
    new Job(join(work.folder, `job-${number}`), snapshot, work.scriptsOnly, baseline?.limits);
  const jobs = [newJob(0)];
  const empty = async (job: Job, baseline: Baseline): Promise<void> => {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const one = await tryOne(job, mutant, snapshot, baseline);
      tried.push(one);
      if (one.outcome === "refused" || one.outcome === "same") {
        const other = draw.another(mutant.file);
        if (other) queue.unshift(other);
      }
      tell(one, tried, wanted);
      if (work.kept && one.outcome === "survived") keep(job, mutant, work.kept);
    }
  };
  try {
    const baseline = await (jobs[0] as Job).measure();
    for (const { where, what } of baseline.failing) process.stderr.write(`left out: ${where}: ${what}\n`);
    for (let number = 1; number < Math.min(work.jobs, wanted); number++) jobs.push(newJob(number, baseline));
    await Promise.all(jobs.map((job) => empty(job, baseline)));
    tried.sort((a, b) => a.mutant.file.localeCompare(b.mutant.file) || a.mutant.start - b.mutant.start);
    return { failing: baseline.failing, tried };
  } finally {
    queue.length = 0;
    await Promise.all(jobs.map((job) => job.end()));
  }
}

async function tryOne(job: Job, mutant: Mutant, { sources }: Snapshot, baseline: Baseline): Promise<Tried> {
  const began = performance.now();
  const text = sources.get(mutant.file) ?? "";
  const changed = applied(text, mutant);
  const result = await job.try({ file: mutant.file, text: changed }, baseline);
  return { ...result, mutant, seconds: (performance.now() - began) / SECOND, ...differingLines(text, changed) };
}

function tell(one: Tried, tried: readonly Tried[], wanted: number): void {
  const done = tried.filter(({ outcome }) => outcome === "caught" || outcome === "survived").length;
  process.stderr.write(`${String(done).padStart(String(wanted).length)}/${wanted} ${lineText(one)}\n`);
}

function keep(job: Job, mutant: Mutant, kept: string): void {
  const folder = join(kept, mutant.id.replaceAll(/[/:]/g, "-"));
  rmSync(folder, { recursive: true, force: true });
  job.workplace.copyTo(folder);
  process.stderr.write(`kept in ${relative(ROOT, folder)}\n`);
}
