// Readers that pause: windows shut and open again, on good cables and bad ones. Nothing is lost, nothing stands still,
// and while nobody reads the machines only probe. Seeded: THIMBLE_SEED=n; more seeds with THIMBLE_FULL=1.

import assert from "node:assert/strict";
import { Random } from "../../host/random.ts";
import type { Impairments } from "../../host/wire/impair.ts";
import { test } from "../runner/recorded.ts";
import { exchange, Network, randomFile, receiveExactly, sendAll } from "./network.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const SEEDS = FULL ? 30 : 4;

const GOOD_CABLE: Impairments = { delay: 7_000, rate: 10_000_000 };
const BAD_CABLE: Impairments = { loss: 0.03, duplicate: 0.03, corrupt: 0.03, reorder: 0.1, delay: 20_000 };

const PAIRS = [
  { leftProfile: "node", rightProfile: "node", bytes: 200_000 },
  { leftProfile: "tiny", rightProfile: "tiny", bytes: 20_000 },
  { leftProfile: "eight", rightProfile: "tiny", bytes: 20_000 },
];

for (const { leftProfile, rightProfile, bytes } of PAIRS) {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const [cable, impairments] = seed % 2 ? ["good", GOOD_CABLE] : ["bad", BAD_CABLE];
    test(`pausing readers between ${leftProfile} and ${rightProfile}, ${cable} cable, seed ${seed}`, async () => {
      const network = await Network.create({ seed, leftProfile, rightProfile, impairments });
      const random = new Random(seed, 5);
      const pause = (): Promise<void> => network.sleep(random.below(random.chance(0.1) ? 3_000_000 : 50_000));
      const ends = await network.connect();
      await network.settle(exchange(ends, randomFile(seed, bytes), pause));
      network.demandEmpty();
    });
  }
}

test(`while nobody reads, both sides only probe (seed ${FIRST_SEED})`, async () => {
  const options = { seed: FIRST_SEED, leftProfile: "tiny", rightProfile: "tiny", impairments: GOOD_CABLE };
  const network = await Network.create(options);
  const file = randomFile(FIRST_SEED, 20_000);
  const ends = await network.connect();
  const sent = Promise.all(ends.map((end) => sendAll(end, file)));
  await network.settle(network.sleep(5_000_000));
  const framesBefore = framesSent(network);
  await network.settle(network.sleep(120_000_000));
  // Probes come at most every 3 s by then, each with its answer, in both directions.
  assert.ok(framesSent(network) - framesBefore < 200, `${framesSent(network) - framesBefore} frames in two minutes`);
  await network.settle(Promise.all([sent, ...ends.map((end) => receiveExactly(end, file))]));
  await network.settle(Promise.all(ends.map((end) => end.close())));
  network.demandEmpty();
});

function framesSent(network: Network): number {
  return network.left.macs[0].counters.txFrames + network.right.macs[0].counters.txFrames;
}
