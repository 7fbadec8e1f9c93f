// One frame's way up: Ethernet, ARP or IP, and what the IP header's protocol field names. Only this file knows the
// whole way; no layer calls upward.

import { DHCP_CLIENT, FORWARDING, GROUPS, IPV6, VLANS } from "profile";
import { Counter } from "../abi/counters";
import { FRAGMENTS } from "../base/config";
import { count, countIp } from "../base/counters";
import { Adapter, adapterAt } from "../device/adapter";
import { Packet } from "../device/packet";
import { OwnAddress } from "../ethernet/addresses";
import { receiveArp } from "../ethernet/arp";
import { EtherType, etherTypeOf, receiveEthernet } from "../ethernet/header";
import { arrival } from "../ip/arrival";
import { addressConflict } from "../ip/autoconfig";
import { unknownHeader, Walk } from "../ip/extensions";
import { receiveIp, TO_FORWARD } from "../ip/input";
import { Protocol } from "../ip/protocol";
import { receiveIgmp } from "../ip/query";
import { releaseHanded } from "../ip/reassembly";
import { leaseConflict } from "../names/dhcp-client";
import { receiveIcmp } from "../transport/icmp-input";
import { IcmpType, sendIcmpError, Unreachable } from "../transport/icmp-output";
import { hasRawSockets } from "../transport/ports";
import { receiveRaw } from "../transport/raw";
import { receiveTcp } from "../transport/tcp/input";
import { receiveUdp } from "../transport/udp";
import { routeOn } from "./route-on";

/** Handles a received frame. The caller holds the packet and lets go of it afterwards; whoever keeps it holds it too. */
export function receive(adapter: Adapter, packet: Packet): void {
  const type = receiveEthernet(adapter, packet);
  if (VLANS) adapter = adapterAt(packet.adapter);
  switch (type) {
    case EtherType.IPV4:
      deliver(adapter, packet, false);
      break;
    case EtherType.ARP: {
      const contested = receiveArp(adapter, packet);
      if (contested) followConflict(contested);
      break;
    }
    case EtherType.NONE:
      break; // counted where it was found
    default:
      if (IPV6 && type == EtherType.IPV6) deliver(adapter, packet, true);
      else count(Counter.EthInUnknownType);
  }
}

// What was lent is given back to its server, for another address.
function followConflict(contested: OwnAddress): void {
  const isLost = addressConflict(contested);
  if (DHCP_CLIENT && isLost) leaseConflict(contested);
}

/** Handles a packet that this machine has sent to itself; as `receive` does. */
export function receiveFromSelf(packet: Packet): void {
  deliver(adapterAt(packet.adapter), packet, etherTypeOf(packet) != EtherType.IPV4);
}

function deliver(adapter: Adapter, packet: Packet, isV6: bool): void {
  const found = receiveIp(adapter, packet, isV6);
  if (FORWARDING && found == TO_FORWARD) routeOn(arrival);
  else handUp(found, isV6);
  if (FRAGMENTS) releaseHanded();
}

function handUp(protocol: i32, isV6: bool): void {
  const isTaken = hasRawSockets() && protocol > 0 && receiveRaw(arrival, protocol);
  switch (protocol) {
    case Protocol.TCP:
      // A segment fits into a packet, or was made by nobody who speaks TCP.
      if (FRAGMENTS && arrival.packet.more) count(Counter.ReasmNotJoined);
      else receiveTcp(arrival);
      break;
    case Protocol.UDP:
      receiveUdp(arrival);
      break;
    case Protocol.ICMP:
      if (!isV6) receiveIcmp(arrival, false);
      else if (!isTaken) refuse(isV6);
      break;
    case Protocol.ICMPV6:
      if (IPV6 && isV6) receiveIcmp(arrival, true);
      else if (!isTaken) refuse(isV6);
      break;
    case Walk.DROPPED:
      break; // counted where it was found
    case Walk.PROBLEM:
      tellProblem();
      break;
    default:
      if (GROUPS && protocol == Protocol.IGMP && !isV6) receiveIgmp(arrival);
      else if (!isTaken) refuse(isV6);
  }
}

// Nobody here knows the protocol.
function refuse(isV6: bool): void {
  if (IPV6 && isV6) {
    unknownHeader(arrival);
    tellProblem();
    return;
  }
  countIp(Counter.IpInUnknownProtos, false);
  sendIcmpError(arrival, IcmpType.UNREACHABLE, Unreachable.PROTOCOL);
}

function tellProblem(): void {
  sendIcmpError(arrival, IcmpType.PARAMETER_PROBLEM, arrival.problem, arrival.pointer);
}
