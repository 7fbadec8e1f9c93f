// IP on the way in: what both versions have in common once a header is checked and described in `arrival`.

import { GROUPS } from "profile";
import { Counter } from "../abi/counters";
import { isMulticast, isNowhere, isUnspecified } from "../base/address";
import { count } from "../base/counters";
import { Adapter } from "../device/adapter";
import { Packet } from "../device/packet";
import { findOwnAddress, isBroadcast } from "../ethernet/addresses";
import { cameToGroup } from "../ethernet/header";
import { arrival } from "./arrival";
import { isMember } from "./groups";
import { FragmentBits, openIpv4 } from "./ipv4";
import { Protocol } from "./protocol";

/** Takes the header off. The answer is the protocol inside, or -1 when the packet was dropped and counted. */
export function receiveIp(adapter: Adapter, packet: Packet): i32 {
  count(Counter.IpInReceives);
  arrival.adapter = adapter.index;
  if (!openIpv4(packet)) return -1;
  if (!isFromOne(adapter) || !isForUs(adapter)) {
    count(Counter.IpInAddrErrors);
    return -1;
  }
  if (arrival.fragment & (FragmentBits.MF | FragmentBits.OFFSET)) {
    count(Counter.IpReasmReqds);
    count(Counter.IpReasmFails);
    return -1;
  }
  packet.pull(arrival.headerBytes);
  count(Counter.IpInDelivers);
  return arrival.protocol;
}

// A source must be one host: not a group, a broadcast or nobody (RFC 1122 §3.2.1.3).
function isFromOne(adapter: Adapter): bool {
  const source = arrival.source;
  // A bridge that asks for groups may have no address (RFC 4541 §2.1.1).
  if (GROUPS && arrival.protocol == Protocol.IGMP && isUnspecified(source)) return true;
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
  if (isMulticast(destination)) return GROUPS != 0 && isMember(adapter.index, destination);
  return isBroadcast(adapter.index, destination);
}
