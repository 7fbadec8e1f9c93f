// Imports point one way: a file of the core uses its own folder and those before it on a frame's way up, and the host
// knows nothing of the core but its contract.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, it } from "node:test";
import { filesBelow, ROOT } from "./sources.ts";

/** The folders of assembly/ in the order of dependence, which is that of a received frame up to who serves it; index.ts is on top. */
const LAYERS = [
  "abi",
  "base",
  "device",
  "ethernet",
  "ip",
  "transport",
  "socket",
  "names",
  "application",
  "stack",
  "index.ts",
];

/** What the host may take from assembly/. */
const CONTRACT = /^assembly\/(abi\/[^/]+|device\/(\w+-)?registers)\.ts$/;

interface Import {
  readonly file: string;
  /** Path from the top of the project; null for packages and for the profile. */
  readonly target: string | null;
  readonly specifier: string;
}

function importsOf(file: string): Import[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  const specifiers = source.matchAll(
    /^\s*(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|^import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm,
  );
  return [...specifiers].map((match) => {
    const specifier = (match[1] ?? match[2] ?? match[3]) as string;
    if (!specifier.startsWith(".")) return { file, target: null, specifier };
    const path = posix.join(dirname(file), specifier);
    return { file, target: path.endsWith(".ts") || path.endsWith(".mjs") ? path : `${path}.ts`, specifier };
  });
}

/** A file's layer: the place of its first path component in LAYERS. */
function layerOf(file: string): number {
  return LAYERS.indexOf(file.split("/")[1] as string);
}

const core = filesBelow("assembly", ".ts");
const host = filesBelow("host", ".ts");

describe("layers", () => {
  it("every file of the core is in a layer", () => {
    assert.ok(core.length > 20, `only ${core.length} files found`);
    assert.deepEqual(
      core.filter((file) => layerOf(file) < 0),
      [],
    );
  });

  it("a file of the core imports only its own layer and those below it", () => {
    const upward = core
      .flatMap(importsOf)
      .filter(({ file, target }) => target !== null && (layerOf(target) < 0 || layerOf(target) > layerOf(file)));
    assert.deepEqual(
      upward.map(({ file, target }) => `${file} imports ${target}`),
      [],
    );
  });

  it("the core imports nothing from outside but its profile", () => {
    const foreign = core
      .flatMap(importsOf)
      .filter(({ target, specifier }) => target === null && specifier !== "profile");
    assert.deepEqual(foreign, []);
  });

  it("the contract depends on nothing: the host can read it as it is", () => {
    const contract = core.filter((file) => CONTRACT.test(file));
    assert.ok(contract.length >= 6, `only ${contract.join(", ")}`);
    assert.deepEqual(contract.flatMap(importsOf), []);
  });

  it("the host imports nothing of the core but its contract", () => {
    const reaching = host.flatMap(importsOf).filter(({ target }) => target?.startsWith("assembly/"));
    assert.ok(reaching.length > 0, "the host reads the contract");
    const forbidden = reaching.filter(({ target }) => !CONTRACT.test(target as string));
    assert.deepEqual(
      forbidden.map(({ file, target }) => `${file} imports ${target}`),
      [],
    );
  });
});
