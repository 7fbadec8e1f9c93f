// Name servers that routers tell of (RFC 8106), for those who look names up: a table of fixed size, in which a server
// lives as long as its routers say.

import { NAME_SERVERS } from "profile";
import { News } from "../abi/addresses";
import { copyAddress, sameAddress } from "../base/address";
import { postNews } from "../base/events";
import { NAME_SERVER_BASE, NAME_SERVER_BYTES } from "../base/memory";

@unmanaged
@final
export class NameServer {
  address0: u32;
  address1: u32;
  address2: u32;
  address3: u32;
  /** Second of the machine's clock at which it is forgotten; 0: the entry is free. */
  endsAt: u32;
  adapter: u32;

  @inline get address(): usize {
    return changetype<usize>(this);
  }
}

if (offsetof<NameServer>() != NAME_SERVER_BYTES) ERROR("NAME_SERVER_BYTES does not agree with NameServer.");

export function nameServerAt(index: u32): NameServer {
  return changetype<NameServer>(NAME_SERVER_BASE + index * NAME_SERVER_BYTES);
}

/** A router of `adapter` knows this server, until second `endsAt`; 0: no longer. Later ones than fit are left out. */
export function learnNameServer(adapter: u32, address: usize, endsAt: u32): void {
  let entry: NameServer | null = null;
  for (let i: u32 = 0; i < NAME_SERVERS; i++) {
    const other = nameServerAt(i);
    if (other.endsAt && other.adapter == adapter && sameAddress(other.address, address)) {
      entry = other;
      break;
    }
    if (!entry && !other.endsAt) entry = other;
  }
  if (!entry) return;
  if (!entry.endsAt != !endsAt) postNews(News.ROUTERS);
  copyAddress(entry.address, address);
  entry.adapter = adapter;
  entry.endsAt = endsAt;
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
