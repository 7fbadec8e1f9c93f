// The DHCPv4 client (RFC 2131 §4.4, figure 5): one lease for each adapter that was told to ask for one, from its first
// question to its end. What messages say is in the files beside this one; here is what follows from them, and from time.

import { CLAIMS } from "profile";
import { AddressOrigin, AddressState, Autoconfig } from "../abi/addresses";
import { Application, Owner } from "../abi/applications";
import { Counter } from "../abi/counters";
import { LeaseState } from "../abi/names";
import { Event, Result, SocketKind, SocketOption } from "../abi/sockets";
import { clearAddress, setV4 } from "../base/address";
import { NEVER, now } from "../base/clock";
import { SECOND } from "../base/config";
import { count } from "../base/counters";
import { FOREVER } from "../base/lifetimes";
import { NAMES_AREA, RESULT } from "../base/memory";
import { random32 } from "../base/random";
import { adapterAt } from "../device/adapter";
import { fillAddressEntry, findAddressEntry, OwnAddress, takeAddressEntry } from "../ethernet/addresses";
import { autoconfigure, endLinkLocalV4, endSoon, prolongLease, useAtOnce } from "../ip/autoconfig";
import { claim } from "../ip/claim";
import { getSocketOption } from "../socket/options";
import { bindSocket, closeSocket, createSocket } from "../socket/socket";
import { peek, take } from "../socket/transfer";
import { EndpointFlag, endpointOf } from "../transport/endpoint";
import { awaitLease, LEASES, Lease, LeaseWish, leaseAt } from "./dhcp-lease";
import {
  addressOption,
  CLIENT_PORT,
  isAbout,
  isSoundMessage,
  MessageType,
  numberOption,
  Op,
  Option,
  typeOf,
  XID,
  YIADDR,
} from "./dhcp-message";
import { dropOptions, maskOf, takeOptions } from "./dhcp-options";
import { sendDecline, sendDiscover, sendRequest } from "./dhcp-request";

/** The first pause between two tries, which doubles from try to try up to the longest (RFC 2131 §4.1). */
const FIRST_PAUSE: u32 = 4 * SECOND;
const LONGEST_PAUSE: u32 = 64 * SECOND;
/** Requests for an address that was offered, or that was ours, before that is given up. */
const REQUESTS: u8 = 4;
/** Questions that nobody answers before there is an address for the link alone. */
const PATIENCE: u8 = 3;
/** In place of tries: the lease was wished for, and the poll that follows knows what time it is. */
const FRESH: u8 = u8.MAX_VALUE;
/** The shortest pause between two tries to prolong a lease (§4.4.5). */
const LEAST_RENEWAL: u32 = 60 * SECOND;
/** The pause after an address turned out to be somebody else's (§3.1 (5)), and after there was no room for one. */
const PAUSE_AFTER_CONFLICT: u32 = 10 * SECOND;

const V4_PREFIX: u32 = 96;

/** Asks for a lease for an adapter from now on; bits of `LeaseWish`. ENFILE or EADDRINUSE when there is no socket for it. */
export function leaseFor(adapter: u32, wishes: u32): i32 {
  const lease = leaseAt(adapter);
  lease.wishes = <u8>wishes;
  if (lease.state != LeaseState.OFF) return 0;
  const socket = createSocket(SocketKind.DATAGRAM, Owner.FIRST_APPLICATION | Application.DHCP_CLIENT);
  if (socket < 0) return socket;
  const endpoint = endpointOf(socket)!;
  endpoint.adapter = <u8>adapter;
  endpoint.set(EndpointFlag.BROADCAST);
  const any = NAMES_AREA;
  clearAddress(any);
  const unbound = bindSocket(socket, any, CLIENT_PORT);
  if (unbound) {
    closeSocket(socket);
    return unbound;
  }
  lease.socket = socket;
  lease.state = LeaseState.INIT;
  lease.tries = FRESH;
  awaitLease(lease, now());
  return 0;
}

