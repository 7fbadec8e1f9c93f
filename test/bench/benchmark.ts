// What a benchmark is, and how one is run: warmed up, then measured some times, in turn with all the others.

export interface Frames {
  readonly segments: number;
  readonly acks: number;
}

/** A benchmark that is set up. */
export interface Trial {
  /** Does so many operations, all of them checked; throws when one went wrong. */
  run(operations: number): void | Promise<void>;
  /** Frames sent since the beginning: with data, and without. Where that is counted. */
  frames?(): Frames;
  /** The process that does the work, when it is another than this one. */
  readonly pid?: number;
  /** Lets go of what would keep the process alive. */
  end?(): Promise<void>;
}

export interface Benchmark {
  /** On the command line and in JSON. */
  readonly name: string;
  /** What one operation is. */
  readonly title: string;
  /** Payload of an operation in bytes, where Mbit/s say more than operations per second. */
  readonly payloadBytes?: number;
  /** True for what is not the stack's but the machine's: given in nanoseconds, where less is better. */
  readonly isCeiling?: boolean;
  /** Operations of one run: about half a second. */
  readonly operations: number;
  prepare(module: WebAssembly.Module): Promise<Trial>;
}

/** What decides the unit of a figure. */
type Measured = Pick<Benchmark, "payloadBytes" | "isCeiling">;

export interface Figure {
  readonly benchmark: Benchmark;
  /** Nanoseconds for an operation, of each run, fastest first. */
  readonly runs: readonly number[];
}

export interface Plan {
  readonly runs: number;
  /** Share of a benchmark's operations that a run does. */
  readonly share: number;
}

/** Measures all benchmarks. Their runs alternate, so that a busy minute of the machine touches all alike. */
export async function measure(
  benchmarks: readonly Benchmark[],
  module: WebAssembly.Module,
  { runs, share }: Plan,
): Promise<Figure[]> {
  const entries: { benchmark: Benchmark; trial: Trial; operations: number; runs: number[] }[] = [];
  try {
    for (const benchmark of benchmarks) {
      const operations = Math.ceil(benchmark.operations * share);
      entries.push({ benchmark, operations, trial: await benchmark.prepare(module), runs: [] });
    }
    // Twice: what V8 has compiled for one benchmark alone, it compiles again when it has seen the others.
    for (const { trial, operations } of [...entries, ...entries]) await trial.run(operations);
    for (let run = 0; run < runs; run++) {
      for (const entry of entries) entry.runs.push(await nanoseconds(entry.trial, entry.operations));
    }
  } finally {
    for (const { trial } of entries) await trial.end?.();
  }
  return entries.map(({ benchmark, runs }) => ({ benchmark, runs: runs.sort((a, b) => a - b) }));
}

/** Nanoseconds that an operation takes, of a run of so many. */
export async function nanoseconds(trial: Trial, operations: number): Promise<number> {
  const start = process.hrtime.bigint();
  await trial.run(operations);
  return Number(process.hrtime.bigint() - start) / operations;
}

/**
 * Finds by trying how many operations cost about `wanted`; that warms up, too. `tryOut` does so many, and gives what all of
 * them together cost.
 */
export async function operationsFor(wanted: number, tryOut: (operations: number) => Promise<number>): Promise<number> {
  let operations = 64;
  let cost = await tryOut(operations);
  while (cost < wanted / 4) {
    operations *= 4;
    cost = await tryOut(operations);
  }
  return Math.ceil((operations * wanted) / cost);
}

/** What a time for one operation comes to, in the benchmark's unit. */
export function figureOf(benchmark: Measured, nanoseconds: number): number {
  if (benchmark.isCeiling) return nanoseconds;
  return benchmark.payloadBytes === undefined ? 1e9 / nanoseconds : (benchmark.payloadBytes * 8000) / nanoseconds;
}

export function unitOf(benchmark: Measured): string {
  if (benchmark.isCeiling) return "ns";
  return benchmark.payloadBytes === undefined ? "/s" : "Mbit/s";
}
