// What connections want of the host: a list in which each stands at most once, and what the host does about it.

import { WEB_CONNECTIONS, WEB_LINE_BYTES } from "profile";
import { Counter } from "../../abi/counters";
import { Errno } from "../../abi/errno";
import { WebNeed, WebWord } from "../../abi/web";
import { count } from "../../base/counters";
import { RESULT } from "../../base/memory";
import { lentAt, tellAgain } from "../../socket/inside";
import { isReadable } from "../../socket/pointers";
import { commit, lendRoom } from "../../socket/transfer";
import { answerPage, refuse } from "./answer";
import { connectionAt, numberOf, Stage, server, WebConnection, WebFlag } from "./connection";

/** The connection wants this of the host (abi/web.ts, WebNeed). */
export function want(connection: WebConnection, need: WebNeed): void {
  connection.need = <u8>need;
  if (connection.has(WebFlag.LISTED)) return;
  connection.set(WebFlag.LISTED);
  connection.nextListed = 0;
  const place = <u16>(numberOf(connection) + 1);
  if (server.lastListed) connectionAt(server.lastListed - 1).nextListed = place;
  else server.firstListed = place;
  server.lastListed = place;
}

/** The connection that has wanted something longest, out of the list; null when none does. */
export function takeNeedy(): WebConnection | null {
  while (server.firstListed) {
    const connection = connectionAt(server.firstListed - 1);
    server.firstListed = connection.nextListed;
    if (!server.firstListed) server.lastListed = 0;
    connection.clear(WebFlag.LISTED);
    if (connection.need) return connection;
  }
  return null;
}

/** Tells in RESULT what the connection wants (WebWord). Its number. */
export function tellNeed(connection: WebConnection): i32 {
  set(WebWord.NEED, connection.need);
  set(WebWord.METHOD, connection.method);
  set(WebWord.TARGET, <u32>connection.target);
  set(WebWord.TARGET_BYTES, connection.targetBytes);
  set(WebWord.STATUS, connection.status);
  const place = connection.need == WebNeed.REPORT ? connection.sent : connection.place;
  set(WebWord.PLACE_LOW, <u32>place);
  set(WebWord.PLACE_HIGH, <u32>(place >> 32));
  set(WebWord.SOCKET, connection.socket);
  set(WebWord.COMPLETE, connection.has(WebFlag.GONE) ? 0 : 1);
  return numberOf(connection);
}

function set(word: WebWord, value: u32): void {
  store<u32>(RESULT + <usize>word * 4, value);
}

/** What the host says of a page, as it lies in memory: its size, its validator or 0, and behind that its type. */
const SIZE: usize = 0;
const TAG: usize = 8;
const TYPE: u32 = 16;

/**
 * The host's answer to PAGE: `about` and `bytes` say where the page's size, validator and type lie when `status` is 200;
 * with any other status there is no page. EINVAL when this connection has not asked, EMSGSIZE for a type that is too long.
 */
export function answerFromHost(number: u32, status: u32, about: usize, bytes: u32): i32 {
  if (number >= WEB_CONNECTIONS) return -Errno.EINVAL;
  const connection = connectionAt(number);
  if (connection.stage != Stage.ASKING) return -Errno.EINVAL;
  if (status == 200) {
    if (bytes < TYPE || !isReadable(about, bytes)) return -Errno.EFAULT;
    const type = bytes - TYPE;
    if (type > 255 || type + connection.targetBytes > <u32>WEB_LINE_BYTES) return -Errno.EMSGSIZE;
    memory.copy(connection.lineAt, about + TYPE, type);
    connection.typeBytes = <u8>type;
    answerPage(connection, load<u64>(about + SIZE), load<u64>(about + TAG));
  } else {
    count(status == 404 ? Counter.WebNotFound : Counter.WebHostErrors);
    refuse(connection, status, false);
  }
  connection.need = 0;
  tellAgain(connection.socket);
  return 0;
}

/** Room for more of the page: its bytes, and where in RESULT's first word. EAGAIN: WebNeed.BYTES comes when there is some. */
export function roomForHost(number: u32): i32 {
  const connection = wanting(number);
  if (!connection) return -Errno.EINVAL;
  const room = lendRoom(connection.socket, 0, 0);
  if (room < 0) return room;
  store<u32>(RESULT, <u32>lentAt());
  return <i32>min<u64>(room, connection.end - connection.place);
}

/** So many bytes stand there now. */
export function commitFromHost(number: u32, bytes: u32): i32 {
  const connection = wanting(number);
  if (!connection || bytes > connection.end - connection.place) return -Errno.EINVAL;
  const taken = commit(connection.socket, bytes);
  if (taken < 0) return taken;
  connection.place += bytes;
  connection.sent += bytes;
  if (connection.place == connection.end) {
    connection.need = 0;
    tellAgain(connection.socket);
  }
  return bytes;
}

// The connection with that number, when it has a page of the host's to send.
function wanting(number: u32): WebConnection | null {
  if (number >= WEB_CONNECTIONS) return null;
  const connection = connectionAt(number);
  if (connection.stage != Stage.BODY || connection.has(WebFlag.INSIDE) || connection.place == connection.end)
    return null;
  return connection;
}
