// Finding routers and the path MTU, over both versions: a router in between, a narrow link behind it, a destination that
// is not there, and nobody at all.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Hop, trace } from "../../host/cli/trace.ts";
import { type ChainOptions, chain, FAR } from "./chain.ts";

const OPTIONS = { most: 4, port: 44_444, mtu: 1500, timeout: 1000 };

async function hopsTo(address: string, chained: ChainOptions = {}): Promise<Hop[]> {
  const { clock, near, router, far } = await chain(chained);
  const found: Hop[] = [];
  const all = (async () => {
    for await (const hop of trace(near, address, OPTIONS)) found.push(hop);
  })();
  await clock.settle(all);
  assert.deepEqual(near.sockets(), []);
  for (const stack of [near, router, far]) await stack.close({ linger: 0 });
  return found;
}

for (const version of [4, 6] as const) {
  const router = version === 4 ? "10.1.0.1" : "2001:db8:1::1";
  describe(`tracepath over IPv${version}`, () => {
    it("finds the router and the destination", async () => {
      const hops = await hopsTo(FAR[version]);
      assert.deepEqual(
        hops.map(({ hop, address, isReached, back, pmtu }) => [hop, address, isReached, back, pmtu]),
        [
          [1, router, false, 1, null],
          [2, FAR[version], true, 2, null],
        ],
      );
      // The cables have a delay of a millisecond each way.
      assert.ok((hops[0]?.micros ?? 0) >= 2000 && (hops[1]?.micros ?? 0) >= 4000);
    });

    it("learns from the router what the narrow link carries", async () => {
      const hops = await hopsTo(FAR[version], { mtu: 1400 });
      assert.deepEqual(
        hops.map(({ hop, address, pmtu, isReached }) => [hop, address, pmtu, isReached]),
        [
          [1, router, null, false],
          [2, router, 1400, false],
          [2, FAR[version], null, true],
        ],
      );
    });

    it("says that the destination is unreachable", async () => {
      const hops = await hopsTo(version === 4 ? "10.2.0.9" : "2001:db8:2::9");
      const last = hops.at(-1);
      assert.equal(last?.isReached, false);
      assert.match(last?.remark ?? "", /unreachable/);
    });

    it("gives up after so many hops where nobody answers", async () => {
      const hops = await hopsTo(FAR[version], { impairments: { loss: 1 } });
      assert.deepEqual(
        hops.map(({ hop, remark }) => [hop, remark]),
        [1, 2, 3, 4].map((hop) => [hop, "no reply"]),
      );
    });
  });
}
