// What the browser fetches: a fixed number of records. One of them also keeps its connection for a while when the fetch is
// over, so that the next one to the same server needs no handshake (RFC 9112 §9.3).

import { FETCH_LINE_BYTES, FETCHES } from "profile";
import { sameAddress } from "../../base/address";
import { NEVER, now } from "../../base/clock";
import { FETCH_TIMER, MILLISECOND } from "../../base/config";
import { FETCH_BASE, FETCH_BYTES, FETCH_STATE } from "../../base/memory";
import { setTimer, timerDue } from "../../base/timers";
import { Line } from "../line";

export const enum FetchStage {
  FREE = 0,
  /** The host writes down what it wants. */
  BEGUN = 1,
  CONNECTING = 2,
  /** The request is being written. */
  REQUEST = 3,
  /** The answer's head is being read. */
  HEAD = 4,
  /** Until the host has looked at a field. */
  FIELD = 5,
  BODY = 6,
  /** The host has yet to hear that it is over, or to let go of it. */
  DONE = 7,
  /** No fetch, but a connection that may serve another. */
  KEPT = 8,
}

export const enum FetchFlag {
  /** HEAD, not GET. */
  NO_BODY = 1,
  /** The status line has come. */
  HAS_STATUS = 2,
  HAS_LENGTH = 4,
  CHUNKED = 8,
  /** The connection ends with the answer. */
  CLOSE = 16,
  /** The connection served another fetch before. */
  REUSED = 32,
  /** Stands in the list of those with news. */
  LISTED = 64,
  /** Behind the last chunk: lines that end the body. */
  TRAILER = 128,
  /** Behind the bytes of a chunk, where a line must end. */
  CHUNK_END = 256,
  /** The server speaks HTTP/1.0. */
  OLD = 512,
  /** Its patience begins with the next turn. */
  UNTIMED = 1024,
}

@unmanaged
@final
export class Fetch {
  /** When the server's silence has been too long. */
  deadline: u64;
  /** Bytes that are to come: of the body, or of the chunk. */
  left: u64;
  /** Bytes of the body that were read. */
  received: u64;
  /** Microseconds of silence that are too many. */
  patience: u64;
  address0: u64;
  address1: u64;
  socket: i32;
  /** Why it failed: one of FetchFailure or an Errno; 0: it did not. */
  failure: u16;
  port: u16;
  flags: u16;
  status: u16;
  /** Bytes of the host's name and of the target, which stand one behind the other, and of the head so far. */
  hostBytes: u16;
  targetBytes: u16;
  headBytes: u16;
  /** Bytes of the request that are written. */
  asked: u16;
  /** The next of those with news, as its number and one more. */
  nextListed: u16;
  news: u8;
  private stageByte: u8;
  /** The line that is being read (Line). */
  lineState: u32;
  /** Nothing: the record is a whole number of words. */
  reserved: u32;

  @inline get stage(): FetchStage {
    return this.stageByte;
  }
  set stage(stage: FetchStage) {
    this.stageByte = <u8>stage;
  }
  @inline has(flag: FetchFlag): bool {
    return (this.flags & <u16>flag) != 0;
  }
  @inline set(flag: FetchFlag): void {
    this.flags |= <u16>flag;
  }
  @inline clear(flag: FetchFlag): void {
    this.flags &= ~(<u16>flag);
  }
  @inline get address(): usize {
    return changetype<usize>(this) + offsetof<Fetch>("address0");
  }
  /** The host's name, and the target behind it. */
  @inline get host(): usize {
    return changetype<usize>(this) + offsetof<Fetch>();
  }
  @inline get target(): usize {
    return this.host + this.hostBytes;
  }
  /** The line that is being read: behind both, since a connection that is kept is known by its host. */
  @inline get line(): Line {
    return changetype<Line>(changetype<usize>(this) + offsetof<Fetch>("lineState"));
  }
  @inline get lineAt(): usize {
    return this.target + this.targetBytes;
  }
  @inline get lineRoom(): u32 {
    return FETCH_LINE_BYTES - this.hostBytes - this.targetBytes;
  }
}

if (FETCHES && offsetof<Fetch>() + FETCH_LINE_BYTES != FETCH_BYTES) ERROR("FETCH_BYTES does not agree with Fetch.");

@unmanaged
@final
class Browser {
  firstListed: u16;
  lastListed: u16;
  /** The fetch whose field the host is looking at, as its number and one more. */
  shown: u32;
}

const browser: Browser = changetype<Browser>(FETCH_STATE);

export function fetchesInUse(): u32 {
  let used: u32 = 0;
  for (let i: u32 = 0; i < FETCHES; i++) {
    if (fetchAt(i).stage != FetchStage.FREE) used++;
  }
  return used;
}

