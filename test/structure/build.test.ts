// What the build says: its memory map agrees with the profile, and a wrong command line is answered with a sentence.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { boardNames, firmwarePath, profileNames, readProfile } from "../../host/build/firmware.mjs";
import { memoryMap, memoryMapText } from "../../host/build/memory-map.ts";
import { Bus } from "../../host/core/bus.ts";
import { Core } from "../../host/core/core.ts";
import { ROOT } from "./sources.ts";

/** What lwIP's shared buffers need for eight sockets at 4·MSS, in bytes: the figure to stay below. */
const LWIP_BYTES = 46_000;

async function startMachine(profile: string): Promise<Core> {
  const module = await WebAssembly.compile(new Uint8Array(readFileSync(firmwarePath(profile))));
  return Core.start(module, [1, 2, 3, 4], { bus: new Bus() });
}

function bytesOf(text: string, row: string): number {
  const figure = new RegExp(`^ *${row} .*?([\\d,]+)$`, "m").exec(text)?.[1];
  return Number(figure?.replaceAll(",", ""));
}

describe("the memory map", () => {
  for (const name of profileNames() as string[]) {
    it(`of ${name} adds up to its linear memory, with pools of the sizes that the profile names`, async () => {
      const profile = (await readProfile(name)) as Record<string, number>;
      const map = memoryMap(await startMachine(name));
      const counts = Object.fromEntries(map.regions.map((region) => [region.name, region.count]));
      assert.equal(counts.TCBS, profile.TCBS);
      assert.equal(counts.ROUTES, profile.ROUTES);
      assert.equal(counts.BUFFERS, counts.PACKETS);
      const text = memoryMapText(map);
      assert.equal(bytesOf(text, "used") + bytesOf(text, "free"), profile.LINEAR_BYTES);
      const named = map.regions.reduce((sum, { bytes }) => sum + bytes, 0);
      assert.equal(named + bytesOf(text, "other tables and gaps"), map.used);
    });
  }

  it("of a machine that runs also says how full its pools are", async () => {
    const text = memoryMapText(memoryMap(await startMachine("tiny")), true);
    assert.match(text, /region .* used +most +refused\n/);
  });

  it("of eight connections with windows of 4·MSS stays below lwIP's", async () => {
    const profile = (await readProfile("eight")) as Record<string, number>;
    assert.deepEqual([profile.PACKETS, profile.RX_PACKETS_PER_TCB, profile.TX_PACKETS_PER_TCB], [16, 4, 4]);
    // A listener takes a control block, too.
    assert.ok((profile.TCBS as number) >= 8);
    assert.ok(memoryMap(await startMachine("eight")).used < LWIP_BYTES);
  });
});

describe("npm run build", () => {
  it("names the profiles when it is asked for one that is not there", () => {
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, "host/build/build.mjs"), "huge"], {
      encoding: "utf8",
    });
    assert.equal(status, 1);
    assert.equal(stderr, `no profile is called huge; there are ${[...profileNames(), ...boardNames()].join(", ")}\n`);
  });
});
