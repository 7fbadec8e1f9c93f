// Domain names as they lie on the wire (RFC 1035 §3.1): labels, each behind its length, the last one empty. Names in
// messages may go on at a place before (§4.1.4); names that the machine keeps are whole.

/** The longest name, with the lengths of its labels, in bytes (RFC 1035 §2.3.4), and the longest label. */
export const NAME_BYTES: u32 = 255;
const LABEL_BYTES: u32 = 63;
/** The longest name as people write it. */
export const TEXT_BYTES: u32 = 254;

/** What is wrong with a name. */
export const BAD_NAME: i32 = -1;

const DOT: u32 = 0x2e;
/** The bit in which letters differ from their other case. */
const CASE_BIT: u32 = 0x20;

/**
 * Copies a name with all its parts from `at` in a message of `bytes` bytes to `target`, room for NAME_BYTES: the place
 * behind it in the message, or BAD_NAME. Each jump must go further back than the one before began, so that none can be a
 * loop, and what is copied stays within the length of a name.
 */
export function readName(message: usize, bytes: u32, at: u32, target: usize): i32 {
  let after: i32 = BAD_NAME;
  let copied: u32 = 0;
  let limit = at;
  while (at < bytes) {
    const length: u32 = load<u8>(message + at);
    if (length >= 0xc0) {
      if (at + 1 >= bytes) return BAD_NAME;
      if (after < 0) after = at + 2;
      const place = ((length & 0x3f) << 8) | load<u8>(message + at, 1);
      if (place >= limit) return BAD_NAME;
      limit = place;
      at = place;
      continue;
    }
    if (length > LABEL_BYTES || at + 1 + length > bytes || copied + 1 + length > NAME_BYTES) return BAD_NAME;
    memory.copy(target + copied, message + at, 1 + length);
    copied += 1 + length;
    at += 1 + length;
    if (length == 0) return after < 0 ? at : after;
  }
  return BAD_NAME;
}

/** Bytes of a whole name. */
export function nameBytes(name: usize): u32 {
  let at: u32 = 0;
  while (load<u8>(name + at)) at += 1 + <u32>load<u8>(name + at);
  return at + 1;
}

/** True when two whole names are the same to DNS, which does not tell cases apart (RFC 4343). */
export function sameName(a: usize, b: usize): bool {
  const bytes = nameBytes(a);
  if (nameBytes(b) != bytes) return false;
  for (let i: u32 = 0; i < bytes; i++) if (lower(load<u8>(a + i)) != lower(load<u8>(b + i))) return false;
  return true;
}

// Lengths of labels are below every letter, so that one rule does for all bytes of a name.
function lower(byte: u32): u32 {
  return isUpper(byte) ? byte | CASE_BIT : byte;
}

function isUpper(byte: u32): bool {
  return byte - 0x41 < 26;
}

/** Puts a whole name into small letters. */
export function lowerName(name: usize): void {
  const bytes = nameBytes(name);
  for (let i: u32 = 0; i < bytes; i++) store<u8>(name + i, <u8>lower(load<u8>(name + i)));
}

/**
 * Writes a name in small letters with the case of each letter as a bit of `cases` says, over and over: what comes back in
 * the same case was answered by somebody who has seen the question.
 */
export function mixCases(name: usize, cases: u64): void {
  const bytes = nameBytes(name);
  for (let i: u32 = 0; i < bytes; i++) {
    const byte: u32 = load<u8>(name + i);
    if (byte - 0x61 < 26 && (cases >> (i & 63)) & 1) store<u8>(name + i, <u8>(byte ^ CASE_BIT));
  }
}

/**
 * The whole name that `length` bytes of text stand for, small letters, at `target`, room for NAME_BYTES: its bytes, or
 * BAD_NAME when it is no name: empty, too long, or with an empty label. A dot at the end may be there.
 */
export function nameOfText(text: usize, length: u32, target: usize): i32 {
  if (length && load<u8>(text + length - 1) == <u8>DOT) length--;
  if (!length || length + 2 > NAME_BYTES) return BAD_NAME;
  let label = target;
  let at = target + 1;
  for (let i: u32 = 0; i <= length; i++) {
    const byte: u32 = i == length ? DOT : <u32>load<u8>(text + i);
    if (byte != DOT) {
      store<u8>(at++, <u8>lower(byte));
      continue;
    }
    const bytes = <u32>(at - label) - 1;
    if (!bytes || bytes > LABEL_BYTES) return BAD_NAME;
    store<u8>(label, <u8>bytes);
    label = at++;
  }
  store<u8>(label, 0);
  return <i32>(at - target);
}

/** Writes a whole name as people do, without a dot at its end, at `target`, room for TEXT_BYTES: its bytes. */
export function textOfName(name: usize, target: usize): u32 {
  let at = target;
  for (let length: u32 = load<u8>(name); length; length = load<u8>(name)) {
    if (at != target) store<u8>(at++, <u8>DOT);
    memory.copy(at, name + 1, length);
    at += length;
    name += 1 + length;
  }
  return <u32>(at - target);
}

/** Labels of a whole name. */
export function labelsOf(name: usize): u32 {
  let labels: u32 = 0;
  while (load<u8>(name)) {
    labels++;
    name += 1 + <u32>load<u8>(name);
  }
  return labels;
}

/** Appends the whole name at `domain` to that at `name`, room for NAME_BYTES: its bytes, or BAD_NAME when that is too long. */
export function appendName(name: usize, domain: usize): i32 {
  const before = nameBytes(name) - 1;
  const bytes = nameBytes(domain);
  if (before + bytes > NAME_BYTES) return BAD_NAME;
  memory.copy(name + before, domain, bytes);
  return before + bytes;
}
