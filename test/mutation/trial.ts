// One mutant's trial: it is compiled and meets what could catch it, the cheapest first, until something does.

import { type Change, Refused } from "./compiler.ts";
import type { Snapshot } from "./snapshot.ts";
import { Stuck, Thread } from "./thread.ts";
import type { Failure, Round } from "./worker.ts";
import { Workplace } from "./workplace.ts";

/**
 * caught: something failed. survived: nothing did. The others are no mutants: refused, the core does not compile;
 * same, the firmware that is shipped is the same, byte for byte, in every profile.
 */
export type Outcome = "caught" | "survived" | "refused" | "same";

export interface Result {
  outcome: Outcome;
  /** What caught it and what that found, or why the compiler refused it. */
  where: string;
  what: string;
  /** True when it was caught by not coming to an end. */
  timedOut: boolean;
}

/** How far below 2^32 both initial sequence numbers start when scripts are played once more: as in the normal tests. */
const BELOW_WRAP = [1, 600];

/** The profiles that scripts and tests run; `node` first, since most are its. */
const PROFILES = ["node", "tiny", "eight"];

/** Milliseconds that a script may take, and the specs or the tests together, on whatever machine. */
const LIMITS = { script: 10_000, process: 60_000 };
/** How many times longer than with the core as it is both may take. */
const PATIENCE = { script: 50, process: 10 };

/** What the core as it is does. */
export interface Baseline {
  /** Scripts that fail: they say nothing about a mutant, and are left out. */
  failing: readonly Failure[];
  /** Digests of its builds: the checked one of `node`, and the shipped ones as far as they were asked for. */
  checked: string;
  shipped: Map<string, Promise<string>>;
  limits: typeof LIMITS;
}

export class Job {
  readonly #thread: Thread;
  readonly workplace: Workplace;

  /** Works in `folder`, which it makes. With `scriptsOnly` a mutant meets nothing but the scripts as they stand. */
  constructor(
    folder: string,
    snapshot: Snapshot,
    readonly scriptsOnly: boolean,
    limits = LIMITS,
  ) {
    this.workplace = new Workplace(folder, snapshot, limits.process);
    this.#thread = new Thread({ snapshot, folder }, limits.script);
  }

  end(): Promise<void> {
    return this.#thread.end();
  }

  /** Tries the core as it is. Throws when it does not compile, or fails anything but scripts. */
  async measure(): Promise<Baseline> {
    this.workplace.set(null);
    const failing: Failure[] = [];
    let checked = "";
    for (const profile of PROFILES) {
      const built = await this.#thread.compile(profile, "checked", null);
      if ("refused" in built) throw new Error(`profile ${profile} does not compile:\n${built.refused}`);
      checked ||= built.digest;
      for (const round of this.#rounds()) failing.push(...(await this.#thread.playAll(profile, round)));
    }
    const failure = this.scriptsOnly ? null : ((await this.workplace.runSpecs()) ?? (await this.workplace.runTests()));
    if (failure) throw new Error(`the core as it is fails ${failure.where}: ${failure.what}`);
    const limits = {
      script: Math.max(LIMITS.script, PATIENCE.script * this.#thread.longest),
      process: Math.max(LIMITS.process, PATIENCE.process * this.workplace.longest),
    };
    this.#thread.limit = limits.script;
    this.workplace.limit = limits.process;
    return { failing, checked, shipped: new Map(), limits };
  }

  #rounds(): Round[] {
    return this.scriptsOnly ? ["as it stands"] : ["as it stands", ...BELOW_WRAP];
  }

  /** Tries a mutant. */
  async try(change: Change, baseline: Baseline): Promise<Result> {
    try {
      const looksSame = (await this.#build("node", change)) === baseline.checked;
      if (looksSame && (await this.#isSame(change, baseline))) return SAME;
      const failure = await this.#hunt(change, baseline);
      if (failure) return { outcome: "caught", ...failure, timedOut: false };
      if (!looksSame && (await this.#isSame(change, baseline))) return SAME;
      return { outcome: "survived", where: "", what: "", timedOut: false };
    } catch (error) {
      if (error instanceof Refused)
        return { outcome: "refused", where: "compiler", what: error.message, timedOut: false };
      if (error instanceof Stuck) return { outcome: "caught", where: error.step, what: error.message, timedOut: true };
      throw error;
    }
  }

  /** Makes the checked build of a profile and gives its digest. Rejects with Refused when it does not compile. */
  async #build(profile: string, change: Change): Promise<string> {
    const built = await this.#thread.compile(profile, "checked", change);
    if ("refused" in built) throw new Refused(built.refused);
    return built.digest;
  }

  /** Everything that may catch a mutant of which `node` is built, the cheapest first. Resolves to the first failure. */
  async #hunt(change: Change, { failing }: Baseline): Promise<Failure | null> {
    this.workplace.set(change);
    const without = failing.map(({ where }) => where);
    for (const profile of PROFILES) {
      if (profile !== PROFILES[0]) await this.#build(profile, change);
      const failure = await this.#thread.play(profile, "as it stands", without);
      if (failure) return failure;
    }
    if (this.scriptsOnly) return null;
    const failure = (await this.workplace.runSpecs()) ?? (await this.workplace.runTests());
    if (failure) return failure;
    for (const round of BELOW_WRAP) {
      for (const profile of PROFILES) {
        const late = await this.#thread.play(profile, round, without);
        if (late) return late;
      }
    }
    return null;
  }

  /** True when the optimizer makes the same of the mutant as of the core: it is the same program, otherwise written. */
  async #isSame(change: Change, baseline: Baseline): Promise<boolean> {
    for (const profile of PROFILES) {
      const built = await this.#thread.compile(profile, "shipped", change);
      if ("refused" in built || built.digest !== (await this.#shippedDigest(profile, baseline))) return false;
    }
    return true;
  }

  #shippedDigest(profile: string, { shipped }: Baseline): Promise<string> {
    const known = shipped.get(profile);
    if (known) return known;
    const found = this.#thread.compile(profile, "shipped", null).then((built) => {
      if ("refused" in built) throw new Error(`profile ${profile} does not compile:\n${built.refused}`);
      return built.digest;
    });
    shipped.set(profile, found);
    return found;
  }
}

const SAME: Result = { outcome: "same", where: "compiler", what: "the same firmware", timedOut: false };
