// Compiles the profiles of the memory curve, outside the project's tree; what has been compiled from the same sources
// is taken as it is.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { ROOT, runAsc } from "../../../host/build/firmware.mjs";
import { cacheFolder, fingerprint } from "../peers/cache.ts";
import { constantsOf, type Design } from "./designs.ts";

/** Named from the root: the bundle of this file lies elsewhere. */
const NO_HEAP = join(ROOT, "host/build/no-heap.mjs");
const BASE = join(ROOT, "boards/tiny/profile.ts");
/** Room for the largest; what a profile uses of it is what is measured. */
const PAGES = 80;
const PAGE_BYTES = 65_536;

/** Compiles a design unless that has been done; resolves to its wasm. */
export async function buildDesign(design: Design): Promise<Buffer<ArrayBuffer>> {
  const profile = profileOf(design);
  const { version } = createRequire(import.meta.url)("assemblyscript/package.json");
  const sources = [join(ROOT, "assembly"), join(ROOT, "asconfig.json"), NO_HEAP];
  const folder = cacheFolder("memory", fingerprint(sources, [profile, version]));
  const wasm = join(folder, `${design.name}.wasm`);
  if (!existsSync(wasm)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "profile.ts"), profile);
    const unfinished = join(folder, `${process.pid}.wasm`);
    const memory = ["--initialMemory", `${PAGES}`, "--maximumMemory", `${PAGES}`];
    const place = ["--lib", relative(ROOT, folder), "--outFile", relative(ROOT, unfinished)];
    await runAsc(["--target", "release", "--transform", NO_HEAP, ...memory, ...place], ROOT);
    renameSync(unfinished, wasm);
  }
  return readFileSync(wasm);
}

/** Profile `tiny` with the constants of a design. */
function profileOf(design: Design): string {
  const changes = { ...constantsOf(design), LINEAR_BYTES: PAGES * PAGE_BYTES };
  let profile = readFileSync(BASE, "utf8");
  for (const [constant, value] of Object.entries(changes)) {
    const changed = profile.replace(new RegExp(`^(export const ${constant}: u32 = )[^;]+;`, "m"), `$1${value};`);
    if (changed === profile && !profile.includes(`${constant}: u32 = ${value};`)) {
      throw new Error(`boards/tiny/profile.ts has no ${constant}.`);
    }
    profile = changed;
  }
  return profile;
}
