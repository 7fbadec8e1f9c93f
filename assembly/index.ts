// What a host may call. Errors come back as the negative of an `Errno`; addresses are passed by where they lie in
// linear memory, 16 bytes in network order, IPv4 as ::ffff:a.b.c.d. Calls queue, only `poll` sends.

import { DHCP_CLIENT, DHCP_POOL, DNS_SERVER, GROUPS, LOOKUPS, NAME_CACHE, NAME_SERVERS } from "profile";
import { Errno } from "./abi/errno";
import { Result } from "./abi/sockets";
import { callApplication, takeHostEvent } from "./application/dispatch";
import { APPLICATIONS, NAMES } from "./base/config";
import { takeNews } from "./base/events";
import { RESULT } from "./base/memory";
import { adapterAt, hasLink, isAdapter } from "./device/adapter";
import { addNameServer as learnServer } from "./ip/name-servers";
import { nameHost, setOwnName, statusOfLookup } from "./names/calls";
import { serveLeases as openDhcpServer } from "./names/dhcp-server";
import { serveNames as openNameServer } from "./names/dns-server";
import { endLookup as releaseLookup, startLookup } from "./names/resolver";
import { orderOf } from "./socket/destinations";
import { joinFor, leaveFor } from "./socket/membership";
import { getSocketOption, setSocketOption } from "./socket/options";
import { isReadable } from "./socket/pointers";
import {
  abortSocket,
  acceptFrom,
  bindSocket,
  closeSocket,
  connectSocket,
  createSocket,
  listenOn,
  shutdownSocket,
} from "./socket/socket";
import { describeSocket } from "./socket/status";
import {
  commit,
  commitTo,
  lendRoom,
  localNameOf,
  peek,
  peerNameOf,
  readInto,
  take,
  writeFrom,
} from "./socket/transfer";
import { addVirtualLan, setLinkMtu, setRouting, withdrawAddress, withdrawRoute } from "./stack/changes";
import { describeRegion } from "./stack/memory-map";
import { turn } from "./stack/poll";
import {
  configureAdapter,
  configureAddress,
  configureIdentity,
  configureRoute,
  plugAdapter,
  startStack,
} from "./stack/start";
import {
  describeAdapter,
  describeAddress,
  describeGroup,
  describeLease,
  describeNameServer,
  describeNeighbor,
  describeRoute,
} from "./stack/tables";
import { descriptorAt, isInside } from "./transport/endpoint";

export {
  ADAPTERS,
  ADDRESSES,
  CLAIMS,
  CONTROL_PACKETS,
  CUBIC,
  DATAGRAM_QUEUE,
  DATAGRAM_SOCKETS,
  DHCP_CLIENT,
  DHCP_POOL,
  DNS_SERVER,
  FETCH_LINE_BYTES,
  FETCHES,
  FORWARDING,
  GROUPS,
  IPV6,
  LINEAR_BYTES,
  LOOKUP_ANSWER_BYTES,
  LOOKUPS,
  LOOPBACK,
  MAC,
  MEMBERSHIPS,
  MIN_RTO_MILLISECONDS,
  MTU,
  NAME_CACHE,
  NAME_SERVERS,
  NEIGHBOR_QUEUE,
  NEIGHBORS,
  OWN_APPLICATION,
  PACKETS,
  PATH_MTUS,
  RAW_SOCKETS,
  REASSEMBLIES,
  REASSEMBLY_PACKETS,
  ROUTES,
  RX_PACKETS_PER_TCB,
  RX_RING,
  SHRINK,
  SYN_QUEUE,
  TCBS,
  TIME_WAIT_SECONDS,
  TIME_WAITS,
  TX_PACKETS_PER_TCB,
  TX_RING,
  USER_TIMEOUT_OPTION,
  VLANS,
  WEB_CONNECTIONS,
  WEB_LINE_BYTES,
  WORD_BITS,
} from "profile";
export { BUFFER_BYTES, HEADROOM, MSS } from "./base/config";
export { COUNTERS, COUNTERS_USED, NAMES_AREA, RESULT, SCRATCH, STATUS } from "./base/memory";
// @ts-expect-error: the compiler defines these two
export { __data_end, __heap_base };

