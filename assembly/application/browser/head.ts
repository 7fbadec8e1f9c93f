// The head of an answer (RFC 9112 §4, §6.3): its status, where its body ends, and what becomes of the connection.

import { FetchFailure } from "../../abi/fetch";
import {
  beginsWithWord,
  blanksBefore,
  digitsAt,
  findByte,
  isDigit,
  isToken,
  isWord,
  listHasWord,
  numberAt,
  TOO_MUCH,
  trimmedEnd,
} from "../text";
import { CHUNKED, CLOSE, CONNECTION, CONTENT_LENGTH, KEEP_ALIVE, TRANSFER_ENCODING, VERSION } from "../texts/http";
import { Fetch, FetchFlag } from "./fetch";

const COLON: u32 = 0x3a;
const SPACE: u32 = 0x20;
/** Bytes of "HTTP/1.1 200", which is the least of a status line. */
const STATUS_BYTES: u32 = 12;

/** Forgets what was known of an answer: another one follows. */
export function beginAnswer(fetch: Fetch): void {
  fetch.flags &= <u16>(FetchFlag.NO_BODY | FetchFlag.REUSED | FetchFlag.LISTED | FetchFlag.UNTIMED);
  fetch.status = 0;
  fetch.headBytes = 0;
  fetch.left = 0;
  fetch.line.begin();
}

/** Reads the status line: 0 or a FetchFailure. */
export function readStatus(fetch: Fetch): u32 {
  const line = fetch.lineAt;
  const bytes: u32 = fetch.line.bytes;
  const version: u32 = load<u8>(VERSION);
  if (bytes < STATUS_BYTES || memory.compare(line, VERSION + 1, version)) return FetchFailure.MALFORMED;
  const minor: u32 = load<u8>(line + version);
  const isSpaced = load<u8>(line + version + 1) == <u8>SPACE;
  if (!isDigit(minor) || !isSpaced || digitsAt(line + version + 2, 3) != 3) return FetchFailure.MALFORMED;
  if (bytes > STATUS_BYTES && load<u8>(line + STATUS_BYTES) != <u8>SPACE) return FetchFailure.MALFORMED;
  fetch.status = <u16>numberAt(line + version + 2, 3);
  if (fetch.status < 100 || fetch.status == 101) return FetchFailure.MALFORMED; // we asked for no other protocol
  if (minor == 0x30) fetch.set(FetchFlag.OLD | FetchFlag.CLOSE);
  fetch.set(FetchFlag.HAS_STATUS);
  return 0;
}

/** Reads a field: 0 or a FetchFailure. */
export function readField(fetch: Fetch): u32 {
  const line = fetch.lineAt;
  const bytes: u32 = fetch.line.bytes;
  const name = findByte(line, bytes, COLON);
  if (name == bytes || !isToken(line, name)) return FetchFailure.MALFORMED;
  let value = line + name + 1;
  let length = bytes - name - 1;
  const blanks = blanksBefore(value, length);
  value += blanks;
  length = trimmedEnd(value, length - blanks);
  if (isWord(line, name, CONTENT_LENGTH)) return readLength(fetch, value, length);
  if (isWord(line, name, TRANSFER_ENCODING)) return readCoding(fetch, value, length);
  if (isWord(line, name, CONNECTION)) {
    if (listHasWord(value, length, CLOSE)) fetch.set(FetchFlag.CLOSE);
    else if (fetch.has(FetchFlag.OLD) && listHasWord(value, length, KEEP_ALIVE)) fetch.clear(FetchFlag.CLOSE);
  }
  return 0;
}

/** True of a line that begins like a field which must be whole. */
export function mustBeWhole(fetch: Fetch): bool {
  const line = fetch.lineAt;
  const bytes: u32 = fetch.line.bytes;
  return (
    !fetch.has(FetchFlag.HAS_STATUS) ||
    beginsWithWord(line, bytes, CONTENT_LENGTH) ||
    beginsWithWord(line, bytes, TRANSFER_ENCODING) ||
    beginsWithWord(line, bytes, CONNECTION)
  );
}

// Said twice, it must be the same (RFC 9112 §6.3).
function readLength(fetch: Fetch, value: usize, bytes: u32): u32 {
  if (!bytes || digitsAt(value, bytes) != bytes) return FetchFailure.MALFORMED;
  const length = numberAt(value, bytes);
  if (length >= TOO_MUCH) return FetchFailure.MALFORMED;
  if (fetch.has(FetchFlag.HAS_LENGTH) && fetch.left != length) return FetchFailure.MALFORMED;
  fetch.set(FetchFlag.HAS_LENGTH);
  fetch.left = length;
  return 0;
}

function readCoding(fetch: Fetch, value: usize, bytes: u32): u32 {
  if (!isWord(value, bytes, CHUNKED)) return FetchFailure.CODING;
  if (fetch.has(FetchFlag.CHUNKED)) return FetchFailure.MALFORMED;
  fetch.set(FetchFlag.CHUNKED);
  return 0;
}

/** True of an answer that has no body, whatever its fields say (RFC 9112 §6.3). */
export function hasNoBody(fetch: Fetch): bool {
  return fetch.has(FetchFlag.NO_BODY) || fetch.status == 204 || fetch.status == 304;
}
