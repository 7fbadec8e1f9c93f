// What a line code is: it makes a frame into levels on a cable, one symbol after the other, and finds it in them again.

/** How a frame is sent, by the names of IEEE 802.3. */
export type LineCodeName = "10base-t" | "100base-tx" | "100base-fx";

/** A stretch of a signal with a meaning, for drawings. */
export interface SignalPart {
  /** "idle", "preamble", "start of frame", "destination", "source", "type", "data", "FCS", "end". */
  name: string;
  /** Symbols from the start of the signal, the second exclusive. */
  from: number;
  to: number;
}

/** One frame as it passes on the cable. */
export interface Signal {
  code: LineCodeName;
  /** One for each symbol: -1, 0 and 1 of an electric level; 0 and 1 of light. */
  levels: Int8Array;
  symbolsPerSecond: number;
  parts: SignalPart[];
}

/** Why the receiver found no whole frame: never a start, symbols that mean nothing, an end that is none. */
export type SignalFault = "no start" | "code violation" | "bad end";

/** What the receiver got: the frame with its FCS, which nobody has checked yet; or why not. */
export type Received = { frame: Uint8Array; fault: null } | { frame: null; fault: SignalFault };

export interface LineCode {
  readonly name: LineCodeName;
  /** For people: what it is made of. */
  readonly title: string;
  readonly medium: "electricity" | "light";
  readonly symbolsPerSecond: number;
  /** `frame` with its FCS behind it. The transmitter goes on where the last frame left it. */
  encode(frame: Uint8Array): Signal;
  decode(levels: Int8Array): Received;
  /** The level that a symbol has when it is damaged. */
  damaged(level: number): number;
}

/** A preamble of 56 bits, and the byte that ends it (IEEE 802.3 clause 3.2.1, 3.2.2); bits go lowest first. */
export const PREAMBLE = [0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55];
export const START_OF_FRAME = 0xd5;

/** The parts of a frame, in bytes from its preamble on. */
export function framePartsOf(frame: Uint8Array): { name: string; from: number; to: number }[] {
  const start = PREAMBLE.length + 1;
  const end = start + frame.length;
  return [
    { name: "preamble", from: 0, to: PREAMBLE.length },
    { name: "start of frame", from: PREAMBLE.length, to: start },
    { name: "destination", from: start, to: start + 6 },
    { name: "source", from: start + 6, to: start + 12 },
    { name: "type", from: start + 12, to: start + 14 },
    { name: "data", from: start + 14, to: end - 4 },
    { name: "FCS", from: end - 4, to: end },
  ];
}

export function fault(fault: SignalFault): Received {
  return { frame: null, fault };
}
