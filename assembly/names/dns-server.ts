// A small name server (RFC 1035 §6, RFC 1123 §6.1): it says what it knows itself, the hosts that people have named and the
// machines to which the DHCP server beside it has lent addresses, and of everything else that there is no such name. It
// asks nobody.

import { DHCP_POOL } from "profile";
import { Application, Owner } from "../abi/applications";
import { Counter } from "../abi/counters";
import { Lookup } from "../abi/names";
import { Event, Result, SocketKind, SocketOption } from "../abi/sockets";
import { clearAddress, copyAddress, isV4, setV4, v4Of } from "../base/address";
import { be16, setBe16 } from "../base/bytes";
import { count } from "../base/counters";
import { NAMES_AREA, RECORDS_STATE, RESULT, SERVER_STATE } from "../base/memory";
import { getSocketOption } from "../socket/options";
import { bindSocket, closeSocket, createSocket } from "../socket/socket";
import { commitTo, lendRoom, peek, take } from "../socket/transfer";
import { findHost, findHostWith, findKnown, Known } from "./cache";
import { addressOfGuest } from "./dhcp-pool";
import {
  CLASS_IN,
  DNS_HEADER_BYTES,
  DNS_PORT,
  DnsBits,
  DnsCode,
  dnsBits,
  Records,
  RecordType,
  writeAnswerHead,
  writeEdns,
} from "./dns-message";
import { labelsOf, nameBytes } from "./dns-name";

@unmanaged
@final
class Server {
  /** Descriptor; -1: it does not serve. */
  socket: i32;
}

const server: Server = changetype<Server>(SERVER_STATE);

/** Seconds that an answer may be kept: what people name may change, and leases end. */
const TTL: u32 = 60;
/** What is said to whoever can take more than 512 bytes; no answer here is as large. */
const EDNS_BYTES: u32 = 1232;

const NAME: usize = NAMES_AREA;
const ADDRESS: usize = NAMES_AREA + 256;
/** Where the question came from: the socket's calls may write over RESULT. */
const FROM: usize = NAMES_AREA + 272;

const records: Records = changetype<Records>(RECORDS_STATE);

export function startNameServer(): void {
  server.socket = -1;
}

/** Begins to serve names at port 53, or ends. 0, or EADDRINUSE, ENFILE. */
export function serveNames(on: bool): i32 {
  if (!on) {
    if (server.socket >= 0) closeSocket(server.socket);
    server.socket = -1;
    return 0;
  }
  if (server.socket >= 0) return 0;
  const socket = createSocket(SocketKind.DATAGRAM, Owner.FIRST_APPLICATION | Application.NAME_SERVER);
  if (socket < 0) return socket;
  clearAddress(ADDRESS);
  const unbound = bindSocket(socket, ADDRESS, DNS_PORT);
  if (unbound) {
    closeSocket(socket);
    return unbound;
  }
  server.socket = socket;
  return 0;
}

/** News of the socket: questions. */
export function serve(socket: i32, news: u32): void {
  if (news & Event.ERROR) getSocketOption(socket, SocketOption.ERROR); // some client is gone
  for (let bytes = peek(socket); bytes >= 0; bytes = peek(socket)) {
    answer(socket, load<u32>(RESULT + Result.POINTER * 4), bytes);
    take(socket, bytes);
  }
}

function answer(socket: i32, question: usize, bytes: u32): void {
  // An answer to an answer would go back and forth for ever.
  if (bytes < DNS_HEADER_BYTES || dnsBits(question) & DnsBits.RESPONSE) {
    count(Counter.DnsServerInMalformed);
    return;
  }
  count(Counter.DnsServerInQueries);
  copyAddress(FROM, RESULT + Result.ADDRESS * 4);
  const port = load<u32>(RESULT + Result.PORT * 4);
  if (lendRoom(socket, 0, 0) < 0) {
    count(Counter.DnsServerNoRoom);
    return;
  }
  const p: usize = load<u32>(RESULT + Result.POINTER * 4);
  const end = write(p, question, bytes);
  if (commitTo(socket, <u32>(end - p), FROM, port) < 0) count(Counter.DnsServerNoRoom);
}

