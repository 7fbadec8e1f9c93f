// The resolver (RFC 1035 §7, RFC 1123 §6.1.3): from a name to what servers say of it. Several servers are asked one after the
// other, three rounds long, each with more patience; an answer is taken from whoever of them was asked, whenever it comes.
// Which answers are believed is in answer.ts.

import { DHCP_CLIENT, LOOKUP_ANSWER_BYTES, LOOKUPS, NAME_SERVERS } from "profile";
import { Application, Owner } from "../abi/applications";
import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { Lookup } from "../abi/names";
import { Event, Result, SocketKind, SocketOption } from "../abi/sockets";
import { isLinkLocal, sameAddress } from "../base/address";
import { NEVER, now } from "../base/clock";
import { FRAGMENTS, SECOND, SEVERAL_ADAPTERS } from "../base/config";
import { count } from "../base/counters";
import { FOREVER, secondsUntil } from "../base/lifetimes";
import { RESULT, SEARCH_DOMAIN } from "../base/memory";
import { random32 } from "../base/random";
import { nameServerAt } from "../ip/name-servers";
import { ANY_ADAPTER } from "../ip/route";
import { getSocketOption } from "../socket/options";
import { createSocket } from "../socket/socket";
import { commitTo, lendRoom, peek, readInto } from "../socket/transfer";
import { endpointOf } from "../transport/endpoint";
import { judge, Verdict } from "./answer";
import { findKnown } from "./cache";
import { LEASES, leaseAt } from "./dhcp-lease";
import { DNS_PORT, LEAST_ANSWER_BYTES } from "./dns-message";
import { appendName, BAD_NAME, labelsOf, nameBytes, nameOfText } from "./dns-name";
import {
  awaitQuery,
  endQuery,
  giveQuery,
  handleOf,
  Query,
  QueryFlag,
  queryAt,
  queryOf,
  queryWith,
  takeQuery,
} from "./query";
import { writeQuery } from "./question";
import { askOverStream, endStream, serveStream } from "./stream";

/** Times that each server is asked, and how long it gets, which doubles from round to round. */
const ROUNDS: u32 = 3;
const PATIENCE: u32 = SECOND;
const MOST_HOPS: u8 = 8;
const DOT: u8 = 0x2e;

/**
 * Begins to look a name up, `bytes` bytes of text: a handle for `lookupStatus`. EINVAL: it is no name; ENFILE: as many
 * look-ups as the profile has are in progress. `owner`: an Application, or 0.
 */
export function startLookup(text: usize, bytes: u32, type: u32, owner: u32): i32 {
  const query = takeQuery();
  if (!query) {
    count(Counter.DnsNoRoom);
    return -Errno.ENFILE;
  }
  if (nameOfText(text, bytes, query.wanted) == BAD_NAME) {
    giveQuery(query);
    return -Errno.EINVAL;
  }
  query.type = <u16>type;
  query.owner = owner;
  chooseFirstName(query, bytes > 0 && load<u8>(text + bytes - 1) == DOT);
  query.set(QueryFlag.FRESH);
  awaitQuery(query, now());
  return handleOf(query);
}

/** Lets go of a look-up, ended or not. */
export function endLookup(handle: i32): i32 {
  const query = queryOf(handle);
  if (!query) return -Errno.EBADF;
  giveQuery(query);
  return 0;
}

/** The look-up of an application that has ended; -1: none. */
export function endedLookupOf(owner: u32): i32 {
  for (let i: u32 = 0; i < LOOKUPS; i++) {
    const query = queryAt(i);
    if (query.has(QueryFlag.IN_USE) && query.owner == owner && query.outcome != Lookup.PENDING) return handleOf(query);
  }
  return -1;
}

// A name without a dot is looked for in the search domain first, one with dots there last; one with a dot at its end
// nowhere else.
function chooseFirstName(query: Query, isWhole: bool): void {
  memory.copy(query.name, query.wanted, nameBytes(query.wanted));
  const domain = searchDomain();
  if (isWhole || !load<u8>(domain)) return;
  query.set(QueryFlag.HAS_OTHER);
  if (labelsOf(query.wanted) > 1) query.set(QueryFlag.OTHER_IS_LONGER);
  else if (appendName(query.name, domain) == BAD_NAME) query.clear(QueryFlag.HAS_OTHER);
}

