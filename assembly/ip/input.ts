// IP on the way in: what both versions have in common once a header is checked and described in `arrival`.

import { FORWARDING, LOOPBACK } from "profile";
import { Counter } from "../abi/counters";
import { isMulticast, isNowhere, isUnspecified } from "../base/address";
import { LOOPBACK_ADAPTER, SEVERAL_ADAPTERS } from "../base/config";
import { count } from "../base/counters";
import { Adapter, isForwarding } from "../device/adapter";
import { Packet } from "../device/packet";
import { findAnyOwnAddress, findOwnAddress, isBroadcast, isOwn } from "../ethernet/addresses";
import { cameToGroup } from "../ethernet/header";
import { arrival } from "./arrival";
import { FragmentBits, openIpv4 } from "./ipv4";

/** The group that every host is in, 224.0.0.1, in memory order. */
const ALL_HOSTS: u32 = 0x010000e0;

/** The packet, whose header is in view, is for somebody else, and this machine is a router. */
export const TO_FORWARD: i32 = -2;

/**
 * Takes the header off. The answer is the protocol inside, -1 when the packet was dropped and counted, or TO_FORWARD.
 */
export function receiveIp(adapter: Adapter, packet: Packet): i32 {
  count(Counter.IpInReceives);
  arrival.adapter = adapter.index;
  if (!openIpv4(packet)) return -1;
  if (!isFromOne(adapter)) {
    count(Counter.IpInAddrErrors);
    return -1;
  }
  if (!isForUs(adapter)) {
    if (FORWARDING && isForwarding()) return TO_FORWARD;
    count(
      SEVERAL_ADAPTERS && findAnyOwnAddress(arrival.destination) ? Counter.IpInOtherAdapter : Counter.IpInAddrErrors,
    );
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

// A source must be one host, and on a wire another one: not a group, a broadcast, nobody (RFC 1122 §3.2.1.3) or us.
function isFromOne(adapter: Adapter): bool {
  const source = arrival.source;
  if (isMulticast(source) || isUnspecified(source) || isBroadcast(adapter.index, source)) return false;
  return isLoopbackAdapter(adapter) || (!isNowhere(source) && !findAnyOwnAddress(source));
}

// Strong host (RFC 1122 §3.3.4.2; see STRONG-HOST.md): only the adapter that has an address takes packets for it. A
// router takes what is for any of its addresses wherever it comes in (RFC 1812 §5.2.3).
function isForUs(adapter: Adapter): bool {
  const destination = arrival.destination;
  if (isLoopbackAdapter(adapter)) {
    arrival.toMany = 0;
    return isOwn(destination);
  }
  const anywhere = FORWARDING && isForwarding();
  if (anywhere ? findAnyOwnAddress(destination) : findOwnAddress(adapter.index, destination)) {
    arrival.toMany = cameToGroup(arrival.packet, 0) ? 1 : 0;
    return true;
  }
  arrival.toMany = 1;
  if (isMulticast(destination)) return load<u32>(destination, 12) == ALL_HOSTS;
  return isBroadcast(adapter.index, destination);
}

function isLoopbackAdapter(adapter: Adapter): bool {
  return LOOPBACK != 0 && adapter.index == LOOPBACK_ADAPTER;
}
