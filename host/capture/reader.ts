// Reads captures of either format, whichever byte order and resolution of time they were written in.

import { InputError } from "../errors.ts";
import type { CapturedFrame, CaptureInterface } from "./frames.ts";
import { readPcap } from "./pcap-reader.ts";
import { readPcapng } from "./pcapng-reader.ts";

/** A whole capture. Frames are in the order of the file; frames of other links than Ethernet are left out and counted. */
export interface Capture {
  interfaces: CaptureInterface[];
  frames: CapturedFrame[];
  /** Frames that are not Ethernet's. */
  skipped: number;
  /** Bytes at the end that are no whole frame: the writer was cut short. */
  cutBytes: number;
}

const SECTION = 0x0a0d0d0a;

/** Reads a capture. Throws InputError ERR_CAPTURE on what is none. */
export function readCapture(file: Uint8Array): Capture {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length >= 12 && view.getUint32(0) === SECTION) return readPcapng(view);
  const capture = readPcap(view);
  if (capture !== null) return capture;
  throw new InputError("ERR_CAPTURE", "That is no capture: it begins neither like pcap nor like pcapng.");
}