/** Power-on. `dmaBase` is what MACs add to linear addresses; the seeds are 128 bits of entropy. */
export function init(dmaBase: u32, seed0: u32, seed1: u32, seed2: u32, seed3: u32): void {
  startStack(dmaBase, seed0, seed1, seed2, seed3);
}

/** Starts the MAC whose registers begin at bus address `base`, with this station address (0: its own). Its index. */
export function addAdapter(base: u32, macHigh: u32, macLow: u32): i32 {
  return plugAdapter(base, macHigh, macLow);
}

/**
 * Gives an adapter an address and the network behind it. `prefixLength` as people write it. `claimed` 1: it is used only
 * once nobody else turns out to have it (RFC 5227, RFC 4862 §5.4); the words of `address` tell.
 */
export function addAddress(adapter: u32, address: usize, prefixLength: u32, claimed: u32): i32 {
  return configureAddress(adapter, address, prefixLength, claimed != 0);
}

/** Tells an adapter what to do by itself: bits of `Autoconfig`. */
export function configure(adapter: u32, bits: u32): i32 {
  return configureAdapter(adapter, bits);
}

/** Sets the 16 bytes that stable IPv6 addresses are made from (RFC 7217), before `configure`. */
export function setIdentity(key: usize): i32 {
  return configureIdentity(key);
}

/** Which of two addresses of one peer to try first (RFC 6724 §6): -1 the first, 1 the second, 0 either. */
export function compareAddresses(first: usize, second: usize): i32 {
  return orderOf(first, second);
}

/** What has changed in the machine since this was last asked: bits of `News`. */
export function news(): u32 {
  return takeNews();
}

/** Takes an address away: connections that have it end. */
export function removeAddress(adapter: u32, address: usize): i32 {
  return withdrawAddress(adapter, address);
}

/**
 * Adds a route; an unspecified gateway means that the destination itself is a neighbor. Of several routes for one prefix
 * that with the lowest metric is used, 0 to 65535.
 */
export function addRoute(prefix: usize, prefixLength: u32, gateway: usize, adapter: u32, metric: u32): i32 {
  return configureRoute(prefix, prefixLength, gateway, adapter, metric);
}

/** Removes the routes for a prefix through an adapter. */
export function removeRoute(prefix: usize, prefixLength: u32, adapter: u32): i32 {
  return withdrawRoute(prefix, prefixLength, adapter);
}

/** Opens the virtual LAN `id`, 1 to 4094, on the wire of an adapter, as an adapter of its own: its index. */
export function addVlan(adapter: u32, id: u32): i32 {
  return addVirtualLan(adapter, id);
}

/** Sets the largest IP packet that an adapter's link carries: 576 bytes to the profile's MTU. */
export function setMtu(adapter: u32, bytes: u32): i32 {
  return setLinkMtu(adapter, bytes);
}

/** 1: packets for others are passed on between the adapters; 0, as at power-on: they are dropped. */
export function setForwarding(on: u32): i32 {
  return setRouting(on != 0);
}

/** The machine's turn at this time, in microseconds. Microseconds until it wants the next; 0xffffffff: nothing planned. */
export function poll(nowLow: u32, nowHigh: u32): u32 {
  return turn(((<u64>nowHigh) << 32) | nowLow);
}

/**
 * Creates a socket of a `SocketKind` for `owner`, a number that means something to the host; EINVAL for one that belongs to
 * an application inside the module. Its descriptor.
 */
export function socket(kind: u32, owner: u32): i32 {
  return APPLICATIONS && isInside(owner) ? -Errno.EINVAL : createSocket(kind, owner);
}

export function bind(descriptor: i32, address: usize, port: u32): i32 {
  return bindSocket(descriptor, address, port);
}

export function connect(descriptor: i32, address: usize, port: u32): i32 {
  return connectSocket(descriptor, address, port);
}

