// The web server (RFC 9110, RFC 9112): connections are accepted, requests read and answered one after the other, and who is
// slow or idle makes room for others. It is served within the machine's turn, and never waits for anything.

import { WEB_CONNECTIONS } from "profile";
import { Application } from "../../abi/applications";
import { Counter } from "../../abi/counters";
import { Errno } from "../../abi/errno";
import { Event, Shutdown } from "../../abi/sockets";
import { WebMethod, WebNeed, WebOption } from "../../abi/web";
import { NEVER, now } from "../../base/clock";
import { count } from "../../base/counters";
import { lentAt, listenAt, tellAgain, waitingAt } from "../../socket/inside";
import { abortSocket, acceptFrom, closeSocket, shutdownSocket } from "../../socket/socket";
import { peek, take } from "../../socket/transfer";
import { findPage, pageAt, pageBytes, pageTag, pageType } from "../pages";
import { findByte } from "../text";
import { answerPage, refuse, writeAnswer, writePage } from "./answer";
import {
  allowAllTime,
  allowSeconds,
  awaitNextDeadline,
  connectionAt,
  connectionOf,
  giveConnection,
  Stage,
  server,
  takeConnection,
  WebConnection,
  WebFlag,
} from "./connection";
import { beginHead, HeadFate, readByte } from "./head";
import { want } from "./needs";

/** Seconds that a request's head may take from its first byte. */
const HEAD_SECONDS: u32 = 10;
/** Seconds that a connection may be idle between requests. */
const IDLE_SECONDS: u32 = 30;
/** Seconds that a peer may take to make room for more of an answer. */
const ANSWER_SECONDS: u32 = 30;
/** Seconds in which a peer that has its last answer must close. */
const DRAIN_SECONDS: u32 = 3;

const QUESTION: u32 = 0x3f;

/** Opens the port; EADDRINUSE, ENFILE or, when it is open already, EALREADY. `options`: bits of WebOption. */
export function startServer(port: u32, options: u32): i32 {
  if (server.listener) return -Errno.EALREADY;
  if (port > 0xffff || port == 0) return -Errno.EINVAL;
  const listener = listenAt(Application.WEB_SERVER, port, WEB_CONNECTIONS);
  if (listener < 0) return listener;
  server.listener = listener + 1;
  server.options = options;
  return 0;
}

/** Closes the port, and every connection as soon as it has its answer. */
export function stopServer(): i32 {
  if (!server.listener) return -Errno.ENOTCONN;
  closeSocket(server.listener - 1);
  server.listener = 0;
  for (let i: u32 = 0; i < WEB_CONNECTIONS; i++) {
    const connection = connectionAt(i);
    if (connection.stage == Stage.IDLE || connection.stage == Stage.HEAD) end(connection);
    else connection.set(WebFlag.CLOSE);
  }
  return 0;
}

/** News about a socket of the web server: bits of Event. */
export function serve(socket: i32, news: u32): void {
  if (<u32>socket + 1 == server.listener) {
    acceptAll();
    return;
  }
  const connection = connectionOf(socket);
  if (!connection) return;
  if (news & (Event.ERROR | Event.HANGUP)) lose(connection);
  else advance(connection);
}

function acceptAll(): void {
  while (waitingAt(server.listener - 1) && (server.used < WEB_CONNECTIONS || makeRoom())) {
    const connection = takeConnection(acceptFrom(server.listener - 1));
    if (!connection) return;
    count(Counter.WebConnections);
    beginHead(connection);
    connection.stage = Stage.HEAD;
    allowSeconds(connection, HEAD_SECONDS);
  }
}

/**
 * Somebody waits to be accepted and every record is in use: the connection that has been idle longest ends, or else the one
 * that has taken longest over its request. Those that are being answered go on. False when there is no other.
 */
