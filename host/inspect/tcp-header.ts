// The TCP header and its options (RFC 9293 §3.1, RFC 7323, RFC 2018), as the dissector reads them.

import { bigEndian, FieldReader, hex } from "./fields.ts";

export type TcpOption =
  | { kind: "mss"; bytes: number }
  | { kind: "window scale"; shift: number }
  | { kind: "sack permitted" }
  | { kind: "sack"; blocks: { left: number; right: number }[] }
  | { kind: "timestamps"; value: number; echo: number }
  | { kind: "other"; code: number; data: Uint8Array };

export interface TcpHeader {
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  /** Bytes of the header, options counted. */
  headerBytes: number;
  /** The flag bits as they are in the header. */
  flags: number;
  /** Window as sent, not scaled. */
  window: number;
  checksum: number;
  urgentPointer: number;
  options: TcpOption[];
}

/** Flag bits in the order in which people say them. */
export const TCP_FLAGS = [
  ["SYN", 0x02],
  ["FIN", 0x01],
  ["RST", 0x04],
  ["PSH", 0x08],
  ["ACK", 0x10],
  ["URG", 0x20],
  ["ECE", 0x40],
  ["CWR", 0x80],
] as const;

export const SYN = 0x02;
export const FIN = 0x01;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

/** Bytes of a header without options. */
export const TCP_SHORTEST = 20;

/** The flags that are set, as `SYN ACK`; `none` where there is none. */
export function flagsText(flags: number): string {
  const names = TCP_FLAGS.filter(([, bit]) => flags & bit).map(([name]) => name);
  return names.join(" ") || "none";
}

/**
 * Reads the header at `start` of a segment that ends before `end`. Answers null, with the reason in `problems`, where
 * there is no whole header; options that do not add up are a problem too, but leave the rest readable.
 */
export function readTcp(
  frame: Uint8Array,
  start: number,
  end: number,
  problems: string[],
): { header: TcpHeader; reader: FieldReader } | null {
  if (end - start < TCP_SHORTEST) {
    problems.push(`TCP: ${end - start} bytes are too few for a header of ${TCP_SHORTEST}`);
    return null;
  }
  const headerBytes = ((frame[start + 12] ?? 0) >>> 4) * 4;
  if (headerBytes < TCP_SHORTEST || headerBytes > end - start) {
    problems.push(`TCP: a header of ${headerBytes} bytes does not fit a segment of ${end - start}`);
    return null;
  }
  const reader = new FieldReader("TCP", frame, start, headerBytes);
  const fixed = readFixedPart(reader);
  const options = headerBytes > TCP_SHORTEST ? readOptions(reader, headerBytes, problems) : [];
  return { header: { ...fixed, headerBytes, options }, reader };
}

function readFixedPart(reader: FieldReader): Omit<TcpHeader, "headerBytes" | "options"> {
  const sourcePort = reader.u16("source port", 0);
  const destinationPort = reader.u16("destination port", 2);
  const seq = reader.u32("sequence number", 4);
  const ack = reader.u32("acknowledgment number", 8);
  reader.bits("data offset", 12, 1, 4, 4, (words) => `${words * 4} bytes`);
  const flags = reader.u8("flags", 13, flagsText);
  const window = reader.u16("window", 14);
  const checksum = reader.u16("checksum", 16, hex);
  const urgentPointer = reader.u16("urgent pointer", 18);
  return { sourcePort, destinationPort, seq, ack, flags, window, checksum, urgentPointer };
}

function readOptions(reader: FieldReader, headerBytes: number, problems: string[]): TcpOption[] {
  const options: TcpOption[] = [];
  let at = TCP_SHORTEST;
  while (at < headerBytes) {
    const code = reader.slice(at, 1)[0] ?? 0;
    if (code === 0) {
      reader.raw("end of options", at, headerBytes - at, "");
      break;
    }
    if (code === 1) {
      reader.raw("no operation", at, 1, "");
      at += 1;
      continue;
    }
    const bytes = reader.slice(at + 1, 1)[0] ?? 0;
    if (bytes < 2 || at + bytes > headerBytes) {
      problems.push(`TCP: option ${code} says ${bytes} bytes, ${headerBytes - at} are left`);
      reader.raw("damaged options", at, headerBytes - at);
      break;
    }
    const option = readOption(code, reader.slice(at + 2, bytes - 2));
    reader.raw(option.kind === "other" ? `option ${code}` : option.kind, at, bytes, optionText(option));
    options.push(option);
    at += bytes;
  }
  return options;
}

// An option of a known kind with an unexpected length is not what its kind says: it stays "other".
function readOption(code: number, data: Uint8Array): TcpOption {
  if (code === 2 && data.length === 2) return { kind: "mss", bytes: bigEndian(data, 0, 2) };
  if (code === 3 && data.length === 1) return { kind: "window scale", shift: data[0] ?? 0 };
  if (code === 4 && data.length === 0) return { kind: "sack permitted" };
  if (code === 5 && data.length > 0 && data.length % 8 === 0) return { kind: "sack", blocks: sackBlocks(data) };
  if (code === 8 && data.length === 8) {
    return { kind: "timestamps", value: bigEndian(data, 0, 4), echo: bigEndian(data, 4, 4) };
  }
  return { kind: "other", code, data };
}

function sackBlocks(data: Uint8Array): { left: number; right: number }[] {
  const blocks = [];
  for (let at = 0; at < data.length; at += 8) {
    blocks.push({ left: bigEndian(data, at, 4), right: bigEndian(data, at + 4, 4) });
  }
  return blocks;
}

/** An option as one reads it in a trace. `relative` turns the sequence numbers of a SACK into those of the trace. */
export function optionText(option: TcpOption, relative: (seq: number) => number = (seq) => seq): string {
  switch (option.kind) {
    case "mss":
      return `mss ${option.bytes}`;
    case "window scale":
      return `wscale ${option.shift}`;
    case "sack permitted":
      return "sackOK";
    case "sack":
      return `sack ${option.blocks.map(({ left, right }) => `${relative(left)}:${relative(right)}`).join(" ")}`;
    case "timestamps":
      return `TS ${option.value}/${option.echo}`;
    case "other":
      return `option ${option.code} (${option.data.length} bytes)`;
  }
}
