// Fleets: many devices on one switch, each its own instance. Every scenario ends with all devices served; the same seed gives the same
// run, to the byte of the capture; and the cost of an event does not grow with the fleet. With THIMBLE_FULL=1 at full size.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PcapngWriter } from "../../host/capture/pcapng-writer.ts";
import { MemorySink } from "../../host/capture/sink.ts";
import { createFleet, type FleetOptions } from "../../host/fleet/fleet.ts";
import { type FleetReport, plotText, reportOf, reportText } from "../../host/fleet/report.ts";
import { SCENARIOS, type ScenarioOptions } from "../../host/fleet/scenarios.ts";

const FULL = Boolean(process.env.THIMBLE_FULL);
const DEVICES = FULL ? 2000 : 60;

async function play(
  name: string,
  options: FleetOptions,
  settings: Partial<ScenarioOptions> = {},
): Promise<FleetReport> {
  const scenario = SCENARIOS[name];
  const fleet = await createFleet(options);
  await fleet.settle(scenario.run(fleet, { ...scenario.defaults, ...settings }));
  const report = reportOf(fleet);
  await fleet.close();
  return report;
}

/** A run with its capture. */
async function captured(seed: number): Promise<{ report: FleetReport; file: Uint8Array }> {
  const sink = new MemorySink();
  const capture = new PcapngWriter(sink);
  const cable = { rate: 10e6, delay: 100, jitter: 50, loss: 0.03 };
  const { cost: _, ...report } = await play("boot", { devices: 30, seed, cable, capture }, { spread: 1e6 });
  capture.close();
  return { report: report as FleetReport, file: sink.bytes() };
}

describe("a fleet", () => {
  for (const [name, { what }] of Object.entries(SCENARIOS)) {
    it(`${name}: ${what}; ${DEVICES} devices are all served`, async (t) => {
      const report = await play(name, { devices: DEVICES });
      t.diagnostic(reportText(report, null).replaceAll("\n", " | "));
      assert.equal(report.done, DEVICES, JSON.stringify(report.errors));
      assert.ok(report.deliveries > DEVICES * 8);
    });
  }

  it("repeats a run from its seed, and only from that", async () => {
    const [first, second, other] = [await captured(7), await captured(7), await captured(8)];
    assert.deepEqual(second.report, first.report);
    assert.ok(Buffer.from(second.file).equals(first.file));
    assert.ok(!Buffer.from(other.file).equals(first.file));
    assert.ok(first.report.retries === 0 && first.report.done === 30);
  });

  it("waits for what is done outside of its time, and ends with a sentence when nothing is due", async () => {
    const fleet = await createFleet({ devices: 1 });
    let over = false;
    const outside = fleet.pace.outside(
      new Promise<void>((resolve) => {
        setTimeout(resolve, 20);
      }).then(() => {
        over = true;
      }),
    );
    const slept = fleet.sleep(1000).then(() => over);
    assert.equal(await fleet.settle(Promise.all([slept, outside]).then(([answer]) => answer)), true);
    await assert.rejects(fleet.settle(new Promise(() => {})), /Nothing is due/);
    await fleet.close();
  });

  it("is drawn as bars that hold every device", () => {
    const report = { doneAt: [0, 1, 2, 999_999, 1_000_000], virtualMicros: 1_000_000 } as FleetReport;
    const counts = [...plotText(report).matchAll(/ (\d+)$/gm)].map(([, count]) => Number(count));
    assert.equal(counts.length, 12);
    assert.deepEqual([counts[0], counts[11]], [3, 2]);
  });
});