/** The link of an adapter is back: another network may be there, or the same one (§3.2). */
export function followLinkInLease(adapter: u32): void {
  const lease = leaseAt(adapter);
  if (lease.state == LeaseState.OFF) return;
  if (lease.state < LeaseState.BOUND) {
    beginAnew(lease, 0);
    return;
  }
  lease.state = LeaseState.REBOOTING;
  beginExchange(lease);
  ask(lease);
}

/** An address that was lent turned out to be somebody else's: its server is told, and asked for another. */
export function leaseConflict(entry: OwnAddress): void {
  const lease = leaseAt(entry.adapter);
  if (lease.state < LeaseState.BOUND) return;
  beginExchange(lease);
  sendDecline(lease);
  lose(lease);
  lease.address = 0; // not to be asked for again
  beginAnew(lease, PAUSE_AFTER_CONFLICT);
}

/** News of a socket: messages, or that one did not arrive. */
export function serve(socket: i32, news: u32): void {
  const endpoint = endpointOf(socket);
  if (!endpoint) return;
  const lease = leaseAt(endpoint.adapter);
  // Nobody answers to the server's address, or there is no way to it: the next try comes in its time, and later ones go
  // to everybody.
  if (news & Event.ERROR) getSocketOption(socket, SocketOption.ERROR);
  for (let bytes = peek(socket); bytes >= 0; bytes = peek(socket)) {
    receive(lease, load<u32>(RESULT + Result.POINTER * 4), bytes);
    take(socket, bytes);
  }
}

/** The time of a lease has come. */
export function timer(): void {
  for (let i: u32 = 0; i < LEASES; i++) {
    const lease = leaseAt(i);
    if (lease.nextAt <= now()) act(lease);
  }
}

// ---- time ----------------------------------------------------------------------------------------------------------

function act(lease: Lease): void {
  switch (lease.state) {
    case LeaseState.INIT:
      if (lease.tries == FRESH) {
        beginAnew(lease, 0);
        break;
      }
      lease.state = LeaseState.SELECTING;
      beginExchange(lease);
      ask(lease);
      break;
    case LeaseState.SELECTING:
      if (lease.tries >= PATIENCE) fallBack(lease);
      ask(lease);
      break;
    case LeaseState.REQUESTING:
      if (lease.tries < REQUESTS) ask(lease);
      else beginAnew(lease, 0);
      break;
    case LeaseState.REBOOTING:
      if (lease.tries < REQUESTS) ask(lease);
      else keep(lease); // nobody says that it is not good here (§3.2 (5))
      break;
    default:
      followLease(lease);
  }
}

// Bound, renewing or rebinding: which of them follows from the time.
function followLease(lease: Lease): void {
  if (lease.endsAt <= now()) {
    lose(lease);
    beginAnew(lease, 0);
    return;
  }
  const state = lease.rebindAt <= now() ? LeaseState.REBINDING : LeaseState.RENEWING;
  if (lease.renewAt > now()) {
    lease.state = LeaseState.BOUND;
    awaitLease(lease, lease.renewAt);
    return;
  }
  if (lease.state != state) beginExchange(lease);
  lease.state = state;
  lease.askedAt = now();
  sendRequest(lease);
  // Half of what is left, but not too often (§4.4.5).
  const end = state == LeaseState.RENEWING ? lease.rebindAt : lease.endsAt;
  const pause = max<u64>((end - now()) / 2, LEAST_RENEWAL);
  awaitLease(lease, min<u64>(now() + pause, end));
}

// The link came back, nobody answers: the lease goes on as it was.
function keep(lease: Lease): void {
  lease.state = LeaseState.BOUND;
  followLease(lease);
}

function beginAnew(lease: Lease, pause: u32): void {
  lease.state = LeaseState.INIT;
  lease.tries = 0;
  // Within a second of the poll that follows, so that many do not ask at once (§4.4.1 has one second to ten).
  awaitLease(lease, now() + pause + (random32() % SECOND));
}

function beginExchange(lease: Lease): void {
  lease.xid = random32();
  lease.startedAt = now();
  lease.tries = 0;
}