/** Where names are looked for: the domain that people have named, or the one that came with a lease; a whole name. */
export function searchDomain(): usize {
  if (load<u8>(SEARCH_DOMAIN) || !DHCP_CLIENT) return SEARCH_DOMAIN;
  for (let i: u32 = 0; i < LEASES; i++) if (load<u8>(leaseAt(i).domain)) return leaseAt(i).domain;
  return SEARCH_DOMAIN;
}

// The name is not there: is it in the search domain, or out of it?
function tryOther(query: Query): bool {
  if (!query.has(QueryFlag.HAS_OTHER)) return false;
  query.clear(QueryFlag.HAS_OTHER);
  memory.copy(query.name, query.wanted, nameBytes(query.wanted));
  if (query.has(QueryFlag.OTHER_IS_LONGER) && appendName(query.name, searchDomain()) == BAD_NAME) return false;
  query.hops = 0;
  ask(query);
  return true;
}

// ---- asking --------------------------------------------------------------------------------------------------------

// Begins with the name in `query.name`: from what is known, or by asking.
function ask(query: Query): void {
  const known = findKnown(query.name, query.type);
  if (known) {
    query.found = known.count;
    memory.copy(query.addresses, known.addresses, known.count * 16);
    query.seconds = known.endsAt == FOREVER ? FOREVER : secondsUntil(known.endsAt);
    end(query, known.outcome);
    return;
  }
  query.id = <u16>random32();
  query.cases = ((<u64>random32()) << 32) | random32();
  query.flags &= ~(<u16>(QueryFlag.PLAIN | QueryFlag.SMALL | QueryFlag.FAILED));
  query.tries = 0;
  query.asked = 0;
  query.failed = 0;
  askNext(query);
}

// An end, unless there is another name to try.
function end(query: Query, outcome: Lookup): void {
  if (outcome == Lookup.NO_DATA) query.set(QueryFlag.NO_DATA);
  if ((outcome == Lookup.NO_NAME || outcome == Lookup.NO_DATA) && tryOther(query)) return;
  // The name is there, if only in one of the two places.
  const isThere = outcome == Lookup.NO_NAME && query.has(QueryFlag.NO_DATA);
  endQuery(query, isThere ? Lookup.NO_DATA : outcome);
}

function serversKnown(): u32 {
  let servers: u32 = 0;
  for (let i: u32 = 0; i < NAME_SERVERS; i++) if (nameServerAt(i).endsAt) servers++;
  return servers;
}

// The place of the server that is asked as the `number`th in a round.
function placeOf(number: u32): u32 {
  let place: u32 = 0;
  while (place < NAME_SERVERS - 1) {
    if (nameServerAt(place).endsAt && number-- == 0) break;
    place++;
  }
  return place;
}

// Asks the next server, or ends when all have been asked often enough.
function askNext(query: Query): void {
  const servers = serversKnown();
  if (!servers) {
    endQuery(query, Lookup.NO_SERVER);
    return;
  }
  endStream(query);
  while (query.tries < <u8>(ROUNDS * servers)) {
    const round = query.tries / servers;
    const place = placeOf(query.tries % servers);
    query.tries++;
    if (query.failed & (1 << place)) continue;
    query.server = <u8>place;
    // Some servers do not send letters back as they came: the last round has none but small ones.
    if (round + 1 == ROUNDS) query.set(QueryFlag.SMALL);
    if (!send(query)) {
      query.failed |= 1 << place;
      continue;
    }
    query.asked |= 1 << place;
    awaitQuery(query, now() + (PATIENCE << round));
    return;
  }
  endQuery(query, query.has(QueryFlag.FAILED) ? Lookup.FAILED : Lookup.TIMED_OUT);
}

// Sends the question to the server whose turn it is. False when it cannot be reached.
function send(query: Query): bool {
  if (query.socket < 0) {
    query.socket = createSocket(SocketKind.DATAGRAM, Owner.FIRST_APPLICATION | Application.RESOLVER);
    if (query.socket < 0) {
      count(Counter.DnsNoRoom);
      return false;
    }
  }
  const server = nameServerAt(query.server);
  if (SEVERAL_ADAPTERS) {
    endpointOf(query.socket)!.adapter = isLinkLocal(server.address) ? server.adapter : <u8>ANY_ADAPTER;
  }
  getSocketOption(query.socket, SocketOption.ERROR); // of a server that was asked before
  if (lendRoom(query.socket, 0, 0) < 0) {
    count(Counter.DnsNoRoom);
    return true; // its time will come again
  }
  const p: usize = load<u32>(RESULT + Result.POINTER * 4);
  if (commitTo(query.socket, writeQuery(query, p), server.address, DNS_PORT) < 0) return false;
  count(Counter.DnsOutQueries);
  return true;
}

