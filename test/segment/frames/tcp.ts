// TCP segments (RFC 9293 §3.1): as they stand in the packet, with every option in its place.

import { checksum, concat, demand, isZero, pseudoHeaderSum, viewOf } from "./bytes.ts";
import { type IpHeader, PROTOCOL_TCP } from "./ip.ts";

/** TCP's control bits, by the letters that scripts use. */
export const FLAG_BITS: Readonly<Record<string, number>> = {
  F: 0x01,
  S: 0x02,
  R: 0x04,
  P: 0x08,
  ".": 0x10,
  U: 0x20,
  E: 0x40,
  W: 0x80,
};

/** Not a TCP option: `data` stands in the header as it is, for options that break the rules. */
export const RAW_OPTION = -1;

/** One TCP option: `kind` as in the header (or `RAW_OPTION`), `data` without kind and length. */
export interface TcpOption {
  kind: number;
  data: Uint8Array;
}

export interface TcpSegment {
  sourcePort: number;
  destinationPort: number;
  /** Absolute sequence numbers, 0 to 2^32-1. */
  seq: number;
  ack: number;
  flags: number;
  window: number;
  urgent: number;
  options: TcpOption[];
  payload: Uint8Array;
}

/** Options as they stand in the header, filled up with zeros to whole words. */
function buildOptions(options: readonly TcpOption[]): Uint8Array {
  const bytes: number[] = [];
  for (const option of options) {
    if (option.kind === RAW_OPTION) bytes.push(...option.data);
    else if (option.kind <= 1) bytes.push(option.kind);
    else bytes.push(option.kind, option.data.length + 2, ...option.data);
  }
  while (bytes.length % 4 !== 0) bytes.push(0);
  return Uint8Array.from(bytes);
}

/** A TCP segment with its checksum. `damage` spoils the checksum. */
export function buildTcp(tcp: TcpSegment, source: Uint8Array, destination: Uint8Array, damage = false): Uint8Array {
  const options = buildOptions(tcp.options);
  const bytes = concat([new Uint8Array(20), options, tcp.payload]);
  const view = viewOf(bytes);
  view.setUint16(0, tcp.sourcePort);
  view.setUint16(2, tcp.destinationPort);
  view.setUint32(4, tcp.seq >>> 0);
  view.setUint32(8, tcp.ack >>> 0);
  bytes[12] = ((20 + options.length) / 4) << 4;
  bytes[13] = tcp.flags;
  view.setUint16(14, tcp.window);
  view.setUint16(18, tcp.urgent);
  const sum = checksum(bytes, pseudoHeaderSum(source, destination, PROTOCOL_TCP, bytes.length));
  view.setUint16(16, sum ^ (damage ? 1 : 0));
  return bytes;
}

export function readTcp(ip: IpHeader, bytes: Uint8Array): TcpSegment {
  demand(bytes.length >= 20, "the TCP header is cut off");
  const view = viewOf(bytes);
  const offset = (bytes[12] >> 4) * 4;
  demand(offset >= 20 && offset <= bytes.length, `the TCP data offset is ${offset} bytes`);
  demand((bytes[12] & 0x0f) === 0, "reserved bits of the TCP header are set");
  const sum = checksum(bytes, pseudoHeaderSum(ip.source, ip.destination, PROTOCOL_TCP, bytes.length));
  demand(sum === 0, "the TCP checksum is wrong");
  const flags = bytes[13];
  const options = readOptions(bytes.subarray(20, offset));
  const isSyn = (flags & FLAG_BITS.S) !== 0;
  demand(isSyn || !options.some((option) => option.kind === 2), "an MSS option on a segment without SYN");
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags,
    window: view.getUint16(14),
    urgent: view.getUint16(18),
    options,
    payload: bytes.slice(offset),
  };
}

function readOptions(bytes: Uint8Array): TcpOption[] {
  const options: TcpOption[] = [];
  let at = 0;
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === 0) {
      demand(isZero(bytes.subarray(at)), "the TCP header's padding is not zero");
      break;
    }
    if (kind === 1) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    demand(length >= 2 && at + length <= bytes.length, `TCP option ${kind} has length ${length}`);
    options.push({ kind, data: bytes.slice(at + 2, at + length) });
    at += length;
  }
  return options;
}