// Sends what the state is about, and waits: 4 seconds, 8, 16 … up to 64, each one more or less (§4.1).
function ask(lease: Lease): void {
  if (lease.state == LeaseState.SELECTING) {
    sendDiscover(lease);
  } else {
    lease.askedAt = now();
    sendRequest(lease);
  }
  const pause = min<u32>(FIRST_PAUSE << min<u32>(lease.tries, 8), LONGEST_PAUSE);
  if (lease.tries < FRESH - 1) lease.tries++;
  awaitLease(lease, now() + pause - SECOND + (random32() % (2 * SECOND)));
}

// No server answers. RFC 3927 §1.9 lets a machine have an address for its link until one does.
function fallBack(lease: Lease): void {
  if (!CLAIMS || lease.hasFallenBack || !lease.wants(LeaseWish.LINK_LOCAL)) return;
  if (autoconfigure(lease.index, Autoconfig.IPV4_LINK_LOCAL)) lease.hasFallenBack = 1;
  else count(Counter.DhcpNoRoom);
}

// ---- messages ------------------------------------------------------------------------------------------------------

function receive(lease: Lease, p: usize, bytes: u32): void {
  const adapter = adapterAt(lease.index);
  if (!isSoundMessage(p, bytes, Op.REPLY)) {
    count(Counter.DhcpInMalformed);
    return;
  }
  if (load<u32>(p, XID) != lease.xid || !isAbout(p, adapter.macLow, adapter.macHigh)) {
    count(Counter.DhcpInForeign);
    return;
  }
  switch (typeOf(p, bytes, NAMES_AREA)) {
    case MessageType.OFFER:
      takeOffer(lease, p, bytes);
      break;
    case MessageType.ACK:
      takeAck(lease, p, bytes);
      break;
    case MessageType.NAK:
      takeNak(lease, p, bytes);
      break;
    default:
      count(Counter.DhcpInUnexpected);
  }
}

// The first offer that can be used is taken.
function takeOffer(lease: Lease, p: usize, bytes: u32): void {
  if (lease.state != LeaseState.SELECTING) {
    count(Counter.DhcpInUnexpected);
    return;
  }
  const server = addressOption(p, bytes, Option.SERVER, NAMES_AREA);
  if (!server || !isLendable(load<u32>(p, YIADDR))) {
    count(Counter.DhcpInUnusable);
    return;
  }
  count(Counter.DhcpInOffers);
  lease.address = load<u32>(p, YIADDR);
  lease.server = server;
  lease.state = LeaseState.REQUESTING;
  lease.tries = 0;
  ask(lease);
}

function isLendable(address: u32): bool {
  const first = address & 0xff;
  return first != 0 && first != 127 && first < 224;
}

/** States in which a request is on its way. */
function awaitsAnswer(lease: Lease): bool {
  return lease.state >= LeaseState.REQUESTING && lease.state != LeaseState.BOUND;
}

// True of a message from a server other than the one that was asked; where any was, of none.
function isFromAnother(lease: Lease, p: usize, bytes: u32): bool {
  if (lease.state == LeaseState.REBINDING || lease.state == LeaseState.REBOOTING) return false;
  const server = addressOption(p, bytes, Option.SERVER, NAMES_AREA);
  return server != 0 && server != lease.server;
}

function takeAck(lease: Lease, p: usize, bytes: u32): void {
  if (!awaitsAnswer(lease) || isFromAnother(lease, p, bytes)) {
    count(Counter.DhcpInUnexpected);
    return;
  }
  const address = load<u32>(p, YIADDR);
  const seconds = numberOption(p, bytes, Option.LEASE_SECONDS, NAMES_AREA, 0);
  // A server that lends another address than it was asked for is none to be followed.
  if (!seconds || address != lease.address) {
    count(Counter.DhcpInUnusable);
    return;
  }
  count(Counter.DhcpInAcks);
  const server = addressOption(p, bytes, Option.SERVER, NAMES_AREA);
  if (server) lease.server = server;
  setTimes(lease, p, bytes, seconds);
  lease.prefixLength = <u8>maskOf(p, bytes, address);
  if (!useAddress(lease)) {
    count(Counter.DhcpNoRoom);
    beginAnew(lease, PAUSE_AFTER_CONFLICT);
    return;
  }
  takeOptions(lease, p, bytes, endSecond(lease));
  lease.state = LeaseState.BOUND;
  lease.tries = 0;
  awaitLease(lease, lease.renewAt);
}

