// Bytes that are text: comparing, and numbers as people write them. A text of our own is its length in one byte and then
// its bytes (texts/).

/** What a number becomes that has too many digits: more than anything has bytes. */
export const TOO_MUCH: u64 = 1000000000000000000;

export function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

/** True of what names of methods and fields consist of (RFC 9110 §5.6.2). */
export function isTokenByte(byte: u32): bool {
  if (isDigit(byte) || (byte | 0x20) - 0x61 < 26) return true;
  switch (byte) {
    case 0x21: // !
    case 0x23: // #
    case 0x24: // $
    case 0x25: // %
    case 0x26: // &
    case 0x27: // '
    case 0x2a: // *
    case 0x2b: // +
    case 0x2d: // -
    case 0x2e: // .
    case 0x5e: // ^
    case 0x5f: // _
    case 0x60: // `
    case 0x7c: // |
    case 0x7e: // ~
      return true;
    default:
      return false;
  }
}

export function isToken(at: usize, bytes: u32): bool {
  for (let i: u32 = 0; i < bytes; i++) {
    if (!isTokenByte(load<u8>(at + i))) return false;
  }
  return bytes > 0;
}

function lower(byte: u32): u32 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
}

/** True when the bytes are this text, letter for letter. */
export function isText(at: usize, bytes: u32, text: usize): bool {
  return bytes == <u32>load<u8>(text) && memory.compare(at, text + 1, bytes) == 0;
}

/** True when they are but for capitals; the text has none. */
export function isWord(at: usize, bytes: u32, text: usize): bool {
  return bytes == <u32>load<u8>(text) && beginsWithWord(at, bytes, text);
}

/** True when they begin with this text but for capitals. */
export function beginsWithWord(at: usize, bytes: u32, text: usize): bool {
  const length: u32 = load<u8>(text);
  if (bytes < length) return false;
  for (let i: u32 = 0; i < length; i++) {
    if (lower(load<u8>(at + i)) != <u32>load<u8>(text + 1 + i)) return false;
  }
  return true;
}

/** Where the first such byte stands, or `bytes` when none does. */
export function findByte(at: usize, bytes: u32, byte: u32): u32 {
  let i: u32 = 0;
  while (i < bytes && load<u8>(at + i) != <u8>byte) i++;
  return i;
}

/** Bytes that are left without the blanks in front of them and behind. */
export function trimmedEnd(at: usize, bytes: u32): u32 {
  while (bytes && isBlank(load<u8>(at + bytes - 1))) bytes--;
  return bytes;
}

export function blanksBefore(at: usize, bytes: u32): u32 {
  let blanks: u32 = 0;
  while (blanks < bytes && isBlank(load<u8>(at + blanks))) blanks++;
  return blanks;
}

function isBlank(byte: u32): bool {
  return byte == 0x20 || byte == 0x09;
}

/** How many digits stand there. */
export function digitsAt(at: usize, bytes: u32): u32 {
  let digits: u32 = 0;
  while (digits < bytes && isDigit(load<u8>(at + digits))) digits++;
  return digits;
}

/** The number that these digits are, TOO_MUCH at most. */
export function numberAt(at: usize, digits: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < digits; i++) {
    value = value * 10 + (load<u8>(at + i) - 0x30);
    if (value > TOO_MUCH) value = TOO_MUCH;
  }
  return value;
}

/**
 * True when a list of words, with commas between, has this one (RFC 9110 §5.6.1). The word has no capitals.
 */
export function listHasWord(at: usize, bytes: u32, word: usize): bool {
  while (bytes) {
    const item = findByte(at, bytes, 0x2c);
    const blanks = blanksBefore(at, item);
    if (isWord(at + blanks, trimmedEnd(at + blanks, item - blanks), word)) return true;
    if (item == bytes) return false;
    at += item + 1;
    bytes -= item + 1;
  }
  return false;
}

/** What a hexadecimal digit counts, in capitals or not; 16 for what is none. */
export function hexValue(byte: u32): u32 {
  if (isDigit(byte)) return byte - 0x30;
  const letter = (byte | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : 16;
}
