// The recording that every stack of this process goes into which is not given one of its own: for whoever starts the
// stacks does not always know that they are to be recorded.

import type { Recording } from "./recording.ts";

let ambient: Recording | null = null;

/** Stacks that start from now on are recorded there; null: not at all. */
export function recordAll(recording: Recording | null): void {
  ambient = recording;
}

/** Where a stack that starts now is recorded, if anywhere. */
export function ambientRecording(): Recording | null {
  return ambient;
}
