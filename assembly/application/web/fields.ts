// The fields of a request's head that count: what the connection does afterwards, whether a body follows, and which part of
// the page is wanted (RFC 9110 §7.2, §7.6.1, §8.6, §13.1, §14.2; RFC 9112 §5, §6).

import {
  beginsWithWord,
  blanksBefore,
  digitsAt,
  findByte,
  hexValue,
  isToken,
  isWord,
  listHasWord,
  numberAt,
  trimmedEnd,
} from "../text";
import {
  BYTES_UNIT,
  CHUNKED,
  CLOSE,
  CONNECTION,
  CONTENT_LENGTH,
  EXPECT,
  HOST,
  IF_NONE_MATCH,
  IF_RANGE,
  KEEP_ALIVE,
  RANGE,
  TRANSFER_ENCODING,
} from "../texts/http";
import { WebConnection, WebFlag } from "./connection";

/** Bytes of a request's body that are passed over; more is refused. */
const MOST_BODY: u64 = 65536;

const COLON: u32 = 0x3a;
const DASH: u32 = 0x2d;
const COMMA: u32 = 0x2c;
const QUOTE: u32 = 0x22;
/** A validator of ours: so many digits, between quotation marks. */
const TAG_DIGITS: u32 = 16;

/** Reads a line of the head. 0, or the status that the request is refused with. Of a long line only the beginning is there. */
export function readField(connection: WebConnection, bytes: u32, isLong: bool): u32 {
  const line = connection.lineAt;
  const name = findByte(line, bytes, COLON);
  // A line that begins with a blank goes on with the one before, as nobody may send it any more (RFC 9112 §5.2).
  if (name == bytes) return isLong ? 431 : 400;
  if (!isToken(line, name)) return 400;
  let value = line + name + 1;
  let length = bytes - name - 1;
  const blanks = blanksBefore(value, length);
  value += blanks;
  length = trimmedEnd(value, length - blanks);
  return isLong ? passOver(line, name) : readKnown(connection, line, name, value, length);
}

// Fields that count must be whole.
function passOver(line: usize, name: u32): u32 {
  const counts =
    isWord(line, name, HOST) ||
    isWord(line, name, CONNECTION) ||
    isWord(line, name, CONTENT_LENGTH) ||
    isWord(line, name, TRANSFER_ENCODING);
  return counts ? 431 : 0;
}

function readKnown(connection: WebConnection, line: usize, name: u32, value: usize, bytes: u32): u32 {
  if (isWord(line, name, HOST)) return readHost(connection);
  if (isWord(line, name, CONNECTION)) return readConnection(connection, value, bytes);
  if (isWord(line, name, CONTENT_LENGTH)) return readLength(connection, value, bytes);
  if (isWord(line, name, TRANSFER_ENCODING)) return readCoding(connection, value, bytes);
  if (isWord(line, name, RANGE)) readRange(connection, value, bytes);
  else if (isWord(line, name, IF_NONE_MATCH)) readTag(connection, value, bytes, WebFlag.IF_NONE_MATCH);
  else if (isWord(line, name, IF_RANGE)) readTag(connection, value, bytes, WebFlag.IF_RANGE);
  else if (isWord(line, name, EXPECT)) connection.set(WebFlag.CLOSE); // the answer comes without the body
  return 0;
}

// Which host is meant is nothing to us, but it must be said exactly once (RFC 9112 §3.2).
function readHost(connection: WebConnection): u32 {
  if (connection.has(WebFlag.HAS_HOST)) return 400;
  connection.set(WebFlag.HAS_HOST);
  return 0;
}

function readConnection(connection: WebConnection, value: usize, bytes: u32): u32 {
  if (listHasWord(value, bytes, CLOSE)) connection.set(WebFlag.CLOSE);
  if (listHasWord(value, bytes, KEEP_ALIVE)) connection.set(WebFlag.KEEP);
  return 0;
}

// Two lengths, or a length and a coding, are how requests are smuggled past others (RFC 9112 §6.3, §11.2).
function readLength(connection: WebConnection, value: usize, bytes: u32): u32 {
  if (!bytes || digitsAt(value, bytes) != bytes) return 400;
  if (connection.has(WebFlag.HAS_LENGTH) || connection.has(WebFlag.CODED)) return 400;
  const length = numberAt(value, bytes);
  if (length > MOST_BODY) return 413;
  connection.set(WebFlag.HAS_LENGTH);
  connection.bodyBytes = <u32>length;
  return 0;
}

function readCoding(connection: WebConnection, value: usize, bytes: u32): u32 {
  if (connection.has(WebFlag.HAS_LENGTH) || connection.has(WebFlag.OLD)) return 400;
  if (!isWord(value, bytes, CHUNKED)) return 501;
  connection.set(WebFlag.CODED);
  return 0;
}

// One range of bytes. Of several, and of whatever is no range, the whole page is the answer (RFC 9110 §14.2).
function readRange(connection: WebConnection, value: usize, bytes: u32): void {
  connection.clear(WebFlag.RANGE);
  const unit: u32 = load<u8>(BYTES_UNIT);
  if (!beginsWithWord(value, bytes, BYTES_UNIT)) return;
  value += unit;
  bytes -= unit;
  const dash = findByte(value, bytes, DASH);
  if (dash == bytes || findByte(value, bytes, COMMA) != bytes) return;
  const last = bytes - dash - 1;
  if (digitsAt(value, dash) != dash || digitsAt(value + dash + 1, last) != last || !(dash + last)) return;
  connection.clear(WebFlag.SUFFIX);
  if (!dash) connection.set(WebFlag.SUFFIX);
  connection.place = dash ? numberAt(value, dash) : 0;
  // Behind the last byte; of a suffix its length.
  const end = numberAt(value + dash + 1, last);
  connection.end = last ? (dash ? end + 1 : end) : u64.MAX_VALUE;
  if (connection.has(WebFlag.SUFFIX) || connection.place < connection.end) connection.set(WebFlag.RANGE);
}

// Validators of ours are numbers. Of a list the last such is kept; a weak one may stand in If-None-Match alone (§13.1.2).
function readTag(connection: WebConnection, value: usize, bytes: u32, flag: WebFlag): void {
  connection.clear(WebFlag.IF_NONE_MATCH);
  connection.clear(WebFlag.IF_RANGE);
  connection.set(flag);
  connection.askedTag = 0;
  const isWhole = bytes == TAG_DIGITS + 2;
  if (flag == WebFlag.IF_RANGE && !isWhole) return;
  for (let i: u32 = 0; i + TAG_DIGITS + 2 <= bytes; i++) {
    const at = value + i;
    if (load<u8>(at) == <u8>QUOTE && load<u8>(at + TAG_DIGITS + 1) == <u8>QUOTE) {
      const tag = hexAt(at + 1);
      if (tag) connection.askedTag = tag;
    }
  }
}

// The number that these digits are; 0 when they are not.
function hexAt(at: usize): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < TAG_DIGITS; i++) {
    const digit = hexValue(load<u8>(at + i));
    if (digit > 15) return 0;
    value = (value << 4) | digit;
  }
  return value;
}
