// Raw sockets: what IP carries, of one protocol. They get copies, beside whoever the packet is for, and send what the
// application has written behind an IP header of ours (RFC 3542 §3; for IPv4 the same, without the header that BSD shows).

import { IPV6 } from "profile";
import { Counter } from "../abi/counters";
import { SocketKind } from "../abi/sockets";
import { isV4 } from "../base/address";
import { bswap16 } from "../base/bytes";
import { fold32, sumPseudoHeader } from "../base/checksum";
import { count } from "../base/counters";
import { chainBytes, sumChain } from "../device/chain";
import { Packet } from "../device/packet";
import { Arrival } from "../ip/arrival";
import { sumIcmp6 } from "../ip/icmpv6";
import { Protocol } from "../ip/protocol";
import { Datagram } from "./datagram";
import { giveCopy, nextTaker } from "./many";

/** Where ICMPv6 has its checksum (RFC 4443 §2.1). */
const ICMPV6_CHECKSUM: u32 = 2;

/** Gives copies of what is in view to the raw sockets of its protocol. True when there is one. */
export function receiveRaw(arrival: Arrival, protocol: u32): bool {
  const packet = arrival.packet;
  const adapter = arrival.adapter;
  let taker = nextTaker(null, SocketKind.RAW, adapter, arrival.source, protocol, arrival.destination, protocol);
  if (!taker || isDamaged(arrival, protocol)) return false;
  while (taker) {
    const isGiven = giveCopy(taker, packet, 0, adapter, arrival.source, protocol, arrival.ttl);
    count(isGiven ? Counter.RawInDelivers : Counter.RawInQueueFull);
    taker = nextTaker(taker, SocketKind.RAW, adapter, arrival.source, protocol, arrival.destination, protocol);
  }
  return true;
}

// Of ICMPv6 applications see sound messages alone (RFC 3542 §3.1); ICMP's own input counts the others.
function isDamaged(arrival: Arrival, protocol: u32): bool {
  if (!IPV6 || !arrival.isV6 || protocol != Protocol.ICMPV6) return false;
  return sumIcmp6(arrival.packet, arrival.source, arrival.destination) != 0xffff;
}

/** Makes the checksum of what `socket` sends as `protocol`, where the socket, or the protocol, wants one. */
export function finishRaw(socket: Datagram, packet: Packet, source: usize, destination: usize, protocol: u32): void {
  count(Counter.RawOutRequests);
  const isIcmp6 = protocol == Protocol.ICMPV6 && !isV4(destination);
  if (!isIcmp6 && !socket.checksumPlace) return;
  const at = isIcmp6 ? ICMPV6_CHECKSUM : <u32>socket.checksumPlace - 1;
  if (at + 2 > packet.length) return; // no room for one: it goes as it is
  const place = packet.data + at;
  store<u16>(place, 0);
  const pseudo = sumPseudoHeader(source, destination, protocol) + bswap16(chainBytes(packet));
  store<u16>(place, <u16>~fold32(pseudo + sumChain(packet)));
}
