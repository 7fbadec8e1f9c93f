// A wire with every frame that passes written to a capture.

import { createCapture } from "../capture/file.ts";
import type { CaptureWriter } from "../capture/frames.ts";
import type { Clock } from "../clock.ts";
import { observeWire } from "./observe.ts";
import type { Wire } from "./wire.ts";

export interface CaptureOptions {
  /** Of the interface in the capture; default the wire's. */
  name?: string;
  /** Bits per second, to be told of the interface. */
  rate?: number;
}

/**
 * `wire`, with every frame written to the file `path` (pcapng where its name ends so, else pcap), or to a writer that several
 * share and that stays open. Throws InputError when the file cannot be made.
 */
export function captureWire(
  wire: Wire,
  into: string | CaptureWriter,
  clock: Clock,
  { name = wire.name, rate }: CaptureOptions = {},
): Wire {
  const writer = typeof into === "string" ? createCapture(into, { live: true }) : into;
  const index = writer.addInterface(rate === undefined ? { name } : { name, rate });
  const onClose = typeof into === "string" ? () => writer.close() : () => {};
  return captureInto(wire, writer, index, clock, onClose);
}

/** The same for an interface that a capture has already. */
export function captureInto(
  wire: Wire,
  writer: CaptureWriter,
  index: number,
  clock: Clock,
  onClose: () => void = () => {},
): Wire {
  return observeWire(
    wire,
    (bytes, sent) => {
      writer.add({ bytes, time: clock.epoch + clock.now(), interface: index, direction: sent ? "out" : "in" });
    },
    onClose,
  );
}