export function fetchAt(index: u32): Fetch {
  return changetype<Fetch>(FETCH_BASE + index * FETCH_BYTES);
}

export function numberOfFetch(fetch: Fetch): u32 {
  return <u32>(changetype<usize>(fetch) - FETCH_BASE) / FETCH_BYTES;
}

/** The fetch with that number, when the host has one of it; or null. */
export function fetchOf(number: u32): Fetch | null {
  if (number >= FETCHES) return null;
  const fetch = fetchAt(number);
  return fetch.stage == FetchStage.FREE || fetch.stage == FetchStage.KEPT ? null : fetch;
}

/** Whose socket that is; null when it is nobody's any more. */
export function fetchWith(socket: i32): Fetch | null {
  for (let i: u32 = 0; i < FETCHES; i++) {
    const fetch = fetchAt(i);
    if (fetch.stage >= FetchStage.CONNECTING && fetch.socket == socket) return fetch;
  }
  return null;
}

/** A record that nobody uses; or else one that only keeps a connection, which the caller closes; or null. */
export function findFree(): Fetch | null {
  let kept: Fetch | null = null;
  for (let i: u32 = 0; i < FETCHES; i++) {
    const fetch = fetchAt(i);
    if (fetch.stage == FetchStage.FREE) return fetch;
    if (fetch.stage == FetchStage.KEPT) kept = fetch;
  }
  return kept;
}

/** A connection that is kept to the server that this fetch goes to; or null. */
export function findKept(fetch: Fetch): Fetch | null {
  for (let i: u32 = 0; i < FETCHES; i++) {
    const other = fetchAt(i);
    if (other.stage == FetchStage.KEPT && other.port == fetch.port && sameAddress(other.address, fetch.address)) {
      return other;
    }
  }
  return null;
}

/** The server may be silent for as long as was said, beginning now. */
export function awaitServer(fetch: Fetch): void {
  fetch.deadline = now() + fetch.patience;
  if (fetch.deadline < timerDue(FETCH_TIMER)) setTimer(FETCH_TIMER, fetch.deadline);
}

/** The same in a call of the host's, which does not bring the time: it begins with the turn that follows. */
export function awaitServerLater(fetch: Fetch): void {
  fetch.deadline = NEVER;
  fetch.set(FetchFlag.UNTIMED);
  setTimer(FETCH_TIMER, now());
}

/** It is not the server that is waited for. */
export function awaitHost(fetch: Fetch): void {
  fetch.deadline = NEVER;
  fetch.clear(FetchFlag.UNTIMED);
}

/** Sets the timer for the fetch whose patience ends first. */
export function awaitNextFetch(): void {
  let first = NEVER;
  for (let i: u32 = 0; i < FETCHES; i++) {
    const fetch = fetchAt(i);
    if (fetch.stage != FetchStage.FREE && fetch.deadline < first) first = fetch.deadline;
  }
  setTimer(FETCH_TIMER, first);
}

/** Keeps the connection, but not for ever. */
export function keepFor(fetch: Fetch, milliseconds: u32): void {
  fetch.patience = <u64>milliseconds * MILLISECOND;
  awaitServerLater(fetch);
}

/** There is news for the host: one of FetchNews. */
export function tell(fetch: Fetch, news: u32): void {
  fetch.news = <u8>news;
  if (fetch.has(FetchFlag.LISTED)) return;
  fetch.set(FetchFlag.LISTED);
  fetch.nextListed = 0;
  const place = <u16>(numberOfFetch(fetch) + 1);
  if (browser.lastListed) fetchAt(browser.lastListed - 1).nextListed = place;
  else browser.firstListed = place;
  browser.lastListed = place;
}

/** The fetch that has had news longest, out of the list; or null. */
export function takeNews(): Fetch | null {
  while (browser.firstListed) {
    const fetch = fetchAt(browser.firstListed - 1);
    browser.firstListed = fetch.nextListed;
    if (!browser.firstListed) browser.lastListed = 0;
    fetch.clear(FetchFlag.LISTED);
    if (fetch.news) return fetch;
  }
  return null;
}

/** The host looks at a field of this fetch. */
export function showField(fetch: Fetch): void {
  browser.shown = numberOfFetch(fetch) + 1;
}

/** The fetch whose field it has looked at, since it calls again; or null. */
export function takeShown(): Fetch | null {
  if (!browser.shown) return null;
  const fetch = fetchAt(browser.shown - 1);
  browser.shown = 0;
  return fetch.stage == FetchStage.FIELD ? fetch : null;
}
