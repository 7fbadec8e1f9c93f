// The browser (RFC 9110, RFC 9112): asks a server for a page, reads the answer's head, and lets the host read the body as it
// comes. What the host does not read stays in the connection's window, so that the server waits.

import { FETCHES } from "profile";
import { Application } from "../../abi/applications";
import { Counter } from "../../abi/counters";
import { Errno } from "../../abi/errno";
import { FetchFailure, FetchNews } from "../../abi/fetch";
import { Event, SocketKind, SocketOption } from "../../abi/sockets";
import { NEVER, now } from "../../base/clock";
import { count } from "../../base/counters";
import { lentAt, openFor } from "../../socket/inside";
import { getSocketOption } from "../../socket/options";
import { abortSocket, closeSocket, connectSocket } from "../../socket/socket";
import { commit, lendRoom, peek, take } from "../../socket/transfer";
import { LineFate } from "../line";
import { beginText, putByte, putBytes, putText, textEnded, textWritten } from "../text-writer";
import { F_ACCEPT, F_AGENT, F_HOST, GET, HEAD, LINE_END, VERSION } from "../texts/http";
import { enterBody } from "./body";
import {
  awaitHost,
  awaitNextFetch,
  awaitServer,
  awaitServerLater,
  Fetch,
  FetchFlag,
  FetchStage,
  fetchAt,
  fetchWith,
  findKept,
  keepFor,
  tell,
} from "./fetch";
import { beginAnswer, mustBeWhole, readField, readStatus } from "./head";

/** Bytes that a head may have in all. */
const MOST_HEAD: u32 = 32768;
/** Milliseconds that a connection is kept for another fetch. */
const KEPT_MILLISECONDS: u32 = 10000;

/** The fetch goes to its server, over a connection that is kept if there is one. 0 or an Errno. */
export function go(fetch: Fetch): i32 {
  count(Counter.FetchesBegun);
  beginAnswer(fetch);
  fetch.asked = 0;
  const kept = findKept(fetch);
  if (kept) {
    fetch.socket = kept.socket;
    kept.stage = FetchStage.FREE;
    fetch.set(FetchFlag.REUSED);
    fetch.stage = FetchStage.REQUEST;
    awaitServerLater(fetch);
    advance(fetch);
    return 0;
  }
  return open(fetch);
}

function open(fetch: Fetch): i32 {
  fetch.clear(FetchFlag.REUSED);
  const socket = openFor(Application.BROWSER, SocketKind.STREAM);
  if (socket < 0) return socket;
  const answer = connectSocket(socket, fetch.address, fetch.port);
  if (answer != -Errno.EINPROGRESS) {
    closeSocket(socket);
    return answer;
  }
  fetch.socket = socket;
  fetch.stage = FetchStage.CONNECTING;
  awaitServerLater(fetch);
  return 0;
}

/** News about a socket of the browser: bits of Event. */
export function serve(socket: i32, news: u32): void {
  const fetch = fetchWith(socket);
  if (!fetch) return;
  if (news & Event.ERROR) {
    loseConnection(fetch, getSocketOption(socket, SocketOption.ERROR));
    return;
  }
  if (fetch.stage == FetchStage.KEPT) {
    // Whatever the server has to say, nobody has asked.
    closeSocket(socket);
    fetch.stage = FetchStage.FREE;
    return;
  }
  if (fetch.stage == FetchStage.CONNECTING && news & Event.WRITABLE) fetch.stage = FetchStage.REQUEST;
  advance(fetch);
}

/** Does what can be done for a fetch now. */
export function advance(fetch: Fetch): void {
  if (fetch.stage == FetchStage.REQUEST && !writeRequest(fetch)) return;
  while (fetch.stage == FetchStage.HEAD) {
    if (!readHead(fetch)) return;
  }
  if (fetch.stage == FetchStage.BODY) tell(fetch, FetchNews.BODY);
}

function writeRequest(fetch: Fetch): bool {
  do {
    const room = lendRoom(fetch.socket, 0, 0);
    if (room < 0) {
      if (room != -Errno.EAGAIN) loseConnection(fetch, -room);
      return false;
    }
    beginText(lentAt(), room, fetch.asked);
    putRequest(fetch);
    fetch.asked += <u16>textWritten();
    commit(fetch.socket, textWritten());
  } while (!textEnded());
  fetch.stage = FetchStage.HEAD;
  awaitServer(fetch);
  return true;
}

function putRequest(fetch: Fetch): void {
  putText(fetch.has(FetchFlag.NO_BODY) ? HEAD : GET);
  putByte(0x20);
  putBytes(fetch.target, fetch.targetBytes);
  putByte(0x20);
  putText(VERSION);
  putByte(0x31);
  putText(LINE_END);
  putText(F_HOST);
  putBytes(fetch.host, fetch.hostBytes);
  putText(LINE_END);
  putText(F_AGENT);
  putText(F_ACCEPT);
  putText(LINE_END);
}

