// A small DHCP server (RFC 2131 §4.3) for one link: it lends addresses of a range, each to whoever had it before where that
// can be, and tells of the network, the router, the name server and the domain. Relays it does not serve.

import { DHCP_POOL } from "profile";
import { Application, Owner } from "../abi/applications";
import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { PoolWord } from "../abi/names";
import { Event, Result, SocketKind, SocketOption } from "../abi/sockets";
import { clearAddress, setV4, v4Of } from "../base/address";
import { setBe16 } from "../base/bytes";
import { count } from "../base/counters";
import { NAMES_AREA, RESULT, SEARCH_DOMAIN } from "../base/memory";
import { SECRET } from "../base/random";
import { sipHash } from "../base/siphash";
import { isLink } from "../device/adapter";
import { sourceFor } from "../ethernet/addresses";
import { getSocketOption } from "../socket/options";
import { bindSocket, closeSocket, createSocket } from "../socket/socket";
import { commitTo, lendRoom, peek, take } from "../socket/transfer";
import { EndpointFlag, endpointOf } from "../transport/endpoint";
import {
  ABSENT,
  addressOption,
  BROADCAST_FLAG,
  beginMessage,
  CHADDR,
  CIADDR,
  CLIENT_PORT,
  endMessage,
  FLAGS,
  GIADDR,
  isSoundMessage,
  MessageType,
  Op,
  Option,
  putAddress,
  putByte,
  putBytes,
  putNumber,
  readOption,
  SERVER_PORT,
  typeOf,
  XID,
  YIADDR,
} from "./dhcp-message";
import {
  addressPool,
  findGuest,
  Guest,
  GuestState,
  isFree,
  leaveAlone,
  lend,
  nameGuest,
  startPool,
  takeGuest,
} from "./dhcp-pool";
import { textOfName } from "./dns-name";

const EVERYBODY: u32 = 0xffffffff;
/** The shortest lease that makes sense, in seconds. */
const LEAST_SECONDS: u32 = 60;
/** Room for an address, behind the area in which options are gathered. */
const ADDRESS: usize = NAMES_AREA + 256;

export function startDhcpServer(): void {
  startPool();
}

/**
 * Begins to lend addresses, as the words at `plan` say (abi/names.ts, PoolWord), or with an empty range ends. 0, or EINVAL
 * for a plan that makes no sense, EADDRINUSE, ENFILE.
 */
export function serveLeases(plan: usize): i32 {
  if (addressPool.socket >= 0) closeSocket(addressPool.socket);
  startPool();
  const first = word(plan, PoolWord.FIRST);
  const last = word(plan, PoolWord.LAST);
  if (!first && !last) return 0;
  const adapter = word(plan, PoolWord.ADAPTER);
  const prefixLength = word(plan, PoolWord.PREFIX_LENGTH);
  const seconds = word(plan, PoolWord.LEASE_SECONDS);
  if (!isLink(adapter) || prefixLength < 1 || prefixLength > 30 || seconds < LEAST_SECONDS) return -Errno.EINVAL;
  if (last < first || (first ^ last) >> (32 - prefixLength)) return -Errno.EINVAL;
  addressPool.adapter = adapter;
  addressPool.first = first;
  addressPool.last = last;
  addressPool.prefixLength = prefixLength;
  addressPool.leaseSeconds = seconds;
  addressPool.router = bswap<u32>(word(plan, PoolWord.ROUTER));
  addressPool.nameServer = bswap<u32>(word(plan, PoolWord.NAME_SERVER));
  return open(adapter);
}

function word(plan: usize, word: PoolWord): u32 {
  return load<u32>(plan + <usize>word * 4);
}

function open(adapter: u32): i32 {
  const socket = createSocket(SocketKind.DATAGRAM, Owner.FIRST_APPLICATION | Application.DHCP_SERVER);
  if (socket < 0) return socket;
  const endpoint = endpointOf(socket)!;
  endpoint.adapter = <u8>adapter;
  endpoint.set(EndpointFlag.BROADCAST);
  clearAddress(ADDRESS);
  const unbound = bindSocket(socket, ADDRESS, SERVER_PORT);
  if (unbound) {
    closeSocket(socket);
    return unbound;
  }
  addressPool.socket = socket;
  return 0;
}

/** News of the socket: messages of clients. */
export function serve(socket: i32, news: u32): void {
  if (news & Event.ERROR) getSocketOption(socket, SocketOption.ERROR); // some client is gone
  for (let bytes = peek(socket); bytes >= 0; bytes = peek(socket)) {
    receive(load<u32>(RESULT + Result.POINTER * 4), bytes);
    take(socket, bytes);
  }
}

function receive(p: usize, bytes: u32): void {
  if (!isSoundMessage(p, bytes, Op.REQUEST)) {
    count(Counter.DhcpServerInMalformed);
    return;
  }
  if (load<u32>(p, GIADDR)) {
    count(Counter.DhcpServerInRelayed);
    return;
  }
  count(Counter.DhcpServerInMessages);
  switch (typeOf(p, bytes, NAMES_AREA)) {
    case MessageType.DISCOVER:
      offer(p, bytes);
      break;
    case MessageType.REQUEST:
      takeRequest(p, bytes);
      break;
    case MessageType.DECLINE:
      takeDecline(p, bytes);
      break;
    case MessageType.RELEASE:
      takeRelease(p, bytes);
      break;
    case MessageType.INFORM:
      reply(MessageType.ACK, p, null, load<u32>(p, CIADDR));
      break;
    default:
      count(Counter.DhcpServerInMalformed);
  }
}

