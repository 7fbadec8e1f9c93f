// Variants of a profile: the same constants but for a few. They say what one of them costs.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/** Compiles a variant of a profile; resolves to its wasm; rejects with asc's message. */
export async function compileVariant(name, changes) {
  const folder = join(DIST, `variant-${name}-${process.pid}.tmp`, Object.keys(changes).join("-"));
  mkdirSync(folder, { recursive: true });
  try {
    const file = join(folder, "profile.ts");
    writeFileSync(file, variantSource(name, changes));
    const options = profileOptions(name, await importTypeScript(file));
    options[options.indexOf("--lib") + 1] = relative(ROOT, folder);
    const wasm = join(folder, "variant.wasm");
    await runAsc(["--target", "release", "--outFile", relative(ROOT, wasm), ...options], ROOT);
    return new Uint8Array(readFileSync(wasm));
  } finally {
    rmSync(join(folder, ".."), { recursive: true, force: true });
  }
}
