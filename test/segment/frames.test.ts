// What the peer in the box finds fault with in any segment of the stack. Since every frame of every script passes through
// it, what it refuses here is shown to be nowhere else.

import assert from "node:assert/strict";
import test from "node:test";
import {
  buildEthernet,
  buildIpv4,
  buildTcp,
  checksum,
  ETHER_IPV4,
  FLAG_BITS,
  PROTOCOL_TCP,
  RAW_OPTION,
  readFrame,
  type TcpOption,
} from "./frames.ts";
import { OUR_IP, OUR_MAC, PEER_IP, PEER_MAC } from "./peer.ts";

const ACK = FLAG_BITS["."];
const MSS: TcpOption = { kind: 2, data: Uint8Array.of(5, 180) };

/** A segment of the stack with these flags and options, as it comes to the peer. */
function frameOf(flags: number, options: TcpOption[], damage = false): Uint8Array {
  const tcp = {
    sourcePort: 8080,
    destinationPort: 50_001,
    seq: 1,
    ack: 1,
    flags,
    window: 1000,
    urgent: 0,
    options,
    payload: Uint8Array.of(1, 2, 3),
  };
  const ip = { source: OUR_IP, destination: PEER_IP, protocol: PROTOCOL_TCP, ttl: 64, identification: 0, tos: 0 };
  const packet = buildIpv4(ip, buildTcp(tcp, OUR_IP, PEER_IP, damage));
  return buildEthernet(PEER_MAC, OUR_MAC, ETHER_IPV4, packet);
}

function raw(...bytes: number[]): TcpOption[] {
  return [{ kind: RAW_OPTION, data: Uint8Array.from(bytes) }];
}

function refuses(frame: Uint8Array, reason: RegExp): void {
  assert.throws(() => readFrame(frame), { code: "EFRAME", message: reason });
}

test("sound segments are taken", () => {
  assert.equal(readFrame(frameOf(FLAG_BITS.S, [MSS])).tcp?.options[0]?.kind, 2);
  assert.equal(readFrame(frameOf(ACK, raw(1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2))).tcp?.options.length, 1);
  assert.deepEqual(readFrame(frameOf(ACK, raw(1, 0, 0, 0))).tcp?.options, []);
});

// Shows: MUST-2
test("no segment is sent with a wrong checksum", () => {
  refuses(frameOf(ACK, [], true), /TCP checksum/);
  // Nor with none: TCP has no zero that means so.
  const frame = frameOf(ACK, []);
  new DataView(frame.buffer).setUint16(14 + 20 + 16, 0);
  assert.notEqual(checksum(frame.subarray(34, 57)), 0);
  refuses(frame, /TCP checksum/);
});

// Shows: MUST-65
test("no segment but a SYN carries the MSS option", () => {
  refuses(frameOf(ACK, [MSS]), /MSS option on a segment without SYN/);
});

// Shows: MUST-68
test("no option of more than one byte goes without its length", () => {
  refuses(frameOf(ACK, raw(1, 1, 1, 8)), /option 8 has length 0/);
  refuses(frameOf(ACK, raw(8, 1, 0, 0)), /option 8 has length 1/);
  refuses(frameOf(ACK, raw(1, 1, 8, 10)), /option 8 has length 10/);
});

// Shows: MUST-69
test("no header is padded with anything but zeros", () => {
  refuses(frameOf(ACK, raw(0, 0, 0, 1)), /padding is not zero/);
  refuses(frameOf(ACK, raw(1, 0, 1, 0)), /padding is not zero/);
});
