// The shape of the source tree: what stands at the top level, and that no file grows past reading.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { filesBelow, ROOT } from "./sources.ts";

const TOP_LEVEL = [
  // what the project is made of
  "assembly",
  "boards",
  "host",
  "test",
  "package.json",
  "package-lock.json",
  "asconfig.json",
  "README.md",
  "DEVELOPERS.md",
  "CHANGELOG.md",
  "LICENSE",
  // where tools insist on the top
  "tsconfig.json",
  "biome.json",
  ".ci",
  ".gitignore",
  ".npmrc",
];

/** Made by git and by the commands, listed in .gitignore. */
const MADE = [".git", "node_modules", "dist", "coverage"];

const LONGEST = 500;

describe("tree", () => {
  it("has nothing at the top level but what belongs there", () => {
    const strangers = readdirSync(ROOT).filter((name) => !TOP_LEVEL.includes(name) && !MADE.includes(name));
    assert.deepEqual(strangers, []);
  });

  it(`has no source file longer than ${LONGEST} lines`, () => {
    const files = ["assembly", "host", "boards", "test"].flatMap((folder) =>
      filesBelow(folder, ".ts", ".mjs", ".js", ".c", ".h"),
    );
    const long = files
      .map((file) => ({ file, lines: readFileSync(join(ROOT, file), "utf8").split("\n").length - 1 }))
      .filter(({ lines }) => lines > LONGEST);
    assert.deepEqual(long, []);
  });

  it("says at the top of every source file what the file is", () => {
    const files = ["assembly", "host", "boards", "test"].flatMap((folder) => filesBelow(folder, ".ts", ".mjs"));
    const silent = files.filter((file) => !/^(#!.*\n)?\s*(\/\/|\/\*)/.test(readFileSync(join(ROOT, file), "utf8")));
    assert.deepEqual(silent, []);
  });
});
