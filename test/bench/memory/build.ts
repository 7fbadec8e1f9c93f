// Compiles the profiles of the memory curve, outside the project's tree; what has been compiled from the same sources
// is taken as it is.

import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { NO_HEAP, ROOT } from "../../../host/build/firmware.mjs";
import { compileVariantIn, variantSource } from "../../../host/build/variants.mjs";
import { cacheFolder, fingerprint } from "../peers/cache.ts";
import { constantsOf, type Design } from "./designs.ts";

const BASE = "tiny";
/** Room for the largest, in bytes; what a profile uses of it is what is measured. */
const ROOM = 80 * 65_536;

/** Compiles a design, for speed, unless that has been done; resolves to its wasm. */
export async function buildDesign(design: Design): Promise<Buffer<ArrayBuffer>> {
  const changes = { ...constantsOf(design), LINEAR_BYTES: ROOM, SHRINK: 0 };
  const { version } = createRequire(import.meta.url)("assemblyscript/package.json");
  const sources = [join(ROOT, "assembly"), join(ROOT, "asconfig.json"), NO_HEAP];
  const folder = cacheFolder("memory", fingerprint(sources, [variantSource(BASE, changes), version]));
  const wasm = join(folder, `${design.name}.wasm`);
  if (!existsSync(wasm)) {
    mkdirSync(folder, { recursive: true });
    renameSync(await compileVariantIn(folder, BASE, changes), wasm);
  }
  return readFileSync(wasm);
}
