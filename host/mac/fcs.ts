// The frame check sequence of Ethernet: CRC-32 of IEEE 802.3, sent lowest byte first behind the frame.

export const FCS_BYTES = 4;
const POLYNOMIAL = 0xedb88320;

// Slicing by four: table k advances a byte over k further bytes of zeros, so that four bytes take one step.
const TABLES = makeTables();
const T0 = TABLES.subarray(0, 256);
const T1 = TABLES.subarray(256, 512);
const T2 = TABLES.subarray(512, 768);
const T3 = TABLES.subarray(768, 1024);

function makeTables(): Uint32Array {
  const tables = new Uint32Array(1024);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < 1024; i++) tables[i] = (tables[i - 256] >>> 8) ^ tables[tables[i - 256] & 0xff];
  return tables;
}

/** CRC-32 of the first `length` bytes, 0 to 2^32 - 1. */
export function crc32(bytes: Uint8Array, length = bytes.length): number {
  let crc = -1;
  let i = 0;
  for (const end = length - 3; i < end; i += 4) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    crc = T3[crc & 0xff] ^ T2[(crc >>> 8) & 0xff] ^ T1[(crc >>> 16) & 0xff] ^ T0[crc >>> 24];
  }
  for (; i < length; i++) crc = T0[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Writes the FCS of the first `length` bytes right behind them. */
export function writeFcs(frame: Uint8Array, length: number): void {
  const crc = crc32(frame, length);
  frame[length] = crc;
  frame[length + 1] = crc >>> 8;
  frame[length + 2] = crc >>> 16;
  frame[length + 3] = crc >>> 24;
}

/** A copy of the frame with its FCS behind it. */
export function withFcs(frame: Uint8Array): Uint8Array {
  const whole = new Uint8Array(frame.length + FCS_BYTES);
  whole.set(frame);
  writeFcs(whole, frame.length);
  return whole;
}

/** True when the last four bytes are the FCS of what stands before them. */
export function fcsMatches(frame: Uint8Array): boolean {
  const length = frame.length - FCS_BYTES;
  if (length < 0) return false;
  const sent = frame[length] | (frame[length + 1] << 8) | (frame[length + 2] << 16) | (frame[length + 3] << 24);
  return crc32(frame, length) === sent >>> 0;
}