// The lease counts from when it was asked for (§4.4.1). A server may say when it is to be prolonged; else that is after a
// half of it, and of anybody after seven eighths, both a little varied (§4.4.5).
function setTimes(lease: Lease, p: usize, bytes: u32, seconds: u32): void {
  if (seconds == FOREVER) {
    lease.renewAt = NEVER;
    lease.rebindAt = NEVER;
    lease.endsAt = NEVER;
    return;
  }
  const whole: u64 = <u64>seconds * SECOND;
  const jitter: u64 = random32() % (whole / 32 + 1);
  const t1 = timeOption(p, bytes, Option.RENEWAL_SECONDS, whole / 2 - jitter);
  const t2 = timeOption(p, bytes, Option.REBINDING_SECONDS, (whole / 8) * 7 - jitter);
  const isOrdered = t1 < t2 && t2 < whole;
  lease.renewAt = lease.askedAt + (isOrdered ? t1 : whole / 2);
  lease.rebindAt = lease.askedAt + (isOrdered ? t2 : (whole / 8) * 7);
  lease.endsAt = lease.askedAt + whole;
}

function timeOption(p: usize, bytes: u32, option: Option, otherwise: u64): u64 {
  const seconds = numberOption(p, bytes, option, NAMES_AREA, 0);
  return seconds ? <u64>seconds * SECOND : otherwise;
}

function endSecond(lease: Lease): u32 {
  return lease.endsAt == NEVER ? FOREVER : <u32>min<u64>(lease.endsAt / SECOND, FOREVER - 1);
}

function takeNak(lease: Lease, p: usize, bytes: u32): void {
  if (!awaitsAnswer(lease) || isFromAnother(lease, p, bytes)) {
    count(Counter.DhcpInUnexpected);
    return;
  }
  count(Counter.DhcpInNaks);
  lose(lease);
  lease.address = 0;
  beginAnew(lease, 0);
}

// ---- the address ---------------------------------------------------------------------------------------------------

function entryOf(lease: Lease): OwnAddress | null {
  if (!lease.address) return null;
  setV4(NAMES_AREA, lease.address);
  const entry = findAddressEntry(lease.index, NAMES_AREA);
  return entry && entry.origin == AddressOrigin.LEASE ? entry : null;
}

// Gives the adapter its address, or more time with the one that it has. False when there is no room in the table.
function useAddress(lease: Lease): bool {
  const known = entryOf(lease);
  const end = endSecond(lease);
  if (known && known.state != AddressState.DUPLICATE) {
    known.prefixLength = <u8>(V4_PREFIX + lease.prefixLength);
    prolongLease(known, end);
    return true;
  }
  const address = NAMES_AREA;
  setV4(address, lease.address);
  if (CLAIMS && lease.hasFallenBack) {
    endLinkLocalV4(lease.index);
    lease.hasFallenBack = 0;
  }
  const entry = takeAddressEntry(lease.index, address);
  if (!entry) return false;
  // People have given the adapter this very address: it stays theirs.
  if (entry.state != AddressState.FREE && entry.origin == AddressOrigin.MANUAL) return true;
  fillAddressEntry(entry, lease.index, address, V4_PREFIX + lease.prefixLength, AddressOrigin.LEASE);
  entry.validUntil = end;
  if (CLAIMS && !lease.wants(LeaseWish.UNCHECKED)) claim(entry);
  else useAtOnce(entry);
  return true;
}

// The lease is over: so is what came with it, and what uses the address.
function lose(lease: Lease): void {
  const entry = entryOf(lease);
  if (entry) endSoon(entry);
  dropOptions(lease);
}
