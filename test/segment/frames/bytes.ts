// What every format of a frame is built and read with: bytes in network order, the Internet checksum, and the error.

/** A frame that breaks a rule of its format. */
export class FrameError extends Error {
  readonly code = "EFRAME";
}

export function demand(holds: boolean, sentence: string): void {
  if (!holds) throw new FrameError(sentence);
}

/** The Internet checksum (RFC 1071) of `bytes`, on top of `initial`, the sum of what was added before. */
export function checksum(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/**
 * Sum of the pseudo header. Both versions have the same words in it, addresses, protocol and length, and zeros, which
 * add nothing (RFC 9293 §3.1, RFC 8200 §8.1).
 */
export function pseudoHeaderSum(source: Uint8Array, destination: Uint8Array, protocol: number, bytes: number): number {
  const words = concat([source, destination]);
  return (~checksum(words) & 0xffff) + protocol + bytes;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The bytes of a 16-bit and of a 32-bit number in network order. */
export function twoBytes(value: number): Uint8Array {
  return Uint8Array.of((value >>> 8) & 0xff, value & 0xff);
}

export function fourBytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** `bytes` filled up with zeros to `rest` more than a multiple of `unit`. */
export function fillUp(bytes: Uint8Array, unit: number, rest = 0): Uint8Array {
  const missing = (((rest - bytes.length) % unit) + unit) % unit;
  return concat([bytes, new Uint8Array(missing)]);
}
