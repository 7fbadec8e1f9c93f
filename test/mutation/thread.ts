// The near side of a worker thread: gives it tasks, hears what it is doing, and ends it when it does one thing for too
// long. The next task then finds a new thread.

import { Worker } from "node:worker_threads";
import type { Build, Change } from "./compiler.ts";
import type { Answer, Failure, Message, Round, Task, WorkerData } from "./worker.ts";

/** Milliseconds that the thread may take to start, and to compile. */
const PREPARATION = 120_000;

/** The thread did one thing for longer than it may. */
export class Stuck extends Error {
  /** `limit`: the milliseconds that `step` might have taken. */
  constructor(
    readonly step: string,
    limit: number,
  ) {
    super(`${step} took more than ${Math.round(limit / 1000)} s`);
  }
}

export class Thread {
  #worker: Worker | undefined;
  #ended = false;
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

  /** Ends the thread for good. What it is doing is not answered any more. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #ask(task: Task): Promise<Answer> {
    if (this.#ended) throw new Error("the thread has ended");
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
      const giveUp = (error: Error): void => done(() => this.#stop().then(() => reject(error), reject));
      const allow = (limit: number, late: Error): void => {
        clearTimeout(timer);
        timer = setTimeout(() => giveUp(late), limit);
      };
      const look = (message: Message): void => {
        if (scriptBegan) this.longest = Math.max(this.longest, performance.now() - scriptBegan);
        scriptBegan = performance.now();
        if ("step" in message) allow(this.limit, new Stuck(message.step, this.limit));
        else if ("broken" in message) giveUp(new Error(message.broken));
        else done(() => resolve(message));
      };
      worker.on("message", look).on("error", giveUp);
      allow(PREPARATION, new Error(`the thread did not ${task.task} ${task.profile} in ${PREPARATION / 1000} s`));
      worker.postMessage(task);
    });
  }
}
