// The same random file in both directions at once through a bad cable: it arrives byte-exact, and afterwards both
// machines are as empty as they were. Everything follows from the seed, which stands in the test's title.
// A few seeds and small files; 20 seeds and larger files with THIMBLE_FULL=1; from another seed with THIMBLE_SEED=n.

import assert from "node:assert/strict";
import type { Impairments } from "../../host/wire/impair.ts";
import { test } from "../runner/recorded.ts";
import { exchange, Network, type NetworkOptions, randomFile } from "./network.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const SEEDS = FULL ? 20 : 4;
const NODE_BYTES = FULL ? 2_000_000 : 200_000;
const TINY_BYTES = FULL ? 200_000 : 30_000;
const FLIPPED_BYTES = 200_000;

const BAD_CABLE: Impairments = { loss: 0.03, duplicate: 0.03, corrupt: 0.03, reorder: 0.1, delay: 20_000 };
/** Microseconds of one step of the clock behind initial sequence numbers (RFC 6528 §3). */
const ISS_TICK = 4;

/**
 * Where the clock must stand for one side's first sequence number to lie `below` bytes before the wrap. The number
 * grows with the clock, so one look at it on a good cable is enough.
 */
async function startNearWrap(options: NetworkOptions, side: 0 | 1, below: number): Promise<number> {
  const network = await Network.create({ ...options, impairments: { delay: 20_000 } });
  const ends = await network.connect();
  const iss = ends[side].status()?.iss ?? 0;
  return ((-below - iss) >>> 0) * ISS_TICK;
}

async function transfer(options: NetworkOptions, bytes: number): Promise<void> {
  const network = await Network.create(options);
  const ends = await network.connect();
  await network.settle(exchange(ends, randomFile(options.seed, bytes)));
  network.demandEmpty();
}

const PAIRS = [
  { leftProfile: "node", rightProfile: "node", bytes: NODE_BYTES },
  { leftProfile: "tiny", rightProfile: "tiny", bytes: TINY_BYTES },
  { leftProfile: "node", rightProfile: "tiny", bytes: TINY_BYTES },
];

for (const { leftProfile, rightProfile, bytes } of PAIRS) {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const options: NetworkOptions = { seed, leftProfile, rightProfile, impairments: BAD_CABLE };
    // Every other seed has one side's numbers wrap in the middle of the file.
    const wraps = seed % 2 === 0;
    const place = wraps ? ", across the wrap of sequence numbers" : "";
    test(`${bytes} bytes each way between ${leftProfile} and ${rightProfile}, bad cable, seed ${seed}${place}`, async () => {
      if (wraps) options.startAt = await startNearWrap(options, seed % 4 === 0 ? 0 : 1, bytes >> 1);
      await transfer(options, bytes);
    });
  }
}

test(`bits that flip behind the FCS's back are caught by the checksums above (seed ${FIRST_SEED})`, async () => {
  const impairments = { flipThrough: 0.05, delay: 5_000 };
  const network = await Network.create({ seed: FIRST_SEED, leftProfile: "node", rightProfile: "tiny", impairments });
  const ends = await network.connect();
  await network.settle(exchange(ends, randomFile(FIRST_SEED, FLIPPED_BYTES)));
  network.demandEmpty();
  const flipped = (network.cable.stats?.toLeft.flipped ?? 0) + (network.cable.stats?.toRight.flipped ?? 0);
  const caught = [network.left, network.right].map((stack) => {
    const { IpInChecksumErrors, IpInHdrErrors, IpInAddrErrors, TcpInErrs } = stack.counters();
    return IpInChecksumErrors + IpInHdrErrors + IpInAddrErrors + TcpInErrs;
  });
  assert.ok(flipped >= 5, `only ${flipped} bits flipped`);
  assert.equal(caught[0] + caught[1], flipped, "flipped bits and what the checksums have counted differ");
});