// Writes the answer: where it ends.
function write(p: usize, question: usize, bytes: u32): usize {
  memory.copy(p, question, DNS_HEADER_BYTES);
  store<u64>(p, 0, 4);
  const kept = dnsBits(question) & (DnsBits.OPCODE | DnsBits.RECURSION_DESIRED);
  const head: u32 = DnsBits.RESPONSE | DnsBits.AUTHORITATIVE | kept;
  if (!records.start(question, bytes, NAME)) {
    count(Counter.DnsServerInMalformed);
    return refuse(p, head, DnsCode.FORMAT_ERROR);
  }
  if (dnsBits(question) & DnsBits.OPCODE) return refuse(p, head, DnsCode.NOT_IMPLEMENTED);
  // The question goes back letter for letter.
  memory.copy(p + DNS_HEADER_BYTES, question + DNS_HEADER_BYTES, records.at - DNS_HEADER_BYTES);
  setBe16(p, 1, 4);
  const type = records.type;
  const hasEdns = be16(question, 10) == 1;
  let at = p + records.at;
  if (records.recordClass != CLASS_IN) {
    setBe16(p, head | DnsCode.REFUSED, 2);
    return hasEdns ? writeEdns(p, at, EDNS_BYTES) : at;
  }
  const before = at;
  const isKnown = type == RecordType.PTR ? isKnownAddress(NAME) : isKnownName(NAME);
  if (isKnown) at = writeRecords(p, at, type);
  const code: u32 = isKnown || at != before ? DnsCode.NO_ERROR : DnsCode.NAME_ERROR;
  setBe16(p, head | code, 2);
  return hasEdns ? writeEdns(p, at, EDNS_BYTES) : at;
}

function refuse(p: usize, head: u32, code: DnsCode): usize {
  setBe16(p, head | <u32>code, 2);
  return p + DNS_HEADER_BYTES;
}

function isKnownName(name: usize): bool {
  return findHost(name) !== null || (DHCP_POOL && addressOfGuest(name) != 0);
}

function isKnownAddress(name: usize): bool {
  return readReverse(name) && findHostWith(ADDRESS) !== null;
}

function writeRecords(p: usize, at: usize, type: u32): usize {
  if (type == RecordType.PTR) {
    const name = findHostWith(ADDRESS)!.name;
    const bytes = nameBytes(name);
    const data = writeAnswerHead(p, at, RecordType.PTR, TTL, bytes);
    memory.copy(data, name, bytes);
    return data + bytes;
  }
  if (type == RecordType.A || type == RecordType.ANY) at = writeAddresses(p, at, RecordType.A);
  if (type == RecordType.AAAA || type == RecordType.ANY) at = writeAddresses(p, at, RecordType.AAAA);
  return at;
}

function writeAddresses(p: usize, at: usize, type: u32): usize {
  const known: Known | null = findKnown(NAME, type);
  if (known && known.outcome == Lookup.FOUND) {
    for (let i: u32 = 0; i < known.count; i++) at = writeAddress(p, at, known.addresses + i * 16);
    return at;
  }
  const guest = DHCP_POOL && type == RecordType.A ? addressOfGuest(NAME) : 0;
  if (!guest) return at;
  setV4(ADDRESS, guest);
  return writeAddress(p, at, ADDRESS);
}

function writeAddress(p: usize, at: usize, address: usize): usize {
  if (isV4(address)) {
    const data = writeAnswerHead(p, at, RecordType.A, TTL, 4);
    store<u32>(data, v4Of(address));
    return data + 4;
  }
  const data = writeAnswerHead(p, at, RecordType.AAAA, TTL, 16);
  copyAddress(data, address);
  return data + 16;
}

// The address that a name below in-addr.arpa stands for (RFC 1035 §3.5), to ADDRESS. False: it is none.
function readReverse(name: usize): bool {
  if (labelsOf(name) != 6) return false;
  let address: u32 = 0;
  for (let i = 0; i < 4; i++) {
    const bytes: u32 = load<u8>(name);
    if (bytes > 3) return false;
    let value: u32 = 0;
    for (let j: u32 = 1; j <= bytes; j++) {
      const digit = <u32>load<u8>(name + j) - 0x30;
      if (digit > 9) return false;
      value = value * 10 + digit;
    }
    if (value > 255) return false;
    address = (address << 8) | value;
    name += 1 + bytes;
  }
  setV4(ADDRESS, address);
  return load<u8>(name) == 7 && load<u8>(name, 8) == 4;
}
