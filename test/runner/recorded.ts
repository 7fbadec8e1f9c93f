// Tests whose machines follow from a seed or a script alone: one that fails is run a second time and recorded, and its
// failure says how to look at what happened.

import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { test as plainTest } from "node:test";
import { fileURLToPath } from "node:url";
import { recordAll } from "../../host/replay/ambient.ts";
import { openRecording, type Recording } from "../../host/replay/recording.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = join(ROOT, "test/recordings");
const LONGEST_NAME = 80;

/** node:test's `test`, for one that runs in virtual time and in which chance has a seed. */
export function test(title: string, run: () => void | Promise<void>): void {
  void plainTest(title, () => recordingFailure(title, run));
}

/** Does `run`; when that throws, does it once more, recorded, and throws what it threw with the command that replays it. */
export async function recordingFailure(title: string, run: () => void | Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Error) explain(error, await recordAgain(title, run));
    throw error;
  }
}

/** Sentences on where the recording is. */
async function recordAgain(title: string, run: () => void | Promise<void>): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  const name = title.replace(/\W+/g, "-").slice(0, LONGEST_NAME).replace(/-$/, "");
  const file = join(FOLDER, `${name}.thimble`);
  const recording = openRecording(file, title);
  recordAll(recording);
  try {
    await run();
    return "Run again to be recorded, it passed: something beside its seed decides how it ends.";
  } catch (error) {
    recording.note((error as Error).message);
    return `Recorded; look at it with:\n  ${replayCommand(relative(ROOT, file), recording)}`;
  } finally {
    recordAll(null);
    recording.close();
  }
}

// The last machine that was started is that which was at work when it failed.
function replayCommand(file: string, recording: Recording): string {
  const machine = recording.machines > 1 ? ` --machine ${recording.machines - 1}` : "";
  return `npm run -s thimble -- replay ${file}${machine} --story 20`;
}

function explain(error: Error, sentences: string): void {
  const { message, stack = "" } = error;
  error.message = `${message}\n${sentences}`;
  error.stack = stack.includes(message) ? stack.replace(message, () => error.message) : `${stack}\n${sentences}`;
}
