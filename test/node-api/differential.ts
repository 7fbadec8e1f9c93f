// Runs scenarios over Node's own network and over ours, and compares what happened.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Scenario, Scene, type Stage } from "./scene.ts";
import { nodeStage, thimbleStage } from "./stages.ts";

/** A scenario that takes longer than this is stuck. */
const PATIENCE_MS = 20_000;

/** A test for each scenario: the traces of both networks are equal. */
export function compare(theme: string, scenarios: Record<string, Scenario>): void {
  describe(theme, () => {
    let theirs: Stage;
    let ours: Stage;
    before(async () => {
      [theirs, ours] = await Promise.all([nodeStage(), thimbleStage()]);
    });
    after(async () => {
      await Promise.all([theirs.strike(), ours.strike()]);
    });
    for (const [name, scenario] of Object.entries(scenarios)) {
      it(name, async () => {
        const expected = await play(theirs, scenario);
        const actual = await play(ours, scenario);
        assert.ok(Object.keys(expected).length > 0, "nothing was noted");
        assert.deepEqual(actual, expected);
      });
    }
  });
}

async function play(stage: Stage, scenario: Scenario): Promise<Record<string, string[]>> {
  const scene = new Scene(stage);
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, true);
  });
  const isStuck = await Promise.race([scenario(scene), stuck]);
  clearTimeout(timer);
  const lines = scene.end();
  assert.ok(!isStuck, `over ${stage.name} it is stuck behind ${JSON.stringify(lines, null, 2)}`);
  return lines;
}
