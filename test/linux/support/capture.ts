// What Wireshark's dissectors say of a capture.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { Outcome } from "./namespace.ts";
import { STACK_MAC } from "./network.ts";

/**
 * Wireshark leaves checksums alone unless told. Each frame is looked at by itself: what Wireshark makes of a stream
 * in which a segment was sent twice, it reports as an error of the frame.
 */
const PREFERENCES = [
  ...["ip", "tcp", "udp"].map((protocol) => `${protocol}.check_checksum:TRUE`),
  "tcp.desegment_tcp_streams:FALSE",
];

/** By itself, a segment from the midst of a file is no HTTP message, and one that begins with CR LF looks like a bad one. */
const NOT_LOOKED_INTO = ["--disable-protocol", "http"];

/** What is asked of each frame; where several answers fit (an error quotes a packet), they come separated by commas. */
const STATUSES = ["ip", "tcp", "udp", "icmp", "icmpv6"].map((protocol) => `${protocol}.checksum.status`);
const FIELDS = ["frame.number", "_ws.malformed", "_ws.expert.severity", ...STATUSES];

/** Values of the status fields, and of the severity that Wireshark calls an error. */
const BAD = "0";
const GOOD = "1";
const ERROR = "8388608";

/** Where stacks ran whose frames were captured. */
export interface Captured {
  readonly captures: readonly string[];
  run(command: string, args: readonly string[]): Promise<Outcome>;
}

/** Asserts that the stack sent something, and nothing malformed and no bad checksum, in every capture of a network. */
export async function checkCaptures(network: Captured): Promise<void> {
  let verified = 0;
  for (const capture of network.captures) {
    const frames = await sentFrames(network, capture);
    assert.ok(frames.length > 0, "the capture has no frame of the stack");
    const bad = frames.filter(({ isBad }) => isBad).map(({ number }) => number);
    assert.equal(
      bad.length,
      0,
      `${bad.length} of ${frames.length} frames sent are bad: ${bad.slice(0, 20).join(", ")}`,
    );
    verified += frames.filter(({ isVerified }) => isVerified).length;
  }
  assert.ok(verified > 0, "tshark verified no checksum");
}

interface SentFrame {
  readonly number: string;
  readonly isBad: boolean;
  /** A checksum of it was looked at and found right. */
  readonly isVerified: boolean;
}

async function sentFrames(network: Captured, capture: string): Promise<SentFrame[]> {
  const preferences = PREFERENCES.flatMap((preference) => ["-o", preference]);
  const fields = FIELDS.flatMap((name) => ["-e", name]);
  const filter = ["-Y", `eth.src == ${STACK_MAC}`];
  const { status, stdout, stderr } = await network.run("tshark", [
    ...["-n", "-r", capture, ...preferences, ...NOT_LOOKED_INTO, ...filter],
    ...["-T", "fields", "-E", "separator=|", "-E", "aggregator=,", ...fields],
  ]);
  // "Running as user root" and the like; a capture that is cut short is reported by the status.
  assert.equal(status, 0, `tshark: ${stderr}`);
  const lines = stdout.toString().split("\n");
  return lines.filter((line) => line !== "").map(parseFrame);
}

function parseFrame(line: string): SentFrame {
  const [number = "", malformed = "", severities = "", ...statuses] = line.split("|");
  const values = statuses.flatMap((status) => status.split(","));
  const isBad = malformed !== "" || severities.split(",").includes(ERROR) || values.includes(BAD);
  return { number, isBad, isVerified: values.includes(GOOD) };
}

/** Flips a bit in the payload of the last ICMP message that the stack sent: what `checkCaptures` must notice. */
export function damageLastEcho(capture: string): void {
  const bytes = readFileSync(capture);
  const mac = Buffer.from(STACK_MAC.replaceAll(":", ""), "hex");
  let last = 0;
  // A pcap file: 24 bytes, then for each frame 16 bytes of which the third word is its length, and the frame.
  for (let at = 24, length = 0; at + 16 < bytes.length; at += 16 + length) {
    length = bytes.readUInt32LE(at + 8);
    const frame = bytes.subarray(at + 16, at + 16 + length);
    const isIcmp = frame.readUInt16BE(12) === 0x0800 && frame[23] === 1;
    if (frame.subarray(6, 12).equals(mac) && isIcmp) last = at + 16 + 60;
  }
  assert.ok(last > 0, "the stack sent no ICMP message");
  bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
  writeFileSync(capture, bytes);
}
