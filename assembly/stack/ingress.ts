// One frame's way up: Ethernet, ARP or IP, and what the IP header's protocol field names. Only this file knows the
// whole way; no layer calls upward.

import { FORWARDING, VLANS } from "profile";
import { Counter } from "../abi/counters";
import { count } from "../base/counters";
import { Adapter, adapterAt } from "../device/adapter";
import { Packet } from "../device/packet";
import { receiveArp } from "../ethernet/arp";
import { EtherType, receiveEthernet } from "../ethernet/header";
import { arrival } from "../ip/arrival";
import { receiveIp, TO_FORWARD } from "../ip/input";
import { Protocol } from "../ip/protocol";
import { receiveIcmp } from "../transport/icmp-input";
import { IcmpType, sendIcmpError, Unreachable } from "../transport/icmp-output";
import { receiveTcp } from "../transport/tcp/input";
import { receiveUdp } from "../transport/udp";
import { routeOn } from "./route-on";

/** Handles a received frame. The caller holds the packet and lets go of it afterwards; whoever keeps it holds it too. */
export function receive(adapter: Adapter, packet: Packet): void {
  const type = receiveEthernet(adapter, packet);
  if (VLANS) adapter = adapterAt(packet.adapter);
  switch (type) {
    case EtherType.IPV4:
      deliver(adapter, packet);
      break;
    case EtherType.ARP:
      receiveArp(adapter, packet);
      break;
    case EtherType.NONE:
      break; // counted where it was found
    default:
      count(Counter.EthInUnknownType);
  }
}

/** Handles a packet that this machine has sent to itself; as `receive` does. */
export function receiveFromSelf(packet: Packet): void {
  deliver(adapterAt(packet.adapter), packet);
}

function deliver(adapter: Adapter, packet: Packet): void {
  const found = receiveIp(adapter, packet);
  if (FORWARDING && found == TO_FORWARD) {
    routeOn(arrival);
    return;
  }
  switch (found) {
    case Protocol.TCP:
      receiveTcp(arrival);
      break;
    case Protocol.UDP:
      receiveUdp(arrival);
      break;
    case Protocol.ICMP:
      receiveIcmp(arrival);
      break;
    case -1:
      break; // dropped and counted
    default:
      count(Counter.IpInUnknownProtos);
      sendIcmpError(arrival, IcmpType.UNREACHABLE, Unreachable.PROTOCOL);
  }
}