function makeRoom(): bool {
  let chosen: WebConnection | null = null;
  for (let i: u32 = 0; i < WEB_CONNECTIONS; i++) {
    const connection = connectionAt(i);
    if (connection.stage == Stage.DRAIN || connection.stage == Stage.IDLE || connection.stage == Stage.HEAD) {
      if (!chosen || isDearer(chosen, connection)) chosen = connection;
    }
  }
  if (!chosen) {
    count(Counter.WebTablesFull);
    return false;
  }
  count(Counter.WebEvicted);
  drop(chosen);
  return true;
}

// Who has had his answer can be spared before who waits for one; and who came earlier before who came later.
function isDearer(one: WebConnection, other: WebConnection): bool {
  const oneWaits = one.stage == Stage.HEAD;
  if (oneWaits != (other.stage == Stage.HEAD)) return oneWaits;
  return one.deadline > other.deadline;
}

/** Does what can be done for a connection now. */
export function advance(connection: WebConnection): void {
  let goesOn: bool = true;
  while (goesOn) {
    switch (connection.stage) {
      case Stage.IDLE:
      case Stage.HEAD:
        goesOn = readHead(connection);
        break;
      case Stage.ANSWER:
        goesOn = continueAnswer(connection);
        break;
      case Stage.BODY:
        goesOn = continueBody(connection);
        break;
      case Stage.SKIP:
        goesOn = skipBody(connection);
        break;
      case Stage.DRAIN:
        goesOn = drain(connection);
        break;
      default:
        goesOn = false;
    }
  }
}

// Reads what has come of the head. True when there is something to be done next.
function readHead(connection: WebConnection): bool {
  const ready = peek(connection.socket);
  if (ready == -Errno.EAGAIN) return false;
  if (ready <= 0) {
    end(connection);
    return false;
  }
  if (connection.stage == Stage.IDLE) {
    connection.stage = Stage.HEAD;
    allowSeconds(connection, HEAD_SECONDS);
  }
  const at = lentAt();
  let read: u32 = 0;
  let fate: u32 = HeadFate.OPEN;
  while (read < <u32>ready && fate == HeadFate.OPEN) fate = readByte(connection, load<u8>(at + read++));
  take(connection.socket, read);
  if (fate == HeadFate.ENDED) endHead(connection);
  else if (fate != HeadFate.OPEN) refuseHead(connection, fate);
  return true;
}

// The head could not be read, so that nobody knows where the next one begins.
function refuseHead(connection: WebConnection, status: u32): void {
  count(status == 405 || status == 501 || status == 505 ? Counter.WebRefused : Counter.WebMalformed);
  refuse(connection, status, true);
}

function endHead(connection: WebConnection): void {
  count(Counter.WebRequests);
  const isOld = connection.has(WebFlag.OLD);
  if (!isOld && !connection.has(WebFlag.HAS_HOST)) {
    refuseHead(connection, 400); // RFC 9112 §3.2
    return;
  }
  // What is in pieces is not read, so that the connection ends with the answer.
  if (connection.has(WebFlag.CODED) || (isOld && !connection.has(WebFlag.KEEP))) connection.set(WebFlag.CLOSE);
  if (!server.listener) connection.set(WebFlag.CLOSE);
  findAnswer(connection);
}

function findAnswer(connection: WebConnection): void {
  const path = findByte(connection.target, connection.targetBytes, QUESTION);
  const page = findPage(connection.target, path);
  if (page) {
    connection.set(WebFlag.INSIDE);
    connection.page = pageAt(page - 1);
    connection.pageType = pageType(page - 1);
    answerPage(connection, pageBytes(page - 1), pageTag(page - 1));
  } else if (server.options & WebOption.HOST_PAGES) {
    connection.stage = Stage.ASKING;
    allowAllTime(connection);
    want(connection, WebNeed.PAGE);
  } else {
    count(Counter.WebNotFound);
    refuse(connection, 404, false);
  }
}

function continueAnswer(connection: WebConnection): bool {
  allowSeconds(connection, ANSWER_SECONDS);
  const answer = writeAnswer(connection);
  if (answer < 0) return mayGoOn(connection, answer);
  if (connection.method == WebMethod.HEAD) connection.place = connection.end;
  connection.stage = Stage.BODY;
  return true;
}

