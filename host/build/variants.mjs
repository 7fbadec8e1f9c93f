// Variants of a profile: the same constants but for a few.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { DIST, importTypeScript, profileOptions, ROOT, runAsc } from "./firmware.mjs";

/** The source of a profile with other values for some of its constants. Throws Error for one that it has not. */
export function variantSource(name, changes) {
  let source = readFileSync(join(ROOT, "boards", name, "profile.ts"), "utf8");
  for (const [constant, value] of Object.entries(changes)) {
    const line = new RegExp(`^(export const ${constant}: u32 =) [^;]+;`, "m");
    if (!line.test(source)) throw new Error(`boards/${name}/profile.ts has no constant ${constant}`);
    source = source.replace(line, `$1 ${value};`);
  }
  return source;
}

/** Compiles a variant of a profile in `folder`, for the target "release" or "debug"; resolves to the path of its wasm. */
export async function compileVariantIn(folder, name, changes, target = "release") {
  const file = join(folder, "profile.ts");
  writeFileSync(file, variantSource(name, changes));
  const wasm = join(folder, `${process.pid}.wasm`);
  const options = profileOptions(name, await importTypeScript(file), relative(ROOT, folder));
  await runAsc(["--target", target, "--outFile", relative(ROOT, wasm), ...options], ROOT);
  return wasm;
}

/** Compiles a variant of a profile; resolves to its wasm; rejects with asc's message. */
export async function compileVariant(name, changes, target = "release") {
  mkdirSync(DIST, { recursive: true });
  const folder = mkdtempSync(join(DIST, "variant-"));
  try {
    return new Uint8Array(readFileSync(await compileVariantIn(folder, name, changes, target)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
