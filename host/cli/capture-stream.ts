// A running stack's side of `thimble capture`: the frames of its wire as a stream of pcapng to whoever has asked.

import type { Clock } from "../clock.ts";
import { parseFilter } from "../inspect/frame-filter.ts";
import { Capture } from "../wire/capture.ts";
import type { ObservedWire } from "../wire/observe.ts";
import { pcapngFormat } from "../wire/pcapng.ts";
import type { Streams } from "./control.ts";

/** What may wait for a slow asker; frames beyond are missed, and counted in the next one that is not. */
const MOST_WAITING = 8 * 1024 * 1024;

/** Answers {"ask":"capture","filter":"..."}: everything that passes `wire` and fits the filter. */
export function captureStream(wire: ObservedWire, clock: Clock): Streams[string] {
  return ({ filter }, asker) => {
    const fits = parseFilter(typeof filter === "string" ? filter : "");
    const format = pcapngFormat({ name: "eth0", description: wire.name }, "thimble");
    const sink = { write: (bytes: Uint8Array) => asker.send(bytes), close: () => asker.hangUp() };
    const capture = new Capture(sink, clock, format);
    let missed = 0;
    const unwatch = wire.watch((frame, sent) => {
      if (!fits(frame)) return;
      if (asker.waiting > MOST_WAITING) {
        missed++;
        return;
      }
      capture.add(frame, sent, missed);
      missed = 0;
    });
    return () => {
      unwatch();
      capture.close();
    };
  };
}
