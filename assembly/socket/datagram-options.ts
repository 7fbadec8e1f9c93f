// Options of datagram sockets alone (abi/sockets.ts, SocketOption).

import { GROUPS, RAW_SOCKETS } from "profile";
import { Errno } from "../abi/errno";
import { SocketOption } from "../abi/sockets";
import { FRAGMENTS } from "../base/config";
import { isLink } from "../device/adapter";
import { ANY_ADAPTER } from "../ip/route";
import { Datagram, isRaw } from "../transport/datagram";
import { Endpoint, EndpointFlag } from "../transport/endpoint";
import { asDatagram } from "./socket";

/** "The stack's choice" as a value of MULTICAST_ADAPTER. */
const NO_ADAPTER: u32 = 0xffffffff;
/** "No checksum" as a value of CHECKSUM, and the furthest that one may lie: within the first packet. */
const NOWHERE: u32 = 0xffffffff;
const MOST_PLACE: u32 = 254;

/** Sets an option: 0, EINVAL for a value it cannot have, EOPNOTSUPP for one that this kind of socket has not. */
export function setDatagramOption(endpoint: Endpoint, option: u32, value: u32): i32 {
  if (option == SocketOption.BROADCAST) return setFlag(endpoint, EndpointFlag.BROADCAST, value != 0);
  if (FRAGMENTS && option == SocketOption.DONT_FRAGMENT)
    return setFlag(endpoint, EndpointFlag.DONT_FRAGMENT, value != 0);
  if (RAW_SOCKETS && option == SocketOption.CHECKSUM) return setChecksum(asDatagram(endpoint), value);
  return GROUPS ? setGroupOption(endpoint, option, value) : -Errno.EOPNOTSUPP;
}

function setChecksum(socket: Datagram, place: u32): i32 {
  if (!isRaw(socket)) return -Errno.EOPNOTSUPP;
  if (place != NOWHERE && (place & 1 || place > MOST_PLACE)) return -Errno.EINVAL;
  socket.checksumPlace = <u16>(place + 1);
  return 0;
}

function setGroupOption(endpoint: Endpoint, option: u32, value: u32): i32 {
  const socket = asDatagram(endpoint);
  switch (option) {
    case SocketOption.REUSE_ADDRESS:
      if (socket.has(EndpointFlag.BOUND)) return -Errno.EINVAL; // who has the port already agreed to something else
      return setFlag(socket, EndpointFlag.REUSE, value != 0);
    case SocketOption.MULTICAST_TTL:
      if (value > 255) return -Errno.EINVAL;
      socket.groupTtl = <u8>value;
      return 0;
    case SocketOption.MULTICAST_LOOP:
      return setFlag(socket, EndpointFlag.NO_LOOP, value == 0);
    case SocketOption.MULTICAST_ADAPTER:
      if (value != NO_ADAPTER && !isLink(value)) return -Errno.EADDRNOTAVAIL;
      socket.groupAdapter = <u8>value;
      socket.path.generation = 0; // a path to a group may lead elsewhere now
      return 0;
    default:
      return -Errno.EOPNOTSUPP;
  }
}

function setFlag(endpoint: Endpoint, flag: EndpointFlag, on: bool): i32 {
  if (on) endpoint.set(flag);
  else endpoint.clear(flag);
  return 0;
}

/** Reads an option; EOPNOTSUPP for one that this kind of socket has not. */
export function getDatagramOption(endpoint: Endpoint, option: u32): i32 {
  if (option == SocketOption.BROADCAST) return endpoint.has(EndpointFlag.BROADCAST) ? 1 : 0;
  if (FRAGMENTS && option == SocketOption.DONT_FRAGMENT) return endpoint.has(EndpointFlag.DONT_FRAGMENT) ? 1 : 0;
  if (RAW_SOCKETS && option == SocketOption.CHECKSUM) {
    return isRaw(asDatagram(endpoint)) ? <i32>asDatagram(endpoint).checksumPlace - 1 : -Errno.EOPNOTSUPP;
  }
  return GROUPS ? getGroupOption(endpoint, option) : -Errno.EOPNOTSUPP;
}

function getGroupOption(endpoint: Endpoint, option: u32): i32 {
  const socket = asDatagram(endpoint);
  switch (option) {
    case SocketOption.REUSE_ADDRESS:
      return socket.has(EndpointFlag.REUSE) ? 1 : 0;
    case SocketOption.MULTICAST_TTL:
      return socket.groupTtl;
    case SocketOption.MULTICAST_LOOP:
      return socket.has(EndpointFlag.NO_LOOP) ? 0 : 1;
    case SocketOption.MULTICAST_ADAPTER:
      return socket.groupAdapter == <u8>ANY_ADAPTER ? -1 : <i32>socket.groupAdapter;
    default:
      return -Errno.EOPNOTSUPP;
  }
}
