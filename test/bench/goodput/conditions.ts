// Under which conditions goodput is measured, and what is known of each: the target, what other stacks reach, and what
// theory allows.

import { Congestion, SocketOption } from "../../../assembly/abi/sockets.ts";

/** One way of the cable, in microseconds; its rate is unlimited. */
export const DELAY = 10_000;
export const ROUND_TRIP = 2 * DELAY;

/** How the sender finds out what the network bears. */
export interface Controller {
  readonly name: string;
  /** The socket option that chooses it, and its value; null where the core has nothing else. */
  readonly choice: readonly [option: SocketOption, value: number] | null;
  /** True where Mathis' bound holds: the window is halved by a loss and grows by a segment each round trip. */
  readonly isReno: boolean;
}

/** The first is the default, whose figures have targets. */
export const CONTROLLERS: readonly Controller[] = [
  { name: "CUBIC", choice: [SocketOption.CONGESTION, Congestion.CUBIC], isReno: false },
  { name: "Reno", choice: [SocketOption.CONGESTION, Congestion.RENO], isReno: true },
];

/** Windows in segments: those of 64 KB, and the 4·MSS of small devices. */
export const WINDOWS: readonly number[] = [45, 4];
/** Share of frames that is lost in each direction. */
export const LOSSES: readonly number[] = [0, 0.01, 0.05];

/** Figures in Mbit/s for windows of so many segments, by loss. Rows without one are not known. */
type Figures = Readonly<Record<number, readonly (readonly [loss: number, figure: number])[]>>;

export const TARGETS: Figures = {
  45: losses(24.5, 6.2, 2.0),
  4: losses(2.25, 1.8, 0.8),
};

/**
 * What others reach on such a cable: medians of nine seeds, measured with the same loss in both directions. lwIP and
 * smoltcp talk to themselves, smoltcp with each of its controllers and with none; Linux sends to Linux with CUBIC.
 */
export const PEERS: Readonly<Record<string, Figures>> = {
  lwIP: { 45: losses(24.8, 5.1, 0.37), 4: losses(2.33, 1.82, 0.28) },
  "Linux CUBIC": { 45: losses(undefined, 6.25, 1.95) },
  "smoltcp Reno": { 45: losses(24.0, 1.3, 0.15) },
  "smoltcp CUBIC": { 45: losses(24.0, 1.5, 0.15) },
  "smoltcp none": { 45: losses(26.0, 11.8, 1.26) },
};

function losses(...figures: (number | undefined)[]): [number, number][] {
  return LOSSES.flatMap((loss, i): [number, number][] => {
    const figure = figures[i];
    return figure === undefined ? [] : [[loss, figure]];
  });
}

/** The figure for a window and a loss; null when none is known. */
export function figureFor(figures: Figures, window: number, loss: number): number | null {
  return figures[window]?.find(([known]) => known === loss)?.[1] ?? null;
}

/**
 * What a control of Reno's kind can reach at that loss (Mathis, Semke, Mahdavi and Ott, "The macroscopic behavior of
 * the TCP congestion avoidance algorithm", CCR 27(3), 1997, with an ACK for every segment), in Mbit/s. `segment`: bytes
 * of payload. Infinity without loss.
 */
export function mathisBound(segment: number, loss: number): number {
  return ((segment * 8) / ROUND_TRIP) * (1.22 / Math.sqrt(loss));
}

/** What a window allows that is sent once in each round trip, in Mbit/s. */
export function windowBound(segment: number, window: number): number {
  return (segment * 8 * window) / ROUND_TRIP;
}

/** Above the bound by more than this, a controller of Reno's kind would be taking more than its share. */
export const MATHIS_MARGIN = 1.15;