export function listen(descriptor: i32, backlog: u32): i32 {
  return listenOn(descriptor, backlog);
}

export function accept(descriptor: i32): i32 {
  return acceptFrom(descriptor);
}

/**
 * Room to write into, in bytes, at RESULT[POINTER], good until the next call or poll. EAGAIN when there is none now.
 * Of a datagram that is larger than a packet, `bytes` says how large, and `piece` which of its pieces is meant, each to be
 * filled: 0 makes room for all, EINVAL is behind the last; also ENOBUFS, when the profile never has as much room, and
 * EMSGSIZE. For all else both are 0.
 */
export function sendRoom(descriptor: i32, bytes: u32, piece: u32): i32 {
  return lendRoom(descriptor, bytes, piece);
}

/** `bytes` bytes have been written into that room; of a datagram in pieces, all for which there was to be room. */
export function sendCommit(descriptor: i32, bytes: u32): i32 {
  return commit(descriptor, bytes);
}

/** The same, for a datagram to this address and port. */
export function sendTo(descriptor: i32, bytes: u32, address: usize, port: u32): i32 {
  return commitTo(descriptor, bytes, address, port);
}

/** Copies bytes of linear memory into the socket; how many it took. */
export function write(descriptor: i32, source: usize, bytes: u32): i32 {
  return writeFrom(descriptor, source, bytes);
}

/**
 * Bytes that can be read in one piece, at RESULT[POINTER], good until the next call or poll. A datagram goes on behind
 * them, after `recvConsume`, when RESULT[LENGTH] is more.
 */
export function recvPeek(descriptor: i32): i32 {
  return peek(descriptor);
}

/** Takes bytes that were peeked at away; of a datagram always the whole piece. */
export function recvConsume(descriptor: i32, bytes: u32): i32 {
  return take(descriptor, bytes);
}

/** Copies received bytes into linear memory; how many. */
export function read(descriptor: i32, target: usize, bytes: u32): i32 {
  return readInto(descriptor, target, bytes);
}

export function shutdown(descriptor: i32, how: u32): i32 {
  return shutdownSocket(descriptor, how);
}

export function close(descriptor: i32): i32 {
  return closeSocket(descriptor);
}

/** Closes at once: what is queued is lost, and a connection's peer gets a RST. */
export function abort(descriptor: i32): i32 {
  return abortSocket(descriptor);
}

/** Joins a group on an adapter (0xffffffff: any), with every source (unspecified) or with one more. */
export function joinGroup(descriptor: i32, group: usize, source: usize, adapter: u32): i32 {
  return GROUPS ? joinFor(descriptor, group, source, adapter) : -Errno.EOPNOTSUPP;
}

/** Leaves a group, or one source of it. A socket that is closed leaves by itself. */
export function leaveGroup(descriptor: i32, group: usize, source: usize, adapter: u32): i32 {
  return GROUPS ? leaveFor(descriptor, group, source, adapter) : -Errno.EOPNOTSUPP;
}

export function setOption(descriptor: i32, option: u32, value: u32): i32 {
  return setSocketOption(descriptor, option, value);
}

export function getOption(descriptor: i32, option: u32): i32 {
  return getSocketOption(descriptor, option);
}

/** The socket of the host whose news have waited longest, its mask of `Event` in RESULT[MASK]; -1 when nobody has any. */
export function event(): i32 {
  const news = takeHostEvent();
  if (news < 0) return -1;
  store<u32>(RESULT + Result.MASK * 4, news & 0xff);
  return descriptorAt(<u32>news >> 8);
}

/**
 * Asks something of an application inside the module (abi/applications.ts): one of its operations, with its arguments.
 * EOPNOTSUPP: this profile does not have it.
 */
export function call(application: u32, operation: u32, a: u32, b: u32, c: u32, d: u32): i32 {
  return callApplication(application, operation, a, b, c, d);
}

export function localName(descriptor: i32): i32 {
  return localNameOf(descriptor);
}

