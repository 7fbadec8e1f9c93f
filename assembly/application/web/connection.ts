// The web server's connections: a fixed number of records, each with room for one line of a request's head. What lasts too
// long has a deadline; one timer serves them all.

import { WEB_CONNECTIONS, WEB_LINE_BYTES } from "profile";
import { NEVER, now } from "../../base/clock";
import { SECOND, WEB_TIMER } from "../../base/config";
import { WEB_BASE, WEB_CONNECTION_BYTES, WEB_PLACES, WEB_STATE } from "../../base/memory";
import { setTimer, timerDue } from "../../base/timers";
import { Line } from "../line";

/** What a connection of the web server is about. */
export const enum Stage {
  FREE = 0,
  /** Between two requests, or before the first. */
  IDLE = 1,
  /** Something of a request's head has come. */
  HEAD = 2,
  /** The host has been asked for the page. */
  ASKING = 3,
  /** The head of the answer is being written, with the body where that is an error's. */
  ANSWER = 4,
  /** The page is being written. */
  BODY = 5,
  /** The request is over, and the host has yet to hear of it. */
  REPORT = 6,
  /** What came behind the head is passed over. */
  SKIP = 7,
  /** We have closed, and what the peer still sends is passed over, lest a RST take the answer away (RFC 9112 §9.6). */
  DRAIN = 8,
}

/** Bits of `WebConnection.flags`. */
export const enum WebFlag {
  /** The request line has come. */
  HAS_REQUEST = 4,
  /** HTTP/1.0. */
  OLD = 8,
  HAS_HOST = 16,
  HAS_LENGTH = 32,
  /** The body's end cannot be told without reading it as we do not. */
  CODED = 64,
  /** The connection ends with this answer; or a peer that speaks HTTP/1.0 wants it kept. */
  CLOSE = 128,
  KEEP = 256,
  /** A part of the page is asked for; and it is counted from the end. */
  RANGE = 512,
  SUFFIX = 1024,
  IF_NONE_MATCH = 2048,
  IF_RANGE = 4096,
  /** The page is the module's own: `page` says where it lies. */
  INSIDE = 8192,
  /** Stands in the list of those that want something of the host. */
  LISTED = 16384,
  /** The connection is gone, and the host has yet to hear of its request. */
  GONE = 32768,
}

@unmanaged
@final
export class WebConnection {
  /** When its patience ends. */
  deadline: u64;
  /** Size of the page, and its validator. */
  size: u64;
  tag: u64;
  /** The validator that the request is conditional on. */
  askedTag: u64;
  /** What is wanted of the page: first as asked for; then the next byte to be written, and behind the last. */
  place: u64;
  end: u64;
  /** Bytes of the page that were written. */
  sent: u64;
  /** The descriptor. */
  socket: i32;
  /** Bytes of the request that follow its head. */
  bodyBytes: u32;
  /** Where a page of the module's own lies, and its type. */
  page: usize;
  pageType: usize;
  /** Bits of WebFlag. */
  flags: u16;
  /** Bytes of the target, which stands at the beginning of the line's room. */
  targetBytes: u16;
  /** Bytes of the head that have come. */
  headBytes: u16;
  /** The answer's status, 0 while there is none, and bytes of its head that are written. */
  status: u16;
  answered: u16;
  /** The next of those that want something of the host, as its number and one more; 0: none. */
  nextListed: u16;
  /** The kind of the page, which stands behind the target. */
  typeBytes: u8;
  private stageByte: u8;
  /** What it wants of the host (abi/web.ts, WebNeed), 0 for nothing; the method (WebMethod). */
  need: u8;
  method: u8;
  /** The line that is being read (Line). */
  lineState: u32;
  /** Nothing: the record is a whole number of words. */
  reserved: u32;

