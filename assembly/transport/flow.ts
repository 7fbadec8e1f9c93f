// Flows: everything that is found by both ends of a conversation. Connections, handshakes that are not complete and
// connections in TIME-WAIT begin with the same fields and stand in one hash table, so that one look-up finds
// whichever there is.

import { State } from "../abi/status";
import { addressHash, sameAddress } from "../base/address";
import { FLOW_BUCKETS } from "../base/config";
import { FLOW_TABLE, SECRET_WORD } from "../base/memory";

export const enum FlowKind {
  TCB = 1,
  HANDSHAKE = 2,
  TIME_WAIT = 3,
  DATAGRAM = 4,
}

@unmanaged
export class Flow {
  /** Our address, IPv4 as ::ffff:a.b.c.d. Both addresses and both ports are the key of the table. */
  local0: u32;
  local1: u32;
  local2: u32;
  local3: u32;
  /** The peer's. */
  remote0: u32;
  remote1: u32;
  remote2: u32;
  remote3: u32;
  /** Ports, ours and the peer's. */
  localPort: u16;
  remotePort: u16;
  /** Next in the hash chain. */
  next: Flow | null;
  /** FlowKind. */
  kind: u8;
  /** TCP's state (abi/status.ts). */
  private stateByte: u8;
  /** What socket it is (abi/sockets.ts). */
  socketKind: u8;
  /** The adapter it is bound to or goes through; 0xff for any. */
  adapter: u8;

  @inline get state(): State {
    return this.stateByte;
  }
  set state(state: State) {
    this.stateByte = <u8>state;
  }
  /** The local address; unspecified while the socket takes packets for any. */
  @inline get local(): usize {
    return changetype<usize>(this);
  }
  @inline get remote(): usize {
    return changetype<usize>(this) + offsetof<Flow>("remote0");
  }
}

/** Gives `to` the ends of `from`: addresses and ports. */
export function copyEnds(to: Flow, from: Flow): void {
  memory.copy(changetype<usize>(to), changetype<usize>(from), offsetof<Flow>("next"));
}

function bucket(local: usize, localPort: u32, remote: usize, remotePort: u32): usize {
  let hash = load<u32>(SECRET_WORD) ^ ((remotePort << 16) | localPort);
  hash = (hash ^ addressHash(remote)) * 0x9e3779b1;
  hash = (hash ^ (hash >> 15) ^ addressHash(local)) * 0x85ebca77;
  return FLOW_TABLE + ((hash ^ (hash >> 16)) & (FLOW_BUCKETS - 1)) * 4;
}

export function findFlow(local: usize, localPort: u32, remote: usize, remotePort: u32): Flow | null {
  let flow = changetype<Flow | null>(load<usize>(bucket(local, localPort, remote, remotePort)));
  while (flow) {
    if (
      flow.remotePort == remotePort &&
      flow.localPort == localPort &&
      sameAddress(flow.remote, remote) &&
      sameAddress(flow.local, local)
    ) {
      return flow;
    }
    flow = flow.next;
  }
  return null;
}

export function addFlow(flow: Flow): void {
  if (!ASC_NO_ASSERT) {
    assert(!findFlow(flow.local, flow.localPort, flow.remote, flow.remotePort), "two flows between the same ends");
  }
  const head = bucket(flow.local, flow.localPort, flow.remote, flow.remotePort);
  flow.next = changetype<Flow | null>(load<usize>(head));
  store<usize>(head, changetype<usize>(flow));
}

/** Takes a flow out of the table; one that is not in it is left alone. */
export function removeFlow(flow: Flow): void {
  let at = bucket(flow.local, flow.localPort, flow.remote, flow.remotePort);
  for (;;) {
    const entry = load<usize>(at);
    if (!entry) return;
    if (entry == changetype<usize>(flow)) break;
    at = entry + offsetof<Flow>("next");
  }
  store<usize>(at, changetype<usize>(flow.next));
  flow.next = null;
}
