// Looking ahead on a tape, without doing what stands there.

import { CALLS_END, Op } from "./operations.ts";
import type { TapeReader } from "./tape.ts";

/** The time of the next poll, given that of the last; Infinity when there is none. The tape stays where it is. */
export function timeOfNextPoll(tape: TapeReader, now: number): number {
  const { place } = tape;
  try {
    for (let op = tape.op(); op >= 0 && op !== Op.END; op = tape.op()) {
      if (op === Op.POLL) return now + tape.long();
      skip(tape, op);
    }
    return Number.POSITIVE_INFINITY;
  } finally {
    tape.place = place;
  }
}

function skip(tape: TapeReader, op: number): void {
  if (op < CALLS_END) {
    words(tape, tape.word());
    return;
  }
  switch (op) {
    case Op.RETURN:
      words(tape, 1);
      break;
    case Op.READ:
    case Op.WRITE:
    case Op.PUT_WORD:
    case Op.CHECK:
    case Op.CAME:
      words(tape, 2);
      break;
    case Op.SENT:
      words(tape, 3);
      break;
    case Op.PUT:
    case Op.SENT_BYTES:
    case Op.CAME_BYTES:
      words(tape, 1);
      tape.bytes(tape.word());
      break;
    case Op.NOTE:
      tape.bytes(tape.word());
      break;
  }
}

function words(tape: TapeReader, count: number): void {
  for (let i = 0; i < count; i++) tape.word();
}
