// Socket options (abi/sockets.ts, SocketOption).

import { CUBIC, RX_PACKETS_PER_TCB, TX_PACKETS_PER_TCB, USER_TIMEOUT_OPTION } from "profile";
import { Errno } from "../abi/errno";
import { Congestion, SocketOption } from "../abi/sockets";
import { SEVERAL_ADAPTERS } from "../base/config";
import { isAdapter } from "../device/adapter";
import { DEFAULT_TTL } from "../ip/output";
import { ANY_ADAPTER } from "../ip/route";
import { Endpoint, EndpointFlag, endpointOf, scheduleOutput } from "../transport/endpoint";
import { chooseController, controllerOf } from "../transport/tcp/congestion";
import { awaitSilence, keepAlive } from "../transport/tcp/keepalive";
import { Mark, Tcb } from "../transport/tcp/tcb";
import { callUrgent, urgentAhead } from "../transport/tcp/urgent";
import { choseTimeout, talkOfTimeout, talksOfTimeout } from "../transport/tcp/user-timeout";
import { getDatagramOption, setDatagramOption } from "./datagram-options";
import { asStream, isStream } from "./socket";

/** Sets an option: 0, EINVAL for a value it cannot have, EOPNOTSUPP for one that this kind of socket has not. */
export function setSocketOption(descriptor: i32, option: u32, value: u32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  switch (option) {
    case SocketOption.TTL:
      if (value < 1 || value > 255) return -Errno.EINVAL;
      endpoint.ttl = <u8>value;
      return 0;
    case SocketOption.TOS:
      if (value > 255) return -Errno.EINVAL;
      endpoint.tos = <u8>(value & 0xfc); // the lower two bits are ECN's
      return 0;
    default:
      if (SEVERAL_ADAPTERS && option == SocketOption.BOUND_ADAPTER) return bindAdapter(endpoint, value);
      return isStream(endpoint) ? setStreamOption(endpoint, option, value) : setDatagramOption(endpoint, option, value);
  }
}

function bindAdapter(endpoint: Endpoint, adapter: u32): i32 {
  const isOpened = isStream(endpoint) && asStream(endpoint).is(Mark.USED);
  if (isOpened || endpoint.has(EndpointFlag.BOUND)) return -Errno.EINVAL;
  if (adapter != ANY_ADAPTER && !isAdapter(adapter)) return -Errno.EINVAL;
  endpoint.adapter = <u8>adapter;
  return 0;
}

function setStreamOption(endpoint: Endpoint, option: u32, value: u32): i32 {
  const tcb = asStream(endpoint);
  switch (option) {
    case SocketOption.NO_DELAY:
      if (value) {
        tcb.set(EndpointFlag.NO_DELAY);
        scheduleOutput(tcb); // what Nagle's algorithm held back may go
      } else {
        tcb.clear(EndpointFlag.NO_DELAY);
      }
      return 0;
    case SocketOption.RECEIVE_PACKETS:
      if (value < 1 || value > <u32>RX_PACKETS_PER_TCB) return -Errno.EINVAL;
      tcb.rxLimit = <u16>value;
      return 0;
    case SocketOption.SEND_PACKETS:
      if (value < 1 || value > <u32>TX_PACKETS_PER_TCB) return -Errno.EINVAL;
      tcb.txLimit = <u16>value;
      return 0;
    case SocketOption.USER_TIMEOUT:
      if (value == 0) return -Errno.EINVAL;
      tcb.userTimeout = value;
      if (USER_TIMEOUT_OPTION) choseTimeout(tcb);
      return 0;
    case SocketOption.CONGESTION:
      if (value > <u32>Congestion.CUBIC) return -Errno.EINVAL;
      if (value == Congestion.CUBIC && !CUBIC) return -Errno.EOPNOTSUPP;
      if (CUBIC) chooseController(tcb, value);
      return 0;
    case SocketOption.URGENT:
      return value == 1 && callUrgent(tcb) ? 0 : -Errno.EINVAL;
    case SocketOption.ECN:
      if (tcb.is(Mark.USED)) return -Errno.EISCONN; // the SYN has asked, or has not
      if (value) tcb.mark(Mark.ECN);
      else tcb.unmark(Mark.ECN);
      return 0;
    default:
      return setPatience(tcb, option, value);
  }
}

