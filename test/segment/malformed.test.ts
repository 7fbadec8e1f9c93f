// Segments whose headers do not fit: they are counted and dropped, whatever port they are for, and never answered.

import assert from "node:assert/strict";
import test from "node:test";
import { Counter } from "../../assembly/abi/counters.ts";
import { buildEthernet, buildIpv4, buildTcp, checksum, concat, ETHER_IPV4, FLAG_BITS, PROTOCOL_TCP } from "./frames.ts";
import { Machine } from "./machine.ts";
import { OUR_IP, OUR_MAC, PEER_IP, PEER_MAC, PREFIX_LENGTH } from "./peer.ts";

/** Where the data offset and the checksum stand in a TCP header. */
const DATA_OFFSET = 12;
const CHECKSUM = 16;
const HEADER_WORDS = 5;
const PAYLOAD = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** A SYN with data for a port that nobody has opened: sound, it would be answered with a reset. */
function syn(): Uint8Array {
  const segment = {
    sourcePort: 50_001,
    destinationPort: 8080,
    seq: 1,
    ack: 0,
    flags: FLAG_BITS.S,
    window: 1000,
    urgent: 0,
    options: [],
    payload: PAYLOAD,
  };
  return buildTcp(segment, PEER_IP, OUR_IP);
}

/** The segment as a frame, cut to `bytes`, with a data offset of `words` and a checksum that is right. */
function frameWith(words: number, bytes: number): Uint8Array {
  const segment = syn().slice(0, bytes);
  const view = new DataView(segment.buffer);
  if (bytes > DATA_OFFSET) segment[DATA_OFFSET] = words << 4;
  if (bytes > CHECKSUM + 1) {
    const pseudo = concat([PEER_IP, OUR_IP, Uint8Array.of(0, PROTOCOL_TCP, bytes >> 8, bytes & 0xff)]);
    view.setUint16(CHECKSUM, 0);
    view.setUint16(CHECKSUM, checksum(concat([pseudo, segment])));
  }
  const header = { source: PEER_IP, destination: OUR_IP, protocol: PROTOCOL_TCP, ttl: 64, identification: 1, tos: 0 };
  return buildEthernet(OUR_MAC, PEER_MAC, ETHER_IPV4, buildIpv4(header, segment));
}

/** How many segments are sent in answer, and how many are counted as errors. */
async function answers(frame: Uint8Array): Promise<{ sent: number; errors: number }> {
  const machine = await Machine.create({ profile: "node", seed: 1, start: 1_000_000 });
  machine.addAdapter(OUR_MAC, OUR_IP, PREFIX_LENGTH);
  machine.poll();
  machine.inject(frame);
  machine.poll();
  const counters = machine.counters();
  return { sent: counters[Counter.TcpOutSegs], errors: counters[Counter.TcpInErrs] };
}

const WHOLE = 20 + PAYLOAD.length;

test("a sound segment for a closed port is answered", async () => {
  assert.deepEqual(await answers(frameWith(HEADER_WORDS, WHOLE)), { sent: 1, errors: 0 });
});

test("a header shorter than TCP's is an error (RFC 9293 §3.1)", async () => {
  for (const words of [0, 1, HEADER_WORDS - 1]) {
    assert.deepEqual(await answers(frameWith(words, WHOLE)), { sent: 0, errors: 1 }, `${words} words`);
  }
});

test("a header longer than the segment is an error, one as long is none", async () => {
  assert.deepEqual(await answers(frameWith(WHOLE / 4 + 1, WHOLE)), { sent: 0, errors: 1 });
  assert.deepEqual(await answers(frameWith(15, WHOLE)), { sent: 0, errors: 1 });
  assert.deepEqual(await answers(frameWith(WHOLE / 4, WHOLE)), { sent: 1, errors: 0 });
});

test("a segment too short for a header is an error, one without data is none", async () => {
  for (const bytes of [0, 1, 12, 13, 18, 19]) {
    assert.deepEqual(await answers(frameWith(HEADER_WORDS, bytes)), { sent: 0, errors: 1 }, `${bytes} bytes`);
  }
  assert.deepEqual(await answers(frameWith(HEADER_WORDS, 20)), { sent: 1, errors: 0 });
});
