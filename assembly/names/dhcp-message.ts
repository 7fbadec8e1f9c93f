// DHCP messages as they lie on the wire (RFC 2131 §2): BOOTP's fixed fields, a cookie, and options (RFC 2132), which may
// go on in the two fields for names (option overload) and of which one may come in several pieces (RFC 3396).

import { be16, be32, setBe16, setBe32 } from "../base/bytes";

//   0                   1                   2                   3
//  ┌───────────────┬───────────────┬───────────────┬───────────────┐
//  │ op            │ htype         │ hlen          │ hops          │  0
//  ├───────────────┴───────────────┴───────────────┴───────────────┤
//  │ xid                                                           │  4
//  ├───────────────────────────────┬───────────────────────────────┤
//  │ secs                          │ flags                         │  8
//  ├───────────────────────────────┴───────────────────────────────┤
//  │ ciaddr, yiaddr, siaddr, giaddr                                │ 12
//  ├───────────────────────────────────────────────────────────────┤
//  │ chaddr (16), sname (64), file (128), cookie (4), options      │ 28
//  └───────────────────────────────────────────────────────────────┘
export const OP: usize = 0;
const HARDWARE_TYPE: usize = 1;
const HARDWARE_BYTES: usize = 2;
export const XID: usize = 4;
export const SECS: usize = 8;
export const FLAGS: usize = 10;
export const CIADDR: usize = 12;
export const YIADDR: usize = 16;
export const GIADDR: usize = 24;
export const CHADDR: usize = 28;
const SNAME: usize = 44;
const SNAME_BYTES: u32 = 64;
const FILE: usize = 108;
const FILE_BYTES: u32 = 128;
const COOKIE: usize = 236;
/** Where options begin. */
export const OPTIONS: u32 = 240;

/** What every BOOTP relay passes on: shorter messages are filled up (RFC 1542 §2.1). */
const LEAST_BYTES: u32 = 300;

const MAGIC: u32 = 0x63825363;
const ETHERNET: u32 = 1;
const ETHERNET_BYTES: u32 = 6;

export const SERVER_PORT: u32 = 67;
export const CLIENT_PORT: u32 = 68;

/** The client cannot take unicasts yet: what it gets shall be broadcast (RFC 2131 §4.1). */
export const BROADCAST_FLAG: u32 = 0x8000;

export const enum Op {
  REQUEST = 1,
  REPLY = 2,
}

/** Values of option 53 (RFC 2132 §9.6). */
export const enum MessageType {
  NONE = 0,
  DISCOVER = 1,
  OFFER = 2,
  REQUEST = 3,
  DECLINE = 4,
  ACK = 5,
  NAK = 6,
  RELEASE = 7,
  INFORM = 8,
}

/** Numbers of options (RFC 2132; RFC 3442 for the last). */
export const enum Option {
  PAD = 0,
  MASK = 1,
  ROUTERS = 3,
  NAME_SERVERS = 6,
  HOST_NAME = 12,
  DOMAIN = 15,
  MTU = 26,
  BROADCAST_ADDRESS = 28,
  TIME_SERVERS = 42,
  REQUESTED_ADDRESS = 50,
  LEASE_SECONDS = 51,
  OVERLOAD = 52,
  TYPE = 53,
  SERVER = 54,
  PARAMETERS = 55,
  LARGEST_MESSAGE = 57,
  RENEWAL_SECONDS = 58,
  REBINDING_SECONDS = 59,
  CLIENT = 61,
  STATIC_ROUTES = 121,
  END = 255,
}

/** No such option is there. */
export const ABSENT: i32 = -1;

/** True of a message of `op` about Ethernet whose options can be read to their end. */
export function isSoundMessage(p: usize, bytes: u32, op: Op): bool {
  if (bytes < OPTIONS || load<u8>(p, OP) != <u8>op || be32(p, COOKIE) != MAGIC) return false;
  if (load<u8>(p, HARDWARE_TYPE) != ETHERNET || load<u8>(p, HARDWARE_BYTES) != ETHERNET_BYTES) return false;
  if (!isSoundArea(p + OPTIONS, bytes - OPTIONS)) return false;
  const overload = overloadOf(p, bytes);
  if (overload & 1 && !isSoundArea(p + FILE, FILE_BYTES)) return false;
  return !(overload & 2) || isSoundArea(p + SNAME, SNAME_BYTES);
}

// True when every option lies within the area. An end option may be missing: some leave it out.
function isSoundArea(p: usize, bytes: u32): bool {
  let at: u32 = 0;
  while (at < bytes) {
    const code: u32 = load<u8>(p + at);
    if (code == Option.END) return true;
    if (code == Option.PAD) {
      at++;
      continue;
    }
    if (at + 1 >= bytes) return false;
    at += 2 + <u32>load<u8>(p + at, 1);
  }
  return at == bytes;
}

// Which of the fields for names hold options: 1 the file's, 2 the server's.
function overloadOf(p: usize, bytes: u32): u32 {
  const value = firstIn(p + OPTIONS, bytes - OPTIONS, Option.OVERLOAD);
  return value && load<u8>(value) == 1 ? <u32>load<u8>(value, 1) : 0;
}

// Where the length of the first such option of a sound area lies; 0: there is none.
function firstIn(p: usize, bytes: u32, wanted: Option): usize {
  let at: u32 = 0;
  while (at < bytes) {
    const code: u32 = load<u8>(p + at);
    if (code == Option.END) return 0;
    if (code == <u32>wanted) return p + at + 1;
    at += code == Option.PAD ? 1 : 2 + <u32>load<u8>(p + at, 1);
  }
  return 0;
}

