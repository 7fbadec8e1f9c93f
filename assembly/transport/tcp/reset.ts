// Resets (RFC 9293 §3.5.2, §3.10.7.1): the answer to a segment that belongs to no connection, written into the packet
// that brought it.

import { Counter } from "../../abi/counters";
import { TCP_HEADER_BYTES } from "../../base/config";
import { count } from "../../base/counters";
import { ipHeaderBytes, pathFor } from "../../ip/output";
import { Flow } from "../flow";
import { sendSegment } from "./emit";
import { Flag, writeTcpHeader } from "./header";
import { TIMESTAMP_ROOM, timestamp, timestampOffset, writeTimestamps } from "./options";
import { Segment } from "./segment";

/** Where the TCP header of an answer begins that is written into the packet of a segment. */
export function answerAt(segment: Segment): usize {
  return segment.arrival.header + ipHeaderBytes(segment.arrival.source);
}

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
  const options = answerAt(segment) + TCP_HEADER_BYTES;
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
  packet.data = answerAt(segment);
  const p = packet.data;
  writeTcpHeader(p, segment.destinationPort, segment.sourcePort, seq, ack, headerBytes, flags, window);
  sendSegment(packet, path, arrival.destination, arrival.source, headerBytes, 0, ttl, tos);
}
