// One byte on its way: from the application that wrote it into a socket, through segment, packet and frame onto the cable,
// and up again on the other side, where that machine was recorded, too.

import { dissect } from "../inspect/dissect.ts";
import { withFcs } from "../mac/fcs.ts";
import { createLineCode } from "../signal/line.ts";
import type { LineCodeName } from "../signal/line-code.ts";
import { type SocketStatus, statusOf } from "../status.ts";
import type { Replay, ReplayEvent } from "./replay.ts";

/** A place that the byte came to. */
export interface FollowStep {
  machine: string;
  where: "socket" | "segment" | "packet" | "frame" | "signal" | "arrival" | "application";
  polls: number;
  /** Microseconds of the machine's clock. */
  time: number;
  text: string;
}

export interface FollowOptions {
  /** Counted from 0: which of the bytes that the first TCP connection of the machine wrote. */
  byte: number;
  /** How frames become signals. */
  code: LineCodeName;
}

/** A connection, from the side of the machine that has written. */
interface Stream {
  status: SocketStatus;
  /** Sequence number of the byte. */
  seq: number;
  value: number;
}

const HEADER_BYTES = 14;

/**
 * Follows a byte that `sender` wrote through the recording, and up in `receiver`, where there is one; both are replays
 * that have not begun. An empty list: so many bytes were never written.
 */
export function followByte(sender: Replay, receiver: Replay | null, options: FollowOptions): FollowStep[] {
  const steps: FollowStep[] = [];
  const stream = followDown(sender, options, steps);
  if (stream !== null && receiver !== null) followUp(receiver, stream, steps);
  return steps;
}

function followDown(sender: Replay, { byte, code }: FollowOptions, steps: FollowStep[]): Stream | null {
  let stream: Stream | null = null;
  let written = 0;
  let writer: number | null = null;
  let lent: { at: number; bytes: Uint8Array } | null = null;
  let frames = 0;
  let transmissions = 0;
  const add = (where: FollowStep["where"], text: string): void => {
    steps.push({ machine: sender.about.name, where, polls: 0, time: 0, text });
  };
  sender.onEvent = (event) => {
    if (event.kind === "put") lent = { at: event.at, bytes: event.bytes };
    if (event.kind === "sent") {
      frames++;
      const at = stream && placeIn(event.frame, stream, false);
      if (stream && at !== null)
        tellFrame(add, { frame: event.frame, at, stream, frames, code, again: transmissions++ });
    }
    const bytes = stream ? 0 : bytesWritten(event);
    if (event.kind !== "answer" || bytes <= 0) return;
    const fd = event.args[0];
    const status = statusOf(sender.core, fd);
    if (status?.kind !== "tcp" || (writer !== null && writer !== fd)) return;
    writer = fd;
    if (byte < written + bytes) {
      const at = (event.name === "write" ? event.args[1] : (lent?.at ?? 0)) + byte - written;
      const value = sender.core.u8[at];
      stream = { status, seq: (status.iss + 1 + byte) >>> 0, value };
      add(
        "socket",
        `byte ${byte} (${valueText(value)}) is written into socket ${fd}, ${endsText(status)}, at ${hex(at)}`,
      );
    }
    written += bytes;
  };
  runStamping(sender, steps);
  sender.onEvent = null;
  return stream;
}

function bytesWritten(event: ReplayEvent): number {
  return event.kind === "answer" && (event.name === "sendCommit" || event.name === "write") ? event.answer : 0;
}

interface SentFrame {
  frame: Uint8Array;
  /** Where the byte is in it. */
  at: number;
  stream: Stream;
  frames: number;
  code: LineCodeName;
  again: number;
}

function tellFrame(
  add: (where: FollowStep["where"], text: string) => void,
  { frame, at, stream, frames, code, again }: SentFrame,
): void {
  const { ip, tcp, payload } = dissect(frame);
  const start = payload.byteOffset - frame.byteOffset;
  const attempt = again === 0 ? "" : `, transmission ${again + 1}`;
  add(
    "segment",
    `sequence number ${stream.seq}: byte ${at - start} of a segment of ${payload.length} from ${tcp?.seq}${attempt}`,
  );
  add("packet", `byte ${at - HEADER_BYTES} of an IPv${ip?.version} packet from ${ip?.source} to ${ip?.destination}`);
  add("frame", `byte ${at} of frame ${frames}, ${frame.length} bytes, which the adapter sends`);
  add("signal", signalText(frame, at, code));
}

