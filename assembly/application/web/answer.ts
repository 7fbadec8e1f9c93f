// What a request is answered with (RFC 9110 §15, RFC 9112 §4): which status, which part of a page, and the head that says so.

import { WebMethod } from "../../abi/web";
import { lentAt } from "../../socket/inside";
import { commit, lendRoom, writeFrom } from "../../socket/transfer";
import { beginText, putByte, putBytes, putHex, putNumber, putText, textEnded, textWritten } from "../text-writer";
import {
  F_ALLOW,
  F_CLOSE,
  F_KEEP,
  F_LENGTH,
  F_PLAIN,
  F_RANGE,
  F_RANGES,
  F_TAG,
  F_TYPE,
  LINE_END,
  S200,
  S206,
  S304,
  S400,
  S404,
  S405,
  S408,
  S413,
  S414,
  S416,
  S431,
  S500,
  S501,
  S503,
  S505,
  VERSION,
} from "../texts/http";
import { Stage, WebConnection, WebFlag } from "./connection";

const QUOTE: u32 = 0x22;
const SLASH: u32 = 0x2f;
const STAR: u32 = 0x2a;
const DASH: u32 = 0x2d;

/** The connection answers with an error, whose body is the status in words. `isLast`: it ends with that. */
export function refuse(connection: WebConnection, status: u32, isLast: bool): void {
  connection.status = <u16>status;
  connection.place = 0;
  connection.end = 0;
  connection.sent = 0;
  connection.answered = 0;
  if (isLast) connection.set(WebFlag.CLOSE);
  connection.stage = Stage.ANSWER;
}

/** The connection answers with a page of this size and validator (0: none), or with what was asked for of it. */
export function answerPage(connection: WebConnection, size: u64, tag: u64): void {
  connection.size = size;
  connection.tag = tag;
  const status = chooseStatus(connection);
  if (status != 206) {
    connection.place = 0;
    connection.end = status == 200 ? size : 0;
  }
  connection.status = <u16>status;
  connection.sent = 0;
  connection.answered = 0;
  connection.stage = Stage.ANSWER;
}

// Conditions come before ranges (RFC 9110 §13.2.2).
function chooseStatus(connection: WebConnection): u32 {
  const isSame = connection.tag != 0 && connection.askedTag == connection.tag;
  if (connection.has(WebFlag.IF_NONE_MATCH) && isSame) return 304;
  const isAllowed = !connection.has(WebFlag.IF_RANGE) || isSame;
  if (!connection.has(WebFlag.RANGE) || !isAllowed || connection.method != WebMethod.GET) return 200;
  return settleRange(connection) ? 206 : 416;
}

// What is asked for, as far as the page goes; false when nothing of it is there (RFC 9110 §14.1.2).
function settleRange(connection: WebConnection): bool {
  const size = connection.size;
  if (connection.has(WebFlag.SUFFIX)) {
    const wanted = min(connection.end, size);
    connection.place = size - wanted;
    connection.end = size;
    return wanted > 0;
  }
  connection.end = min(connection.end, size);
  return connection.place < size;
}

/** Writes the answer's head, and an error's body. True when all of it is written, false for want of room; or an Errno. */
export function writeAnswer(connection: WebConnection): i32 {
  do {
    const room = lendRoom(connection.socket, 0, 0);
    if (room < 0) return room;
    beginText(lentAt(), room, connection.answered);
    putHead(connection);
    connection.answered += <u16>textWritten();
    commit(connection.socket, textWritten());
  } while (!textEnded());
  return 0;
}

function putHead(connection: WebConnection): void {
  const status: u32 = connection.status;
  const reason = statusText(status);
  putText(VERSION);
  putByte(0x31);
  putByte(0x20);
  putText(reason);
  putText(LINE_END);
  if (status < 400) putPageFields(connection);
  else putErrorFields(connection, reason);
  if (connection.has(WebFlag.CLOSE)) putText(F_CLOSE);
  else if (connection.has(WebFlag.OLD)) putText(F_KEEP);
  putText(LINE_END);
  if (status >= 400 && connection.method != WebMethod.HEAD) {
    putText(reason);
    putText(LINE_END);
  }
}

function putPageFields(connection: WebConnection): void {
  if (connection.status != 304) {
    putText(F_LENGTH);
    putNumber(connection.end - connection.place);
    putText(LINE_END);
    putText(F_TYPE);
    if (connection.has(WebFlag.INSIDE)) putText(connection.pageType);
    else putBytes(connection.lineAt, connection.typeBytes);
    putText(LINE_END);
    putText(F_RANGES);
  }
  if (connection.status == 206) {
    putText(F_RANGE);
    putNumber(connection.place);
    putByte(DASH);
    putNumber(connection.end - 1);
    putByte(SLASH);
    putNumber(connection.size);
    putText(LINE_END);
  }
  if (connection.tag) {
    putText(F_TAG);
    putHex(connection.tag);
    putByte(QUOTE);
    putText(LINE_END);
  }
}

function putErrorFields(connection: WebConnection, reason: usize): void {
  if (connection.status == 405) putText(F_ALLOW);
  if (connection.status == 416) {
    putText(F_RANGE);
    putByte(STAR);
    putByte(SLASH);
    putNumber(connection.size);
    putText(LINE_END);
  }
  putText(F_LENGTH);
  putNumber(load<u8>(reason) + load<u8>(LINE_END));
  putText(LINE_END);
  putText(F_TYPE);
  putText(F_PLAIN);
  putText(LINE_END);
}

/** Writes of a page of the module's own what there is room for: 0 when all is written, EAGAIN, or another Errno. */
export function writePage(connection: WebConnection): i32 {
  while (connection.place < connection.end) {
    const left = <u32>(connection.end - connection.place);
    const written = writeFrom(connection.socket, connection.page + <usize>connection.place, left);
    if (written < 0) return written;
    connection.place += written;
    connection.sent += written;
  }
  return 0;
}

/** The status line's words; a status that is none of ours is 500. */
function statusText(status: u32): usize {
  switch (status) {
    case 200:
      return S200;
    case 206:
      return S206;
    case 304:
      return S304;
    case 400:
      return S400;
    case 404:
      return S404;
    case 405:
      return S405;
    case 408:
      return S408;
    case 413:
      return S413;
    case 414:
      return S414;
    case 416:
      return S416;
    case 431:
      return S431;
    case 501:
      return S501;
    case 503:
      return S503;
    case 505:
      return S505;
    default:
      return S500;
  }
}
