// What happened in the last polls of a replay, line by line: calls with their answers, registers, frames.

import { summarize } from "../inspect/words.ts";
import type { Replay, ReplayEvent } from "./replay.ts";

/**
 * Goes back `polls` polls and forward again to where the replay stands, and tells what happens on the way. Times are
 * seconds since `start`, microseconds of the machine's clock. The replay must be one that can go back.
 */
export function storyOf(replay: Replay, polls: number, start: number): string[] {
  const end = replay.polls;
  const lines: string[] = [];
  let happened: string[] = [];
  replay.seek(Math.max(0, end - polls));
  replay.onEvent = (event) => {
    const line = lineOf(event);
    if (line !== null) happened.push(line);
  };
  try {
    while (replay.polls < end && replay.step()) {
      // A poll follows at once what makes it necessary, so that all before it has its time, too.
      const seconds = Math.max(0, replay.now - start) / 1e6;
      const when = `${String(replay.polls).padStart(8)}  ${seconds.toFixed(6).padStart(12)}`;
      lines.push(...happened.map((line) => `${when}  ${line}`));
      happened = [];
    }
  } finally {
    replay.onEvent = null;
  }
  return lines;
}

function lineOf(event: ReplayEvent): string | null {
  switch (event.kind) {
    case "call":
      return null; // its answer tells all of it
    case "answer":
      return event.name === "poll"
        ? `poll: ${event.answer === -1 ? "nothing to wait for" : `again in ${event.answer >>> 0} µs`}`
        : `${event.name}(${event.args.join(", ")}) = ${event.answer}`;
    case "trap":
      return `${event.name} traps: ${event.message}`;
    case "read":
    case "write":
      return `  ${event.kind === "read" ? "reads" : "writes"} register ${hex(event.offset)}: ${hex(event.value)}`;
    case "put":
      return `  ${event.bytes.length} bytes are written to ${hex(event.at)}`;
    case "sent":
    case "came":
      return `${event.kind === "sent" ? "-> sends" : "<- gets "} ${summarize(event.frame)}`;
    case "dropped":
      return `<- the adapter drops a frame of ${event.bytes} bytes`;
    case "note":
      return `-- ${event.text}`;
  }
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