// What has to do with silence and with the time after a close.
function setPatience(tcb: Tcb, option: u32, value: u32): i32 {
  switch (option) {
    case SocketOption.KEEPALIVE:
      keepAlive(tcb, value != 0);
      return 0;
    case SocketOption.KEEPALIVE_IDLE:
      if (value < 1 || value > 0xffff) return -Errno.EINVAL;
      tcb.keepIdle = <u16>value;
      awaitSilence(tcb);
      return 0;
    case SocketOption.KEEPALIVE_INTERVAL:
      if (value < 1 || value > 0xffff) return -Errno.EINVAL;
      tcb.keepInterval = <u16>value;
      return 0;
    case SocketOption.KEEPALIVE_COUNT:
      if (value < 1 || value > 255) return -Errno.EINVAL;
      tcb.keepCount = <u8>value;
      return 0;
    case SocketOption.USER_TIMEOUT_OPTION:
      if (!USER_TIMEOUT_OPTION) return -Errno.EOPNOTSUPP;
      if (USER_TIMEOUT_OPTION) talkOfTimeout(tcb, value != 0);
      return 0;
    case SocketOption.REPORTS:
      if (value) tcb.unmark(Mark.QUIET);
      else tcb.mark(Mark.QUIET);
      return 0;
    case SocketOption.LINGER:
      if (value > 0xffff) return -Errno.EINVAL;
      tcb.linger = <u16>value;
      return 0;
    default:
      return -Errno.EOPNOTSUPP;
  }
}

/** Reads an option; ERROR is cleared by being read. */
export function getSocketOption(descriptor: i32, option: u32): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  switch (option) {
    case SocketOption.ERROR: {
      const error: i32 = endpoint.error;
      endpoint.error = 0;
      return error;
    }
    case SocketOption.TTL:
      return endpoint.ttl ? endpoint.ttl : DEFAULT_TTL;
    case SocketOption.TOS:
      return endpoint.tos;
    default:
      if (SEVERAL_ADAPTERS && option == SocketOption.BOUND_ADAPTER) return endpoint.adapter;
      return isStream(endpoint) ? getStreamOption(endpoint, option) : getDatagramOption(endpoint, option);
  }
}

function getStreamOption(endpoint: Endpoint, option: u32): i32 {
  const tcb = asStream(endpoint);
  switch (option) {
    case SocketOption.NO_DELAY:
      return tcb.has(EndpointFlag.NO_DELAY) ? 1 : 0;
    case SocketOption.RECEIVE_PACKETS:
      return tcb.rxLimit;
    case SocketOption.SEND_PACKETS:
      return tcb.txLimit;
    case SocketOption.USER_TIMEOUT:
      return tcb.userTimeout;
    case SocketOption.CONGESTION:
      return controllerOf(tcb);
    case SocketOption.ECN:
      return tcb.is(Mark.ECN) ? 1 : 0;
    case SocketOption.KEEPALIVE:
      return tcb.is(Mark.KEEPALIVE) ? 1 : 0;
    case SocketOption.KEEPALIVE_IDLE:
      return tcb.keepIdle;
    case SocketOption.KEEPALIVE_INTERVAL:
      return tcb.keepInterval;
    case SocketOption.KEEPALIVE_COUNT:
      return tcb.keepCount;
    case SocketOption.LINGER:
      return tcb.linger;
    case SocketOption.URGENT:
      return urgentAhead(tcb);
    case SocketOption.REPORTS:
      return tcb.is(Mark.QUIET) ? 0 : 1;
    case SocketOption.SOFT_ERROR:
      return tcb.softError;
    case SocketOption.USER_TIMEOUT_OPTION:
      return USER_TIMEOUT_OPTION && talksOfTimeout(tcb) ? 1 : 0;
    default:
      return -Errno.EOPNOTSUPP;
  }
}
