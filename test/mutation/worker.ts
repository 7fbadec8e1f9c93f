// The thread in which a mutant is compiled and its scripts are played: what goes round in circles for ever there ends
// with the thread.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { play } from "../segment/play.ts";
import { parseScript, ScriptError } from "../segment/script.ts";
import { type Build, type Change, Compiler, digest, Refused } from "./compiler.ts";
import type { Snapshot } from "./snapshot.ts";

/** What is asked of the thread, one thing at a time. */
export type Task =
  | { task: "compile"; profile: string; build: Build; change: Change | null }
  | { task: "play"; profile: string; round: Round; without: readonly string[]; toTheEnd: boolean };

/** How scripts are played: as they stand, or with both initial sequence numbers so far below 2^32. */
export type Round = "as it stands" | number;

/** Of each script the thread tells that it begins with it; the last message is the answer. */
export type Message = { step: string } | Answer;
export type Answer = { digest: string } | { refused: string } | { failures: Failure[] } | { broken: string };

/** What was not as it should be, and where. */
export interface Failure {
  where: string;
  what: string;
}

export interface WorkerData {
  snapshot: Pick<Snapshot, "sources" | "scripts">;
  /** Where the wasm of the checked build goes, for others to load. */
  folder: string;
}

const { snapshot, folder } = workerData as WorkerData;
const compiler = new Compiler(snapshot.sources);
const modules = new Map<string, WebAssembly.Module>();
const scripts = [...snapshot.scripts].map(([path, text]) => parseScript(path.replace("test/segment/", ""), text));

async function compile(profile: string, build: Build, change: Change | null): Promise<Answer> {
  try {
    const wasm = await compiler.compile(profile, build, change);
    if (build === "checked") {
      modules.set(profile, await WebAssembly.compile(wasm as BufferSource));
      writeFileSync(join(folder, `thimble${profile === "node" ? "" : `-${profile}`}.wasm`), wasm);
    }
    return { digest: digest(wasm) };
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  }
}

/** Plays the scripts of a profile, but for those `without`: to the first that fails, or `toTheEnd`. */
async function playAll({ profile, round, without, toTheEnd }: Extract<Task, { task: "play" }>): Promise<Answer> {
  const module = modules.get(profile);
  if (!module) throw new Error(`profile ${profile} was not compiled`);
  const start = round === "as it stands" ? {} : { peerIss: -round >>> 0, ourIss: -round >>> 0 };
  const failures: Failure[] = [];
  for (const script of scripts.filter(({ directives }) => directives.profile === profile)) {
    const where = title(script.file, round);
    if (without.includes(where)) continue;
    parentPort?.postMessage({ step: where });
    try {
      await play(script, { module, ...start });
    } catch (error) {
      failures.push({ where, what: sentenceOf(error) });
      if (!toTheEnd) break;
    }
  }
  return { failures };
}

function title(file: string, round: Round): string {
  return round === "as it stands" ? file : `${file}, ${round} below the wrap`;
}

/** What was wrong, without the story that led there: the second line of what a script reports. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof ScriptError)) return String(error);
  const [, sentence = ""] = error.message.split("\n");
  return `line ${error.line}: ${sentence.trim()}`;
}

async function perform(task: Task): Promise<Answer> {
  if (task.task === "compile") return compile(task.profile, task.build, task.change);
  return playAll(task);
}

parentPort?.on("message", (task: Task) => {
  perform(task).then(
    (answer) => parentPort?.postMessage(answer),
    (error) => parentPort?.postMessage({ broken: error instanceof Error ? (error.stack ?? "") : String(error) }),
  );
});