function continueBody(connection: WebConnection): bool {
  if (connection.place < connection.end) {
    allowSeconds(connection, ANSWER_SECONDS);
    if (!connection.has(WebFlag.INSIDE)) {
      want(connection, WebNeed.BYTES);
      return false;
    }
    const answer = writePage(connection);
    if (answer < 0) return mayGoOn(connection, answer);
  }
  endAnswer(connection);
  return true;
}

// Without room the peer has to take something first. False: not now.
function mayGoOn(connection: WebConnection, answer: i32): bool {
  if (answer != -Errno.EAGAIN) lose(connection);
  return false;
}

function endAnswer(connection: WebConnection): void {
  if (server.options & WebOption.REPORTS) {
    connection.stage = Stage.REPORT;
    allowAllTime(connection);
    want(connection, WebNeed.REPORT);
  } else {
    beginNext(connection);
  }
}

/** The answer is out, and the host knows: what follows on this connection. */
export function beginNext(connection: WebConnection): void {
  if (connection.has(WebFlag.GONE)) {
    free(connection);
  } else if (connection.has(WebFlag.CLOSE)) {
    shutdownSocket(connection.socket, Shutdown.WRITE);
    connection.stage = Stage.DRAIN;
    allowSeconds(connection, DRAIN_SECONDS);
  } else if (connection.bodyBytes) {
    connection.stage = Stage.SKIP;
    allowSeconds(connection, HEAD_SECONDS);
  } else {
    beginHead(connection);
    connection.stage = Stage.IDLE;
    allowSeconds(connection, IDLE_SECONDS);
  }
}

// The body of a request to which it says nothing.
function skipBody(connection: WebConnection): bool {
  const ready = peek(connection.socket);
  if (ready == -Errno.EAGAIN) return false;
  if (ready <= 0) {
    end(connection);
    return false;
  }
  const bytes = min<u32>(ready, connection.bodyBytes);
  take(connection.socket, bytes);
  connection.bodyBytes -= bytes;
  if (!connection.bodyBytes) beginNext(connection);
  return true;
}

function drain(connection: WebConnection): bool {
  const ready = peek(connection.socket);
  if (ready == -Errno.EAGAIN) return false;
  if (ready <= 0) {
    end(connection);
    return false;
  }
  take(connection.socket, ready);
  return true;
}

/** Closes in good order a connection that owes no answer. */
function end(connection: WebConnection): void {
  closeSocket(connection.socket);
  free(connection);
}

// Closes at once.
function drop(connection: WebConnection): void {
  abortSocket(connection.socket);
  free(connection);
}

/** The peer is gone, or has to go. The host hears of a request that it knows of. */
export function lose(connection: WebConnection): void {
  abortSocket(connection.socket);
  const isKnown = connection.stage >= Stage.ASKING && connection.stage <= Stage.REPORT;
  if (isKnown && server.options & WebOption.REPORTS) {
    connection.set(WebFlag.GONE);
    connection.stage = Stage.REPORT;
    allowAllTime(connection);
    want(connection, WebNeed.REPORT);
  } else {
    free(connection);
  }
}

// Somebody may have waited for the record.
function free(connection: WebConnection): void {
  const wasFull = server.used == WEB_CONNECTIONS;
  giveConnection(connection);
  if (wasFull && server.listener) tellAgain(server.listener - 1);
}

/** The time of some connection has come. */
export function timer(): void {
  for (let i: u32 = 0; i < WEB_CONNECTIONS; i++) {
    const connection = connectionAt(i);
    if (connection.stage != Stage.FREE && connection.deadline <= now()) expire(connection);
  }
  awaitNextDeadline();
}

function expire(connection: WebConnection): void {
  connection.deadline = NEVER;
  if (connection.stage == Stage.IDLE) {
    end(connection);
  } else if (connection.stage == Stage.HEAD) {
    count(Counter.WebSlow);
    if (!connection.headBytes) {
      end(connection);
      return;
    }
    refuse(connection, 408, true);
    advance(connection);
  } else {
    if (connection.stage != Stage.DRAIN) count(Counter.WebSlow);
    lose(connection);
  }
}
