// Reads pcap (draft-ietf-opsawg-pcap): microseconds or nanoseconds, either byte order.

import { FILE_HEADER_BYTES, LINKTYPE_ETHERNET, MAGIC_MICROSECONDS, RECORD_HEADER_BYTES } from "./pcap-writer.ts";
import type { Capture } from "./reader.ts";

const MAGIC_NANOSECONDS = 0xa1b23c4d;
/** The upper bits of the link type say whether frames have an FCS behind them, and how many half-words it has. */
const LINKTYPE_MASK = 0x03ff_ffff;
const FCS_PRESENT = 0x0400_0000;
const FCS_SHIFT = 28;

/** The frames of a file; null when it is none. */
export function readPcap(view: DataView): Capture | null {
  if (view.byteLength < FILE_HEADER_BYTES) return null;
  const little = [MAGIC_MICROSECONDS, MAGIC_NANOSECONDS].includes(view.getUint32(0, true));
  const magic = view.getUint32(0, little);
  if (magic !== MAGIC_MICROSECONDS && magic !== MAGIC_NANOSECONDS) return null;
  const unitsPerMicro = magic === MAGIC_NANOSECONDS ? 1000 : 1;
  const link = view.getUint32(20, little);
  const fcsBytes = link & FCS_PRESENT ? (link >>> FCS_SHIFT) * 2 : 0;
  const isEthernet = (link & LINKTYPE_MASK) === LINKTYPE_ETHERNET;
  const capture: Capture = { interfaces: [{ name: "pcap" }], frames: [], skipped: 0, cutBytes: 0 };
  let at = FILE_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= view.byteLength) {
    const bytes = view.getUint32(at + 8, little);
    const start = at + RECORD_HEADER_BYTES;
    if (start + bytes > view.byteLength) break;
    const fraction = Math.floor(view.getUint32(at + 4, little) / unitsPerMicro);
    const time = view.getUint32(at, little) * 1e6 + fraction;
    const frame = new Uint8Array(view.buffer, view.byteOffset + start, Math.max(bytes - fcsBytes, 0));
    if (isEthernet) capture.frames.push({ bytes: frame, time, interface: 0 });
    else capture.skipped++;
    at = start + bytes;
  }
  capture.cutBytes = view.byteLength - at;
  return capture;
}
