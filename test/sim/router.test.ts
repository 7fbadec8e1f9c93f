// The same random bytes in both directions at once through a router of ours between two bad cables, the second of which
// carries less: they arrive byte for byte, and afterwards all three machines are empty. Everything follows from the seed.
// A few seeds; 20 with THIMBLE_FULL=1; from another seed with THIMBLE_SEED=n.

import assert from "node:assert/strict";
import type { Impairments } from "../../host/wire/impair.ts";
import { chain, connect, discard, exchange, FAR } from "../host/chain.ts";
import { test } from "../runner/recorded.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const FIRST_SEED = Number(process.env.THIMBLE_SEED ?? 1);
const SEEDS = FULL ? 20 : 3;
const BYTES = FULL ? 1_000_000 : 100_000;

const BAD_CABLE: Impairments = { loss: 0.02, duplicate: 0.02, corrupt: 0.02, reorder: 0.1, delay: 10_000 };

for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
  for (const version of [4, 6] as const) {
    const mtu = version === 4 ? 600 + 100 * (seed % 9) : 1300;
    test(`${BYTES} bytes each way over IPv${version}, bad cables, ${mtu} bytes in the middle, seed ${seed}`, async () => {
      const net = await chain({ seed, mtu, impairments: BAD_CABLE });
      const ends = await connect(net, FAR[version]);
      await exchange(net, ends, BYTES);
      assert.equal(net.longest() <= mtu, true);
      net.clock.runUntil(net.clock.now() + 300_000_000);
      await discard(net);
    });
  }
}