/**
 * Copies an option of a sound message to `target`, its pieces joined in the order that RFC 3396 §5 gives: how many bytes
 * it has, of which at most `room` are copied; ABSENT when there is none.
 */
export function readOption(p: usize, bytes: u32, option: Option, target: usize, room: u32): i32 {
  const overload = overloadOf(p, bytes);
  let length = join(p + OPTIONS, bytes - OPTIONS, option, target, room, ABSENT);
  if (overload & 1) length = join(p + FILE, FILE_BYTES, option, target, room, length);
  if (overload & 2) length = join(p + SNAME, SNAME_BYTES, option, target, room, length);
  return length;
}

function join(p: usize, bytes: u32, option: Option, target: usize, room: u32, before: i32): i32 {
  let length = before;
  const end = p + bytes;
  for (let at = firstIn(p, bytes, option); at; at = firstIn(at, <u32>(end - at), option)) {
    const piece: u32 = load<u8>(at++);
    const copied: u32 = length < 0 ? 0 : length;
    if (copied < room) memory.copy(target + copied, at, min<u32>(piece, room - copied));
    length = copied + piece;
    at += piece;
  }
  return length;
}

/** An option that holds an IPv4 address, or the first of several, in memory order; 0: it is not there, or has no such form. */
export function addressOption(p: usize, bytes: u32, option: Option, room: usize): u32 {
  const length = readOption(p, bytes, option, room, 4);
  return length >= 4 && length % 4 == 0 ? load<u32>(room) : 0;
}

/** An option that holds a number of 32 bits; `otherwise` when it is not there, or has no such form. */
export function numberOption(p: usize, bytes: u32, option: Option, room: usize, otherwise: u32): u32 {
  return readOption(p, bytes, option, room, 4) == 4 ? be32(room) : otherwise;
}

/** What kind of message it is; NONE when it does not say. */
export function typeOf(p: usize, bytes: u32, room: usize): MessageType {
  return readOption(p, bytes, Option.TYPE, room, 1) == 1 ? <MessageType>load<u8>(room) : MessageType.NONE;
}

/** Begins a message from, or for, the client with this Ethernet address, up to the first option: where that goes. */
export function beginMessage(p: usize, op: Op, xid: u32, macLow: u32, macHigh: u32): usize {
  memory.fill(p, 0, OPTIONS);
  store<u8>(p, <u8>op, OP);
  store<u8>(p, <u8>ETHERNET, HARDWARE_TYPE);
  store<u8>(p, <u8>ETHERNET_BYTES, HARDWARE_BYTES);
  store<u32>(p, xid, XID);
  store<u32>(p, macLow, CHADDR);
  store<u16>(p, <u16>macHigh, CHADDR + 4);
  setBe32(p, MAGIC, COOKIE);
  return p + OPTIONS;
}

/** Writes options one behind the other; each answers where the next one goes. */
export function putByte(at: usize, option: Option, value: u32): usize {
  const data = putHead(at, option, 1);
  store<u8>(data, <u8>value);
  return data + 1;
}

export function putShort(at: usize, option: Option, value: u32): usize {
  const data = putHead(at, option, 2);
  setBe16(data, value);
  return data + 2;
}

export function putNumber(at: usize, option: Option, value: u32): usize {
  const data = putHead(at, option, 4);
  setBe32(data, value);
  return data + 4;
}

/** An IPv4 address in memory order. */
export function putAddress(at: usize, option: Option, address: u32): usize {
  const data = putHead(at, option, 4);
  store<u32>(data, address);
  return data + 4;
}

/** At most 255 bytes. */
export function putBytes(at: usize, option: Option, source: usize, bytes: u32): usize {
  const data = putHead(at, option, bytes);
  memory.copy(data, source, bytes);
  return data + bytes;
}

/** The option that names a client whose Ethernet address is its name (RFC 2132 §9.14). */
export function putClient(at: usize, macLow: u32, macHigh: u32): usize {
  const data = putHead(at, Option.CLIENT, 1 + ETHERNET_BYTES);
  store<u8>(data, <u8>ETHERNET);
  store<u32>(data, macLow, 1);
  store<u16>(data, <u16>macHigh, 5);
  return data + 1 + ETHERNET_BYTES;
}

function putHead(at: usize, option: Option, bytes: u32): usize {
  store<u8>(at, <u8>option);
  store<u8>(at, <u8>bytes, 1);
  return at + 2;
}

/** Ends the options of a message; its length, which no relay finds too short. */
export function endMessage(p: usize, at: usize): u32 {
  store<u8>(at, <u8>Option.END);
  const bytes = <u32>(at - p) + 1;
  if (bytes >= LEAST_BYTES) return bytes;
  memory.fill(p + bytes, 0, LEAST_BYTES - bytes);
  return LEAST_BYTES;
}

/** True of a message that is about the machine with this Ethernet address. */
export function isAbout(p: usize, macLow: u32, macHigh: u32): bool {
  return load<u32>(p, CHADDR) == macLow && load<u16>(p, CHADDR + 4) == <u16>macHigh;
}

/** Whether the sender wants to be answered by broadcast. */
export function wantsBroadcast(p: usize): bool {
  return (be16(p, FLAGS) & BROADCAST_FLAG) != 0;
}