// The bytes of a frame take equally many symbols, from the first of its destination on.
function signalText(frame: Uint8Array, at: number, name: LineCodeName): string {
  const code = createLineCode(name);
  const { levels, parts, symbolsPerSecond } = code.encode(withFcs(frame));
  const destination = parts.find((part) => part.name === "destination");
  if (destination === undefined) throw new Error("A signal has no destination.");
  const perByte = (destination.to - destination.from) / 6;
  const from = destination.from + at * perByte;
  const marks = code.medium === "light" ? { "0": ".", "1": "*" } : { "-1": "-", "0": "0", "1": "+" };
  const drawn = Array.from(levels.subarray(from, from + perByte), (level) => marks[`${level}` as "0"]).join("");
  const micros = ((from / symbolsPerSecond) * 1e6).toFixed(2);
  return `${drawn} (${name}: ${perByte} symbols, ${micros} µs after the signal's beginning)`;
}

function followUp(receiver: Replay, stream: Stream, steps: FollowStep[]): void {
  const { status, seq } = stream;
  let frames = 0;
  let isRead = false;
  const consumed = new Map<number, number>();
  const add = (where: FollowStep["where"], text: string): void => {
    steps.push({ machine: receiver.about.name, where, polls: 0, time: 0, text });
  };
  receiver.onEvent = (event) => {
    if (event.kind === "came") {
      frames++;
      const at = placeIn(event.frame, stream, true);
      if (at !== null) add("arrival", `byte ${at} of frame ${frames}, which the adapter puts into memory`);
    }
    if (event.kind !== "answer" || isRead) return;
    const bytes = event.name === "recvConsume" ? event.args[1] : event.name === "read" ? event.answer : 0;
    if (bytes <= 0 || event.answer < 0) return;
    const fd = event.args[0];
    const own = statusOf(receiver.core, fd);
    if (own === null || own.remotePort !== status.localPort || own.localPort !== status.remotePort) return;
    const before = consumed.get(fd) ?? 0;
    const place = (seq - own.irs - 1) >>> 0;
    consumed.set(fd, before + bytes);
    if (place >= before && place < before + bytes) {
      isRead = true;
      add("application", `the application takes it from socket ${fd}, as byte ${place} of the stream`);
    }
  };
  runStamping(receiver, steps);
  receiver.onEvent = null;
}

// A poll follows at once what makes it necessary, so that all before it has its number and time, too.
function runStamping(replay: Replay, steps: FollowStep[]): void {
  for (let goesOn = true; goesOn; ) {
    const before = steps.length;
    goesOn = replay.step();
    for (const step of steps.slice(before)) {
      step.polls = replay.polls;
      step.time = replay.now;
    }
  }
}

/** Where the byte is in a frame that carries it; null: this one does not. */
function placeIn(frame: Uint8Array, { status, seq, value }: Stream, isArrival: boolean): number | null {
  const { ip, tcp, payload } = dissect(frame);
  if (!ip || !tcp || ip.source !== status.localAddress || ip.destination !== status.remoteAddress) return null;
  if (tcp.sourcePort !== status.localPort || tcp.destinationPort !== status.remotePort) return null;
  const offset = (seq - tcp.seq) >>> 0;
  if (offset >= payload.length) return null;
  // On its way it may have been damaged behind the FCS's back; then the checksum drops the segment.
  if (isArrival && payload[offset] !== value) return null;
  return payload.byteOffset - frame.byteOffset + offset;
}

function endsText({ localAddress, localPort, remoteAddress, remotePort }: SocketStatus): string {
  return `${localAddress}:${localPort} to ${remoteAddress}:${remotePort}`;
}

function valueText(value: number): string {
  const printable = value > 0x20 && value < 0x7f ? ` "${String.fromCharCode(value)}"` : "";
  return `${hex(value)}${printable}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
