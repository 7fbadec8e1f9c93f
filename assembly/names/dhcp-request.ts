// What a DHCP client says (RFC 2131 §4.4, table 5): each kind of message in each state has its own fields.

import { MTU } from "profile";
import { Counter } from "../abi/counters";
import { Errno } from "../abi/errno";
import { LeaseState } from "../abi/names";
import { Result } from "../abi/sockets";
import { setV4 } from "../base/address";
import { setBe16 } from "../base/bytes";
import { now } from "../base/clock";
import { SECOND } from "../base/config";
import { count } from "../base/counters";
import { HOST_NAME, NAMES_AREA, RESULT } from "../base/memory";
import { Adapter, adapterAt } from "../device/adapter";
import { commitTo, lendRoom } from "../socket/transfer";
import { EndpointFlag, endpointOf } from "../transport/endpoint";
import { Lease } from "./dhcp-lease";
import {
  BROADCAST_FLAG,
  beginMessage,
  CIADDR,
  endMessage,
  FLAGS,
  MessageType,
  Op,
  Option,
  putAddress,
  putByte,
  putBytes,
  putClient,
  putShort,
  SECS,
  SERVER_PORT,
} from "./dhcp-message";

/** Everybody on the link. */
const EVERYBODY: u32 = 0xffffffff;
/** IP's and UDP's headers, which the length of a DHCP message does not count. */
const HEADER_BYTES: u32 = 28;
const LARGEST_MESSAGE: u32 = MTU - HEADER_BYTES;

/** Asks who has an address to lend. */
export function sendDiscover(lease: Lease): void {
  const at = begin(lease, MessageType.DISCOVER, 0);
  if (!at) return;
  const more = lease.address ? putAddress(at, Option.REQUESTED_ADDRESS, lease.address) : at;
  finish(lease, putWishes(more), EVERYBODY);
}

/**
 * Asks for the address: of the server whose offer is taken, of the one that lent it when it is to be prolonged, or of
 * anybody.
 */
export function sendRequest(lease: Lease): void {
  const isOurs = lease.state == LeaseState.RENEWING || lease.state == LeaseState.REBINDING;
  let at = begin(lease, MessageType.REQUEST, isOurs ? lease.address : 0);
  if (!at) return;
  if (!isOurs) at = putAddress(at, Option.REQUESTED_ADDRESS, lease.address);
  if (lease.state == LeaseState.REQUESTING) at = putAddress(at, Option.SERVER, lease.server);
  finish(lease, putWishes(at), lease.state == LeaseState.RENEWING ? lease.server : EVERYBODY);
}

/** Tells the server that somebody else has the address. */
export function sendDecline(lease: Lease): void {
  const at = begin(lease, MessageType.DECLINE, 0);
  if (!at) return;
  const more = putAddress(at, Option.REQUESTED_ADDRESS, lease.address);
  finish(lease, putAddress(more, Option.SERVER, lease.server), EVERYBODY);
}

// A message up to the options that are not in every one: where those go; 0: there is no room for it now, and the time for
// another try will come. `ours` is the address, once it is one that the machine answers to.
function begin(lease: Lease, type: MessageType, ours: u32): usize {
  if (lendRoom(lease.socket, 0, 0) < 0) {
    count(Counter.DhcpNoRoom);
    return 0;
  }
  const p: usize = load<u32>(RESULT + Result.POINTER * 4);
  const adapter = adapterAt(lease.index);
  const at = beginMessage(p, Op.REQUEST, lease.xid, adapter.macLow, adapter.macHigh);
  setBe16(p, <u32>min<u64>((now() - lease.startedAt) / SECOND, 0xffff), SECS);
  store<u32>(p, ours, CIADDR);
  // Until the address is ours we take broadcasts alone.
  if (!ours && type != MessageType.DECLINE) setBe16(p, BROADCAST_FLAG, FLAGS);
  speakAs(lease, ours != 0);
  return putIdentity(putByte(at, Option.TYPE, type), adapter);
}

function putIdentity(at: usize, adapter: Adapter): usize {
  return putClient(at, adapter.macLow, adapter.macHigh);
}

// Who has no address speaks from 0.0.0.0 (RFC 1122 §3.2.1.3 (a)).
function speakAs(lease: Lease, isOurs: bool): void {
  const endpoint = endpointOf(lease.socket)!;
  if (isOurs) endpoint.clear(EndpointFlag.NAMELESS);
  else endpoint.set(EndpointFlag.NAMELESS);
}

// Our name, what we would like to know, and how much a server may say.
function putWishes(at: usize): usize {
  const nameBytes: u32 = load<u8>(HOST_NAME);
  if (nameBytes) at = putBytes(at, Option.HOST_NAME, HOST_NAME + 1, nameBytes);
  at = putShort(at, Option.LARGEST_MESSAGE, LARGEST_MESSAGE);
  const list = NAMES_AREA;
  // Static routes come first: a server that has them must know that we take them before it says who the router is
  // (RFC 3442).
  store<u8>(list, <u8>Option.STATIC_ROUTES);
  store<u8>(list, <u8>Option.MASK, 1);
  store<u8>(list, <u8>Option.ROUTERS, 2);
  store<u8>(list, <u8>Option.NAME_SERVERS, 3);
  store<u8>(list, <u8>Option.DOMAIN, 4);
  store<u8>(list, <u8>Option.MTU, 5);
  store<u8>(list, <u8>Option.TIME_SERVERS, 6);
  store<u8>(list, <u8>Option.RENEWAL_SECONDS, 7);
  store<u8>(list, <u8>Option.REBINDING_SECONDS, 8);
  return putBytes(at, Option.PARAMETERS, list, 9);
}

function finish(lease: Lease, at: usize, to: u32): void {
  const p: usize = load<u32>(RESULT + Result.POINTER * 4);
  const address = NAMES_AREA;
  setV4(address, to);
  const answer = commitTo(lease.socket, endMessage(p, at), address, SERVER_PORT);
  // Without a link, or with a neighbor that is silent, the next try comes in its time.
  count(answer < 0 ? (answer == -Errno.ENOBUFS ? Counter.DhcpNoRoom : Counter.DhcpOutUnsent) : Counter.DhcpOutMessages);
}