// ---- time and answers ----------------------------------------------------------------------------------------------

/** A look-up begins, or the patience with some server is over. */
export function timer(): void {
  for (let i: u32 = 0; i < LOOKUPS; i++) {
    const query = queryAt(i);
    if (!query.has(QueryFlag.IN_USE) || query.nextAt > now()) continue;
    query.nextAt = NEVER;
    if (query.has(QueryFlag.FRESH)) {
      query.clear(QueryFlag.FRESH);
      ask(query);
    } else {
      askNext(query);
    }
  }
}

/** News of a look-up's sockets. */
export function serve(socket: i32, news: u32): void {
  const query = queryWith(socket);
  if (!query) return;
  if (socket == query.stream) {
    const verdict = serveStream(query, news);
    if (verdict != Verdict.WAIT) follow(query, verdict);
    return;
  }
  // Nobody serves names there, or it cannot be reached: no need to wait.
  if (news & Event.ERROR && getSocketOption(socket, SocketOption.ERROR) && query.stream < 0) {
    query.failed |= 1 << (<u32>query.server);
    askNext(query);
  }
  while (query.socket == socket && query.stream < 0) {
    const bytes = peek(socket);
    if (bytes < 0) return;
    const verdict = receive(query, socket, FRAGMENTS ? load<u32>(RESULT + Result.LENGTH * 4) : bytes);
    if (verdict != Verdict.WAIT) follow(query, verdict);
  }
}

// Takes the datagram of `bytes` bytes that was peeked at.
function receive(query: Query, socket: i32, bytes: u32): Verdict {
  const isExpected = isFromServer(query);
  const isTooLong = bytes > <u32>LOOKUP_ANSWER_BYTES;
  readInto(socket, query.message, LOOKUP_ANSWER_BYTES);
  if (isExpected && !isTooLong) return judge(query, bytes, false);
  count(isExpected ? Counter.DnsInTooLong : Counter.DnsInWrongSource);
  return Verdict.WAIT;
}

// True of what comes from any server that was asked, port and all (RFC 5452 §9.1); the one it is from becomes the one of
// whom the verdict is.
function isFromServer(query: Query): bool {
  if (load<u32>(RESULT + Result.PORT * 4) != DNS_PORT) return false;
  for (let i: u32 = 0; i < NAME_SERVERS; i++) {
    if (!(query.asked & (1 << i)) || !sameAddress(nameServerAt(i).address, RESULT + Result.ADDRESS * 4)) continue;
    query.server = <u8>i;
    return true;
  }
  return false;
}

function follow(query: Query, verdict: Verdict): void {
  switch (verdict) {
    case Verdict.FOUND:
      endQuery(query, Lookup.FOUND);
      break;
    case Verdict.NO_NAME:
      end(query, Lookup.NO_NAME);
      break;
    case Verdict.NO_DATA:
      end(query, Lookup.NO_DATA);
      break;
    case Verdict.ALIAS:
      if (query.hops++ < MOST_HOPS) ask(query);
      else endQuery(query, Lookup.FAILED);
      break;
    case Verdict.TRUNCATED:
      if (!askOverStream(query)) failServer(query);
      break;
    case Verdict.PLAIN:
      query.set(QueryFlag.PLAIN);
      if (!send(query)) failServer(query);
      break;
    default:
      failServer(query);
  }
}

// The server has nothing to say that is of use: the next one is asked at once.
function failServer(query: Query): void {
  query.set(QueryFlag.FAILED);
  query.failed |= 1 << (<u32>query.server);
  askNext(query);
}

if (LOOKUPS && LOOKUP_ANSWER_BYTES < LEAST_ANSWER_BYTES)
  ERROR("LOOKUP_ANSWER_BYTES below 512: every server may send that.");
if (LOOKUPS && !NAME_SERVERS) ERROR("LOOKUPS need NAME_SERVERS to ask.");
if (NAME_SERVERS > 32) ERROR("NAME_SERVERS above 32: a look-up notes in a word whom it has asked.");
