// The calls by which datagram sockets join and leave groups.

import { Errno } from "../abi/errno";
import { SocketKind } from "../abi/sockets";
import { isMulticast, isUnspecified, isV4 } from "../base/address";
import { isLink } from "../device/adapter";
import { isSourceSpecific } from "../ip/group-table";
import { adapterForGroup } from "../ip/groups";
import { memberOf } from "../transport/datagram";
import { endpointOf } from "../transport/endpoint";
import { joinAs, leaveAs } from "../transport/membership";
import { isReadable } from "./pointers";
import { asDatagram } from "./socket";

/** "The stack's choice" where an adapter is named. */
const NO_ADAPTER: u32 = 0xffffffff;

/**
 * Joins a group through an adapter (0xffffffff: the stack chooses), with every source or with one. 0, or EBADF,
 * EOPNOTSUPP (a socket that groups are nothing to), EFAULT, EINVAL (no group, no source for it, or one that exists only with a source, RFC
 * 4604 §2.1), EADDRNOTAVAIL (no such adapter), and what `joinAs` says.
 */
export function joinFor(descriptor: i32, group: usize, source: usize, adapter: u32): i32 {
  const refused = whyNot(descriptor, group, source);
  if (refused) return refused;
  if (isUnspecified(source) && isSourceSpecific(group)) return -Errno.EINVAL;
  const chosen = adapter == NO_ADAPTER ? adapterForGroup(group) : adapter;
  if (!isLink(chosen)) return -Errno.EADDRNOTAVAIL;
  return joinAs(memberOf(asDatagram(endpointOf(descriptor)!)), chosen, group, source);
}

/** Leaves a group, or one source of it. 0, or an error as for joining; EADDRNOTAVAIL when it was not joined so. */
export function leaveFor(descriptor: i32, group: usize, source: usize, adapter: u32): i32 {
  const refused = whyNot(descriptor, group, source);
  if (refused) return refused;
  const chosen = adapter == NO_ADAPTER ? adapterForGroup(group) : adapter;
  return leaveAs(memberOf(asDatagram(endpointOf(descriptor)!)), chosen, group, source);
}

function whyNot(descriptor: i32, group: usize, source: usize): i32 {
  const endpoint = endpointOf(descriptor);
  if (!endpoint) return -Errno.EBADF;
  const kind = endpoint.socketKind;
  if (kind != SocketKind.DATAGRAM && kind != SocketKind.RAW) return -Errno.EOPNOTSUPP;
  if (!isReadable(group, 16) || !isReadable(source, 16)) return -Errno.EFAULT;
  if (!isMulticast(group) || isMulticast(source)) return -Errno.EINVAL;
  return isUnspecified(source) || isV4(source) == isV4(group) ? 0 : -Errno.EINVAL;
}
