// Resets (RFC 9293 §3.5.2, §3.10.7.1): the answer to a segment that belongs to no connection, written into the packet
// that brought it.

import { Counter } from "../../abi/counters";
import { bswap16 } from "../../base/bytes";
import { fold32, sumHeader, sumWord } from "../../base/checksum";
import { IP_HEADER_BYTES, TCP_HEADER_BYTES } from "../../base/config";
import { count } from "../../base/counters";
import { pathFor, sendIp } from "../../ip/output";
import { Protocol } from "../../ip/protocol";
import { Flow } from "../flow";
import { CHECKSUM, Flag, writeTcpHeader } from "./header";
import { TIMESTAMP_ROOM, timestamp, timestampOffset, writeTimestamps } from "./options";
import { Segment } from "./segment";

/** Answers with a RST. A RST is never answered. */
export function answerReset(segment: Segment): void {
  if (segment.has(Flag.RST)) return;
  count(Counter.TcpOutRsts);
  const acknowledges = segment.has(Flag.ACK);
  const seq = acknowledges ? segment.ack : 0;
  const ack = acknowledges ? 0 : segment.seq + segment.length;
  answer(segment, seq, ack, acknowledges ? Flag.RST : Flag.RST | Flag.ACK, 0, 0, 0, 0);
}

/**
 * Answers with an ACK on behalf of a connection that keeps no control block. `flow` tells our timestamp clock when
 * `echo` is to be sent back, that is, when timestamps were agreed on.
 */
export function answerAck(
  segment: Segment,
  flow: Flow,
  seq: u32,
  ack: u32,
  window: u32,
  stamped: bool,
  echo: u32,
  ttl: u32,
  tos: u32,
): void {
  if (!stamped) {
    answer(segment, seq, ack, Flag.ACK, window, 0, ttl, tos);
    return;
  }
  const options = segment.arrival.header + IP_HEADER_BYTES + TCP_HEADER_BYTES;
  writeTimestamps(options, timestamp(timestampOffset(flow)), echo);
  answer(segment, seq, ack, Flag.ACK, window, TIMESTAMP_ROOM, ttl, tos);
}

// `options` bytes of options stand where the fixed header will end.
function answer(segment: Segment, seq: u32, ack: u32, flags: u32, window: u32, options: u32, ttl: u32, tos: u32): void {
  const arrival = segment.arrival;
  const path = pathFor(arrival.source, arrival.adapter);
  if (!path) return; // no way back: counted as IpOutNoRoutes
  const packet = segment.packet;
  const headerBytes = TCP_HEADER_BYTES + options;
  packet.length = headerBytes;
  packet.data = arrival.header + IP_HEADER_BYTES;
  const p = packet.data;
  writeTcpHeader(p, segment.destinationPort, segment.sourcePort, seq, ack, headerBytes, flags, window);
  const pseudo = sumWord(arrival.source3) + sumWord(arrival.destination3) + bswap16(Protocol.TCP);
  store<u16>(p, <u16>~fold32(pseudo + bswap16(packet.length) + sumHeader(p, packet.length)), CHECKSUM);
  count(Counter.TcpOutSegs);
  sendIp(packet, path, arrival.destination, arrival.source, Protocol.TCP, ttl, tos, true);
}