export function peerName(descriptor: i32): i32 {
  return peerNameOf(descriptor);
}

/** Fills STATUS with a row of the socket table: 1, 0 for an empty row, -1 behind the last. */
export function describe(row: u32): i32 {
  return describeSocket(row);
}

export function neighbor(row: u32): i32 {
  return describeNeighbor(row);
}

export function route(row: u32): i32 {
  return describeRoute(row);
}

export function address(row: u32): i32 {
  return describeAddress(row);
}

export function group(row: u32): i32 {
  return GROUPS ? describeGroup(row) : -1;
}

export function adapter(row: u32): i32 {
  return describeAdapter(row);
}

export function nameServer(row: u32): i32 {
  return describeNameServer(row);
}

/** What is known of an adapter's lease (abi/names.ts, LeaseWord). */
export function lease(row: u32): i32 {
  return DHCP_CLIENT ? describeLease(row) : -1;
}

/**
 * Begins to look a name up, `bytes` bytes of text, for records of a type (RFC 1035 §3.2.2): a handle. The next poll asks;
 * `News.LOOKUPS` tells of the end. EINVAL: it is no name; ENFILE: no look-up is free; EOPNOTSUPP: not in this profile.
 */
export function lookup(text: usize, bytes: u32, type: u32): i32 {
  if (!LOOKUPS) return -Errno.EOPNOTSUPP;
  return isReadable(text, bytes) ? startLookup(text, bytes, type, 0) : -Errno.EFAULT;
}

/** How a look-up stands (abi/names.ts, Lookup), with what it has found in RESULT (LookupWord); EBADF. */
export function lookupStatus(handle: i32): i32 {
  return LOOKUPS ? statusOfLookup(handle) : -Errno.EOPNOTSUPP;
}

/** Lets go of a look-up, ended or not. */
export function endLookup(handle: i32): i32 {
  return LOOKUPS ? releaseLookup(handle) : -Errno.EOPNOTSUPP;
}

/** Names a server to be asked for names; ENFILE when there is no room for it. */
export function addNameServer(address: usize): i32 {
  if (!NAME_SERVERS) return -Errno.EOPNOTSUPP;
  if (!isReadable(address, 16)) return -Errno.EFAULT;
  return learnServer(address) ? 0 : -Errno.ENFILE;
}

/** Gives the host with this name, `bytes` bytes of text, one more address that nobody is asked for; EINVAL, ENFILE. */
export function addHost(text: usize, bytes: u32, address: usize): i32 {
  if (!NAME_CACHE) return -Errno.EOPNOTSUPP;
  return isReadable(text, bytes) && isReadable(address, 16) ? nameHost(text, bytes, address) : -Errno.EFAULT;
}

/** The machine's own name server: 1 it answers at port 53 for the hosts that were added, 0 it does not. EADDRINUSE, ENFILE. */
export function serveNames(on: u32): i32 {
  return DNS_SERVER ? openNameServer(on != 0) : -Errno.EOPNOTSUPP;
}

/** The machine's own DHCP server: lends addresses as the words at `plan` say (abi/names.ts, PoolWord). EINVAL, ENFILE. */
export function serveLeases(plan: usize): i32 {
  if (!DHCP_POOL) return -Errno.EOPNOTSUPP;
  return isReadable(plan, 28) ? openDhcpServer(plan) : -Errno.EFAULT;
}

/** Sets the machine's own name, one label, or the domain in which it looks for names, as text; EINVAL. */
export function setName(which: u32, text: usize, bytes: u32): i32 {
  if (!NAMES) return -Errno.EOPNOTSUPP;
  return isReadable(text, bytes) ? setOwnName(which, text, bytes) : -Errno.EFAULT;
}

export function region(index: u32): i32 {
  return describeRegion(index);
}

/** 1 while the adapter's transceiver reports a link. */
export function linkUp(adapter: u32): i32 {
  return isAdapter(adapter) ? <i32>hasLink(adapterAt(adapter)) : -Errno.EINVAL;
}
