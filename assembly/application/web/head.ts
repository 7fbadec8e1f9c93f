// Reads the head of a request (RFC 9112 §2-3, §5) byte by byte, whatever pieces it comes in. A line is kept until it ends;
// of those that are longer than the room for them only the beginning, which is enough to pass over the fields that are
// nothing to us.

import { WEB_LINE_BYTES } from "profile";
import { WebMethod } from "../../abi/web";
import { LineFate } from "../line";
import { beginsWithWord, findByte, isDigit, isText, isToken } from "../text";
import { CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, SCHEME, TRACE, VERSION } from "../texts/http";
import { WebConnection, WebFlag } from "./connection";
import { readField } from "./fields";

/** Bytes that a head may have in all. */
const MOST_HEAD: u32 = 16384;

const SPACE: u32 = 0x20;
const SLASH: u32 = 0x2f;

/** What has become of a head after a byte of it. */
export const enum HeadFate {
  /** It goes on. */
  OPEN = 0,
  /** It has ended, and is well-formed as far as it goes. */
  ENDED = 1,
  // Or else it is refused with this status.
}

/** Begins a head. */
export function beginHead(connection: WebConnection): void {
  connection.flags &= <u16>WebFlag.LISTED;
  connection.targetBytes = 0;
  connection.line.begin();
  connection.headBytes = 0;
  connection.bodyBytes = 0;
  connection.method = <u8>WebMethod.OTHER;
  connection.status = 0;
  connection.answered = 0;
}

/** Reads a byte: a HeadFate, or the status that the request is refused with. */
export function readByte(connection: WebConnection, byte: u32): u32 {
  if (++connection.headBytes > MOST_HEAD) return 431;
  const fate = connection.line.add(byte, connection.lineAt, connection.lineRoom);
  if (fate == LineFate.OPEN) return HeadFate.OPEN;
  return fate == LineFate.BAD ? 400 : endLine(connection, fate == LineFate.CUT);
}

function endLine(connection: WebConnection, isLong: bool): u32 {
  const bytes: u32 = connection.line.bytes;
  connection.line.begin();
  if (!connection.has(WebFlag.HAS_REQUEST)) {
    if (!bytes) return HeadFate.OPEN; // an empty line in front of a request is nothing (§2.2)
    return isLong ? whyTooLong(connection, bytes) : readRequestLine(connection, bytes);
  }
  return bytes ? readField(connection, bytes, isLong) : HeadFate.ENDED;
}

// No target is longer than the line's room; a method as long is none of ours.
function whyTooLong(connection: WebConnection, bytes: u32): u32 {
  return findByte(connection.lineAt, bytes, SPACE) < bytes ? 414 : 501;
}

// method SP request-target SP HTTP-version (§3).
function readRequestLine(connection: WebConnection, bytes: u32): u32 {
  const line = connection.lineAt;
  const method = findByte(line, bytes, SPACE);
  if (method == bytes || !isToken(line, method)) return 400;
  const target = line + method + 1;
  const targetBytes = findByte(target, bytes - method - 1, SPACE);
  const version = target + targetBytes + 1;
  const before = method + targetBytes + 2;
  if (before > bytes || !targetBytes) return 400;
  const refused = readVersion(connection, version, bytes - before);
  if (refused) return refused;
  connection.set(WebFlag.HAS_REQUEST);
  const unknown = readMethod(connection, line, method);
  if (unknown) return unknown;
  return keepTarget(connection, target, targetBytes);
}

// Minor versions that we do not know are read as 1.1 (RFC 9110 §6.2).
function readVersion(connection: WebConnection, version: usize, bytes: u32): u32 {
  if (bytes != 8 || memory.compare(version, VERSION + 1, 5)) return 400; // "HTTP/"
  const major: u32 = load<u8>(version + 5);
  const minor: u32 = load<u8>(version + 7);
  if (!isDigit(major) || load<u8>(version + 6) != 0x2e || !isDigit(minor)) return 400;
  if (major != 0x31) return 505;
  if (minor == 0x30) connection.set(WebFlag.OLD);
  return 0;
}

// Methods that are known and not allowed are told from those that nobody knows (RFC 9110 §9.1).
function readMethod(connection: WebConnection, method: usize, bytes: u32): u32 {
  if (isText(method, bytes, GET)) connection.method = <u8>WebMethod.GET;
  else if (isText(method, bytes, HEAD)) connection.method = <u8>WebMethod.HEAD;
  else if (isOtherMethod(method, bytes)) return 405;
  else return 501;
  return 0;
}

function isOtherMethod(method: usize, bytes: u32): bool {
  return (
    isText(method, bytes, POST) ||
    isText(method, bytes, PUT) ||
    isText(method, bytes, DELETE) ||
    isText(method, bytes, CONNECT) ||
    isText(method, bytes, OPTIONS) ||
    isText(method, bytes, TRACE) ||
    isText(method, bytes, PATCH)
  );
}

// A path, or a whole URL, of which the path is what counts (§3.2.2).
function keepTarget(connection: WebConnection, target: usize, bytes: u32): u32 {
  if (beginsWithWord(target, bytes, SCHEME)) {
    const scheme: u32 = load<u8>(SCHEME);
    const authority = findByte(target + scheme, bytes - scheme, SLASH);
    target += scheme + authority;
    bytes -= scheme + authority;
    if (!bytes) {
      // No path at all is the root's.
      store<u8>(connection.target, <u8>SLASH);
      connection.targetBytes = 1;
      return HeadFate.OPEN;
    }
  }
  if (load<u8>(target) != <u8>SLASH) return 400;
  memory.copy(connection.target, target, bytes);
  connection.targetBytes = <u16>bytes;
  return HeadFate.OPEN;
}

/** A target needs a line of this many bytes beside it, so that the fields that count can be read. */
const LEAST_LINE: u32 = 64;

if (WEB_LINE_BYTES && WEB_LINE_BYTES < LEAST_LINE) ERROR("WEB_LINE_BYTES below 64: no request has so short a line.");
if (WEB_LINE_BYTES > 32768) ERROR("WEB_LINE_BYTES above 32768.");
