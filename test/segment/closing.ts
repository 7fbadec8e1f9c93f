// What must hold of a machine at any moment and when everything is over; segment scripts and the fuzzer demand it.

import { AddressOrigin } from "../../assembly/abi/addresses.ts";
import { Region } from "../../assembly/abi/regions.ts";
import { State, Status, TimerName } from "../../assembly/abi/status.ts";
import type { Machine, SocketRow } from "./machine.ts";
import type { Peer } from "./peer.ts";

/** The word of an address's row that says where it comes from (assembly/stack/tables.ts). */
const ORIGIN = 7;

/** Longest time that the stack may need to forget everything, in microseconds: several times 2 MSL. */
const LONGEST_CLOSE = 600_000_000;

/** The pools that must be as full as at the start when every connection is gone. Addresses that routers gave have groups. */
const POOLS = [
  Region.PACKETS,
  Region.TCBS,
  Region.SYN_QUEUE,
  Region.TIME_WAIT,
  Region.DATAGRAM_SOCKETS,
  Region.REASSEMBLIES,
  Region.MEMBERSHIPS,
];

/** Data on its way must have a timer, or its loss would go unnoticed. Returns the row that has none. */
export function findUntimed(machine: Machine): SocketRow | undefined {
  return machine.rows().find(({ state, words }) => {
    const waits = state !== State.CLOSED && words[Status.SND_NXT] !== words[Status.SND_UNA];
    return waits && words[Status.TIMER] === TimerName.OFF;
  });
}

/**
 * Ends everything: aborts the sockets of `descriptors`, resets what nobody holds any more, and lets time pass until
 * the pools are as at the start. `turn` runs the machine at its present moment.
 */
export function endEverything(
  machine: Machine,
  peer: Peer,
  descriptors: readonly number[],
  usedAtStart: readonly number[],
  turn: () => void,
): void {
  for (const fd of descriptors) machine.call("abort", fd);
  turn();
  for (const row of machine.rows()) {
    if (row.state === State.TIME_WAIT || row.state === State.LISTEN) continue;
    const { [Status.RCV_NXT]: rcvNxt, [Status.SND_NXT]: sndNxt } = row.words;
    machine.inject(peer.resetFrame(row.localPort, row.remotePort, rcvNxt, sndNxt));
    turn();
  }
  const deadline = machine.now + LONGEST_CLOSE;
  while (machine.wakeAt <= deadline && findLeftover(machine, usedAtStart) !== undefined) {
    machine.now = Math.max(machine.now, machine.wakeAt);
    turn();
  }
  turn(); // lets go of what the last one sent
}

/** How many addresses the machine has made from what routers said. */
function madeFromPrefixes(machine: Machine): number {
  const rows = machine.table("address");
  return rows.filter((row) => [AddressOrigin.STABLE, AddressOrigin.TEMPORARY].includes(row[ORIGIN])).length;
}

/** A pool that is not as it was at the start, as a sentence; undefined when all are. */
export function findLeftover(machine: Machine, usedAtStart: readonly number[]): string | undefined {
  const used = machine.used();
  const pool = POOLS.find((region) => {
    const more = used[region] - usedAtStart[region];
    // Each address that was made since may have a group of its own (RFC 4291 §2.7.1).
    return region === Region.GROUPS ? more < 0 || more > madeFromPrefixes(machine) : more !== 0;
  });
  if (pool === undefined) return undefined;
  return `after everything was closed, the pool ${Region[pool]} has ${used[pool] - usedAtStart[pool]} more in use`;
}
