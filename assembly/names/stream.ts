// A question over TCP, for an answer that did not fit a datagram (RFC 7766): the length, then the message, both ways.

import { LOOKUP_ANSWER_BYTES } from "profile";
import { Application, Owner } from "../abi/applications";
import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { Event, SocketKind } from "../abi/sockets";
import { be16, setBe16 } from "../base/bytes";
import { now } from "../base/clock";
import { SECOND } from "../base/config";
import { count } from "../base/counters";
import { nameServerAt } from "../ip/name-servers";
import { closeSocket, connectSocket, createSocket } from "../socket/socket";
import { readInto, writeFrom } from "../socket/transfer";
import { judge, Verdict } from "./answer";
import { DNS_PORT } from "./dns-message";
import { awaitQuery, LENGTH_BYTES, Query, QueryFlag } from "./query";
import { writeQuery } from "./question";

/** How long a server gets for all of it. */
const PATIENCE: u32 = 5 * SECOND;

/** Asks the server whose answer did not fit once more. False when no connection can be opened. */
export function askOverStream(query: Query): bool {
  const stream = createSocket(SocketKind.STREAM, Owner.FIRST_APPLICATION | Application.RESOLVER);
  if (stream < 0) {
    count(Counter.DnsNoRoom);
    return false;
  }
  const begun = connectSocket(stream, nameServerAt(query.server).address, DNS_PORT);
  if (begun != -Errno.EINPROGRESS) {
    closeSocket(stream);
    return false;
  }
  query.stream = stream;
  query.received = 0;
  query.clear(QueryFlag.WRITTEN);
  count(Counter.DnsOutOverTcp);
  awaitQuery(query, now() + PATIENCE);
  return true;
}

/** News of the stream: what follows from them. */
export function serveStream(query: Query, news: u32): Verdict {
  if (news & Event.ERROR) return over(query, Verdict.FAILED);
  if (news & Event.WRITABLE && !query.has(QueryFlag.WRITTEN)) {
    const bytes = writeQuery(query, query.message);
    setBe16(query.room, bytes);
    query.set(QueryFlag.WRITTEN);
    // A question is much smaller than the room that every new connection has.
    if (writeFrom(query.stream, query.room, LENGTH_BYTES + bytes) < 0) return over(query, Verdict.FAILED);
  }
  return query.has(QueryFlag.WRITTEN) ? read(query) : Verdict.WAIT;
}

function read(query: Query): Verdict {
  const most = LENGTH_BYTES + LOOKUP_ANSWER_BYTES;
  while (query.received < most) {
    const wanted = query.received < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + be16(query.room);
    if (query.received >= LENGTH_BYTES && query.received >= wanted) break;
    if (wanted > most) {
      count(Counter.DnsInTooLong);
      return over(query, Verdict.FAILED);
    }
    const bytes = readInto(query.stream, query.room + query.received, wanted - query.received);
    if (bytes == -Errno.EAGAIN) return Verdict.WAIT;
    if (bytes <= 0) return over(query, Verdict.FAILED); // it ended before the answer did
    query.received += bytes;
  }
  const verdict = judge(query, be16(query.room), true);
  return over(query, verdict == Verdict.WAIT ? Verdict.FAILED : verdict);
}

function over(query: Query, verdict: Verdict): Verdict {
  endStream(query);
  return verdict;
}

/** Lets go of the stream, if there is one. */
export function endStream(query: Query): void {
  if (query.stream < 0) return;
  closeSocket(query.stream);
  query.stream = -1;
}
