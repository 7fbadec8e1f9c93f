// --record, for every command that runs a stack: what the command starts is recorded from beginning to end.

import type { Command } from "commander";
import { recordAll } from "../replay/ambient.ts";
import { openRecording } from "../replay/recording.ts";

/** Lets the commands of `program` that have an option --record FILE record. */
export function recordRuns(program: Command): void {
  program.hook("preAction", (_program, command) => {
    const { record } = command.opts<{ record?: string }>();
    if (record === undefined) return;
    const recording = openRecording(record, ["thimble", command.name(), ...command.args].join(" "));
    recordAll(recording);
    // However the command ends; one that is killed leaves all up to its last checkpoint.
    process.once("exit", () => recording.close());
  });
}
