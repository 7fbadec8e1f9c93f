// IP on the way in: what both versions have in common once a header is checked and described in `arrival`.

import { Counter } from "../abi/counters";
import { isMulticast, isNowhere, isUnspecified } from "../base/address";
import { FRAGMENTS } from "../base/config";
import { count } from "../base/counters";
import { Adapter } from "../device/adapter";
import { Packet } from "../device/packet";
import { findOwnAddress, isBroadcast } from "../ethernet/addresses";
import { cameToGroup } from "../ethernet/header";
import { arrival } from "./arrival";
import { FragmentBits, openIpv4 } from "./ipv4";
import { reassemble } from "./reassembly";

/** The group that every host is in, 224.0.0.1, in memory order. */
const ALL_HOSTS: u32 = 0x010000e0;

/**
 * Takes the header off. The answer is the protocol inside, or -1 when there is nothing to deliver: the packet was dropped
 * and counted, or is a fragment of something whose rest has not come yet.
 */
export function receiveIp(adapter: Adapter, packet: Packet): i32 {
  count(Counter.IpInReceives);
  arrival.adapter = adapter.index;
  if (!openIpv4(packet)) return -1;
  if (!isFromOne(adapter) || !isForUs(adapter)) {
    count(Counter.IpInAddrErrors);
    return -1;
  }
  packet.pull(arrival.headerBytes);
  if (arrival.fragment & (FragmentBits.MF | FragmentBits.OFFSET)) {
    if (!FRAGMENTS) {
      count(Counter.IpReasmReqds);
      count(Counter.IpReasmFails);
      return -1;
    }
    if (!reassemble(packet)) return -1;
  }
  count(Counter.IpInDelivers);
  return arrival.protocol;
}

// A source must be one host: not a group, a broadcast or nobody (RFC 1122 §3.2.1.3).
function isFromOne(adapter: Adapter): bool {
  const source = arrival.source;
  return !isMulticast(source) && !isUnspecified(source) && !isNowhere(source) && !isBroadcast(adapter.index, source);
}

// Strong host (RFC 1122 §3.3.4.2): only the adapter that has an address takes packets for it.
function isForUs(adapter: Adapter): bool {
  const destination = arrival.destination;
  if (findOwnAddress(adapter.index, destination)) {
    arrival.toMany = cameToGroup(arrival.packet, 0) ? 1 : 0;
    return true;
  }
  arrival.toMany = 1;
  if (isMulticast(destination)) return load<u32>(destination, 12) == ALL_HOSTS;
  return isBroadcast(adapter.index, destination);
}
