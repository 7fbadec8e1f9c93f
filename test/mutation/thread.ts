// The near side of a worker thread: gives it tasks, hears what it is doing, and ends it when it does one thing for too
// long. The next task then finds a new thread.

import { Worker } from "node:worker_threads";
import type { Build, Change } from "./compiler.ts";
import type { Answer, Failure, Message, Round, Task, WorkerData } from "./worker.ts";

/** Milliseconds that the thread may take to start, and to compile. */
const PREPARATION = 120_000;

/** The thread did one thing for longer than it may. */
export class Stuck extends Error {
  constructor(
    readonly step: string,
    readonly seconds: number,
  ) {
    super(`${step} took more than ${seconds} s`);
  }
}

export class Thread {
  #worker: Worker | undefined;
  /** The longest that one script has taken, in milliseconds. */
  longest = 0;

  /** `limit`: milliseconds that a script may take. */
  constructor(
    readonly data: WorkerData,
    public limit: number,
  ) {}

  /** Compiles a profile; resolves to the digest of the wasm, or to the compiler's refusal. */
  async compile(
    profile: string,
    build: Build,
    change: Change | null,
  ): Promise<{ digest: string } | { refused: string }> {
    const answer = await this.#ask({ task: "compile", profile, build, change });
    if ("digest" in answer || "refused" in answer) return answer;
    throw new Error("the thread gave an answer to another question");
  }

  /** Plays the scripts of a profile on what was compiled last. Resolves to the first failure, or to null. */
  async play(profile: string, round: Round, without: readonly string[]): Promise<Failure | null> {
    const [first] = await this.#play(profile, round, without, false);
    return first ?? null;
  }

  /** Plays all scripts of a profile. Resolves to every failure. */
  playAll(profile: string, round: Round): Promise<Failure[]> {
    return this.#play(profile, round, [], true);
  }

  async #play(profile: string, round: Round, without: readonly string[], toTheEnd: boolean): Promise<Failure[]> {
    const answer = await this.#ask({ task: "play", profile, round, without, toTheEnd });
    if ("failures" in answer) return answer.failures;
    throw new Error("the thread gave an answer to another question");
  }

  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #ask(task: Task): Promise<Answer> {
    this.#worker ??= new Worker(new URL("worker.mjs", import.meta.url), { workerData: this.data });
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let scriptBegan = Number.NaN;
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        worker.removeAllListeners("message").removeAllListeners("error");
        settle();
      };
      const giveUp = (error: Error): void => done(() => this.end().then(() => reject(error), reject));
      const allow = (step: string, limit: number): void => {
        clearTimeout(timer);
        timer = setTimeout(() => giveUp(new Stuck(step, Math.round(limit / 1000))), limit);
      };
      const look = (message: Message): void => {
        if (scriptBegan) this.longest = Math.max(this.longest, performance.now() - scriptBegan);
        scriptBegan = performance.now();
        if ("step" in message) allow(message.step, this.limit);
        else if ("broken" in message) giveUp(new Error(message.broken));
        else done(() => resolve(message));
      };
      worker.on("message", look).on("error", giveUp);
      allow(
        task.task === "play" ? `scripts of ${task.profile}` : `${task.build} build of ${task.profile}`,
        PREPARATION,
      );
      worker.postMessage(task);
    });
  }
}
