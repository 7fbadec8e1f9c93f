// The field view of a frame: every header as a list of named fields that know where in the frame they lie. A reader
// hands out values and notes each one it hands out, so what a program uses and what a person sees cannot differ.

import { formatAddress, formatMac } from "../core/address.ts";

/** One field of a header. */
export interface Field {
  name: string;
  /** Bytes from the start of the frame to the first byte of the field. */
  offset: number;
  /** Bytes that the field touches. */
  bytes: number;
  /** For fields that are not whole bytes: their lowest bit in those bytes (network order) and how many there are. */
  shift?: number;
  bits?: number;
  /** The value as a person wants to read it. */
  text: string;
}

/** One header (or trailer) of a frame. */
export interface Layer {
  /** "Ethernet", "IPv6", "Hop-by-hop options", "TCP", "Data", ... */
  name: string;
  offset: number;
  bytes: number;
  fields: Field[];
}

/** Reads fields of one header, noting them in its layer. Offsets given to it count from the start of the header. */
export class FieldReader {
  readonly layer: Layer;
  readonly #frame: Uint8Array;

  /**
   * The caller has checked that `offset + bytes` lies within the frame. A read outside of it would give zeros, never
   * an exception.
   */
  constructor(name: string, frame: Uint8Array, offset: number, bytes: number) {
    this.#frame = frame;
    this.layer = { name, offset, bytes, fields: [] };
  }

  u8(name: string, at: number, show: (value: number) => string = String): number {
    return this.#number(name, at, 1, show);
  }

  u16(name: string, at: number, show: (value: number) => string = String): number {
    return this.#number(name, at, 2, show);
  }

  u32(name: string, at: number, show: (value: number) => string = String): number {
    return this.#number(name, at, 4, show);
  }

  /** `width` bits that start `shift` bits above the lowest bit of the `bytes` bytes at `at`. */
  bits(name: string, at: number, bytes: 1 | 2 | 4, shift: number, width: number, show = (v: number): string => `${v}`) {
    const value = (this.#big(at, bytes) >>> shift) & ((1 << width) - 1);
    this.layer.fields.push({ name, offset: this.layer.offset + at, bytes, shift, bits: width, text: show(value) });
    return value;
  }

  mac(name: string, at: number): string {
    return this.#note(name, at, 6, formatMac(this.slice(at, 6)));
  }

  ipv4(name: string, at: number): string {
    return this.#note(name, at, 4, ipv4Text(this.slice(at, 4)));
  }

  ipv6(name: string, at: number): string {
    return this.#note(name, at, 16, ipv6Text(this.slice(at, 16)));
  }

  /** The first `bytes` bytes of an address, of which the rest is zero. */
  partOfIpv6(name: string, at: number, bytes: number): string {
    const whole = new Uint8Array(16);
    whole.set(this.slice(at, bytes));
    const text = ipv6Text(whole);
    return bytes === 0 ? text : this.#note(name, at, bytes, text);
  }

  /** The flag that lies `shift` bits above the lowest bit of the byte at `at`. */
  flag(name: string, at: number, shift: number): boolean {
    return this.bits(name, at, 1, shift, 1, (value) => (value === 1 ? "yes" : "no")) === 1;
  }

  /** Notes bytes that have no number of their own: options, padding, payload. */
  raw(name: string, at: number, bytes: number, text = `${bytes} bytes`): Uint8Array {
    this.#note(name, at, bytes, text);
    return this.slice(at, bytes);
  }

  slice(at: number, bytes: number): Uint8Array {
    const start = this.layer.offset + at;
    return this.#frame.subarray(start, start + bytes);
  }

  #number(name: string, at: number, bytes: number, show: (value: number) => string): number {
    const value = this.#big(at, bytes);
    this.#note(name, at, bytes, show(value));
    return value;
  }

  #note(name: string, at: number, bytes: number, text: string): string {
    this.layer.fields.push({ name, offset: this.layer.offset + at, bytes, text });
    return text;
  }

  #big(at: number, bytes: number): number {
    return bigEndian(this.#frame, this.layer.offset + at, bytes);
  }
}

/** The unsigned number in network order in `bytes` (1 to 4) bytes at `at`. */
export function bigEndian(data: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value = value * 256 + (data[at + i] ?? 0);
  return value;
}

/** Four bytes as `10.0.0.1`. */
export function ipv4Text(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** Sixteen bytes as RFC 5952 writes them; an IPv4 address within is `::ffff:10.0.0.1`, as on a wire it is none. */
export function ipv6Text(bytes: Uint8Array): string {
  const text = formatAddress(bytes);
  return text.includes(":") ? text : `::ffff:${text}`;
}

/** A number in hexadecimal, with at least `digits` digits. */
export function hex(value: number, digits = 4): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/**
 * The Internet checksum (RFC 1071) over several pieces, each taken as if it began at an even byte. Over data that
 * includes its own checksum the answer is 0 when it is right.
 */
export function internetChecksum(...pieces: Uint8Array[]): number {
  let sum = 0;
  for (const piece of pieces) {
    for (let i = 0; i < piece.length; i += 2) sum += (piece[i] ?? 0) * 256 + (piece[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
