// A running stack's side of `thimble capture`: the frames of its wire as a stream of pcapng to whoever has asked.

import { PcapngWriter } from "../capture/pcapng-writer.ts";
import type { Clock } from "../clock.ts";
import { parseFilter } from "../inspect/frame-filter.ts";
import type { ObservedWire } from "../wire/observe.ts";
import type { Streams } from "./control.ts";

/** What may wait for a slow asker; frames beyond are missed, and the next one that is not says so in a comment. */
const MOST_WAITING = 8 * 1024 * 1024;

/** Answers {"ask":"capture","filter":"..."}: everything that passes `wire` and fits the filter. */
export function captureStream(wire: ObservedWire, clock: Clock): Streams[string] {
  return ({ filter }, asker) => {
    const fits = parseFilter(typeof filter === "string" ? filter : "");
    const sink = { write: (bytes: Uint8Array) => asker.send(bytes), close: () => asker.hangUp() };
    const writer = new PcapngWriter(sink, { live: true });
    const index = writer.addInterface({ name: "eth0", description: wire.name });
    let missed = 0;
    const unwatch = wire.watch((bytes, sent) => {
      if (!fits(bytes)) return;
      if (asker.waiting > MOST_WAITING) {
        missed++;
        return;
      }
      const comments = missed === 0 ? [] : [`${missed} frames before this one were missed: the reader is too slow`];
      const time = clock.epoch + clock.now();
      writer.add({ bytes, time, interface: index, direction: sent ? "out" : "in", comments });
      missed = 0;
    });
    return () => {
      unwatch();
      writer.close();
    };
  };
}
