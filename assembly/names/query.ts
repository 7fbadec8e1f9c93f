// Look-ups in progress: a table of fixed size. A look-up has a socket of its own, whose port nobody can foresee (RFC 5452
// §9.2), and room for one answer.

import { LOOKUP_ANSWER_BYTES, LOOKUPS } from "profile";
import { News } from "../abi/addresses";
import { Lookup } from "../abi/names";
import { NEVER } from "../base/clock";
import { RESOLVER_TIMER } from "../base/config";
import { postNews } from "../base/events";
import { QUERY_BASE, QUERY_BYTES } from "../base/memory";
import { setTimer } from "../base/timers";
import { closeSocket } from "../socket/socket";

/** Addresses that one look-up finds at most. */
export const MOST_FOUND: u32 = 8;
const NAME_ROOM: u32 = 256;
/** In front of a message that comes over TCP stands its length (RFC 1035 §4.2.2). */
export const LENGTH_BYTES: u32 = 2;

export const enum QueryFlag {
  IN_USE = 1,
  /** There is another name to try when this one is not there: the one with the search domain, or the one without. */
  HAS_OTHER = 2,
  /** That other one is with the search domain. */
  OTHER_IS_LONGER = 4,
  /** A server did not understand EDNS (RFC 6891 §7). */
  PLAIN = 8,
  /** Letters are as they are: some servers do not send them back as they came. */
  SMALL = 16,
  /** Some server said that it cannot. */
  FAILED = 32,
  /** The question has been written to the stream. */
  WRITTEN = 64,
  /** Nobody has been asked yet: the poll that follows does, which knows what time it is. */
  FRESH = 128,
  /** The name is there, in or out of the search domain, and has nothing of that type. */
  NO_DATA = 256,
}

@unmanaged
@final
export class Query {
  /** When the next server is asked. */
  nextAt: u64;
  /** Which letters of the question are large. */
  cases: u64;
  /** Descriptors; -1: none. */
  socket: i32;
  stream: i32;
  /** Bits by place in the table of name servers: who was asked, and who has said that it cannot. */
  asked: u32;
  failed: u32;
  /** Bytes that lie in the room for the answer. */
  received: u32;
  /** Seconds that the answer holds. */
  seconds: u32;
  /** Whose it is: an Application, or 0 for the host. */
  owner: u32;
  id: u16;
  type: u16;
  /** How often its place has been used: the upper half of its handle. */
  generation: u16;
  flags: u16;
  private outcomeByte: u8;
  /** Servers asked so far, aliases followed, addresses found; the server that is asked now. */
  tries: u8;
  hops: u8;
  found: u8;
  server: u8;
  /** Bytes of the answer, once it has been judged. */
  answerBytes: u32;

  @inline get outcome(): Lookup {
    return this.outcomeByte;
  }
  set outcome(outcome: Lookup) {
    this.outcomeByte = <u8>outcome;
  }
  @inline has(flag: QueryFlag): bool {
    return (this.flags & <u16>flag) != 0;
  }
  @inline set(flag: QueryFlag): void {
    this.flags |= <u16>flag;
  }
  @inline clear(flag: QueryFlag): void {
    this.flags &= ~(<u16>flag);
  }
  /** The name that is asked for, and the one that was wanted: whole names. */
  @inline get name(): usize {
    return changetype<usize>(this) + offsetof<Query>();
  }
  @inline get wanted(): usize {
    return this.name + NAME_ROOM;
  }
  @inline get addresses(): usize {
    return this.wanted + NAME_ROOM;
  }
  /** Room for LENGTH_BYTES and an answer behind them. */
  @inline get room(): usize {
    return this.addresses + MOST_FOUND * 16;
  }
  @inline get message(): usize {
    return this.room + LENGTH_BYTES;
  }
}

const WHOLE: u32 = (offsetof<Query>() + 2 * NAME_ROOM + MOST_FOUND * 16 + LENGTH_BYTES + LOOKUP_ANSWER_BYTES + 7) & ~7;
if (LOOKUPS && WHOLE != QUERY_BYTES) ERROR("QUERY_BYTES does not agree with Query.");

export function queryAt(index: u32): Query {
  return changetype<Query>(QUERY_BASE + index * QUERY_BYTES);
}

export function startQueries(): void {
  for (let i: u32 = 0; i < LOOKUPS; i++) {
    memory.fill(changetype<usize>(queryAt(i)), 0, offsetof<Query>());
    queryAt(i).nextAt = NEVER;
  }
}

/** A free place, ready to be filled; null when all are in use. */
export function takeQuery(): Query | null {
  for (let i: u32 = 0; i < LOOKUPS; i++) {
    const query = queryAt(i);
    if (query.has(QueryFlag.IN_USE)) continue;
    const generation = query.generation;
    memory.fill(changetype<usize>(query), 0, offsetof<Query>());
    query.generation = generation;
    query.nextAt = NEVER;
    query.socket = -1;
    query.stream = -1;
    query.set(QueryFlag.IN_USE);
    return query;
  }
  return null;
}

/** What names a look-up to whoever wants it: its place, and which of those that have been there. Never negative. */
export function handleOf(query: Query): i32 {
  const index = <u32>(changetype<usize>(query) - QUERY_BASE) / QUERY_BYTES;
  return ((<i32>query.generation) << 16) | <i32>index;
}

/** The look-up that a handle names, or null. */
export function queryOf(handle: i32): Query | null {
  const index: u32 = handle & 0xffff;
  if (handle < 0 || index >= <u32>LOOKUPS) return null;
  const query = queryAt(index);
  return query.has(QueryFlag.IN_USE) && <u32>handle >> 16 == query.generation ? query : null;
}

/** The look-up that has this socket, or null. */
export function queryWith(socket: i32): Query | null {
  for (let i: u32 = 0; i < LOOKUPS; i++) {
    const query = queryAt(i);
    if (query.has(QueryFlag.IN_USE) && (query.socket == socket || query.stream == socket)) return query;
  }
  return null;
}

/** Frees a look-up's place. */
export function giveQuery(query: Query): void {
  closeSockets(query);
  query.flags = 0;
  query.generation = (query.generation + 1) & 0x7fff;
  awaitQuery(query, NEVER);
}

/** A look-up has ended so. */
export function endQuery(query: Query, outcome: Lookup): void {
  closeSockets(query);
  query.outcome = outcome;
  awaitQuery(query, NEVER);
  postNews(News.LOOKUPS);
}

function closeSockets(query: Query): void {
  if (query.socket >= 0) closeSocket(query.socket);
  if (query.stream >= 0) closeSocket(query.stream);
  query.socket = -1;
  query.stream = -1;
}

/** Sets when the next server is asked. */
export function awaitQuery(query: Query, at: u64): void {
  query.nextAt = at;
  let next = NEVER;
  for (let i: u32 = 0; i < LOOKUPS; i++) next = min<u64>(next, queryAt(i).nextAt);
  setTimer(RESOLVER_TIMER, next);
}
