// Leases: what each adapter knows of the address that a DHCP server has lent it, and when something is to be done about it.

import { ADAPTERS, DHCP_CLIENT, VLANS } from "profile";
import { LeaseState } from "../abi/names";
import { NEVER } from "../base/clock";
import { DHCP_TIMER } from "../base/config";
import { HOST_NAME, LEASE_BASE, LEASE_BYTES } from "../base/memory";
import { setTimer } from "../base/timers";

/** Adapters that may have a lease: all that lead to others. */
export const LEASES: u32 = DHCP_CLIENT ? ADAPTERS + VLANS : 0;
/** Room for the name of a domain as it lies on the wire; longer ones are of no use to us. */
export const DOMAIN_BYTES: u32 = 64;
/** Room for the machine's own name: one label, its length in front. */

/** What whoever asked for a lease wants besides. */
export const enum LeaseWish {
  /** The address is used without asking others whether they have it (RFC 5227). */
  UNCHECKED = 1,
  /** While no server answers, the adapter has an address for its link alone (RFC 3927). */
  LINK_LOCAL = 2,
}

@unmanaged
@final
export class Lease {
  /** When something is to be done, in microseconds of the machine's clock; NEVER. */
  nextAt: u64;
  /** When this exchange of messages began, and when the last request went that may be answered by a lease. */
  startedAt: u64;
  askedAt: u64;
  /** When its server is asked to prolong it (T1), when any is (T2), and when it is over. */
  renewAt: u64;
  rebindAt: u64;
  endsAt: u64;
  xid: u32;
  /** Descriptor of the socket; -1: none. */
  socket: i32;
  /** Addresses in memory order, 0 for none: what is lent, by whom, and what came with it. */
  address: u32;
  server: u32;
  router: u32;
  timeServer: u32;
  private stateByte: u8;
  /** Messages of this exchange that were not answered. */
  tries: u8;
  /** Bits of LeaseWish. */
  wishes: u8;
  /** Bits of the network's part of the address. */
  prefixLength: u8;
  /** What the link carried before a server said something else; 0: none did. */
  usualMtu: u16;
  /** 1 once nobody has answered for so long that an address for the link alone was made. */
  hasFallenBack: u8;
  reserved: u8;
  /** Where names without a dot are looked for: a whole name, or nothing. */
  domain0: u64;
  domain1: u64;
  domain2: u64;
  domain3: u64;
  domain4: u64;
  domain5: u64;
  domain6: u64;
  domain7: u64;

  @inline get state(): LeaseState {
    return this.stateByte;
  }
  set state(state: LeaseState) {
    this.stateByte = <u8>state;
  }
  @inline get domain(): usize {
    return changetype<usize>(this) + offsetof<Lease>("domain0");
  }
  @inline get index(): u32 {
    return <u32>(changetype<usize>(this) - LEASE_BASE) / LEASE_BYTES;
  }
  @inline wants(wish: LeaseWish): bool {
    return (this.wishes & <u8>wish) != 0;
  }
}

if (DHCP_CLIENT && offsetof<Lease>() != LEASE_BYTES) ERROR("LEASE_BYTES does not agree with Lease.");

export function leaseAt(adapter: u32): Lease {
  return changetype<Lease>(LEASE_BASE + adapter * LEASE_BYTES);
}

export function startLeases(): void {
  store<u8>(HOST_NAME, 0);
  for (let i: u32 = 0; i < LEASES; i++) {
    const lease = leaseAt(i);
    memory.fill(changetype<usize>(lease), 0, LEASE_BYTES);
    lease.nextAt = NEVER;
    lease.socket = -1;
  }
}

/** Sets when something is to be done about a lease. */
export function awaitLease(lease: Lease, at: u64): void {
  lease.nextAt = at;
  let next = NEVER;
  for (let i: u32 = 0; i < LEASES; i++) next = min<u64>(next, leaseAt(i).nextAt);
  setTimer(DHCP_TIMER, next);
}