  @inline get stage(): Stage {
    return this.stageByte;
  }
  set stage(stage: Stage) {
    this.stageByte = <u8>stage;
  }
  @inline has(flag: WebFlag): bool {
    return (this.flags & <u16>flag) != 0;
  }
  @inline set(flag: WebFlag): void {
    this.flags |= <u16>flag;
  }
  @inline clear(flag: WebFlag): void {
    this.flags &= ~(<u16>flag);
  }
  /** Where the target stands, and behind it the line that is being read or the kind of the page. */
  @inline get target(): usize {
    return changetype<usize>(this) + offsetof<WebConnection>();
  }
  @inline get lineAt(): usize {
    return this.target + this.targetBytes;
  }
  @inline get line(): Line {
    return changetype<Line>(changetype<usize>(this) + offsetof<WebConnection>("lineState"));
  }
  /** Room for that line. */
  @inline get lineRoom(): u32 {
    return WEB_LINE_BYTES - this.targetBytes;
  }
}

if (WEB_CONNECTIONS && offsetof<WebConnection>() + WEB_LINE_BYTES != WEB_CONNECTION_BYTES) {
  ERROR("WEB_CONNECTION_BYTES does not agree with WebConnection.");
}

/** What there is once. */
@unmanaged
@final
export class WebServer {
  /** The listener's descriptor and one more; 0: the server is not running. */
  listener: u32;
  /** Bits of WebOption. */
  options: u32;
  /** The first and the last that want something of the host, as their numbers and one more. */
  firstListed: u16;
  lastListed: u16;
  /** Records in use. */
  used: u32;
}

export const server: WebServer = changetype<WebServer>(WEB_STATE);

export function webConnectionsInUse(): u32 {
  return server.used;
}

export function connectionAt(index: u32): WebConnection {
  return changetype<WebConnection>(WEB_BASE + index * WEB_CONNECTION_BYTES);
}

export function numberOf(connection: WebConnection): u32 {
  return <u32>(changetype<usize>(connection) - WEB_BASE) / WEB_CONNECTION_BYTES;
}

// For each stream socket the number of its record and one more.
function placeOf(socket: i32): usize {
  return WEB_PLACES + (socket & 0xffff) * 2;
}

/** The connection with that descriptor; null when there is none any more. */
export function connectionOf(socket: i32): WebConnection | null {
  const number: u32 = load<u16>(placeOf(socket));
  if (!number) return null;
  const connection = connectionAt(number - 1);
  return connection.socket == socket && connection.stage != Stage.FREE && !connection.has(WebFlag.GONE)
    ? connection
    : null;
}

/** A record for this connection; null when all are in use. */
export function takeConnection(socket: i32): WebConnection | null {
  for (let i: u32 = 0; i < WEB_CONNECTIONS; i++) {
    const connection = connectionAt(i);
    if (connection.stage != Stage.FREE) continue;
    const listed = connection.flags & <u16>WebFlag.LISTED;
    const next = connection.nextListed;
    memory.fill(changetype<usize>(connection), 0, offsetof<WebConnection>());
    connection.flags = listed;
    connection.nextListed = next;
    connection.socket = socket;
    store<u16>(placeOf(socket), <u16>(i + 1));
    connection.stage = Stage.IDLE;
    server.used++;
    return connection;
  }
  return null;
}

export function giveConnection(connection: WebConnection): void {
  connection.stage = Stage.FREE;
  connection.need = 0;
  server.used--;
}

/** The connection's patience ends in so many seconds. */
export function allowSeconds(connection: WebConnection, seconds: u32): void {
  connection.deadline = now() + <u64>seconds * SECOND;
  if (connection.deadline < timerDue(WEB_TIMER)) setTimer(WEB_TIMER, connection.deadline);
}

/** There is nothing that the connection must do by itself. */
export function allowAllTime(connection: WebConnection): void {
  connection.deadline = NEVER;
}

/** Sets the timer for the connection whose patience ends first. */
export function awaitNextDeadline(): void {
  let first = NEVER;
  for (let i: u32 = 0; i < WEB_CONNECTIONS; i++) {
    const connection = connectionAt(i);
    if (connection.stage != Stage.FREE && connection.deadline < first) first = connection.deadline;
  }
  setTimer(WEB_TIMER, first);
}
