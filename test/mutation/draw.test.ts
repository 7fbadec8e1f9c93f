// The choice of mutants: in proportion, from a seed, and with a replacement for each that turns out to be none.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { apportion, Draw } from "./draw.ts";
import type { Mutant } from "./mutants.ts";

const SEED = 5;

/** `places` places in a file, with two changes at each. */
function mutantsOf(file: string, places: number): Mutant[] {
  return Array.from({ length: 2 * places }, (_, i) => {
    const [line, kind] = [1 + (i >> 1), i % 2 ? "plus-one" : "double"];
    const id = `${file}:${line}:1:${kind}`;
    return {
      id,
      file,
      line,
      column: 1,
      kind,
      group: "constant",
      start: 10 * line,
      end: 10 * line + 1,
      replacement: "2",
    };
  });
}

const MUTANTS = [...mutantsOf("large.ts", 60), ...mutantsOf("middle.ts", 30), ...mutantsOf("small.ts", 2)];

function ids(mutants: readonly Mutant[]): string[] {
  return mutants.map(({ id }) => id);
}

describe("the draw", () => {
  it("divides in proportion, gives everyone something, and no one more than there is", () => {
    assert.deepEqual(apportion(10, [6, 3, 1], [99, 99, 99]), [6, 3, 1]);
    assert.deepEqual(apportion(9, [60, 30, 2], [99, 99, 99]), [5, 3, 1]);
    assert.deepEqual(apportion(10, [1, 1], [2, 99]), [2, 8]);
    assert.deepEqual(apportion(2, [5, 4, 3], [9, 9, 9]), [1, 1, 0]);
    assert.deepEqual(apportion(100, [1, 2], [3, 4]), [3, 4]);
    assert.deepEqual(apportion(3, [], []), []);
  });

  it("takes as many as are wanted, each once, from all files", () => {
    const drawn = new Draw(MUTANTS, 46, SEED).first();
    assert.equal(new Set(ids(drawn)).size, 46);
    const files = drawn.map(({ file }) => file);
    assert.deepEqual(
      ["large.ts", "middle.ts", "small.ts"].map((file) => files.filter((name) => name === file).length),
      [30, 15, 1],
    );
  });

  it("takes no place twice while there are others", () => {
    const places = new Draw(MUTANTS, 92, SEED).first().map(({ file, start }) => `${file}:${start}`);
    assert.equal(new Set(places).size, 92);
  });

  it("is the same for the same seed, and another for another", () => {
    const draw = (seed: number): string[] => ids(new Draw(MUTANTS, 20, seed).first());
    assert.deepEqual(draw(SEED), draw(SEED));
    assert.notDeepEqual(draw(SEED), draw(SEED + 1));
  });

  it("replaces one by another of the same file, until there is none", () => {
    const draw = new Draw(MUTANTS, 92, SEED);
    const seen = new Set(ids(draw.first()));
    for (let other = draw.another("small.ts"); other; other = draw.another("small.ts")) {
      assert.equal(other.file, "small.ts");
      assert.ok(!seen.has(other.id), other.id);
      seen.add(other.id);
    }
    assert.equal([...seen].filter((id) => id.startsWith("small.ts")).length, 4);
    assert.equal(draw.another("no-such-file.ts"), undefined);
  });

  it("can be all there are", () => {
    assert.deepEqual(ids(new Draw(MUTANTS, MUTANTS.length, SEED).first()).sort(), ids(MUTANTS).sort());
  });
});