// What a client is known by: what it calls itself, else its Ethernet address (§4.2).
function keyOf(p: usize, bytes: u32): u64 {
  const input = NAMES_AREA;
  memory.fill(input, 0, 64);
  const length = readOption(p, bytes, Option.CLIENT, input, 64);
  if (length == ABSENT) {
    store<u32>(input, load<u32>(p, CHADDR));
    store<u16>(input, load<u16>(p, CHADDR + 4), 4);
  }
  return sipHash(SECRET, input, 8);
}

function offer(p: usize, bytes: u32): void {
  const wanted = addressOption(p, bytes, Option.REQUESTED_ADDRESS, NAMES_AREA);
  const guest = takeGuest(keyOf(p, bytes), wanted);
  if (!guest) {
    count(Counter.DhcpServerNoAddress);
    return;
  }
  count(Counter.DhcpServerOffers);
  reply(MessageType.OFFER, p, guest, 0);
}

// Table 4 of §4.3.6 tells apart what a request is about.
function takeRequest(p: usize, bytes: u32): void {
  const chosen = addressOption(p, bytes, Option.SERVER, NAMES_AREA);
  const ciaddr = load<u32>(p, CIADDR);
  const wanted = ciaddr ? ciaddr : addressOption(p, bytes, Option.REQUESTED_ADDRESS, NAMES_AREA);
  const key = keyOf(p, bytes);
  let guest = findGuest(key);
  if (chosen && chosen != ourAddress()) {
    // It takes another server's offer.
    if (guest && guest.state == GuestState.OFFERED) guest.state = GuestState.FREE;
    return;
  }
  // This server alone lends here: what is free may also be had by who had it before the server was started.
  if (!guest && isFree(wanted)) guest = takeGuest(key, wanted);
  if (!guest || guest.address != wanted) {
    count(Counter.DhcpServerNaks);
    reply(MessageType.NAK, p, null, 0);
    return;
  }
  lend(guest);
  const length = readOption(p, bytes, Option.HOST_NAME, NAMES_AREA, 64);
  if (length > 0 && length <= 64) nameGuest(guest, NAMES_AREA, length);
  count(Counter.DhcpServerAcks);
  reply(MessageType.ACK, p, guest, ciaddr);
}

function takeDecline(p: usize, bytes: u32): void {
  const guest = findGuest(keyOf(p, bytes));
  const address = addressOption(p, bytes, Option.REQUESTED_ADDRESS, NAMES_AREA);
  if (!guest || guest.address != address) return;
  count(Counter.DhcpServerDeclines);
  leaveAlone(guest);
}

function takeRelease(p: usize, bytes: u32): void {
  const guest = findGuest(keyOf(p, bytes));
  if (guest && guest.address == load<u32>(p, CIADDR)) guest.endsAt = 0; // kept for it, and free for others
}

/** The address with which the server speaks, in memory order; 0: it has none. */
function ourAddress(): u32 {
  setV4(ADDRESS, bswap<u32>(addressPool.first));
  const own = sourceFor(addressPool.adapter, ADDRESS);
  return own ? v4Of(own.address) : 0;
}

// Answers the message at `question`; to the client's address when it has one, else to everybody (§4.1).
function reply(type: MessageType, question: usize, guest: Guest | null, ciaddr: u32): void {
  const ours = ourAddress();
  if (!ours || lendRoom(addressPool.socket, 0, 0) < 0) {
    count(Counter.DhcpServerNoRoom);
    return;
  }
  const p: usize = load<u32>(RESULT + Result.POINTER * 4);
  let at = beginMessage(
    p,
    Op.REPLY,
    load<u32>(question, XID),
    load<u32>(question, CHADDR),
    load<u16>(question, CHADDR + 4),
  );
  store<u32>(p, ciaddr, CIADDR);
  if (!ciaddr) setBe16(p, BROADCAST_FLAG, FLAGS);
  at = putAddress(putByte(at, Option.TYPE, type), Option.SERVER, ours);
  if (guest) {
    store<u32>(p, guest.address, YIADDR);
    at = putNumber(at, Option.LEASE_SECONDS, addressPool.leaseSeconds);
  }
  if (type != MessageType.NAK) at = putNetwork(at);
  setV4(ADDRESS, ciaddr ? ciaddr : EVERYBODY);
  if (commitTo(addressPool.socket, endMessage(p, at), ADDRESS, CLIENT_PORT) < 0) count(Counter.DhcpServerNoRoom);
}

function putNetwork(at: usize): usize {
  const mask: u32 = 0xffffffff << (32 - addressPool.prefixLength);
  at = putNumber(at, Option.MASK, mask);
  if (addressPool.router) at = putAddress(at, Option.ROUTERS, addressPool.router);
  if (addressPool.nameServer) at = putAddress(at, Option.NAME_SERVERS, addressPool.nameServer);
  if (!load<u8>(SEARCH_DOMAIN)) return at;
  return putBytes(at, Option.DOMAIN, NAMES_AREA, textOfName(SEARCH_DOMAIN, NAMES_AREA));
}

if (DHCP_POOL > 65535) ERROR("DHCP_POOL above 65535.");
