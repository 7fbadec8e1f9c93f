// The texts of protocols: what a program has written from them is up to date.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { textFiles } from "../../host/build/texts.mjs";

describe("the texts of protocols", () => {
  for (const { name, path, source } of textFiles() as { name: string; path: string; source: string }[]) {
    it(`${name}: the bytes are those of its list (node host/build/texts.mjs writes them)`, () => {
      assert.equal(readFileSync(path, "utf8"), source);
    });
  }
});
