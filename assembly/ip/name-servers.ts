// Name servers, for those who look names up: those that people have named, and those that routers (RFC 8106) and DHCP
// servers (RFC 2132 §3.8) tell of, in a table of fixed size, in which one of these lives as long as they say.

import { NAME_SERVERS } from "profile";
import { News } from "../abi/addresses";
import { copyAddress, sameAddress } from "../base/address";
import { postNews } from "../base/events";
import { FOREVER } from "../base/lifetimes";
import { NAME_SERVER_BASE, NAME_SERVER_BYTES } from "../base/memory";
import { ANY_ADAPTER } from "./route";

/** Who has told of a name server. */
export const enum ServerOrigin {
  ROUTER = 0,
  LEASE = 1,
  MANUAL = 2,
}

@unmanaged
@final
export class NameServer {
  address0: u32;
  address1: u32;
  address2: u32;
  address3: u32;
  /** Second of the machine's clock at which it is forgotten; 0: the entry is free. */
  endsAt: u32;
  adapter: u8;
  private originByte: u8;
  reserved: u16;

  @inline get address(): usize {
    return changetype<usize>(this);
  }
  @inline get origin(): ServerOrigin {
    return this.originByte;
  }
  set origin(origin: ServerOrigin) {
    this.originByte = <u8>origin;
  }
}

if (offsetof<NameServer>() != NAME_SERVER_BYTES) ERROR("NAME_SERVER_BYTES does not agree with NameServer.");

export function nameServerAt(index: u32): NameServer {
  return changetype<NameServer>(NAME_SERVER_BASE + index * NAME_SERVER_BYTES);
}

/** A router of `adapter` knows this server, until second `endsAt`; 0: no longer. Later ones than fit are left out. */
export function learnNameServer(adapter: u32, address: usize, endsAt: u32): void {
  learn(adapter, address, endsAt, ServerOrigin.ROUTER);
}

/** The same of one that came with an adapter's lease. */
export function learnServerOfLease(adapter: u32, address: usize, endsAt: u32): void {
  learn(adapter, address, endsAt, ServerOrigin.LEASE);
}

/** Forgets those that came with an adapter's lease. */
export function forgetServersOfLease(adapter: u32): void {
  for (let i: u32 = 0; i < NAME_SERVERS; i++) {
    const entry = nameServerAt(i);
    if (!entry.endsAt || entry.adapter != adapter || entry.origin != ServerOrigin.LEASE) continue;
    entry.endsAt = 0;
    postNews(News.ROUTERS);
  }
}

/** One that people have named. False when there is no room for it. */
export function addNameServer(address: usize): bool {
  return learn(ANY_ADAPTER, address, FOREVER, ServerOrigin.MANUAL);
}

// False when the table is full.
function learn(adapter: u32, address: usize, endsAt: u32, origin: ServerOrigin): bool {
  let entry: NameServer | null = null;
  for (let i: u32 = 0; i < NAME_SERVERS; i++) {
    const other = nameServerAt(i);
    if (other.endsAt && other.adapter == adapter && sameAddress(other.address, address)) {
      entry = other;
      break;
    }
    if (!entry && !other.endsAt) entry = other;
  }
  if (!entry) return false;
  if (!entry.endsAt != !endsAt) postNews(News.ROUTERS);
  copyAddress(entry.address, address);
  entry.adapter = <u8>adapter;
  entry.origin = origin;
  entry.endsAt = endsAt;
  return true;
}

/** Forgets those whose time is over at `second`; the second at which the next one ends. */
export function expireNameServers(second: u32): u32 {
  let next: u32 = 0xffffffff;
  for (let i: u32 = 0; i < NAME_SERVERS; i++) {
    const entry = nameServerAt(i);
    if (!entry.endsAt) continue;
    if (entry.endsAt <= second) {
      entry.endsAt = 0;
      postNews(News.ROUTERS);
    } else {
      next = min<u32>(next, entry.endsAt);
    }
  }
  return next;
}
