// IP on the way in: a packet is checked (RFC 1122 §3.2), found to be for us or not, and described in `arrival`.

import { Counter } from "../abi/counters";
import { isMulticast, isNowhere, isUnspecified, setV4 } from "../base/address";
import { bswap16 } from "../base/bytes";
import { sumWord } from "../base/checksum";
import { IP_HEADER_BYTES } from "../base/config";
import { count } from "../base/counters";
import { Adapter } from "../device/adapter";
import { Packet } from "../device/packet";
import { findOwnAddress, isBroadcast } from "../ethernet/addresses";
import { cameToGroup } from "../ethernet/header";
import { arrival } from "./arrival";
import { checkOptions, FragmentBits, Ipv4Header, Options } from "./header";

/** The group that every host is in, 224.0.0.1, in memory order. */
const ALL_HOSTS: u32 = 0x010000e0;

/** Takes the header off. The answer is the protocol inside, or -1 when the packet was dropped and counted. */
export function receiveIpv4(adapter: Adapter, packet: Packet): i32 {
  count(Counter.IpInReceives);
  const header = changetype<Ipv4Header>(packet.data);
  if (!isSound(header, packet)) return -1;
  packet.length = header.totalLength; // Ethernet's padding goes
  describe(adapter, packet, header);
  if (!isFromOne(adapter) || !isForUs(adapter)) {
    count(Counter.IpInAddrErrors);
    return -1;
  }
  if (header.fragment & (FragmentBits.MF | FragmentBits.OFFSET)) {
    count(Counter.IpReasmReqds);
    count(Counter.IpReasmFails);
    return -1;
  }
  packet.pull(header.headerBytes);
  count(Counter.IpInDelivers);
  return header.protocol;
}

function isSound(header: Ipv4Header, packet: Packet): bool {
  if (packet.length < IP_HEADER_BYTES || header.version != 4) {
    count(Counter.IpInHdrErrors);
    return false;
  }
  const headerBytes = header.headerBytes;
  if (headerBytes < IP_HEADER_BYTES || headerBytes > header.totalLength || header.totalLength > packet.length) {
    count(Counter.IpInHdrErrors);
    return false;
  }
  if (!header.hasGoodChecksum()) {
    count(Counter.IpInChecksumErrors);
    return false;
  }
  if (headerBytes == IP_HEADER_BYTES) return true;
  const options = checkOptions(changetype<usize>(header), headerBytes);
  if (options == Options.FINE) return true;
  // A source-routed packet is a way around filters and back; a host refuses it (RFC 1122 §3.2.1.8 permits that).
  count(options == Options.SOURCE_ROUTE ? Counter.IpInSourceRoutes : Counter.IpInHdrErrors);
  return false;
}

function describe(adapter: Adapter, packet: Packet, header: Ipv4Header): void {
  const p = changetype<usize>(header);
  arrival.packet = packet;
  arrival.header = p;
  arrival.headerBytes = header.headerBytes;
  setV4(arrival.source, header.source);
  setV4(arrival.destination, header.destination);
  arrival.protocol = <u8>header.protocol;
  arrival.ttl = <u8>header.ttl;
  arrival.tos = <u8>header.tos;
  arrival.adapter = adapter.index;
  arrival.pseudoSum = sumWord(header.source) + sumWord(header.destination) + bswap16(header.protocol);
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
