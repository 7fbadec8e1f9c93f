// The body of an answer as the host reads it, whatever it comes in: with a length, in chunks, or until the connection ends
// (RFC 9112 §6.3, §7.1). The chunks' own lines are passed over here.

import { Errno } from "../../abi/errno";
import { FetchFailure } from "../../abi/fetch";
import { lentAt } from "../../socket/inside";
import { peek, take } from "../../socket/transfer";
import { LineFate } from "../line";
import { hexValue } from "../text";
import { fail, succeed } from "./browser";
import { awaitHost, awaitServerLater, Fetch, FetchFlag, FetchStage } from "./fetch";
import { hasNoBody } from "./head";

/** Hexadecimal digits that the size of a chunk may have. */
const MOST_DIGITS: u32 = 15;

/** The head is read: what follows it. */
export function enterBody(fetch: Fetch): void {
  fetch.stage = FetchStage.BODY;
  fetch.received = 0;
  if (hasNoBody(fetch)) {
    fetch.clear(FetchFlag.CHUNKED);
    fetch.set(FetchFlag.HAS_LENGTH);
    fetch.left = 0;
  }
  if (fetch.has(FetchFlag.CHUNKED)) fetch.left = 0;
  else if (!fetch.has(FetchFlag.HAS_LENGTH)) fetch.set(FetchFlag.CLOSE);
}

/** Bytes of the body that lie ready at `lentAt`; EAGAIN, or 0 when it is over, well or not. */
export function readyBody(fetch: Fetch): i32 {
  if (fetch.stage != FetchStage.BODY) return 0;
  if (fetch.has(FetchFlag.CHUNKED) && !fetch.left) {
    const goesOn = passChunkLines(fetch);
    if (goesOn <= 0) return goesOn;
  } else if (fetch.has(FetchFlag.HAS_LENGTH) && !fetch.left) {
    succeed(fetch);
    return 0;
  }
  const ready = peekServer(fetch);
  if (ready <= 0) return ready;
  return isMeasured(fetch) ? <i32>min<u64>(ready, fetch.left) : ready;
}

function isMeasured(fetch: Fetch): bool {
  return fetch.has(FetchFlag.CHUNKED) || fetch.has(FetchFlag.HAS_LENGTH);
}

// What lies ready, whatever it is; EAGAIN; 0 when the connection is over, and with it the fetch.
function peekServer(fetch: Fetch): i32 {
  const ready = peek(fetch.socket);
  if (ready > 0) {
    awaitHost(fetch);
    return ready;
  }
  if (ready == -Errno.EAGAIN) {
    awaitServerLater(fetch);
    return ready;
  }
  if (ready == 0 && !isMeasured(fetch)) succeed(fetch);
  else fail(fetch, ready ? -ready : FetchFailure.TRUNCATED);
  return 0;
}

/** The host has read so many of those bytes. */
export function takeBody(fetch: Fetch, bytes: u32): i32 {
  if (fetch.stage != FetchStage.BODY || (isMeasured(fetch) && bytes > fetch.left)) return -Errno.EINVAL;
  const answer = take(fetch.socket, bytes);
  if (answer < 0) return answer;
  fetch.received += bytes;
  if (isMeasured(fetch)) fetch.left -= bytes;
  if (fetch.has(FetchFlag.CHUNKED) && !fetch.left && bytes) fetch.set(FetchFlag.CHUNK_END);
  return 0;
}

// Lines between the bytes of chunks: more than 0 when bytes follow, EAGAIN, 0 when the body is over.
function passChunkLines(fetch: Fetch): i32 {
  let ready = peekServer(fetch);
  while (ready > 0) {
    if (!passLine(fetch, ready)) return 0;
    if (fetch.left) return 1;
    ready = peekServer(fetch);
  }
  return ready;
}

// Reads to the end of a line, or of what lies ready. False when the body is over with that.
function passLine(fetch: Fetch, ready: u32): bool {
  const at = lentAt();
  let read: u32 = 0;
  let fate: LineFate = LineFate.OPEN;
  while (read < ready && fate == LineFate.OPEN) {
    fate = fetch.line.add(load<u8>(at + read++), fetch.lineAt, fetch.lineRoom);
  }
  take(fetch.socket, read);
  if (fate == LineFate.OPEN) return true;
  if (fate == LineFate.BAD || !endChunkLine(fetch)) fail(fetch, FetchFailure.MALFORMED);
  fetch.line.begin();
  return fetch.stage == FetchStage.BODY;
}

// False of a line that may not stand there.
function endChunkLine(fetch: Fetch): bool {
  const bytes: u32 = fetch.line.bytes;
  if (fetch.has(FetchFlag.CHUNK_END)) {
    fetch.clear(FetchFlag.CHUNK_END);
    return bytes == 0;
  }
  if (fetch.has(FetchFlag.TRAILER)) {
    if (!bytes) succeed(fetch);
    return true;
  }
  const digits = hexDigitsAt(fetch.lineAt, bytes);
  if (!digits || digits > MOST_DIGITS || !isSizeEnd(fetch.lineAt, digits, bytes)) return false;
  fetch.left = hexAt(fetch.lineAt, digits);
  if (!fetch.left) fetch.set(FetchFlag.TRAILER);
  return true;
}

// Behind the size may stand what is nothing to us.
function isSizeEnd(at: usize, digits: u32, bytes: u32): bool {
  if (digits == bytes) return true;
  const next: u32 = load<u8>(at + digits);
  return next == 0x3b || next == 0x20 || next == 0x09;
}

function hexDigitsAt(at: usize, bytes: u32): u32 {
  let digits: u32 = 0;
  while (digits < bytes && hexValue(load<u8>(at + digits)) < 16) digits++;
  return digits;
}

function hexAt(at: usize, digits: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < digits; i++) value = (value << 4) | hexValue(load<u8>(at + i));
  return value;
}
