// Writes text that may be longer than the room for it. It is made anew as often as it takes, each time from the byte where
// the last one stopped: so nothing has to be kept of it but how far it got.

import { TEXT_WRITER } from "../base/memory";

@unmanaged
@final
class TextWriter {
  /** Where the next byte goes, and how many may still. */
  at: usize;
  left: u32;
  /** Bytes that the reader has already. */
  skip: u32;
  /** Bytes that were written, and those that found no room. */
  written: u32;
  missing: u32;
}

if (offsetof<TextWriter>() != 20) ERROR("The memory of TEXT_WRITER does not agree with TextWriter.");

const writer: TextWriter = changetype<TextWriter>(TEXT_WRITER);

/** Begins a text of which `skip` bytes were written before, into `room` bytes at `at`. */
export function beginText(at: usize, room: u32, skip: u32): void {
  writer.at = at;
  writer.left = room;
  writer.skip = skip;
  writer.written = 0;
  writer.missing = 0;
}

/** Bytes that were written since it began. */
export function textWritten(): u32 {
  return writer.written;
}

/** True when all of it is written now. */
export function textEnded(): bool {
  return writer.missing == 0;
}

export function putByte(byte: u32): void {
  if (writer.skip) {
    writer.skip--;
  } else if (writer.left) {
    store<u8>(writer.at++, <u8>byte);
    writer.left--;
    writer.written++;
  } else {
    writer.missing++;
  }
}

export function putBytes(at: usize, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i++) putByte(load<u8>(at + i));
}

/** Writes a text of ours: its length in one byte, and its bytes. */
export function putText(text: usize): void {
  putBytes(text + 1, load<u8>(text));
}

export function putNumber(value: u64): void {
  if (value >= 10) putNumber(value / 10);
  putByte(0x30 + <u32>(value % 10));
}

/** Sixteen digits. */
export function putHex(value: u64): void {
  for (let shift = 60; shift >= 0; shift -= 4) {
    const digit = <u32>(value >> shift) & 15;
    putByte(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}
