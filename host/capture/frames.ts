// What a capture holds, whatever its file format.

/** Where frames were seen: an adapter, or one end of a cable. */
export interface CaptureInterface {
  /** As Wireshark shows it: "anna", "switch port 3". */
  name: string;
  description?: string;
  /** Bits per second, where known. */
  rate?: number;
}

/** Seen from the interface: "in" is what it received, "out" what it sent. */
export type Direction = "in" | "out";

/** A frame as it was seen, without its FCS. */
export interface CapturedFrame {
  bytes: Uint8Array;
  /** Microseconds since 1970. */
  time: number;
  /** Index among the capture's interfaces, in the order in which they were added. */
  interface: number;
  direction?: Direction;
  comments?: readonly string[];
}

/** Writes frames to a file of some format. Several interfaces may share one, to lie in one file in the order of time. */
export interface CaptureWriter {
  /** Adds an interface; returns its index. */
  addInterface(about: CaptureInterface): number;
  /** Adds a frame, valid during the call only. */
  add(frame: CapturedFrame): void;
  /**
   * Says something about what has just happened at an interface: why a frame was dropped, which state changed. Formats
   * that have no room for comments leave it out.
   */
  comment(index: number, text: string): void;
  /** Writes out what is held back, and takes nothing any more. */
  close(): void;
}
