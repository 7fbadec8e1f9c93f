// What sockets of datagrams have in common, whatever their shape: taking one out of the core, and naming adapters.

import { Errno } from "../../assembly/abi/errno.ts";
import { Result } from "../../assembly/abi/sockets.ts";
import { formatAddress, parseAddress } from "../core/address.ts";
import type { Core } from "../core/core.ts";
import { stackError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import { addressStatuses } from "../tables.ts";
import { AGAIN } from "./calls.ts";

export interface Datagram {
  data: Uint8Array;
  /** The sender. */
  address: string;
  port: number;
  /** Time to live, or hop limit, that it came in with. */
  ttl: number;
}

/** Where a group is joined, or datagrams to groups leave: an adapter's number, or an address that it has. */
export type MulticastInterface = string | number;

/** Bytes that a block of received data is to have left for a datagram, so that few are begun. */
const LEAST_ROOM = 2048;

/** The datagram that has waited longest; null when there is none. Throws StackError. */
export function takeDatagram({ calls, slab, core }: Machine, fd: number): Datagram | null {
  const bytes = calls.peek(fd);
  if (bytes === AGAIN) return null;
  const from = { ...calls.resultEndpoint(), ttl: core.result(Result.TTL) };
  slab.begin(Math.max(LEAST_ROOM, calls.wholeOf(bytes)));
  calls.takeDatagram(fd, bytes, (pointer, length) => slab.append(core, pointer, length));
  return { data: slab.finish(), ...from };
}

/** The adapter with that number or address; -1, the stack's choice, for none in particular. Throws StackError. */
export function adapterOf(core: Core, where: MulticastInterface | undefined): number {
  if (typeof where === "number") return where;
  const wanted = where === undefined ? "::" : formatAddress(parseAddress(where));
  if (wanted === "::" || wanted === "0.0.0.0") return -1;
  const found = addressStatuses(core).find(({ address }) => address === wanted);
  if (found === undefined) throw stackError(-Errno.EADDRNOTAVAIL, "setMulticastInterface", wanted);
  return found.adapter;
}

/** Takes what comes to a group, from anybody or from one source, or does so no longer. Throws StackError. */
export function setMember(
  { calls, core }: Machine,
  fd: number,
  call: "joinGroup" | "leaveGroup",
  { group, source, where }: { group: string; source?: string; where?: MulticastInterface },
): void {
  calls.member(call, fd, {
    group: parseAddress(group),
    source: source === undefined ? null : parseAddress(source),
    adapter: adapterOf(core, where),
  });
}
