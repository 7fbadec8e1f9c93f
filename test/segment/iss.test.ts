// Initial sequence numbers and timestamps that depend on both ends of a connection: whoever sees those of one connection
// learns nothing of another's (RFC 6528 §3; RFC 7323 §5.4).

import assert from "node:assert/strict";
import test from "node:test";
import { SocketKind } from "../../assembly/abi/sockets.ts";
import {
  buildArp,
  buildEthernet,
  buildIpv4,
  buildTcp,
  ETHER_ARP,
  ETHER_IPV4,
  FLAG_BITS,
  PROTOCOL_TCP,
  readFrame,
} from "./frames.ts";
import { Machine } from "./machine.ts";
import { OUR_MAC, PEER_MAC, PREFIX_LENGTH } from "./peer.ts";

const SEED = 1;
/** Early, so that both clocks would be near each other if they had one start. */
const START = 500_000;
/** How far apart, in numbers, those of two connections lie at least: further than a second of their clock. */
const APART = 250_000;
/** The same for timestamps, which count milliseconds. */
const STAMPS_APART = 1_000;

const OUR_ADDRESSES = [Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 2)];
const PEER_ADDRESSES = [Uint8Array.of(10, 0, 0, 3), Uint8Array.of(10, 0, 0, 4)];
const OUR_PORTS = [8080, 8081];
const PEER_PORTS = [50_001, 50_002];

/** A machine with two addresses that listens on two ports and knows the station of both peers. */
async function listeningMachine(): Promise<Machine> {
  const machine = await Machine.create({ profile: "node", seed: SEED, start: START });
  const [first, second] = OUR_ADDRESSES as [Uint8Array, Uint8Array];
  machine.addAdapter(OUR_MAC, first, PREFIX_LENGTH);
  assert.equal(machine.call("addAddress", 0, machine.putAddress(second), PREFIX_LENGTH), 0);
  for (const port of OUR_PORTS) {
    const fd = machine.call("socket", SocketKind.STREAM, 1);
    assert.equal(machine.call("bind", fd, machine.putAddress(new Uint8Array(4)), port), 0);
    assert.equal(machine.call("listen", fd, 16), 0);
  }
  for (const senderIp of PEER_ADDRESSES) {
    const arp = { operation: 1, senderMac: PEER_MAC, senderIp, targetMac: new Uint8Array(6), targetIp: first };
    machine.inject(buildEthernet(OUR_MAC, PEER_MAC, ETHER_ARP, buildArp(arp)));
    machine.poll();
  }
  machine.takeFrames();
  return machine;
}

function synFrame(
  source: Uint8Array,
  sourcePort: number,
  destination: Uint8Array,
  destinationPort: number,
): Uint8Array {
  const stamp = { kind: 8, data: Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0) };
  const segment = {
    sourcePort,
    destinationPort,
    seq: 1,
    ack: 0,
    flags: FLAG_BITS.S,
    window: 1000,
    urgent: 0,
    options: [{ kind: 1, data: new Uint8Array(0) }, { kind: 1, data: new Uint8Array(0) }, stamp],
    payload: new Uint8Array(0),
  };
  const header = { source, destination, protocol: PROTOCOL_TCP, ttl: 64, identification: 1, tos: 0 };
  return buildEthernet(OUR_MAC, PEER_MAC, ETHER_IPV4, buildIpv4(header, buildTcp(segment, source, destination)));
}

/** ISS and first TSval of one SYN,ACK for each pair of ends. */
async function answers(): Promise<{ iss: number; stamp: number }[]> {
  const machine = await listeningMachine();
  for (const destination of OUR_ADDRESSES) {
    for (const source of PEER_ADDRESSES) {
      for (const destinationPort of OUR_PORTS) {
        for (const sourcePort of PEER_PORTS) {
          machine.inject(synFrame(source, sourcePort, destination, destinationPort));
          machine.poll();
        }
      }
    }
  }
  return machine.takeFrames().flatMap((frame) => {
    const { tcp } = readFrame(frame);
    const stamp = tcp?.options.find(({ kind }) => kind === 8)?.data;
    return tcp && stamp ? [{ iss: tcp.seq, stamp: new DataView(stamp.buffer, stamp.byteOffset).getUint32(0) }] : [];
  });
}

function demandApart(numbers: readonly number[], least: number): void {
  const sorted = [...numbers].sort((a, b) => a - b);
  for (const [i, number] of sorted.slice(1).entries()) {
    assert.ok(number - (sorted[i] ?? 0) > least, `${number} follows ${sorted[i]}`);
  }
}

test("each address and each port of both ends makes another initial sequence number, and another timestamp clock", async () => {
  const found = await answers();
  assert.equal(found.length, 16);
  demandApart(
    found.map(({ iss }) => iss),
    APART,
  );
  demandApart(
    found.map(({ stamp }) => stamp),
    STAMPS_APART,
  );
});

test("the timestamp clock is no part of the initial sequence number", async () => {
  for (const { iss, stamp } of await answers()) assert.ok(Math.abs(iss - stamp) > APART, `${iss} and ${stamp}`);
});