// True when there may be more to do.
function readHead(fetch: Fetch): bool {
  const ready = peek(fetch.socket);
  if (ready == -Errno.EAGAIN) return false;
  if (ready <= 0) {
    loseConnection(fetch, -ready);
    return false;
  }
  awaitServer(fetch);
  const at = lentAt();
  let read: u32 = 0;
  let fate: LineFate = LineFate.OPEN;
  while (read < <u32>ready && fate == LineFate.OPEN) {
    fate = fetch.line.add(load<u8>(at + read++), fetch.lineAt, fetch.lineRoom);
  }
  take(fetch.socket, read);
  const soFar = fetch.headBytes + read;
  fetch.headBytes = <u16>soFar;
  if (fate == LineFate.BAD) fail(fetch, FetchFailure.MALFORMED);
  else if (soFar > MOST_HEAD) fail(fetch, FetchFailure.TOO_LONG);
  else if (fate != LineFate.OPEN) endLine(fetch, fate == LineFate.CUT);
  return true;
}

function endLine(fetch: Fetch, isCut: bool): void {
  if (isCut && mustBeWhole(fetch)) {
    fail(fetch, FetchFailure.TOO_LONG);
    return;
  }
  if (!fetch.has(FetchFlag.HAS_STATUS)) {
    const failure = readStatus(fetch);
    if (failure) fail(fetch, failure);
    fetch.line.begin();
  } else if (!fetch.line.bytes) {
    endHead(fetch);
  } else {
    const failure = isCut ? 0 : readField(fetch);
    if (failure) {
      fail(fetch, failure);
    } else {
      fetch.stage = FetchStage.FIELD;
      awaitHost(fetch);
      tell(fetch, FetchNews.FIELD);
    }
  }
}

/** The host has looked at the field: the next line is read. */
export function nextField(fetch: Fetch): void {
  fetch.line.begin();
  fetch.stage = FetchStage.HEAD;
  awaitServer(fetch);
}

// What comes before the answer says no more than that it will come (RFC 9110 §15.2).
function endHead(fetch: Fetch): void {
  fetch.line.begin();
  if (fetch.status < 200) {
    beginAnswer(fetch);
    return;
  }
  if (fetch.has(FetchFlag.CHUNKED) && fetch.has(FetchFlag.HAS_LENGTH)) {
    fail(fetch, FetchFailure.MALFORMED); // RFC 9112 §6.3: somebody may be smuggling an answer
    return;
  }
  enterBody(fetch);
  awaitHost(fetch);
  tell(fetch, FetchNews.HEAD);
}

// A kept connection that ends before it has said anything had been closed by the server (RFC 9112 §9.3.1): once more.
function loseConnection(fetch: Fetch, error: u32): void {
  const isStale = fetch.has(FetchFlag.REUSED) && !fetch.has(FetchFlag.HAS_STATUS) && fetch.line.bytes == 0;
  const isKept = fetch.stage == FetchStage.KEPT;
  if (fetch.stage == FetchStage.DONE) return;
  abortSocket(fetch.socket);
  if (isKept) {
    fetch.stage = FetchStage.FREE;
    fetch.deadline = NEVER;
  } else if (isStale) {
    fetch.asked = 0;
    const answer = open(fetch);
    if (answer) finish(fetch, -answer);
  } else {
    finish(fetch, error ? error : FetchFailure.TRUNCATED);
  }
}

/** The answer is no good: the connection ends with it. */
export function fail(fetch: Fetch, failure: u32): void {
  abortSocket(fetch.socket);
  finish(fetch, failure);
}

/** All of the answer was read: the connection may serve another fetch. */
export function succeed(fetch: Fetch): void {
  if (fetch.has(FetchFlag.CLOSE)) {
    closeSocket(fetch.socket);
    fetch.socket = -1;
  }
  finish(fetch, 0);
}

function finish(fetch: Fetch, failure: u32): void {
  if (failure) count(Counter.FetchesFailed);
  fetch.failure = <u16>failure;
  fetch.stage = FetchStage.DONE;
  awaitHost(fetch);
  tell(fetch, FetchNews.DONE);
}

/** The host lets go of the fetch. */
export function end(fetch: Fetch): void {
  fetch.news = 0;
  const stage = fetch.stage;
  const isOver = stage == FetchStage.DONE;
  fetch.stage = FetchStage.FREE;
  fetch.deadline = NEVER;
  if (isOver && !fetch.failure && fetch.socket >= 0) {
    fetch.stage = FetchStage.KEPT;
    keepFor(fetch, KEPT_MILLISECONDS);
  } else if (!isOver && stage != FetchStage.BEGUN) {
    abortSocket(fetch.socket);
  }
}

/** The time of some fetch has come. */
export function timer(): void {
  for (let i: u32 = 0; i < FETCHES; i++) {
    const fetch = fetchAt(i);
    if (fetch.stage == FetchStage.FREE) continue;
    if (fetch.has(FetchFlag.UNTIMED)) {
      fetch.clear(FetchFlag.UNTIMED);
      awaitServer(fetch);
    }
    if (fetch.deadline > now()) continue;
    if (fetch.stage == FetchStage.KEPT) {
      closeSocket(fetch.socket);
      fetch.stage = FetchStage.FREE;
      fetch.deadline = NEVER;
    } else {
      fail(fetch, Errno.ETIMEDOUT);
    }
  }
  awaitNextFetch();
}
